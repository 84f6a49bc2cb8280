/** How well a folded name answers folded words. Pure. */
import { isWordCharacter } from './folding.ts';

/** Best first; nothing here ranks two entries of equal score. */
export const scores = {
  wholeName: 60,
  /** The name without its ending. */
  stem: 55,
  nameBegins: 50,
  wordBegins: 40,
  inside: 30,
  /** Only with typing mistakes. */
  mistyped: 10,
  none: 0,
} as const;

/**
 * The score of the word that fits worst: a name must hold all.
 * @param mistakes of how many letters a word may be wrong, by its length
 */
export function scoreOf(name: string, words: readonly string[], mistakes = noMistakes): number {
  let score: number = scores.wholeName;
  for (const word of words) {
    score = Math.min(score, scoreOfWord(name, word, mistakes(word)));
    if (score === scores.none) return score;
  }
  return score;
}

const noMistakes = (_word: string) => 0;

/** Mistakes that are forgiven: none in short words, where they would match everything. */
export function mistakesAllowed(word: string): number {
  if (word.length < 4) return 0;
  return word.length < 8 ? 1 : 2;
}

function scoreOfWord(name: string, word: string, mistakes: number): number {
  let at = name.indexOf(word);
  if (at < 0) return mistakes > 0 && isNearWord(name, word, mistakes) ? scores.mistyped : scores.none;
  if (at === 0) {
    if (name.length === word.length) return scores.wholeName;
    return name.lastIndexOf('.') === word.length ? scores.stem : scores.nameBegins;
  }
  for (; at > 0; at = name.indexOf(word, at + 1)) {
    if (!isWordCharacter(name.charCodeAt(at - 1))) return scores.wordBegins;
  }
  return scores.inside;
}

/** Is a word of the name, or its beginning, the wanted one with at most so many mistakes? */
function isNearWord(name: string, wanted: string, mistakes: number): boolean {
  for (let start = 0; start < name.length; ) {
    while (start < name.length && !isWordCharacter(name.charCodeAt(start))) start += 1;
    let end = start;
    while (end < name.length && isWordCharacter(name.charCodeAt(end))) end += 1;
    if (end - start >= wanted.length - mistakes && isNear(name, start, end, wanted, mistakes)) return true;
    start = end;
  }
  return false;
}

/**
 * Optimal string alignment: a letter more, less, another, or two that changed places count one mistake.
 * The word may go on behind what was typed.
 */
function isNear(name: string, start: number, end: number, wanted: string, mistakes: number): boolean {
  const width = Math.min(end - start, wanted.length + mistakes);
  let twoBefore: number[] = [];
  let before = Array.from({ length: width + 1 }, (_, column) => column);
  for (let row = 1; row <= wanted.length; row += 1) {
    const line = [row];
    let least = row;
    const letter = wanted.charCodeAt(row - 1);
    for (let column = 1; column <= width; column += 1) {
      const other = name.charCodeAt(start + column - 1);
      let cost = Math.min(
        (before[column - 1] ?? 0) + (letter === other ? 0 : 1),
        (before[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
      );
      const changedPlaces =
        row > 1 &&
        column > 1 &&
        letter === name.charCodeAt(start + column - 2) &&
        wanted.charCodeAt(row - 2) === other;
      if (changedPlaces) cost = Math.min(cost, (twoBefore[column - 2] ?? 0) + 1);
      line.push(cost);
      if (cost < least) least = cost;
    }
    if (least > mistakes) return false;
    twoBefore = before;
    before = line;
  }
  return before.some((cost) => cost <= mistakes);
}
