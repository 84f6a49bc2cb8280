/** What a username and a password may be. Pure. */
import { PeerstorError } from '../../model/errors.ts';
import { passwordLengthMax, passwordLengthMin } from '../../model/limits.ts';
import { foldName } from '../listing/names.ts';

const usernameLengthMax = 64;

/**
 * @returns the username in NFC, without spaces around it
 * @throws `bad-input`, with the rule that it breaks
 */
export function checkUsername(username: string): string {
  if (typeof username !== 'string') throw refuse('A username is text.');
  if (!username.isWellFormed()) throw refuse('A username cannot hold half a character (a lone surrogate).');
  if (/\p{Cc}/u.test(username)) throw refuse('A username cannot hold a control character.');
  const name = username.normalize('NFC').trim();
  const length = [...name].length;
  if (length < 1) throw refuse('A username cannot be empty.');
  if (length > usernameLengthMax) throw refuse(`A username has at most ${usernameLengthMax} characters.`);
  return name;
}

/** Two usernames are the same user when this is equal. */
export function foldUsername(username: string): string {
  return foldName(username.trim());
}

/** @throws `bad-input`, with the rule that it breaks */
export function checkPassword(password: string): void {
  if (typeof password !== 'string') throw refuse('A password is text.');
  if (!password.isWellFormed()) throw refuse('A password cannot hold half a character (a lone surrogate).');
  const length = [...password.normalize('NFC')].length;
  if (length < passwordLengthMin) throw refuse(`A password has at least ${passwordLengthMin} characters.`);
  if (length > passwordLengthMax) throw refuse(`A password has at most ${passwordLengthMax} characters.`);
}

/** Guests type it; how many tries they have is limited. @throws `bad-input` */
export function checkLinkPassword(password: string): void {
  const isText = typeof password === 'string' && password.isWellFormed();
  if (isText && [...password.normalize('NFC')].length <= passwordLengthMax) return;
  throw refuse(`The password of a link is text of at most ${passwordLengthMax} characters.`);
}

function refuse(sentence: string): PeerstorError {
  return new PeerstorError('bad-input', sentence);
}
