/** Checks set-up codes, and limits how many one address may guess. */
import { equalBytes } from '../../crypto/index.ts';
import { addressBlock } from '../../model/address-block.ts';
import type { Clock } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';

const triesPerHour = 20;
const hourMs = 3_600_000;
/** Addresses whose wrong tries are remembered; beyond it the oldest are forgotten. */
const addressesMax = 1000;

export class SetupGate {
  readonly #clock: Clock;
  readonly #wrong = new Map<string, { count: number; sinceMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param expected the device's code; null where it takes none
   * @throws `wrong-setup-code`; `too-many-tries` after 20 wrong ones of an address within an hour, for the right one too
   */
  check(code: string, from: string, expected: string | null): void {
    const nowMs = this.#clock.monotonicMs();
    const block = addressBlock(from);
    const tries = this.#wrong.get(block);
    const isRecent = tries !== undefined && nowMs - tries.sinceMs < hourMs;
    if (isRecent && tries.count >= triesPerHour) {
      throw new PeerstorError(
        'too-many-tries',
        'Too many wrong set-up codes from this address. Wait a while.',
        { details: { retryAfterS: Math.ceil((tries.sinceMs + hourMs - nowMs) / 1000) } },
      );
    }
    if (expected !== null && isSameText(code, expected)) return;
    const [oldest] = this.#wrong.keys();
    if (this.#wrong.size >= addressesMax && !tries && oldest !== undefined) this.#wrong.delete(oldest);
    this.#wrong.set(block, isRecent ? { ...tries, count: tries.count + 1 } : { count: 1, sinceMs: nowMs });
    throw new PeerstorError(
      'wrong-setup-code',
      'That is not the set-up code of this device. It is the part after # in the link that peerstor prints when it starts on that machine.',
    );
  }
}

/** Compares in a time that does not depend on where the texts differ. */
export function isSameText(one: string, other: string): boolean {
  return equalBytes(new TextEncoder().encode(one), new TextEncoder().encode(other));
}
