/** Rules for usernames and passwords. Pure. */

import { PeerstorError } from '../../model/errors.ts';
import { passwordBytesMax, passwordLengthMin } from '../../model/limits.ts';
import { checkDisplayName } from '../../model/names/display-name.ts';

/** The lock under which a user's record is read, changed and written: all of them share it. */
export const usersLock = 'users';

/**
 * @returns the username in NFC, without spaces around it
 * @throws `bad-input`, naming the broken rule
 */
export function checkUsername(username: string): string {
  return checkDisplayName('A username', username);
}

/** @throws `bad-input`, naming the broken rule */
export function checkPassword(password: string): void {
  checkHashable('A password', password);
  if ([...password.normalize('NFC')].length < passwordLengthMin) {
    throw refuse(`A password has at least ${passwordLengthMin} characters.`);
  }
}

/** Guests type it, with a limited number of tries. @throws `bad-input` */
export function checkLinkPassword(password: string): void {
  checkHashable('The password of a link', password);
}

/** Can this be a password at all? One rule for passwords that are set and passwords that are typed. */
export function isHashable(password: string): boolean {
  if (typeof password !== 'string' || !password.isWellFormed()) return false;
  return Buffer.byteLength(password.normalize('NFC'), 'utf8') <= passwordBytesMax;
}

function checkHashable(what: string, password: string): void {
  if (isHashable(password)) return;
  const isText = typeof password === 'string' && password.isWellFormed();
  throw refuse(
    isText
      ? `${what} has at most ${passwordBytesMax} bytes; letters beyond a to z, and emoji, take two to four each.`
      : `${what} is text without half characters (lone surrogates).`,
  );
}

function refuse(sentence: string): PeerstorError {
  return new PeerstorError('bad-input', sentence);
}
