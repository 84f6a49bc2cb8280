/** One timer for many requests to run something soon: the earliest request counts, and the run serves all of them. */
import type { Clock, Timer } from '../../model/clock.ts';

export class SoonestTimer {
  readonly #clock: Clock;
  readonly #run: () => void;
  #timer: Timer | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Runs after `ms` at the latest. Does nothing when a run is due before, or after `stop`. */
  within(ms: number): void {
    const dueMs = this.#clock.monotonicMs() + ms;
    if (this.#isStopped || dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ms, () => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#run();
    });
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }
}
