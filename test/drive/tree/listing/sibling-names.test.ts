import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { foldName } from '../../../../src/drive/tree/listing/names.ts';
import { SiblingNames } from '../../../../src/drive/tree/listing/sibling-names.ts';
import { type EntryId, entryId } from '../../../../src/model/ids.ts';

const id = (hex: string) => entryId(hex.padEnd(32, '0'));

interface Sibling {
  id: EntryId;
  name: string;
}

function namesOf(siblings: readonly Sibling[], guests: readonly Sibling[] = []): SiblingNames {
  const names = new SiblingNames();
  for (const { id, name } of siblings) names.set(id, name, 'file');
  names.setGuests(guests);
  return names;
}

test('the lowest id keeps an equal name; the other shows part of its own id', () => {
  const names = namesOf([
    { id: id('3f2a91bb'), name: 'Report.PDF' },
    { id: id('11'), name: 'report.pdf' },
  ]);
  assert.equal(names.nameOf(id('11')), 'report.pdf');
  assert.equal(names.nameOf(id('3f2a91bb')), 'Report (conflict 3f2a91).PDF');
  assert.equal(names.find('REPORT.pdf'), id('11'));
  assert.equal(names.find('report (CONFLICT 3f2a91).pdf'), id('3f2a91bb'));
});

test('when the first goes, the second shows its own name', () => {
  const names = namesOf([
    { id: id('1'), name: 'a' },
    { id: id('2'), name: 'A' },
  ]);
  names.delete(id('1'));
  assert.equal(names.nameOf(id('2')), 'A');
  assert.equal(names.find('a'), id('2'));
  assert.equal(names.nameOf(id('1')), undefined);
});

test('a real file that has the shifted name keeps it', () => {
  const names = namesOf([
    { id: id('1'), name: 'a.txt' },
    { id: id('222222'), name: 'a.txt' },
    { id: id('3'), name: 'a (conflict 222222).txt' },
  ]);
  assert.equal(names.nameOf(id('3')), 'a (conflict 222222).txt');
  assert.equal(names.nameOf(id('222222')), 'a (conflict 222222000000).txt');
});

test('a view of a conflicting version never takes a name from a real file', () => {
  const guest = { id: id('9'), name: 'a (conflict NAS 2026-11-21).txt' };
  const names = namesOf([{ id: id('1'), name: guest.name }], [guest]);
  assert.equal(names.nameOf(id('1')), guest.name);
  assert.equal(names.nameOf(id('9')), 'a (conflict NAS 2026-11-21) (conflict 900000).txt');
});

const someNames = ['a.txt', 'A.txt', 'a (conflict 000000).txt', 'b', 'cafe\u0301', 'Café', 'x'.repeat(255)];
const siblings = fc.uniqueArray(
  fc.record({
    // Few different beginnings, so that shifted names meet each other too.
    id: fc
      .tuple(
        fc.constantFrom('000000', 'ffffff'),
        fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 26, maxLength: 26 }),
      )
      .map((parts) => entryId(parts.join(''))),
    name: fc.constantFrom(...someNames),
  }),
  { selector: (sibling) => sibling.id, maxLength: 30 },
);

test('whatever the order and the detours, the same entries show the same names, each a different one', () => {
  fc.assert(
    fc.property(siblings, fc.infiniteStream(fc.nat()), siblings, (wanted, chance, detours) => {
      const guests = wanted.splice(0, 3);
      const straight = namesOf(wanted, guests);
      const shuffled = wanted
        .map((sibling) => ({ sibling, place: chance.next().value }))
        .sort((left, right) => left.place - right.place)
        .map(({ sibling }) => sibling);
      const winding = new SiblingNames();
      const known = new Set([...wanted, ...guests].map((sibling) => sibling.id));
      const others = detours.filter((sibling) => !known.has(sibling.id));
      for (const { id, name } of others) winding.set(id, name, 'file');
      winding.setGuests([...guests].reverse());
      for (const { id } of shuffled) winding.set(id, 'somewhere else', 'file');
      for (const { id, name } of shuffled) winding.set(id, name, 'file');
      for (const { id } of others) winding.delete(id);

      const all = [...wanted, ...guests];
      const shown = all.map(({ id }) => straight.nameOf(id) ?? '');
      assert.deepEqual(
        all.map(({ id }) => winding.nameOf(id)),
        shown,
      );
      assert.equal(new Set(shown.map(foldName)).size, all.length);
      for (const [index, { id }] of all.entries()) assert.equal(straight.find(shown[index] ?? ''), id);
      assert.equal(winding.size, wanted.length);
    }),
  );
});
