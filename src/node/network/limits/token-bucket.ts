/** Bytes at a steady rate, shared by all users of the same limit, in order of arrival. */
import { type Clock, sleep } from '../../../model/clock.ts';

/** Bytes allowed at once after a pause, in milliseconds of the rate: small messages do not wait at all. */
const burstMs = 250;
/** Waiting callers notice a changed rate within this time. */
const lookAgainMs = 250;

export class TokenBucket {
  readonly #clock: Clock;
  readonly #bytesPerSecond: () => number | null;
  /** Totals of bytes requested and allowed; counts instead of times, so that the rate may change at any moment. */
  #taken = 0;
  #allowed = 0;
  #countedAtMs: number;

  /** @param bytesPerSecond is called repeatedly; null while there is no limit */
  constructor(clock: Clock, bytesPerSecond: () => number | null) {
    this.#clock = clock;
    this.#bytesPerSecond = bytesPerSecond;
    this.#countedAtMs = clock.monotonicMs();
  }

  /** @returns undefined when these bytes may go at once, else a promise that resolves when they may */
  take(bytes: number): Promise<void> | undefined {
    this.#count();
    this.#taken += bytes;
    const mark = this.#taken;
    return this.#waitMs(mark) > 0 ? this.#turn(mark) : undefined;
  }

  async #turn(mark: number): Promise<void> {
    for (let waitMs = this.#waitMs(mark); waitMs > 0; waitMs = this.#waitMs(mark)) {
      await sleep(this.#clock, Math.min(waitMs, lookAgainMs));
      this.#count();
    }
  }

  #waitMs(mark: number): number {
    const perSecond = this.#bytesPerSecond();
    return perSecond === null ? 0 : Math.max(0, ((mark - this.#allowed) * 1000) / perSecond);
  }

  #count(): void {
    const nowMs = this.#clock.monotonicMs();
    const perSecond = this.#bytesPerSecond();
    const passedMs = nowMs - this.#countedAtMs;
    this.#countedAtMs = nowMs;
    if (perSecond === null) {
      this.#allowed = this.#taken;
      return;
    }
    const burst = (perSecond * burstMs) / 1000;
    this.#allowed = Math.min(this.#allowed + (perSecond * passedMs) / 1000, this.#taken + burst);
  }
}
