/**
 * Finds the rows of a table that answer a question, best first. Pure: it looks at the table alone.
 * Time is bounded by numbers of rows looked at, not by a clock, so that the answer is the same each time.
 */
import type { EntryId } from '../../model/ids.ts';
import type { EntryTable } from './entry-table.ts';
import { mistakesAllowed, scoreOf, scores } from './matching.ts';
import { bitsIn, type Signature, signatureOf } from './signatures.ts';

/** Names that are compared for one question: about 10 ms. The newest rows come first. */
const comparedMax = 20_000;
const nearComparedMax = 4_000;
/** Bits of a signature that one mistake may take away: a letter and two pairs. */
const bitsPerMistake = 4;
const latestMs = 9e13;
/** Leaves the room of `latestMs` below each score. */
const scoreStep = 1e14;

export interface Wish {
  /** Folded; none asks for everything that the filters let through. */
  words: readonly string[];
  kind?: 'file' | 'folder';
  /** Beginnings of media types, such as `image/`. */
  mimes?: readonly string[];
  fromMs?: number;
  toMs?: number;
  minSize?: number;
  maxSize?: number;
  /** Folded. */
  tag?: string;
  under?: EntryId;
  starred?: boolean;
}

export interface Match {
  id: EntryId;
  /** The score, and for equal scores the time of the last change, in one number; more is better. */
  rank: number;
}

/**
 * @param after the last match of the page before
 * @returns at most `limit` matches outside the trash, best first, equal ones by id
 */
export function findMatches(table: EntryTable, wish: Wish, limit: number, after?: Match): Match[] {
  const passes = filterOf(table, wish);
  if (!passes) return [];
  const best = new BestMatches(table, limit, after);
  if (wish.words.length === 0) {
    for (let row = table.rows - 1; row >= 0; row -= 1) if (passes(row)) best.offer(row, scores.inside);
    return best.inOrder();
  }
  compareExactly(table, wish.words, passes, best);
  // Mistakes are forgiven only where nothing is named as it was asked for, and on each page alike.
  const isMistyped = after === undefined ? best.size === 0 : after.rank < scores.inside * scoreStep;
  if (isMistyped) compareNearly(table, wish.words, passes, best);
  return best.inOrder();
}

type Passes = (row: number) => boolean;

function compareExactly(
  table: EntryTable,
  words: readonly string[],
  passes: Passes,
  best: BestMatches,
): void {
  const [a, b, c, d] = unionOf(words);
  const { signatures, names } = table;
  let compared = 0;
  for (let row = table.rows - 1; row >= 0; row -= 1) {
    const at = row * 4;
    if (((signatures[at] ?? 0) & a) !== a || ((signatures[at + 1] ?? 0) & b) !== b) continue;
    if (((signatures[at + 2] ?? 0) & c) !== c || ((signatures[at + 3] ?? 0) & d) !== d) continue;
    if (!passes(row)) continue;
    const score = scoreOf(names[row] ?? '', words);
    if (score > scores.none) best.offer(row, score);
    compared += 1;
    if (compared >= comparedMax) return;
  }
}

function compareNearly(table: EntryTable, words: readonly string[], passes: Passes, best: BestMatches): void {
  const mistakes = words.reduce((sum, word) => sum + mistakesAllowed(word), 0);
  if (mistakes === 0) return;
  const [a, b, c, d] = unionOf(words);
  const missingMax = mistakes * bitsPerMistake;
  const { signatures, names } = table;
  let compared = 0;
  for (let row = table.rows - 1; row >= 0; row -= 1) {
    const at = row * 4;
    const missing =
      bitsIn(a & ~(signatures[at] ?? 0)) +
      bitsIn(b & ~(signatures[at + 1] ?? 0)) +
      bitsIn(c & ~(signatures[at + 2] ?? 0)) +
      bitsIn(d & ~(signatures[at + 3] ?? 0));
    if (missing > missingMax || !passes(row)) continue;
    const score = scoreOf(names[row] ?? '', words, mistakesAllowed);
    if (score > scores.none) best.offer(row, score);
    compared += 1;
    if (compared >= nearComparedMax) return;
  }
}

