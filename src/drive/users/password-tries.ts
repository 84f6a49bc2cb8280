/**
 * Wrong passwords per address in the last hour, on this device. A try counts from its start, so that
 * many at once are not more than the limit; a right password gives its own try back and no other.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import { passwordTriesPerHour } from '../../model/limits.ts';

const windowMs = 3_600_000;
/** Addresses remembered; a home has few, and an attacker with more is slowed by the queue of keys. */
const addressesKept = 10_000;
/** How far apart slowed tries are: at first, and at most. */
const fastestMs = 250;
const slowestMs = 8000;
const triesPerDoubling = 10;
/** Slowed tries that may wait, at the slowest pace; a right guest waits about a minute at worst. */
const waitingMax = 8;

export class PasswordTries {
  readonly #clock: Clock;
  readonly #tries = new LRUCache<string, number[]>({ max: addressesKept });
  /** When the last slowed try of something has its turn. */
  readonly #turns = new LRUCache<string, number>({ max: addressesKept });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs one check of a password.
   * @param from who tries, or what is tried; nothing of it may be tried more often than `triesMax` an hour
   * @param isWrong says of an error whether it means that the password was wrong
   * @throws `too-many-tries` with the seconds to wait; else what `check` throws
   */
  async run<Result>(
    from: string,
    check: () => Promise<Result>,
    isWrong: (error: unknown) => boolean,
    triesMax = passwordTriesPerHour,
  ): Promise<Result> {
    const now = this.#clock.monotonicMs();
    const recent = this.#recent(from);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= triesMax) {
      throw tooMany(Math.max(1, Math.ceil((oldest + windowMs - now) / 1000)));
    }
    return this.#counted(from, check, isWrong);
  }

  /**
   * Runs one check of a password that many may try: beyond `unslowed` wrong tries in an hour the next one
   * waits its turn, twice as long for each further ten, and is never shut out for what others did.
   * @throws `too-many-tries` when too many wait already; else what `check` throws
   */
  async slowed<Result>(
    what: string,
    check: () => Promise<Result>,
    isWrong: (error: unknown) => boolean,
    unslowed: number,
  ): Promise<Result> {
    const over = this.#recent(what).length - unslowed;
    if (over < 0) return this.#counted(what, check, isWrong);
    const delayMs = Math.min(slowestMs, fastestMs * 2 ** Math.floor(over / triesPerDoubling));
    const now = this.#clock.monotonicMs();
    const turnMs = Math.max(now, (this.#turns.get(what) ?? Number.NEGATIVE_INFINITY) + delayMs);
    if (turnMs - now > slowestMs * waitingMax) throw tooManyAtOnce(Math.ceil((turnMs - now) / 1000));
    this.#turns.set(what, turnMs);
    await new Promise<void>((resolve) => this.#clock.after(turnMs - now, resolve));
    return this.#counted(what, check, isWrong);
  }

  #recent(from: string): number[] {
    const now = this.#clock.monotonicMs();
    return (this.#tries.get(from) ?? []).filter((at) => at > now - windowMs);
  }

  async #counted<Result>(
    from: string,
    check: () => Promise<Result>,
    isWrong: (error: unknown) => boolean,
  ): Promise<Result> {
    const now = this.#clock.monotonicMs();
    this.#tries.set(from, [...this.#recent(from), now]);
    try {
      const result = await check();
      this.#giveBack(from, now);
      return result;
    } catch (error) {
      if (!isWrong(error)) this.#giveBack(from, now);
      throw error;
    }
  }

  #giveBack(from: string, at: number): void {
    const tries = this.#tries.get(from) ?? [];
    const index = tries.indexOf(at);
    if (index < 0) return;
    const rest = tries.toSpliced(index, 1);
    if (rest.length > 0) this.#tries.set(from, rest);
    else this.#tries.delete(from);
  }
}

function tooMany(retryAfterS: number): PeerstorError {
  const minutes = Math.ceil(retryAfterS / 60);
  const sentence = `Too many wrong passwords from this address. Try again in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}.`;
  return new PeerstorError('too-many-tries', sentence, { details: { retryAfterS } });
}

function tooManyAtOnce(retryAfterS: number): PeerstorError {
  const sentence = `Many wrong passwords were tried here. Try again in ${retryAfterS} seconds.`;
  return new PeerstorError('too-many-tries', sentence, { details: { retryAfterS } });
}
