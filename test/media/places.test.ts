import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { townsOfGeoNames } from '../../scripts/places.ts';
import { placeNames } from '../../src/media/places/place-names.ts';
import { PlaceTable, packTowns, type Town } from '../../src/media/places/place-table.ts';

function town(name: string, latitude: number, longitude: number, people = 1000, country = 'DE'): Town {
  return { name, alsoCalled: [], country, people, latitude, longitude };
}

const table = new PlaceTable(
  packTowns([
    { ...town('Munich', 48.1374, 11.5755, 1_260_000), alsoCalled: ['München', 'Monaco di Baviera'] },
    town('Unterhaching', 48.066, 11.61, 25_000),
    town('Basel', 47.5584, 7.5733, 164_000, 'CH'),
    town('Weil am Rhein', 47.593, 7.621, 30_000),
    town('Labasa', -16.43, 179.36, 24_000, 'FJ'),
    town('Waiyevo', -16.79, -179.99, 900, 'FJ'),
    town('Alert', 82.5, -62.35, 60, 'CA'),
  ]),
);

describe('the table of towns', () => {
  it('gives the nearest town, where a large one reaches farther', () => {
    const at = (latitude: number, longitude: number, country?: string) =>
      table.nearest(latitude, longitude, country)?.name;
    assert.equal(at(48.14, 11.58), 'Munich');
    assert.equal(at(48.065, 11.612), 'Unterhaching');
    // Six kilometers from the middle of one, four from the other.
    assert.equal(at(48.1, 11.59), 'Munich');
    assert.equal(at(47.58, 7.6), 'Basel');
    assert.equal(at(47.58, 7.6, 'DE'), 'Weil am Rhein');
    assert.equal(at(47.9, 11.58), 'Unterhaching');
    assert.equal(at(47.7, 11.58), 'Munich');
    assert.equal(at(40, -30), undefined);
  });

  it('goes on across the 180th meridian and near the pole', () => {
    assert.equal(table.nearest(-16.8, 179.99)?.name, 'Waiyevo');
    assert.equal(table.nearest(82.5, -65)?.name, 'Alert');
    for (const latitude of [-90, 90]) for (const longitude of [-180, 180]) table.nearest(latitude, longitude);
  });

  it('that is damaged is refused', () => {
    assert.throws(() => new PlaceTable(Buffer.from('PLC1')), /damaged/);
    assert.throws(() => new PlaceTable(new Uint8Array(0)), /damaged/);
    assert.throws(() => new PlaceTable(packTowns([town('x', 0, 0)]).subarray(0, -1)), /damaged/);
  });
});

describe('the name of a place', () => {
  const names = placeNames(table, ({ longitude }) => (longitude > 5 && longitude < 20 ? 'DE' : undefined));

  it('is a town of the country within whose borders it is, with words in other languages', () => {
    const munich = names.nameOf({ latitude: 48.13, longitude: 11.57 });
    assert.deepEqual([munich?.town, munich?.country, munich?.countryName], ['Munich', 'DE', 'Germany']);
    assert.deepEqual(munich?.words, ['Munich', 'München', 'Monaco di Baviera', 'Germany', 'Deutschland']);
    assert.equal(names.nameOf({ latitude: 47.58, longitude: 7.6 })?.town, 'Weil am Rhein');
    assert.equal(names.nameOf({ latitude: -16.8, longitude: 179.99 })?.country, 'FJ');
    assert.deepEqual(names.nameOf({ latitude: 52, longitude: 13 })?.town, null);
    assert.equal(names.nameOf({ latitude: 0, longitude: -30 }), undefined);
  });
});

describe('the file of GeoNames', () => {
  it('gives towns with names as people write them, and no parts of towns', () => {
    const others = 'MUC,Minga,Monaco di Baviera,München,Munchen,mynkn,Мюнхен';
    const row = (name: string, code: string, people: string, also = '') =>
      [1, name, name, also, 48.1, 11.5, 'P', code, 'DE', '', '', '', '', '', people, '', '', '', ''].join(
        '\t',
      );
    const text = [
      row('Munich', 'PPLA', '1260391', others),
      row('Schwabing', 'PPLX', '60000'),
      row('Weng', 'PPL', '600', others),
    ];
    assert.deepEqual(
      townsOfGeoNames(text.join('\n')).map(({ name, alsoCalled }) => [name, alsoCalled]),
      [
        ['Munich', ['Minga', 'München', 'Monaco di Baviera']],
        ['Weng', []],
      ],
    );
  });
});
