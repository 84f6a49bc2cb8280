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

export class PasswordTries {
  readonly #clock: Clock;
  readonly #tries = new LRUCache<string, number[]>({ max: addressesKept });

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
    const recent = (this.#tries.get(from) ?? []).filter((at) => at > now - windowMs);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= triesMax) {
      throw tooMany(Math.max(1, Math.ceil((oldest + windowMs - now) / 1000)));
    }
    this.#tries.set(from, [...recent, now]);
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
