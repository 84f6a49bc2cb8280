/**
 * Compares all segments with the index once in a period, restarts included: somebody may have deleted,
 * cut or added some behind the store's back, and scrubbing reads only what the index knows.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkIndex } from '../index/chunk-index.ts';
import { throwApart } from '../locks/throw-apart.ts';

/** How often it is looked whether one is due; a tenth of the period where tests shorten that. */
const lookMaxMs = 3_600_000;
const lookMinMs = 50;

export interface RecountParts {
  index: ChunkIndex;
  clock: Clock;
  /** Between two; Infinity for never. */
  everyMs: number;
  /** Does it. What it does not get through stays due, and is done at the next start. */
  recount(): Promise<unknown>;
}

export class Recount {
  readonly #parts: RecountParts;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(parts: RecountParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, everyMs } = this.#parts;
    if (everyMs === Number.POSITIVE_INFINITY) return;
    this.#timer = clock.after(Math.max(lookMinMs, Math.min(lookMaxMs, everyMs / 10)), () => {
      this.#running = this.#look().finally(() => {
        if (!this.#stopped) this.start();
      });
      this.#running.catch(throwApart);
    });
  }

  /** Begins no other one. @returns when the one under way has ended */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    return this.#running;
  }

  async #look(): Promise<void> {
    const { clock, everyMs, index, recount } = this.#parts;
    const nowMs = clock.wallMs();
    const lastMs = index.recountedAtMs();
    // A clock that was set back must not put it off for years.
    if (lastMs !== undefined && nowMs < lastMs + everyMs && nowMs >= lastMs - everyMs) return;
    try {
      await index.recounted(nowMs);
      // A new device has nothing to recount.
      if (lastMs !== undefined) await recount();
    } catch (error) {
      // The volume's own state says why; the database tells whoever writes next.
      if (!isPeerstorError(error)) throw error;
    }
  }
}
