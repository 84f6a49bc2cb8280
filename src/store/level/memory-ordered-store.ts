/** The ordered index in memory, for tests and the simulator. */
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError } from '../../model/errors.ts';
import { SortedKeys } from './sorted-keys.ts';

/** Persists nothing: the rows are gone with the object. */
export class MemoryOrderedStore implements OrderedStore {
  readonly #values = new Map<string, Uint8Array>();
  readonly #keys = new SortedKeys();
  #closed = false;

  get(key: string): Uint8Array | undefined {
    this.#mustBeOpen();
    return this.#values.get(key)?.slice();
  }

  async batch(changes: readonly { key: string; value: Uint8Array | null }[]): Promise<void> {
    this.#mustBeOpen();
    for (const { key, value } of changes) {
      if (value !== null) {
        if (!this.#values.has(key)) this.#keys.add(key);
        this.#values.set(key, value.slice());
      } else if (this.#values.delete(key)) {
        this.#keys.delete(key);
      }
    }
  }

  async *range(bounds: {
    gte: string;
    lt: string;
    reverse?: boolean;
    limit?: number;
  }): AsyncIterable<readonly [key: string, value: Uint8Array]> {
    this.#mustBeOpen();
    // Values are replaced, never changed in place, so holding them is the snapshot.
    const snapshot: (readonly [string, Uint8Array])[] = [];
    const limit = bounds.limit ?? Number.POSITIVE_INFINITY;
    for (const key of this.#keys.between(bounds.gte, bounds.lt, bounds.reverse === true)) {
      if (snapshot.length >= limit) break;
      const value = this.#values.get(key);
      if (value !== undefined) snapshot.push([key, value]);
    }
    for (const [key, value] of snapshot) yield [key, value.slice()] as const;
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new PeerstorError('not-ready', 'The local database is closed.');
  }
}
