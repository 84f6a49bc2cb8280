/** Devices that speak no version of the messages that this one speaks: neither can hear the other, so each has to say it to its people. */
import type { Clock } from '../../model/clock.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';

/** They try again every minute; one that was not heard for so long may be off, or updated. */
const knownMs = 60 * 60_000;

export class WireGaps {
  readonly #clock: Clock;
  readonly #seenAtMs = new Map<DeviceId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A hello with the device ended so: by this device's reason, or by the other's. */
  refused(device: DeviceId, reason: unknown): void {
    if (isPeerstorError(reason, 'unsupported-format')) this.#seenAtMs.set(device, this.#clock.monotonicMs());
  }

  /** The two understood each other. */
  closed(device: DeviceId): void {
    this.#seenAtMs.delete(device);
  }

  has(device: DeviceId): boolean {
    const seenAtMs = this.#seenAtMs.get(device);
    return seenAtMs !== undefined && this.#clock.monotonicMs() - seenAtMs < knownMs;
  }
}
