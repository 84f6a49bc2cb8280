/**
 * What a name may be, when two names are equal, and how a name is shown when it must give way.
 * Pure: every device gives the same answer for the same records.
 *
 * A name is stored and given back exactly as it was put (a Mac's decomposed name reads back
 * decomposed). What may deceive (marks of direction, characters of no width) is kept too: pages and
 * terminals show it escaped (`model/display-text.ts`, decision 0043). Two names are equal when they are
 * equal after Unicode NFC and lower case, so that Windows and macOS can hold every folder.
 */
import { PeerstorError } from '../../../model/errors.ts';
import { nameBytesMax } from '../../../model/limits.ts';
import type { EntryBody } from '../../../model/records.ts';

export { foldName } from '../../../model/fold-name.ts';

export type EntryKind = EntryBody['kind'];

const nameCharactersMin = 1;
/** C0, DEL and C1, which a terminal may obey. */
const controlCharacter = /\p{Cc}/u;
/** U+2028 and U+2029. */
const lineSeparator = /[\p{Zl}\p{Zp}]/u;
/** What may not be in a name and must be replaced where it comes from elsewhere. */
const forbiddenCharacter = /[\p{Cc}\p{Zl}\p{Zp}/]/gu;
/** Spaces, characters of no width, fillers and the empty Braille cell. */
const showsAsNothing = /^[\p{White_Space}\p{Default_Ignorable_Code_Point}\u2800]*$/u;
/** Longest ending that is kept behind a suffix: "name (2).jpeg". */
const endingCharactersMax = 16;
/** A device's name inside a conflict's name. */
const deviceNameBytesMax = 64;

/**
 * @returns the name as given
 * @throws `bad-name`, with the rule that it breaks in the sentence
 */
export function checkName(name: string): string {
  const broken = brokenRule(name);
  if (broken === undefined) return name;
  const rule = broken.charAt(0).toUpperCase() + broken.slice(1);
  throw new PeerstorError('bad-name', `${rule}. Choose another name.`);
}

/** True for a text that holds only spaces and invisible characters. */
export function showsNothing(text: string): boolean {
  return showsAsNothing.test(text);
}

function brokenRule(name: string): string | undefined {
  if (typeof name !== 'string') return 'a name is text';
  if (name.length < nameCharactersMin) return 'a name cannot be empty';
  if (name === '.' || name === '..') return 'a name cannot be "." or ".."';
  if (!name.isWellFormed()) return 'a name cannot hold half a character (a lone surrogate)';
  if (name.includes('/')) return 'a name cannot hold "/"';
  if (controlCharacter.test(name)) return 'a name cannot hold a control character';
  if (lineSeparator.test(name)) return 'a name cannot hold a line separator';
  if (showsAsNothing.test(name))
    return 'a name must show something: this one holds only spaces or invisible characters';
  if (bytesOf(name) > nameBytesMax) return `a name has at most ${nameBytesMax} bytes in UTF-8`;
  return undefined;
}

/** A name that another version of the program wrote against these rules, made fit to show. */
export function repairName(name: string): string {
  if (brokenRule(name) === undefined) return name;
  const cleaned = name.toWellFormed().replace(forbiddenCharacter, '_');
  const isNone = cleaned === '.' || cleaned === '..' || showsAsNothing.test(cleaned);
  return cutToBytes(isNone ? `_${cleaned}` : cleaned, nameBytesMax);
}

/** `a.txt` and ` (2)` make `a (2).txt`; the front part is cut so that the whole stays in bounds. */
export function withSuffix(name: string, suffix: string, kind: EntryKind): string {
  const { stem, ending } = splitEnding(name, kind);
  const room = nameBytesMax - bytesOf(suffix) - bytesOf(ending);
  return cutToBytes(stem, room) + suffix + ending;
}

/** The first of `name`, `name (2)`, `name (3)`, … that is free. */
export function freeName(name: string, kind: EntryKind, isTaken: (name: string) => boolean): string {
  if (!isTaken(name)) return name;
  for (let number = 2; ; number += 1) {
    const candidate = withSuffix(name, ` (${number})`, kind);
    if (!isTaken(candidate)) return candidate;
  }
}

/** A cheap test before the costly lookup: only such a name can belong to a conflicting version. */
export function mayBeConflictName(name: string): boolean {
  return name.toLowerCase().includes('(conflict ');
}

/** How the version that lost a concurrent edit is shown: `name (conflict DEVICE DATE).ext`. */
export function conflictName(name: string, device: string, atMs: number): string {
  const author = cutToBytes(device.toWellFormed().replace(forbiddenCharacter, '-'), deviceNameBytesMax);
  const date = new Date(atMs).toISOString().slice(0, 10);
  return withSuffix(name, ` (conflict ${author} ${date})`, 'file');
}

/** The part after the last dot, in lower case and without the dot; '' where there is none. */
export function endingOf(name: string): string {
  return splitEnding(name, 'file').ending.slice(1).toLowerCase();
}

function splitEnding(name: string, kind: EntryKind): { stem: string; ending: string } {
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 ? name.slice(dot) : '';
  if (kind === 'folder' || ending.length > endingCharactersMax + 1) return { stem: name, ending: '' };
  return { stem: name.slice(0, name.length - ending.length), ending };
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** The longest front part of whole characters within `bytesMax`. */
function cutToBytes(text: string, bytesMax: number): string {
  if (bytesOf(text) <= bytesMax) return text;
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return text.slice(0, end);
}
