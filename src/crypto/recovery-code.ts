/**
 * The 24 words that open an account when the password is lost (BIP 39 word list, 256 bits), and what else is told in
 * words of that list.
 */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { PeerstorError } from '../model/errors.ts';
import type { Bytes } from './bytes.ts';
import { hkdf } from './hash.ts';
import { randomBytes } from './random.ts';

const wordCount = 24;
const claimBytes = 16;
const checkWordCount = 4;
const bitsPerWord = 11;
const known = new Set(wordlist);

/** 24 lower-case words with single spaces. Shown once, never stored. */
export function newRecoveryCode(): string {
  return entropyToMnemonic(randomBytes(32), wordlist);
}

/**
 * @param words as typed, in upper or lower case; spaces, new lines, dashes or commas between, numbered or not
 * @returns 32 bytes for `open`
 * @throws `bad-input` naming the first word that is not one, how many are missing, or that one of
 * them is in the wrong place (checksum)
 */
export function recoveryKey(words: string): Bytes {
  const typed = splitWords(words);
  typed.forEach((word, index) => {
    if (!known.has(word)) throw unknownWord(word, index + 1);
  });
  if (typed.length !== wordCount) {
    throw new PeerstorError(
      'bad-input',
      `A recovery code has ${wordCount} words; these are ${typed.length}.`,
    );
  }
  let entropy: Uint8Array;
  try {
    entropy = mnemonicToEntropy(typed.join(' '), wordlist);
  } catch (cause) {
    const sentence = 'These 24 words do not belong together: check their order, and each word once more.';
    throw new PeerstorError('bad-input', sentence, { cause });
  }
  return hkdf(entropy, 'recovery/1');
}

/** 12 words with single spaces: the secret of somebody who asked to be helped back in. */
export function newRecoveryClaim(): string {
  return entropyToMnemonic(randomBytes(claimBytes), wordlist);
}

/**
 * @param words as typed, as for `recoveryKey`
 * @returns 32 bytes, of which a sealing key is made
 * @throws `bad-input` for words that are no claim
 */
export function recoveryClaimSeed(words: string): Bytes {
  try {
    const entropy = mnemonicToEntropy(splitWords(words).join(' '), wordlist);
    if (entropy.length === claimBytes) return hkdf(entropy, 'recovery-claim/1');
  } catch {
    // One sentence for whatever is wrong with them.
  }
  throw new PeerstorError(
    'bad-input',
    'These are not the 12 words of a request: check each, and their order.',
  );
}

/** Four words that two people compare by voice: 44 bits of the hash of a public key. */
export function checkWords(publicKey: Uint8Array): string {
  const digest = hkdf(publicKey, 'recovery-check/1');
  const bits = Array.from(digest, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const words = Array.from({ length: checkWordCount }, (_, at) => {
    const index = Number.parseInt(bits.slice(at * bitsPerWord, (at + 1) * bitsPerWord), 2);
    return wordlist[index] ?? '';
  });
  return words.join(' ');
}

function splitWords(words: string): string[] {
  const pieces = words
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u);
  return pieces.filter((piece) => piece !== '' && !/^\p{N}+$/u.test(piece));
}

function unknownWord(word: string, position: number): PeerstorError {
  const shown = word.slice(0, 20);
  // The list is made so that four letters tell its words apart.
  const meant = word.length >= 4 ? wordlist.find((other) => other.startsWith(word.slice(0, 4))) : undefined;
  const hint = meant ? ` Is it "${meant}"?` : ' Check it on your paper.';
  const sentence = `Word ${position}, "${shown}", is not a word of recovery codes.${hint}`;
  return new PeerstorError('bad-input', sentence, { details: { position } });
}
