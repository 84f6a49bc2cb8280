/**
 * One holder at a time for each key: so that two changes of one folder do not both take the same name. Holders
 * that share a key hold it together, and keep out those who want it alone.
 */
import { PeerstorError } from '../model/errors.ts';

/** Each waiter is a request of this device; beyond it something is wrong and waiting helps nobody. */
const defaultWaitersMax = 4096;

/** A key that is wanted alone, or one that is shared with others who share it. */
export type LockKey<Key extends string = string> = Key | { readonly shared: Key };

interface Line {
  /** The last one who wants the key alone has ended. */
  alone: Promise<void> | undefined;
  /** Those who share it after that one, until each has ended. */
  sharing: Set<Promise<void>>;
}

/** Work under the same key runs one after the other, in the order in which it was asked for. */
export class KeyedLock<Key extends string = string> {
  readonly #lines = new Map<Key, Line>();
  readonly #waitersMax: number;
  #waiters = 0;

  /** @param waitersMax of all keys together, those at work included */
  constructor(waitersMax = defaultWaitersMax) {
    this.#waitersMax = waitersMax;
  }

  /** For work that must not wait, because it holds another lock itself. */
  isHeld(key: Key): boolean {
    return this.#lines.has(key);
  }

  /** `run` for one key. */
  hold<Result>(key: Key, work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return this.run([key], work, signal);
  }

  /**
   * Runs `work` when nobody else holds any of `keys`, but for sharers of those that are shared.
   * @throws `not-ready` when too many wait; the signal's reason when it aborts while waiting
   */
  async run<Result>(
    keys: readonly LockKey<Key>[],
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
    const places = [...sharedByKey(keys)].map(([key, shared]) => this.#queue(key, shared, done));
    this.#waiters += 1;
    try {
      await Promise.all(places.flatMap(({ before }) => before));
      signal?.throwIfAborted();
      return await work();
    } finally {
      this.#waiters -= 1;
      release();
      for (const { end } of places) end();
    }
  }

  #queue(key: Key, shared: boolean, done: Promise<void>): { before: Promise<void>[]; end: () => void } {
    const line = this.#lines.get(key) ?? { alone: undefined, sharing: new Set() };
    this.#lines.set(key, line);
    const before = line.alone ? [line.alone] : [];
    if (shared) {
      line.sharing.add(done);
      const end = () => {
        line.sharing.delete(done);
        this.#forgetIfFree(key, line);
      };
      return { before, end };
    }
    for (const sharer of line.sharing) before.push(sharer);
    const mine = before.length === 0 ? done : Promise.all(before).then(() => done);
    line.alone = mine;
    line.sharing.clear();
    const end = () => {
      if (line.alone === mine) line.alone = undefined;
      this.#forgetIfFree(key, line);
    };
    return { before, end };
  }

  #forgetIfFree(key: Key, line: Line): void {
    if (!line.alone && line.sharing.size === 0 && this.#lines.get(key) === line) this.#lines.delete(key);
  }
}

/** Each key once; one that is also wanted alone is not shared. */
function sharedByKey<Key extends string>(keys: readonly LockKey<Key>[]): Map<Key, boolean> {
  const all = new Map<Key, boolean>();
  for (const one of keys) {
    const isAlone = typeof one === 'string';
    const key = isAlone ? one : one.shared;
    all.set(key, !isAlone && all.get(key) !== false);
  }
  return all;
}
