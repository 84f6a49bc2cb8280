/**
 * Synchronous reads and writes of the index. A reader sees a written value at once; the next batch brings it to
 * the database. Values written in one turn of the event loop share a batch, so rows that belong together are on
 * disk together or not at all. A batch gathers for a moment what several turns write: nothing here waits for the
 * disk but those who flush, and what a kill takes is learned again (I7).
 */
import type { Clock, Timer } from '../../model/clock.ts';
import { type OrderedStore, pagesOf } from '../../model/contracts/ordered-store.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';

/** Values waiting for the database before writers have to wait: a few MiB of rows. */
const waitingMax = 50_000;
/** Wait after a failed batch, so that a full disk does not cause a busy loop. */
const retryMs = 1000;
/** How long values wait for others before their batch begins: a batch costs far more than a row. */
const gatherMs = 50;
/** So many do not wait. */
const gatheredMax = 2000;
const rangePageSize = 1000;

export class WriteBehind {
  #waiting = new Map<string, Uint8Array | null>();
  #writing = new Map<string, Uint8Array | null>();
  #running: Promise<void> | undefined;
  #failure: unknown;
  /** Ends the gathering of the next batch. */
  #begin: (() => void) | undefined;
  readonly #store: OrderedStore;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(parts: { store: OrderedStore; clock: Clock; log: Log }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** @throws `index-corrupt` as the store does */
  get(key: string): Uint8Array | undefined {
    for (const layer of [this.#waiting, this.#writing]) {
      const value = layer.get(key);
      if (value !== undefined) return value ?? undefined;
    }
    return this.#store.get(key);
  }

  /** null deletes the key. */
  set(key: string, value: Uint8Array | null): void {
    this.#waiting.set(key, value);
    this.#running ??= this.#run();
    if (this.#waiting.size > gatheredMax) this.#begin?.();
  }

  /** True when too many values wait for the database: callers may skip writing what they can learn again later. */
  get isFull(): boolean {
    return this.#waiting.size > waitingMax;
  }

  /**
   * Waits while too many values are in flight.
   * @throws the database's error, when the database refuses writes
   */
  async room(): Promise<void> {
    while (this.isFull) {
      if (this.#failure !== undefined) throw this.#failed();
      this.#begin?.();
      await this.#running;
    }
  }

  /** Resolves when every value written before is in the database. @throws as `room` */
  async flush(): Promise<void> {
    // Waits for the batch in flight, then for the batch with the values that wait now.
    for (let turn = 0; turn < 2 && this.#running; turn++) {
      if (this.#failure !== undefined) throw this.#failed();
      this.#begin?.();
      await this.#running;
    }
    if (this.#failure !== undefined) throw this.#failed();
  }

  /**
   * Yields keys in [gte, lt) in pages. Each page is read anew, so no iterator stays open between pages. A page
   * contains everything that was written before it was requested; later writes may be missing.
   */
  async *pages(gte: string, lt: string): AsyncIterable<(readonly [key: string, value: Uint8Array])[]> {
    let from = gte;
    while (true) {
      await this.flush();
      const page: (readonly [string, Uint8Array])[] = [];
      for await (const rows of pagesOf(this.#store, { gte: from, lt, limit: rangePageSize }))
        for (const row of rows) page.push(row);
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (!last || page.length < rangePageSize) return;
      from = `${last[0]}\0`;
    }
  }

  /** Resolves after a moment, or when somebody cannot wait; never in the turn of the caller, whose values go together. */
  async #gather(): Promise<void> {
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#begin = resolve;
      timer = this.#clock.after(gatherMs, resolve);
    });
    timer?.cancel();
    this.#begin = undefined;
  }

  #failed(): PeerstorError {
    const sentence = 'The local database refuses writes; see the log and the free space of its disk.';
    return new PeerstorError('storage-failed', sentence, { cause: this.#failure });
  }

  /** Writes one batch after another until nothing waits. `#running` settles with each batch. */
  async #run(): Promise<void> {
    await this.#gather();
    this.#writing = this.#waiting;
    this.#waiting = new Map();
    try {
      const changes = Array.from(this.#writing, ([key, value]) => ({ key, value }));
      await this.#store.batch(changes);
      this.#failure = undefined;
    } catch (error) {
      if (this.#failure === undefined)
        this.#log.warn({ error }, 'The index could not be written; trying again');
      this.#failure = error;
      for (const [key, value] of this.#writing) if (!this.#waiting.has(key)) this.#waiting.set(key, value);
    }
    this.#writing = new Map();
    if (this.#failure !== undefined) {
      this.#running = new Promise((resolve) => {
        this.#clock.after(retryMs, () => resolve(this.#run()));
      });
    } else {
      this.#running = this.#waiting.size > 0 ? this.#run() : undefined;
    }
  }
}
