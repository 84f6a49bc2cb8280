/**
 * Finds the rows of a table that answer a question, best first. Pure: it looks at the table alone.
 * Time is bounded by numbers of rows looked at, not by a clock, so that the answer is the same each time.
 */
import type { EntryId } from '../../model/ids.ts';
import type { EntryTable } from './entry-table.ts';
import { mistakesAllowed, scoreOf, scores } from './matching.ts';
import { bitsOf } from './signatures.ts';

/** Names that are compared for one question: about 5 ms. The newest rows come first. */
const comparedMax = 10_000;
const nearComparedMax = 4_000;
/** Bits of a signature that one mistake may take away: a letter and two pairs, or three pairs. */
const bitsPerMistake = 3;
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
    for (let row = table.rows - 1; row >= 0; row -= 1) {
      if (best.wouldTake(row, scores.inside) && passes(row)) best.offer(row, scores.inside);
    }
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
  const { signatures, names, rows } = table;
  let compared = 0;
  for (const row of signatures.having(bitsOfAll(words), rows)) {
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
  const { signatures, names, rows } = table;
  let compared = 0;
  for (const row of signatures.nearlyHaving(bitsOfAll(words), mistakes * bitsPerMistake, rows)) {
    if (!passes(row)) continue;
    const score = scoreOf(names[row] ?? '', words, mistakesAllowed);
    if (score > scores.none) best.offer(row, score);
    compared += 1;
    if (compared >= nearComparedMax) return;
  }
}

/** The bits of all words; pairs across two words are not asked for. */
function bitsOfAll(words: readonly string[]): number[] {
  return [...new Set(words.flatMap(bitsOf))];
}

/** undefined when nothing can pass: the folder that was named is not here. */
function filterOf(table: EntryTable, wish: Wish): Passes | undefined {
  const { kind, mimes, fromMs, toMs, minSize, maxSize, tag, under, starred } = wish;
  const folder = under === undefined ? undefined : table.rowOf(under);
  if (folder === -1) return undefined;
  const isShown = climbing(table, (row) => (table.isTrashedItself(row) ? false : undefined), true);
  const isWithin = climbing(table, (row) => (row === folder ? true : undefined), false);
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
    if (folder !== undefined && (row === folder || !isWithin(row))) return false;
    return isShown(row);
  };
}

/**
 * Asks a row and the folders around it, from below, until one of them decides; what was found out of each on the way is
 * kept for the rows that follow.
 */
function climbing(
  table: EntryTable,
  decides: (row: number) => boolean | undefined,
  otherwise: boolean,
): Passes {
  const answers = { none: 0, yes: 1, no: 2 } as const;
  const known = new Uint8Array(table.rows);
  return (row) => {
    const way: number[] = [];
    let answer = otherwise;
    for (let at = row; at >= 0 && way.length < table.rows; at = table.parentOf(at)) {
      const before = known[at] ?? answers.none;
      const decided = before === answers.none ? decides(at) : before === answers.yes;
      if (before === answers.none) way.push(at);
      if (decided === undefined) continue;
      answer = decided;
      break;
    }
    for (const at of way) known[at] = answer ? answers.yes : answers.no;
    return answer;
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

  /** False for a row that `offer` would drop: told without a look at more than its time. */
  wouldTake(row: number, score: number): boolean {
    return this.#rows.length < this.#limit || (this.#ranks[0] ?? 0) <= this.#rankOf(row, score);
  }

  offer(row: number, score: number): void {
    const rank = this.#rankOf(row, score);
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

  #rankOf(row: number, score: number): number {
    const changed = Math.min(Math.max(this.#table.changedAtOf(row), 0), latestMs);
    return score * scoreStep + changed;
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
