import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EntryTable, type SearchedEntry } from '../../../src/drive/search/entry-table.ts';
import { findMatches, type Wish } from '../../../src/drive/search/finding.ts';
import { foldText, wordsOf } from '../../../src/drive/search/folding.ts';
import { type EntryId, entryId } from '../../../src/model/ids.ts';

const root = idOf(0);

function idOf(number: number): EntryId {
  return entryId(number.toString(16).padStart(32, '0'));
}

function entryNamed(name: string, known: Partial<SearchedEntry> = {}): SearchedEntry {
  return {
    parent: root,
    kind: 'file',
    name: foldText(name),
    size: 1,
    modifiedAtMs: 0,
    changedAtMs: 0,
    mime: 'text/plain',
    starred: false,
    trashed: false,
    tags: [],
    ...known,
  };
}

/** A table of these names; the row of each is its place in the list. */
function tableOf(names: readonly string[], known: Partial<SearchedEntry> = {}): EntryTable {
  const table = new EntryTable();
  table.set(root, entryNamed('', { parent: null, kind: 'folder' }));
  for (const [index, name] of names.entries()) table.set(idOf(index + 1), entryNamed(name, known));
  return table;
}

function found(names: readonly string[], question: string, wish: Partial<Wish> = {}): string[] {
  const table = tableOf(names);
  const matches = findMatches(table, { words: wordsOf(question, 16), ...wish }, 1000);
  return matches.map(({ id }) => names[Number.parseInt(id, 16) - 1] ?? '');
}

test('case, accents, ligatures and ß make no difference to what is found', () => {
  const names = ['Ärger mit Maßen.pdf', 'CAFÉ.txt', 'Łódź Straße', 'Œuvre', 'ﬁnal.doc', 'ΟΔΥΣΣΕΥΣ'];
  const questions = {
    arger: 0,
    ÄRGER: 0,
    massen: 0,
    maßen: 0,
    cafe: 1,
    'lodz strasse': 2,
    oeuvre: 3,
    final: 4,
    οδυσσευς: 5,
  };
  for (const [question, index] of Object.entries(questions)) {
    assert.deepEqual(found(names, question), [names[index]], question);
  }
});

test('all words must be in the name, in any order and anywhere', () => {
  const names = ['Invoice 2024 Berlin.pdf', 'Berlin photos', 'invoice.txt'];
  assert.deepEqual(found(names, 'berlin invoice'), [names[0]]);
  assert.deepEqual(found(names, 'oice 24'), [names[0]]);
  assert.deepEqual(found(names, 'berlin invoice paris'), []);
});

test('the whole name comes before its beginning, the beginning of a word, and the inside of one', () => {
  const names = ['unreported', 'annual report', 'reporting', 'Report', 'report.pdf'];
  assert.deepEqual(found(names, 'report'), [
    'Report',
    'report.pdf',
    'reporting',
    'annual report',
    'unreported',
  ]);
});

test('of equal matches the one that was changed last comes first', () => {
  const table = tableOf([]);
  for (const [index, changedAtMs] of [5, 9, 1].entries()) {
    table.set(idOf(index + 1), entryNamed('same name', { changedAtMs }));
  }
  const ids = findMatches(table, { words: ['same'] }, 10).map(({ id }) => Number.parseInt(id, 16));
  assert.deepEqual(ids, [2, 1, 3]);
});

test('typing mistakes are forgiven where nothing is named as it was asked for', () => {
  const names = ['contract berlin.pdf', 'holiday.jpg', 'abc'];
  for (const question of ['contarct', 'contrct', 'conttract', 'contrakt berln', 'cotnract']) {
    assert.deepEqual(found(names, question), [names[0]], question);
  }
  assert.deepEqual(found(names, 'holliday'), [names[1]]);
  assert.deepEqual(found(names, 'abd'), []);
  assert.deepEqual(found([...names, 'contarct.pdf'], 'contarct'), ['contarct.pdf']);
});

test('the filters let through what they say', () => {
  const table = tableOf([]);
  const folder = idOf(50);
  table.set(folder, entryNamed('folder', { kind: 'folder' }));
  table.set(idOf(1), entryNamed('a', { parent: folder, size: 10, mime: 'image/png', tags: ['red'] }));
  table.set(idOf(2), entryNamed('b', { size: 20, modifiedAtMs: 500, starred: true }));
  table.set(idOf(3), entryNamed('c', { trashed: true }));
  table.set(idOf(51), entryNamed('trashed folder', { kind: 'folder', trashed: true }));
  table.set(idOf(4), entryNamed('d', { parent: idOf(51) }));
  const ids = (wish: Partial<Wish>) =>
    findMatches(table, { words: [], ...wish }, 100)
      .map(({ id }) => Number.parseInt(id, 16))
      .sort((left, right) => left - right);
  assert.deepEqual(ids({}), [1, 2, 50 * 1]);
  assert.deepEqual(ids({ kind: 'folder' }), [50]);
  assert.deepEqual(ids({ mimes: ['image/'] }), [1]);
  assert.deepEqual(ids({ minSize: 11 }), [2]);
  assert.deepEqual(ids({ maxSize: 10 }), [1]);
  assert.deepEqual(ids({ fromMs: 500 }), [2]);
  assert.deepEqual(ids({ toMs: 499, kind: 'file' }), [1]);
  assert.deepEqual(ids({ tag: 'red' }), [1]);
  assert.deepEqual(ids({ starred: true }), [2]);
  assert.deepEqual(ids({ under: folder }), [1]);
  assert.deepEqual(ids({ under: idOf(99) }), []);
});

const word = fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom('a', 'b', 'é', '1', ' ', '.') });

test('a search finds exactly the names that hold all words, whatever came and went before', () => {
  const change = fc.record({ number: fc.integer({ min: 1, max: 30 }), name: word, isGone: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), word, (changes, question) => {
      const table = tableOf([]);
      const names = new Map<number, string>();
      for (const { number, name, isGone } of changes) {
        if (isGone) {
          table.delete(idOf(number));
          names.delete(number);
        } else {
          table.set(idOf(number), entryNamed(name));
          names.set(number, foldText(name));
        }
      }
      assert.equal(table.size, names.size + 1);
      const words = wordsOf(question, 16);
      const expected = [...names].filter(([, name]) => words.every((one) => name.includes(one)));
      const matches = findMatches(table, { words }, 1000);
      const exact = matches.filter(({ id }) => expected.some(([number]) => idOf(number) === id));
      assert.equal(exact.length, expected.length);
      if (expected.length > 0) assert.equal(matches.length, expected.length);
    }),
  );
});

test('pages of any length give the same matches in the same order, each once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: word, changedAtMs: fc.integer({ min: 0, max: 3 }) }), { maxLength: 60 }),
      word,
      fc.integer({ min: 1, max: 7 }),
      (entries, question, limit) => {
        const table = tableOf([]);
        for (const [index, { name, changedAtMs }] of entries.entries()) {
          table.set(idOf(index + 1), entryNamed(name, { changedAtMs }));
        }
        const wish = { words: wordsOf(question, 16) };
        const whole = findMatches(table, wish, 1000);
        const paged = [];
        for (let after = undefined as (typeof whole)[number] | undefined; ; ) {
          const page = findMatches(table, wish, limit, after);
          for (const match of page) paged.push(match);
          after = page.at(-1);
          if (page.length < limit) break;
        }
        assert.deepEqual(paged, whole);
      },
    ),
  );
});
