/** Tells pages when the health of the network changes for a reason that no other event reports. */
import type { HealthView } from '../../model/api.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import { isPeerstorError } from '../../model/errors.ts';

const lookEveryMs = 5000;

export interface HealthWatchParts {
  clock: Clock;
  health(): Promise<HealthView>;
  /** A value that a page shows has changed: copies, alerts, work in progress, used space. */
  changed(): void;
}

/** Runs only while somebody listens. */
export class HealthWatch {
  readonly #parts: HealthWatchParts;
  #listeners = 0;
  #timer: Timer | undefined;
  #seen: string | undefined;

  constructor(parts: HealthWatchParts) {
    this.#parts = parts;
  }

  /** @returns a function that stops listening */
  listen(): () => void {
    this.#listeners += 1;
    if (this.#listeners === 1) void this.#look();
    return () => {
      this.#listeners -= 1;
      if (this.#listeners > 0) return;
      this.#timer?.cancel();
      this.#seen = undefined;
    };
  }

  async #look(): Promise<void> {
    const seen = await this.#now();
    if (this.#listeners === 0) return;
    if (this.#seen !== undefined && seen !== this.#seen) this.#parts.changed();
    this.#seen = seen;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(lookEveryMs, () => void this.#look());
  }

  async #now(): Promise<string> {
    try {
      const { devices, receipts, ...view } = await this.#parts.health();
      const use = devices.map(({ online, usedBytes, volumes }) => [online, usedBytes, volumes]);
      return JSON.stringify([view, receipts[0], use]);
    } catch (error) {
      // The device has no network yet, or has left it.
      if (isPeerstorError(error)) return error.code;
      throw error;
    }
  }
}
