import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkName,
  conflictName,
  endingOf,
  foldName,
  freeName,
  repairName,
  withSuffix,
} from '../../../../src/drive/tree/listing/names.ts';
import { isPeerstorError } from '../../../../src/model/errors.ts';
import { nameBytesMax } from '../../../../src/model/limits.ts';

const bytes = (text: string) => Buffer.byteLength(text, 'utf8');

test('a name that breaks a rule is refused, and the sentence says which', () => {
  const cases: [name: string, rule: RegExp][] = [
    ['', /cannot be empty/],
    ['.', /"\." or "\.\."/],
    ['..', /"\." or "\.\."/],
    ['a/b', /cannot hold "\/"/],
    ['a\0b', /control character/],
    ['a\nb', /control character/],
    ['a\u0085b', /control character/],
    ['\u007f', /control character/],
    ['a\ud800', /lone surrogate/],
    ['a\u2028b', /line separator/],
    ['a\u2029', /line separator/],
    ['\u009b31m', /control character/],
    ['   ', /must show something/],
    [' ', /must show something/],
    ['\u200b', /must show something/],
    ['\u3000\u00a0', /must show something/],
    ['\u2800', /must show something/],
    ['\u3164\uffa0', /must show something/],
    ['\u202e\u{e0041}', /must show something/],
    ['é'.repeat(128), /at most 255 bytes/],
  ];
  for (const [name, rule] of cases) {
    assert.throws(
      () => checkName(name),
      (error) => isPeerstorError(error, 'bad-name') && rule.test(error.message),
      JSON.stringify(name),
    );
  }
});

test('any other name is taken as it was given', () => {
  const names = [
    'a',
    '...',
    '.hidden',
    ' a ',
    'a\u202etxt.exe',
    'zero\u200bwidth',
    '❤\ufe0f',
    'می\u200cخواهم',
    'a\\b',
    'x'.repeat(255),
    '👩‍👩‍👧',
    'Cafe\u0301',
    'CON',
    'a?*:"<>|',
  ];
  for (const name of names) assert.equal(checkName(name), name);
});

test('names are equal after NFC and lower case, and only then', () => {
  const equal: [string, string][] = [
    ['Café', 'cafe\u0301'],
    ['README.md', 'readme.MD'],
    ['ΑΣ', 'ας'],
    ['Ångström', 'a\u030angstro\u0308m'],
  ];
  for (const [left, right] of equal) assert.equal(foldName(left), foldName(right));
  const different: [string, string][] = [
    ['Maße', 'Masse'],
    ['sınır', 'sinir'],
    ['a', 'b'],
    ['a b', 'a  b'],
  ];
  for (const [left, right] of different) assert.notEqual(foldName(left), foldName(right));
});

test('folding twice changes nothing, and normal form or case never matter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const fold = foldName(name);
      assert.equal(foldName(fold), fold);
      assert.equal(foldName(name.normalize('NFD')), fold);
      assert.equal(foldName(name.toLowerCase()), fold);
    }),
  );
});

test('a suffix goes before the ending of a file and after the name of a folder', () => {
  assert.equal(withSuffix('a.txt', ' (2)', 'file'), 'a (2).txt');
  assert.equal(withSuffix('a.tar.gz', ' (2)', 'file'), 'a.tar (2).gz');
  assert.equal(withSuffix('.profile', ' (2)', 'file'), '.profile (2)');
  assert.equal(withSuffix('noend', ' (2)', 'file'), 'noend (2)');
  assert.equal(withSuffix('v1.2', ' (2)', 'folder'), 'v1.2 (2)');
});

test('a name with a suffix is a good name again, however long it was', () => {
  const good = fc.string({ unit: 'binary', maxLength: 255 }).filter((name) => {
    try {
      return checkName(name) === name;
    } catch {
      return false;
    }
  });
  fc.assert(
    fc.property(good, fc.constantFrom('file', 'folder'), (name, kind) => {
      const suffixed = withSuffix(name, ' (conflict 3f2a91)', kind);
      assert.equal(checkName(suffixed), suffixed);
      assert.ok(bytes(suffixed) <= nameBytesMax);
    }),
  );
});

test('a name that another program wrote against the rules is shown as a good one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (name) => {
      const shown = repairName(name);
      assert.equal(checkName(shown), shown);
      assert.equal(repairName(shown), shown);
    }),
  );
  assert.equal(repairName('../etc/passwd'), '.._etc_passwd');
  assert.equal(repairName('..'), '_..');
  assert.equal(repairName('a\ud800'), 'a\ufffd');
  assert.equal(bytes(repairName('é'.repeat(300))), 254);
});

test('the first free number is taken', () => {
  const taken = new Set(['a.txt', 'a (2).txt']);
  assert.equal(
    freeName('a.txt', 'file', (name) => taken.has(name)),
    'a (3).txt',
  );
  assert.equal(
    freeName('b.txt', 'file', (name) => taken.has(name)),
    'b.txt',
  );
});

test('a conflicting version is named after its device and day, in any device name', () => {
  const at = Date.UTC(2026, 10, 21, 23, 59);
  assert.equal(conflictName('plan.odt', 'NAS', at), 'plan (conflict NAS 2026-11-21).odt');
  const odd = conflictName('plan.odt', 'a/b\n👩'.repeat(40), at);
  assert.equal(checkName(odd), odd);
  const long = conflictName(`${'x'.repeat(251)}.odt`, 'NAS', at);
  assert.equal(checkName(long), long);
  assert.match(long, / \(conflict NAS 2026-11-21\)\.odt$/);
});

test('the ending is what follows the last dot', () => {
  assert.deepEqual(['a.JPG', 'b', '.c', 'd.tar.gz'].map(endingOf), ['jpg', '', '', 'gz']);
});
