/** One ring of audit events: the newest rows on disk, and the rows that wait for the next write. */
import { decode, encode, isFields } from '../../crypto/index.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';

/** Rows waiting for the disk; in a flood the oldest ones are dropped. */
const waitingMax = 1000;
/** Keys end in numbers with this many hex digits, so that their order is the order of time. */
const keyDigits = 12;
const firstKey = '0'.repeat(keyDigits);
/** After every number. */
export const endOfRing = 'g';

export interface AuditRow {
  atMs: number;
  event: string;
  sentence: string;
  username: string | null;
  /** The unauthenticated cause; null for an event of a user, an admin or the device. */
  from: string | null;
  /** Number of events that the row stands for. */
  count: number;
}

export interface NumberedRow {
  number: number;
  row: AuditRow;
}

export interface AuditChange {
  key: string;
  value: Uint8Array | null;
}

export class AuditRing {
  readonly #store: OrderedStore;
  readonly #prefix: string;
  readonly #rowsMax: number;
  /** Numbers on disk, oldest first. */
  #numbers: number[] = [];
  readonly #waiting = new Map<number, AuditRow>();

  /** @param prefix of the ring's keys; no other ring may have keys between it and its `endOfRing` */
  constructor(store: OrderedStore, prefix: string, rowsMax: number) {
    this.#store = store;
    this.#prefix = prefix;
    this.#rowsMax = rowsMax;
  }

  /** Reads which numbers are there. @returns the highest one, or 0 */
  async open(): Promise<number> {
    const bounds = { gte: this.#prefix + firstKey, lt: this.#prefix + endOfRing };
    for await (const [key] of this.#store.range(bounds)) {
      this.#numbers.push(Number.parseInt(key.slice(this.#prefix.length), 16));
    }
    return this.#numbers.at(-1) ?? 0;
  }

  /** Adds a row, or replaces the row of that number. */
  put(number: number, row: AuditRow): void {
    this.#waiting.set(number, row);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > waitingMax && oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** The changes that bring the waiting rows to the store and keep the ring within its size. */
  takeChanges(): AuditChange[] {
    const changes = [...this.#waiting].map(([number, row]): AuditChange => {
      if (number > (this.#numbers.at(-1) ?? 0)) this.#numbers.push(number);
      return { key: this.#keyOf(number), value: encode({ ...row }) };
    });
    this.#waiting.clear();
    const surplus = this.#numbers.splice(0, Math.max(0, this.#numbers.length - this.#rowsMax));
    return [...changes, ...surplus.map((number) => ({ key: this.#keyOf(number), value: null }))];
  }

  /** The changes that delete rows of before that time. Rows are in the order of time but for a clock that was set. */
  async takeOlder(thanMs: number): Promise<AuditChange[]> {
    const old: AuditChange[] = [];
    const bounds = { gte: this.#prefix + firstKey, lt: this.#prefix + endOfRing };
    for await (const [key, value] of this.#store.range(bounds)) {
      const row = readRow(value);
      if (row !== undefined && row.atMs >= thanMs) break;
      old.push({ key, value: null });
    }
    this.#numbers.splice(0, old.length);
    return old;
  }

  /** Rows on disk, newest first; damaged ones are left out. @param before a number in `keyDigits` hex digits, or `endOfRing` */
  async newest(before: string, limit: number): Promise<NumberedRow[]> {
    const rows: NumberedRow[] = [];
    const bounds = { gte: this.#prefix + firstKey, lt: this.#prefix + before, reverse: true, limit };
    for await (const [key, value] of this.#store.range(bounds)) {
      const row = readRow(value);
      if (row) rows.push({ number: Number.parseInt(key.slice(this.#prefix.length), 16), row });
    }
    return rows;
  }

  #keyOf(number: number): string {
    return this.#prefix + digitsOf(number);
  }
}

/** A number as in keys and cursors. */
export function digitsOf(number: number): string {
  return number.toString(16).padStart(keyDigits, '0');
}

/** undefined for a row that is damaged or has another format: the other rows still count. */
function readRow(value: Uint8Array): AuditRow | undefined {
  try {
    const row = decode(value);
    if (!isFields(row)) return undefined;
    const { atMs, event, sentence, username, from = null, count } = row;
    const whole =
      typeof atMs === 'number' &&
      typeof event === 'string' &&
      typeof sentence === 'string' &&
      (username === null || typeof username === 'string') &&
      (from === null || typeof from === 'string') &&
      typeof count === 'number';
    return whole ? { atMs, event, sentence, username, from, count } : undefined;
  } catch {
    return undefined;
  }
}
