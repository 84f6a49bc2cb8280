/**
 * Collects changes that are written at once. Reads see what was put before. A fork can be dropped without changing
 * the batch that it came from.
 */
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { Bounds } from '../records/store-layout.ts';

type Readable = Pick<OrderedStore, 'get' | 'range'>;

export class Batch {
  readonly #below: Readable;
  readonly #values = new Map<string, Uint8Array | null>();
  /** Whether a key exists below, for keys that were looked up: counting rows asks for most of them again. */
  readonly #isBelow = new Map<string, boolean>();

  constructor(below: Readable) {
    this.#below = below;
  }

  fork(): Batch {
    return new Batch(this);
  }

  /** Takes over what a fork collected. */
  join(fork: Batch): void {
    for (const [key, isBelow] of fork.#isBelow) this.#note(key, isBelow);
    for (const [key, value] of fork.#values) this.#values.set(key, value);
  }

  get(key: string): Uint8Array | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) return value ?? undefined;
    const found = this.#below.get(key);
    this.#note(key, found !== undefined);
    return found;
  }

  /** Does the key have a value below, without what was collected here? */
  isBelow(key: string): boolean {
    return this.#isBelow.get(key) ?? this.#below.get(key) !== undefined;
  }

  put(key: string, value: Uint8Array): void {
    this.#values.set(key, value);
  }

  /** Puts a value under a key that has none; the caller knows that. */
  putNew(key: string, value: Uint8Array): void {
    this.#note(key, false);
    this.#values.set(key, value);
  }

  #note(key: string, isBelow: boolean): void {
    if (!this.#values.has(key)) this.#isBelow.set(key, isBelow);
  }

  delete(key: string): void {
    this.#values.set(key, null);
  }

  /** Deletes a value that counts as a row below, but cannot be read. */
  deleteDamaged(key: string): void {
    this.#note(key, true);
    this.#values.set(key, null);
  }

  /** In key order. Slow when much was put, so use it for rare ranges. */
  async *range(bounds: Bounds): AsyncIterable<readonly [key: string, value: Uint8Array]> {
    const own = [...this.#values.keys()].filter((key) => key >= bounds.gte && key < bounds.lt).sort();
    let next = 0;
    for await (const [key, value] of this.#below.range(bounds)) {
      for (; next < own.length && (own[next] ?? '') < key; next += 1) yield* this.#own(own[next]);
      if (!this.#values.has(key)) yield [key, value];
    }
    for (; next < own.length; next += 1) yield* this.#own(own[next]);
  }

  *#own(key: string | undefined): Iterable<readonly [key: string, value: Uint8Array]> {
    const value = key === undefined ? undefined : this.#values.get(key);
    if (key !== undefined && value) yield [key, value];
  }

  changes(): { key: string; value: Uint8Array | null }[] {
    return [...this.#values].map(([key, value]) => ({ key, value }));
  }
}
