/** Tells pages every two seconds to look at the machine again, and that what moves between devices has changed. */

import type { Clock, Timer } from '../../model/clock.ts';
import type { TransfersView } from '../../model/contracts/health.ts';
import { systemTellMs } from '../../model/limits.ts';

export interface SystemWatchParts {
  clock: Clock;
  transfers(): TransfersView;
  tell(topic: 'system' | 'transfers'): void;
}

/** Runs only while somebody listens. */
export class SystemWatch {
  readonly #parts: SystemWatchParts;
  #listeners = 0;
  #timer: Timer | undefined;
  #seen = '';

  constructor(parts: SystemWatchParts) {
    this.#parts = parts;
  }

  /** @returns a function that stops listening */
  listen(): () => void {
    this.#listeners += 1;
    if (this.#listeners === 1) {
      this.#seen = JSON.stringify(this.#parts.transfers());
      this.#wait();
    }
    return () => {
      this.#listeners -= 1;
      if (this.#listeners === 0) this.#timer?.cancel();
    };
  }

  #wait(): void {
    this.#timer = this.#parts.clock.after(systemTellMs, () => {
      this.#wait();
      const seen = JSON.stringify(this.#parts.transfers());
      if (seen !== this.#seen) this.#parts.tell('transfers');
      this.#seen = seen;
      this.#parts.tell('system');
    });
  }
}
