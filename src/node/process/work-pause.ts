/** A person's wish for quiet: work in the background waits, for a time that ends by itself. */
import type { Clock } from '../../model/clock.ts';

/** Copies that are lost meanwhile are made again no later than after this long. */
export const pauseMinutesMax = 12 * 60;

export class WorkPause {
  readonly #clock: Clock;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param minutes from now on, at most `pauseMinutesMax`; 0 ends a pause */
  begin(minutes: number): void {
    this.#untilMs = this.#clock.monotonicMs() + Math.min(minutes, pauseMinutesMax) * 60_000;
  }

  get isOn(): boolean {
    return this.#leftMs > 0;
  }

  /** ISO 8601 UTC; null while nothing is paused. */
  get until(): string | null {
    return this.isOn ? new Date(this.#clock.wallMs() + this.#leftMs).toISOString() : null;
  }

  get #leftMs(): number {
    return this.#untilMs - this.#clock.monotonicMs();
  }
}
