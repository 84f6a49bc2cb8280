import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newRecoveryCode, recoveryKey } from '../../src/crypto/index.ts';
import { toHex } from '../../src/model/ids.ts';
import { vectors } from './vectors.ts';

test('the words of the vectors give their keys', () => {
  for (const { words, key } of vectors<{ words: string; key: string }[]>('recovery')) {
    assert.equal(toHex(recoveryKey(words)), key);
  }
});

test('a new code has 24 words, opens, and is never the same', () => {
  const code = newRecoveryCode();
  assert.match(code, /^([a-z]+ ){23}[a-z]+$/);
  assert.equal(recoveryKey(code).length, 32);
  assert.notEqual(newRecoveryCode(), code);
});

test('case, spaces, dashes, new lines, commas and numbering do not matter', () => {
  const code = newRecoveryCode();
  const words = code.split(' ');
  const typed = [
    code.toUpperCase(),
    `  ${words.join('   ')} \n`,
    words.join('-'),
    words.join(' \u2013 '),
    words.join('\r\n'),
    words.join(', '),
    words.map((word, index) => `${index + 1}. ${word}`).join('\n'),
  ];
  for (const text of typed) assert.deepEqual(recoveryKey(text), recoveryKey(code));
});

test('a wrong word is named with its place, and the likely one is offered', () => {
  const words = `${'abandon '.repeat(23)}art`.split(' ');
  assert.throws(() => recoveryKey(words.with(6, 'abandun').join(' ')), {
    code: 'bad-input',
    message: 'Word 7, "abandun", is not a word of recovery codes. Is it "abandon"?',
    details: { position: 7 },
  });
  assert.throws(() => recoveryKey(words.with(23, 'qqqq').join(' ')), {
    code: 'bad-input',
    message: 'Word 24, "qqqq", is not a word of recovery codes. Check it on your paper.',
  });
});

test('missing and additional words are counted', () => {
  const words = `${'abandon '.repeat(23)}art`;
  assert.throws(() => recoveryKey(words.replace(' art', '')), {
    code: 'bad-input',
    message: /has 24 words; .* 23/,
  });
  assert.throws(() => recoveryKey(`${words} art`), { code: 'bad-input', message: /has 24 words; .* 25/ });
  assert.throws(() => recoveryKey(''), { code: 'bad-input', message: /has 24 words; .* 0/ });
});

test('known words in a wrong order are refused by their checksum', () => {
  const words = `art ${'abandon '.repeat(23)}`;
  assert.throws(() => recoveryKey(words), { code: 'bad-input', message: /do not belong together/ });
});
