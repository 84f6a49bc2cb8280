/** Gives chunks that have no place on this device any more to other devices, until none is left. */
import type { Clock, Timer } from '../../model/clock.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { Replication } from '../../replication/index.ts';
import type { DiskChunkStore } from '../../store/index.ts';

const againMaxMs = 30_000;
const againMinMs = 500;
/** Chunks that are handed over together. */
const batchMax = 16;

export interface SurplusParts {
  store: Pick<DiskChunkStore, 'surplus' | 'release'>;
  chunks: Pick<Replication, 'handOver' | 'handOverBatch'>;
  clock: Clock;
  log: Log;
  /** `presenceStableMs`: a device counts this long after it connected. */
  againMs: number;
}

export class Surplus {
  readonly #parts: SurplusParts;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #isDue = false;
  #waiting = 0;
  /** Chunks that found no taker in the present run. */
  #found = 0;
  #stopped = false;

  constructor(parts: SurplusParts) {
    this.#parts = parts;
  }

  /** Chunks that had to leave at the last look, and that no device could be relied on to keep. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Looks now, because volumes were changed. */
  begin(): void {
    this.#timer?.cancel();
    this.#isDue = true;
    if (this.#stopped) return;
    this.#running ??= this.#run()
      .catch((error: unknown) => {
        if (!isPeerstorError(error)) throw error;
        this.#isDue = true;
        this.#parts.log.warn({ error }, 'Chunks without a place could not be given to others yet');
      })
      .finally(() => {
        this.#running = undefined;
        if (this.#isDue) this.#lookAgain();
      });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { store } = this.#parts;
    this.#isDue = false;
    this.#found = 0;
    let batch: ChunkId[] = [];
    for await (const id of store.surplus()) {
      if (this.#stopped) return;
      batch.push(id);
      if (batch.length < batchMax) continue;
      await this.#handOver(batch);
      batch = [];
    }
    await this.#handOver(batch);
    this.#waiting = this.#found;
  }

  /** Many at once, then one by one those for which other devices have to be found. */
  async #handOver(batch: readonly ChunkId[]): Promise<void> {
    const { chunks } = this.#parts;
    if (batch.length === 0) return;
    for (const id of await chunks.handOverBatch(batch, (one) => this.#release(one))) {
      if (this.#stopped) return;
      if (await chunks.handOver(id, () => this.#release(id))) continue;
      this.#isDue = true;
      this.#found += 1;
    }
  }

  #release(id: ChunkId): Promise<void> {
    return this.#parts.store.release(id);
  }

  #lookAgain(): void {
    if (this.#stopped) return;
    const ms = Math.min(againMaxMs, Math.max(againMinMs, this.#parts.againMs));
    this.#timer = this.#parts.clock.after(ms, () => this.begin());
  }
}
