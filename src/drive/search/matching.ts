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
  /** Only with one typing mistake; each further one costs `mistake`. */
  mistyped: 10,
  mistake: 2,
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
  if (at < 0) return mistakes > 0 ? scoreOfMistakes(mistakesIn(name, word, mistakes)) : scores.none;
  if (at === 0) {
    if (name.length === word.length) return scores.wholeName;
    return name.lastIndexOf('.') === word.length ? scores.stem : scores.nameBegins;
  }
  for (; at > 0; at = name.indexOf(word, at + 1)) {
    if (!isWordCharacter(name.charCodeAt(at - 1))) return scores.wordBegins;
  }
  return scores.inside;
}

function scoreOfMistakes(mistakes: number): number {
  if (mistakes === Number.POSITIVE_INFINITY) return scores.none;
  return scores.mistyped - scores.mistake * (mistakes - 1);
}

/** How many mistakes the word of the name, or its beginning, has that is nearest to the wanted one; Infinity for too many. */
function mistakesIn(name: string, wanted: string, allowed: number): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (let start = 0; start < name.length; ) {
    while (start < name.length && !isWordCharacter(name.charCodeAt(start))) start += 1;
    let end = start;
    while (end < name.length && isWordCharacter(name.charCodeAt(end))) end += 1;
    if (end - start >= wanted.length - allowed) {
      fewest = Math.min(fewest, distance(name, start, end, wanted, allowed));
    }
    start = end;
  }
  return fewest;
}

/** Three lines of a table of costs, used again for each word: most searches with mistakes look at thousands. */
const lines = [new Uint8Array(64), new Uint8Array(64), new Uint8Array(64)] as const;
const wordLengthMax = 60;

/**
 * Optimal string alignment: a letter more, less, another, or two that changed places count one mistake.
 * The word may go on behind what was typed.
 * @returns Infinity for more mistakes than are allowed
 */
function distance(name: string, start: number, end: number, wanted: string, allowed: number): number {
  if (wanted.length > wordLengthMax) return Number.POSITIVE_INFINITY;
  const width = Math.min(end - start, wanted.length + allowed);
  let [twoBefore, before, line]: readonly Uint8Array[] = lines;
  if (!twoBefore || !before || !line) return Number.POSITIVE_INFINITY;
  for (let column = 0; column <= width; column += 1) before[column] = column;
  for (let row = 1; row <= wanted.length; row += 1) {
    line[0] = row;
    let least = row;
    const letter = wanted.charCodeAt(row - 1);
    for (let column = 1; column <= width; column += 1) {
      const other = name.charCodeAt(start + column - 1);
      let cost = (before[column - 1] ?? 0) + (letter === other ? 0 : 1);
      cost = Math.min(cost, (before[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1);
      const changedPlaces =
        row > 1 &&
        column > 1 &&
        letter === name.charCodeAt(start + column - 2) &&
        wanted.charCodeAt(row - 2) === other;
      if (changedPlaces) cost = Math.min(cost, (twoBefore[column - 2] ?? 0) + 1);
      line[column] = cost;
      if (cost < least) least = cost;
    }
    if (least > allowed) return Number.POSITIVE_INFINITY;
    [twoBefore, before, line] = [before, line, twoBefore];
  }
  let fewest = Number.POSITIVE_INFINITY;
  for (let column = 0; column <= width; column += 1) fewest = Math.min(fewest, before[column] ?? 0);
  return fewest <= allowed ? fewest : Number.POSITIVE_INFINITY;
}