/** The bits of all words; pairs across two words are not asked for. */
function unionOf(words: readonly string[]): Signature {
  const union: [number, number, number, number] = [0, 0, 0, 0];
  for (const word of words) {
    const bits = signatureOf(word);
    for (const index of [0, 1, 2, 3] as const) union[index] |= bits[index];
  }
  return union;
}

/** undefined when nothing can pass: the folder that was named is not here. */
function filterOf(table: EntryTable, wish: Wish): Passes | undefined {
  const { kind, mimes, fromMs, toMs, minSize, maxSize, tag, under, starred } = wish;
  const folder = under === undefined ? undefined : table.rowOf(under);
  if (folder === -1) return undefined;
  return (row) => {
    if (!table.isUsed(row) || table.parentOf(row) < 0) return false;
    if (kind !== undefined && table.isFolder(row) !== (kind === 'folder')) return false;
    if (starred !== undefined && table.isStarred(row) !== starred) return false;
    if (mimes && !mimes.some((begin) => table.mimeOf(row).startsWith(begin))) return false;
    const modified = table.modifiedAtOf(row);
    if (fromMs !== undefined && modified < fromMs) return false;
    if (toMs !== undefined && modified > toMs) return false;
    const hasSize = minSize !== undefined || maxSize !== undefined;
    if (hasSize && table.isFolder(row)) return false;
    if (minSize !== undefined && table.sizeOf(row) < minSize) return false;
    if (maxSize !== undefined && table.sizeOf(row) > maxSize) return false;
    if (tag !== undefined && !table.tagsOf(row).includes(tag)) return false;
    if (folder !== undefined && (row === folder || !table.isWithin(row, folder))) return false;
    return !table.isTrashed(row);
  };
}

/** Keeps the best of what is offered: a heap with the worst of them on top. */
class BestMatches {
  readonly #table: EntryTable;
  readonly #limit: number;
  readonly #after: Match | undefined;
  readonly #rows: number[] = [];
  readonly #ranks: number[] = [];

  constructor(table: EntryTable, limit: number, after: Match | undefined) {
    this.#table = table;
    this.#limit = limit;
    this.#after = after;
  }

  get size(): number {
    return this.#rows.length;
  }

  offer(row: number, score: number): void {
    const changed = Math.min(Math.max(this.#table.changedAtOf(row), 0), latestMs);
    const rank = score * scoreStep + changed;
    const after = this.#after;
    if (after && (rank > after.rank || (rank === after.rank && this.#table.idOf(row) <= after.id))) return;
    if (this.#rows.length < this.#limit) {
      this.#rows.push(row);
      this.#ranks.push(rank);
      this.#rise(this.#rows.length - 1);
    } else if (this.#isWorse(0, rank, row)) {
      this.#rows[0] = row;
      this.#ranks[0] = rank;
      this.#sink();
    }
  }

  inOrder(): Match[] {
    const matches = this.#rows.map((row, at) => ({ id: this.#table.idOf(row), rank: this.#ranks[at] ?? 0 }));
    return matches.sort((left, right) => right.rank - left.rank || (left.id < right.id ? -1 : 1));
  }

  /** Is the kept match at this place of the heap worse than another one? */
  #isWorse(at: number, rank: number, row: number): boolean {
    const kept = this.#ranks[at] ?? 0;
    if (kept !== rank) return kept < rank;
    return this.#table.idOf(this.#rows[at] ?? 0) > this.#table.idOf(row);
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      if (!this.#isWorse(at, this.#ranks[above] ?? 0, this.#rows[above] ?? 0)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #sink(): void {
    for (let at = 0; ; ) {
      let worst = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below >= this.#rows.length) continue;
        if (this.#isWorse(below, this.#ranks[worst] ?? 0, this.#rows[worst] ?? 0)) worst = below;
      }
      if (worst === at) return;
      this.#swap(at, worst);
      at = worst;
    }
  }

  #swap(left: number, right: number): void {
    const [row = 0, rank = 0] = [this.#rows[left], this.#ranks[left]];
    this.#rows[left] = this.#rows[right] ?? 0;
    this.#ranks[left] = this.#ranks[right] ?? 0;
    this.#rows[right] = row;
    this.#ranks[right] = rank;
  }
}
