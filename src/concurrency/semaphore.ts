/** A bound on how much happens at once. */
import { PeerstorError } from '../model/errors.ts';
import { WaitingLine } from './waiting-line.ts';

export interface SemaphoreOptions {
  /** How many may wait; without it the callers have a bound of their own. */
  waitingMax?: number;
  /** What the caller reads when too many wait. */
  busySentence?: string;
}

/** At most `count` holders at a time; the others wait, first come first served. */
export class Semaphore {
  readonly #line = new WaitingLine();
  readonly #options: SemaphoreOptions;
  #free: number;

  constructor(count: number, options: SemaphoreOptions = {}) {
    this.#free = count;
    this.#options = options;
  }

  /** How many may enter without waiting. */
  get free(): number {
    return this.#free;
  }

  /**
   * Waits for a place.
   * @returns what gives the place back; a second call does nothing
   * @throws the signal's reason when it aborts first; `not-ready` when `waitingMax` wait already
   */
  async take(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#giveBack();
    };
  }

  /**
   * Does `work` while it holds a place; the work begins in this turn of the event loop when a place is free.
   * @throws what `take` throws, or the work
   */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#giveBack();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    const { waitingMax, busySentence } = this.#options;
    if (waitingMax !== undefined && this.#line.length >= waitingMax) {
      throw new PeerstorError('not-ready', busySentence ?? 'This device is busy: try again in a moment.', {
        details: { retryAfterS: 1 },
      });
    }
    return this.#line.join(signal);
  }

  #giveBack(): void {
    // The place goes to the first in line, so nobody who comes now can take it.
    if (!this.#line.admit()) this.#free += 1;
  }
}
