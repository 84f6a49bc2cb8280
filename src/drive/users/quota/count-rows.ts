/**
 * Counts that survive a restart, in rows of this device. Changes are written later, in order and in batches: a crash
 * loses only the last moments of a count, and never leaves a half-written row.
 */
import { afterPrefix, type OrderedStore } from '../../../model/contracts/ordered-store.ts';
import { isPeerstorError, sentenceOf } from '../../../model/errors.ts';
import { type Log, silentLog } from '../../../model/log.ts';

export class CountRows {
  readonly #store: OrderedStore | undefined;
  readonly #log: Log;
  readonly #changes = new Map<string, Uint8Array | null>();
  #writing: Promise<void> | undefined;

  /** @param store nothing else uses it; undefined for counts that start again with the process */
  constructor(store: OrderedStore | undefined, log: Log = silentLog) {
    this.#store = store;
    this.#log = log;
  }

  /** The numbers of a row; undefined if there is no row, or a damaged one (I7). */
  get(key: string): number[] | undefined {
    const changed = this.#changes.get(key);
    if (changed !== undefined) return changed ? numbersIn(changed) : undefined;
    try {
      const row = this.#store?.get(key);
      return row && numbersIn(row);
    } catch (error) {
      if (isPeerstorError(error, 'index-corrupt')) return undefined;
      throw error;
    }
  }

  /** Rows under a prefix as they are on disk, their keys without the prefix. Ends early at a damaged row. */
  async *below(prefix: string): AsyncIterable<readonly [key: string, numbers: number[]]> {
    if (!this.#store) return;
    await this.written();
    try {
      for await (const [key, row] of this.#store.range({ gte: prefix, lt: afterPrefix(prefix) })) {
        yield [key.slice(prefix.length), numbersIn(row)];
      }
    } catch (error) {
      if (!isPeerstorError(error, 'index-corrupt')) throw error;
    }
  }

  /** @param numbers null deletes the row */
  set(key: string, numbers: readonly number[] | null): void {
    if (!this.#store) return;
    this.#changes.set(key, numbers && rowOf(numbers));
    this.#writing ??= this.#write();
  }

  /** Resolves when all changes so far are written. */
  async written(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    // Changes of the same moment go into the same batch.
    await Promise.resolve();
    try {
      while (this.#changes.size > 0) {
        const batch = [...this.#changes].map(([key, value]) => ({ key, value }));
        await this.#store?.batch(batch);
        for (const { key, value } of batch) if (this.#changes.get(key) === value) this.#changes.delete(key);
      }
    } catch (error) {
      this.#changes.clear();
      // A device that stops closes its database: the last moments are then lost.
      if (isPeerstorError(error, 'not-ready')) return;
      this.#log.warn({}, `What users keep could not be counted on disk: ${sentenceOf(error)}`);
    } finally {
      this.#writing = undefined;
    }
  }
}

function rowOf(numbers: readonly number[]): Uint8Array {
  const row = new Uint8Array(numbers.length * 8);
  const view = new DataView(row.buffer);
  for (const [index, number] of numbers.entries()) view.setFloat64(index * 8, number);
  return row;
}

function numbersIn(row: Uint8Array): number[] {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  return Array.from({ length: Math.floor(row.length / 8) }, (_, index) => view.getFloat64(index * 8));
}
