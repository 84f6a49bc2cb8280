/** Work beside the event loop with a bound on how much is under way. For one producer. */
import { assert } from '../model/assert.ts';

export class BoundedTasks {
  readonly #max: () => number;
  readonly #onFailure: (error: unknown) => void;
  readonly #running = new Set<Promise<unknown>>();
  #wake: () => void = () => undefined;

  /**
   * @param max tasks at once; a function is asked each time that one ends
   * @param onFailure called with each error, so that the producer learns of it before it waits again
   */
  constructor(max: number | (() => number), onFailure: (error: unknown) => void) {
    assert(typeof max === 'function' || max >= 1, 'at least one task may run');
    this.#max = typeof max === 'function' ? max : () => max;
    this.#onFailure = onFailure;
  }

  /** Waits until one more task may start. */
  async room(): Promise<void> {
    while (this.#running.size >= this.#max()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Starts a task. Its error is also given to `onFailure`, so the promise may be left alone. */
  start<Result>(task: () => Promise<Result>): Promise<Result> {
    const running = task();
    this.#running.add(running);
    const ended = () => {
      this.#running.delete(running);
      this.#wake();
    };
    running.then(ended, (error: unknown) => {
      this.#onFailure(error);
      ended();
    });
    return running;
  }

  /** Waits until nothing runs, whatever the outcomes. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
