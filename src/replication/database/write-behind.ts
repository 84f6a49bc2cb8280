/**
 * Reads and writes of the index without waiting: a written value is seen at once and reaches the
 * database in the next batch. All that was written in one turn of the event loop goes into one batch,
 * so rows that belong together are on disk together or not at all.
 */
import type { Clock } from '../../model/clock.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';

/** Values that wait for the database before writers are asked to wait too: a few MiB of rows. */
const waitingMax = 50_000;
/** After a failed batch: long enough for a full disk not to spin. */
const retryMs = 1000;
const rangePageSize = 1000;

export class WriteBehind {
  #waiting = new Map<string, Uint8Array | null>();
  #writing = new Map<string, Uint8Array | null>();
  #running: Promise<void> | undefined;
  #failure: unknown;
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

  /** null deletes. */
  set(key: string, value: Uint8Array | null): void {
    this.#waiting.set(key, value);
    this.#running ??= this.#run();
  }

  /** More waits for the database than should: what can be learned again later need not be written now. */
  get isFull(): boolean {
    return this.#waiting.size > waitingMax;
  }

  /** Waits while too much is on its way. @throws what the database threw, when it refuses writes */
  async room(): Promise<void> {
    while (this.isFull) {
      if (this.#failure !== undefined) throw this.#failed();
      await this.#running;
    }
  }

  /** When it resolves, everything written before is in the database. @throws as `room` */
  async flush(): Promise<void> {
    // The batch under way, and the one that takes what waits now.
    for (let turn = 0; turn < 2 && this.#running; turn++) {
      if (this.#failure !== undefined) throw this.#failed();
      await this.#running;
    }
    if (this.#failure !== undefined) throw this.#failed();
  }

  /**
   * Keys in [gte, lt) in pages that are read afresh, so nothing has to stay open between them. What was
   * written before a page was asked for is in it; what came since may not be.
   */
  async *pages(gte: string, lt: string): AsyncIterable<(readonly [key: string, value: Uint8Array])[]> {
    let from = gte;
    while (true) {
      await this.flush();
      const page: (readonly [string, Uint8Array])[] = [];
      for await (const row of this.#store.range({ gte: from, lt, limit: rangePageSize })) page.push(row);
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (!last || page.length < rangePageSize) return;
      from = `${last[0]}\0`;
    }
  }

  #failed(): PeerstorError {
    const sentence = 'The local database refuses writes; see the log and the free space of its disk.';
    return new PeerstorError('storage-failed', sentence, { cause: this.#failure });
  }

  /** Writes one batch after the other until nothing waits. `#running` ends with each batch. */
  async #run(): Promise<void> {
    // Lets the caller's turn end, so that everything it writes is in the batch.
    await Promise.resolve();
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
