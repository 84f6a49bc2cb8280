/** One holder at a time for each key: so that two changes of one folder do not both take the same name. */
import { PeerstorError } from '../model/errors.ts';

/** Each waiter is a request of this device; beyond it something is wrong and waiting helps nobody. */
const defaultWaitersMax = 4096;

/** Work under the same key runs one after the other, in the order in which it was asked for. */
export class KeyedLock<Key extends string = string> {
  readonly #last = new Map<Key, Promise<void>>();
  readonly #waitersMax: number;
  #waiters = 0;

  /** @param waitersMax of all keys together, those at work included */
  constructor(waitersMax = defaultWaitersMax) {
    this.#waitersMax = waitersMax;
  }

  /** For work that must not wait, because it holds another lock itself. */
  isHeld(key: Key): boolean {
    return this.#last.has(key);
  }

  /** `run` for one key. */
  hold<Result>(key: Key, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return this.run([key], work, signal);
  }

  /**
   * Runs `work` when nobody else holds any of `keys`.
   * @throws `not-ready` when too many wait; the signal's reason when it aborts while waiting
   */
  async run<Result>(
    keys: readonly Key[],
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
    const places = [...new Set(keys)].map((key) => this.#queue(key, done));
    this.#waiters += 1;
    try {
      await Promise.all(places.map(({ before }) => before));
      signal?.throwIfAborted();
      return await work();
    } finally {
      this.#waiters -= 1;
      release();
      for (const { key, mine } of places) if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }

  #queue(
    key: Key,
    done: Promise<void>,
  ): { key: Key; before: Promise<void> | undefined; mine: Promise<void> } {
    const before = this.#last.get(key);
    const mine = before === undefined ? done : before.then(() => done);
    this.#last.set(key, mine);
    return { key, before, mine };
  }
}
