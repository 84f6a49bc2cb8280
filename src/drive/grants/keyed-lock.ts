/** One at a time for each key: so that two changes of one folder do not both take the same name. */
import { PeerstorError } from '../../model/errors.ts';

/** Each waiter is a request of this device; beyond it something is wrong and waiting helps nobody. */
const defaultWaitersMax = 4096;

export class KeyedLock {
  readonly #last = new Map<string, Promise<void>>();
  readonly #waitersMax: number;
  #waiters = 0;

  constructor(waitersMax = defaultWaitersMax) {
    this.#waitersMax = waitersMax;
  }

  /**
   * Runs `work` when nobody else holds any of `keys`.
   * @throws `not-ready` when too many wait; the signal's reason when it aborts while waiting
   */
  async run<Result>(
    keys: readonly string[],
    work: () => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    if (this.#waiters >= this.#waitersMax) {
      throw new PeerstorError('not-ready', 'This device is busy; try again in a moment.', {
        details: { retryAfterS: 1 },
      });
    }
    const { promise: done, resolve: release } = Promise.withResolvers<void>();
    // Taking the places for all keys at once, before waiting for any, makes deadlocks impossible.
    const before = [...new Set(keys)].map((key) => this.#queue(key, done));
    this.#waiters += 1;
    try {
      await Promise.all(before);
      signal?.throwIfAborted();
      return await work();
    } finally {
      this.#waiters -= 1;
      release();
    }
  }

  #queue(key: string, done: Promise<void>): Promise<void> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const last = before.then(() => done);
    this.#last.set(key, last);
    void last.then(() => {
      if (this.#last.get(key) === last) this.#last.delete(key);
    });
    return before;
  }
}
