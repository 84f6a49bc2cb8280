/**
 * Limits the pairing-code guesses at this device per hour, over all windows. A restart ends a window, because
 * its code is in memory alone, but forgets no guess: each guess is on disk before it is answered.
 */
import { decode, encode } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { pairingTriesPerHour } from '../../model/limits.ts';

const key = 'tries';
const hourMs = 3_600_000;

export class PairingLimits {
  readonly #store: OrderedStore;
  readonly #clock: Clock;
  /** Unix ms of each try of the last hour after which no device joined, oldest first. */
  #triesAtMs: number[];

  /** @param store used by nothing else */
  constructor(store: OrderedStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#triesAtMs = read(store);
  }

  /** @throws `too-many-tries` until the oldest try is an hour old */
  check(): void {
    const nowMs = this.#clock.wallMs();
    // Tries from the future mean that the clock was set back meanwhile: they count from now.
    this.#triesAtMs = this.#triesAtMs
      .map((atMs) => Math.min(atMs, nowMs))
      .filter((at) => nowMs - at < hourMs);
    const [oldestMs] = this.#triesAtMs;
    if (oldestMs === undefined || this.#triesAtMs.length < pairingTriesPerHour) return;
    throw new PeerstorError(
      'too-many-tries',
      'Too many wrong pairing codes at this device within an hour. Wait, then open a new window.',
      { details: { retryAfterS: Math.ceil((oldestMs + hourMs - nowMs) / 1000) } },
    );
  }

  /** Counts a try, durably. @returns a function that takes the try back when the code was right */
  async count(): Promise<() => Promise<void>> {
    this.check();
    const atMs = this.#clock.wallMs();
    this.#triesAtMs.push(atMs);
    await this.#save();
    return async () => {
      const at = this.#triesAtMs.indexOf(atMs);
      if (at >= 0) this.#triesAtMs.splice(at, 1);
      await this.#save();
    };
  }

  async #save(): Promise<void> {
    await this.#store.batch([{ key, value: encode(this.#triesAtMs) }], { sync: true });
  }
}

/** Damaged rows of an index count as absent (I7). */
function read(store: OrderedStore): number[] {
  try {
    const value = store.get(key);
    const tries: unknown = value ? decode(value) : [];
    return Array.isArray(tries) ? tries.filter((at) => typeof at === 'number') : [];
  } catch (error) {
    if (isPeerstorError(error)) return [];
    throw error;
  }
}
