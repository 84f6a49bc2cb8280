/** Whether people use this device now: deferrable work then waits. */
import type { Clock } from '../../model/clock.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';

/** People count as gone when no chunk moved for them for this long. */
const quietAfterMs = 2000;

export class Foreground {
  readonly #clock: Clock;
  #lastMs = Number.NEGATIVE_INFINITY;
  #uploads = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A chunk moved for a person who waits for it. */
  note(): void {
    this.#lastMs = this.#clock.monotonicMs();
  }

  get isBusy(): boolean {
    return this.#clock.monotonicMs() - this.#lastMs < quietAfterMs;
  }

  /** Uploads that began and were not closed. */
  get uploads(): number {
    return this.#uploads;
  }

  /** Wraps an upload so that each of its chunks is noted. */
  noting(upload: ChunkUpload): ChunkUpload {
    this.#uploads += 1;
    let isOpen = true;
    return {
      put: (id, bytes) => {
        this.note();
        return upload.put(id, bytes);
      },
      adopt: (id) => upload.adopt(id),
      settle: (level, waitMs, signal) => upload.settle(level, waitMs, signal),
      close: () => {
        if (isOpen) this.#uploads -= 1;
        isOpen = false;
        upload.close();
      },
    };
  }
}
