import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPeerstorError } from '../../../src/model/errors.ts';
import {
  checkDisplayName,
  displayNameLengthMax,
  foldDisplayName,
} from '../../../src/model/names/display-name.ts';

const checked = (text: string) => checkDisplayName('A name', text);
const refuses = (text: string, rule: RegExp) =>
  assert.throws(
    () => checked(text),
    (error: unknown) => isPeerstorError(error, 'bad-input') && rule.test(error.message),
  );

test('a display name in any script people write in is taken as it is, in NFC and without spaces around it', () => {
  for (const name of [
    'Anna',
    'Ada Lovelace',
    'Jürgen',
    "O'Neill-2",
    'Анна',
    'Ελένη',
    '花子さんABC',
    '김철수',
    'محمد',
    'NAS (cellar) 🏠',
  ]) {
    assert.equal(checked(` ${name.normalize('NFD')} `), name.normalize('NFC'));
  }
});

test('a display name with a character that does not show, or that moves what is shown, is refused', () => {
  for (const hidden of [
    '\u200b',
    '\u200d',
    '\u202e',
    '\u2066',
    '\u00ad',
    '\u034f',
    '\u115f',
    '\u3164',
    '\ufe0f',
    '\u{e0041}',
    '\u009b',
    '\u001b',
    '\n',
    '\u2028',
    '\ue000',
    '\u2800',
  ]) {
    refuses(`an${hidden}na`, /do not show/);
  }
  refuses('a\ud800', /surrogate/);
  refuses(' \u00a0 ', /empty/);
  refuses('x'.repeat(displayNameLengthMax + 1), /at most 64/);
});

test('a display name that mixes scripts whose letters look alike is refused', () => {
  for (const name of ['аnna', 'Αnna', 'pаypal', 'annа花']) refuses(name, /scripts/);
});

test('two display names that look equal fold to the same text', () => {
  const equal: [string, string][] = [
    ['Anna', 'ANNA'],
    ['anna', 'an\u200bna'],
    ['anna', 'ａｎｎａ'],
    ['Straße', 'STRASSE'],
    ['ΟΔΥΣΣΕΥΣ', 'οδυσσευς'],
    ['Jürgen', 'Ju\u0308rgen'],
    ['Ada  Lovelace', 'ada\u00a0lovelace'],
    ['fi', 'ﬁ'],
  ];
  for (const [left, right] of equal)
    assert.equal(foldDisplayName(left), foldDisplayName(right), `${left} ${right}`);
  assert.notEqual(foldDisplayName('anna'), foldDisplayName('anne'));
});

test('folding a folded name changes nothing, and no text breaks it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      const folded = foldDisplayName(text);
      assert.equal(foldDisplayName(folded), folded);
    }),
  );
});
