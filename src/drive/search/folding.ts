/**
 * How names and questions are compared: without case, accents and the other marks that people leave out
 * when they type. Two names may fold to the same text here and still be two names (`tree/listing/names.ts`).
 */

/** Letters that Unicode does not take apart into a base letter and a mark. */
const plainLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  þ: 'th',
  ς: 'σ',
};
const specialLetter = /[ßæœøđðħıłþς]/g;
const marks = /[\p{M}\p{Default_Ignorable_Code_Point}]/gu;
const ascii = /^[\x20-\x7e]*$/;

/** The text in lower case, with compatibility forms replaced and marks left out. */
export function foldText(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  const bare = text.normalize('NFKD').replace(marks, '').toLowerCase();
  return bare.replace(specialLetter, (letter) => plainLetters[letter] ?? letter).normalize('NFC');
}

/** The words of a question, folded; a name must hold each of them, in any order. */
export function wordsOf(question: string, wordsMax: number): string[] {
  const words = foldText(question).split(/\s+/u);
  return [...new Set(words.filter((word) => word !== ''))].slice(0, wordsMax);
}

/** True for a character that is part of a word: words begin after any other. */
export function isWordCharacter(code: number): boolean {
  const isDigit = code >= 0x30 && code <= 0x39;
  const isLetter = code >= 0x61 && code <= 0x7a;
  return isDigit || isLetter || code >= 0x80;
}
