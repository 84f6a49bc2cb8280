/**
 * Names that people give to users, devices, places and tokens, and by which they tell them apart. One rule
 * for all of them: such a name shows what it is, and two names that look equal are equal. Names of files
 * are free; they have rules of their own (`drive/tree/listing/names.ts`).
 *
 * Sources: RFC 8264 and 8265 (PRECIS, UsernameCaseMapped: width and case are mapped, code points that are
 * ignored when shown are refused) and UTS 39, section 5.2 (letters of one script, "highly restrictive").
 */
import { PeerstorError } from '../errors.ts';

export const displayNameLengthMax = 64;

/** Shows as nothing, moves the cursor, or changes the direction of what follows. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const letter = /\p{L}/u;

/** Scripts whose letters look like another's, or that are written together. A letter of no script here is on its own. */
const scripts: readonly (readonly [name: string, shape: RegExp])[] = [
  ['Latin', /\p{Script=Latin}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
  ['Thai', /\p{Script=Thai}/u],
  ['Han', /\p{Script=Han}/u],
  ['Hiragana', /\p{Script=Hiragana}/u],
  ['Katakana', /\p{Script=Katakana}/u],
  ['Bopomofo', /\p{Script=Bopomofo}/u],
  ['Hangul', /\p{Script=Hangul}/u],
];

/** Chinese, Japanese and Korean are written in several scripts, and with Latin letters between. */
const together: readonly ReadonlySet<string>[] = [
  new Set(['Latin', 'Han', 'Hiragana', 'Katakana']),
  new Set(['Latin', 'Han', 'Bopomofo']),
  new Set(['Latin', 'Han', 'Hangul']),
];

/**
 * Checks a name that a person gives to a user, a device, a place or a token.
 * @param noun what is named, as it begins a sentence: "A device name"
 * @returns the name in NFC, without spaces around it
 * @throws `bad-input`, with the rule that it breaks
 */
export function checkDisplayName(noun: string, text: string): string {
  const refuse = (rule: string) => new PeerstorError('bad-input', `${noun} ${rule}.`);
  if (typeof text !== 'string') throw refuse('is text');
  if (!text.isWellFormed()) throw refuse('cannot hold half a character (a lone surrogate)');
  const name = text.normalize('NFC').trim();
  if (name === '') throw refuse('cannot be empty');
  if ([...name].length > displayNameLengthMax) throw refuse(`has at most ${displayNameLengthMax} characters`);
  if (unseen.test(name))
    throw refuse('cannot hold line breaks, control characters or characters that do not show');
  if (!hasOneScript(name)) throw refuse('cannot mix letters of different scripts, which can look alike');
  return name;
}

/** Two display names are equal when this is equal, whoever wrote them and by whichever rules. */
export function foldDisplayName(text: string): string {
  const shown = text.toWellFormed().normalize('NFKC').replaceAll(new RegExp(unseen, 'gu'), '');
  // Upper case first, so that "ß" and "ss" and both small sigmas are one.
  const folded = shown.toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
  return folded.replaceAll(/\s+/gu, ' ').trim();
}

function hasOneScript(name: string): boolean {
  const used = new Set([...name].filter((character) => letter.test(character)).flatMap(scriptOf));
  return used.size <= 1 || together.some((allowed) => [...used].every((script) => allowed.has(script)));
}

/** None for a letter that all scripts share. */
function scriptOf(character: string): string[] {
  if (/\p{Script=Common}|\p{Script=Inherited}/u.test(character)) return [];
  return [scripts.find(([, shape]) => shape.test(character))?.[0] ?? 'another'];
}
