/**
 * Dials every member that is not connected, for ever: libp2p's own reconnect gives up after half a minute. The
 * device with the lower id dials first, so that two devices rarely dial each other at once.
 */
import type { Clock, Random, Timer } from '../../../model/clock.ts';
import type { DeviceId } from '../../../model/ids.ts';
import type { Tunables } from '../../../model/limits.ts';

/** How much longer the device with the higher id waits before its first try. */
const yieldFactor = 3;
/** After an hour without the device, tries are rare. */
const longSilenceMs = 60 * 60_000;
const longSilenceEveryMs = 5 * 60_000;
/** A connection that lived this many times `redialMinMs` was good: the back-off restarts. */
const goodLifeFactor = 10;
/** Hearsay comes from every peer, every half minute: it causes a dial only this long after the last one. */
const hearsayFactor = 10;
const jitter = 0.2;

export interface RedialOptions {
  self: DeviceId;
  clock: Clock;
  random: Random;
  tunables: Pick<Tunables, 'redialMinMs' | 'redialMaxMs'>;
  /** One attempt; resolves when the device is connected. A rejection counts as a failure. */
  dial: (device: DeviceId) => Promise<void>;
}

interface Target {
  device: DeviceId;
  failures: number;
  /** When the device was last seen, or first wanted. */
  silentSinceMs: number;
  upSinceMs: number | undefined;
  triedAtMs: number;
  dialling: boolean;
  /** A dial was requested while another one was in progress. */
  again: boolean;
  timer: Timer | undefined;
}

export class Redial {
  readonly #options: RedialOptions;
  readonly #targets = new Map<DeviceId, Target>();
  #stopped = false;

  constructor(options: RedialOptions) {
    this.#options = options;
  }

  /** Sets the devices to be connected with; others are no longer dialed. */
  want(devices: Iterable<DeviceId>, isConnected: (device: DeviceId) => boolean): void {
    if (this.#stopped) return;
    const wanted = new Set(devices);
    wanted.delete(this.#options.self);
    for (const [device, target] of this.#targets) {
      if (wanted.has(device)) continue;
      target.timer?.cancel();
      this.#targets.delete(device);
    }
    for (const device of wanted) {
      if (this.#targets.has(device)) continue;
      const nowMs = this.#options.clock.monotonicMs();
      const upSinceMs = isConnected(device) ? nowMs : undefined;
      const target: Target = {
        device,
        failures: 0,
        silentSinceMs: nowMs,
        upSinceMs,
        triedAtMs: Number.NEGATIVE_INFINITY,
        dialling: false,
        again: false,
        timer: undefined,
      };
      this.#targets.set(device, target);
      if (upSinceMs === undefined) this.#schedule(target, this.#delayMs(target));
    }
  }

  connected(device: DeviceId): void {
    const target = this.#targets.get(device);
    if (target === undefined) return;
    target.upSinceMs = this.#options.clock.monotonicMs();
    target.timer?.cancel();
  }

  disconnected(device: DeviceId): void {
    const target = this.#targets.get(device);
    if (target?.upSinceMs === undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    const livedMs = nowMs - target.upSinceMs;
    target.upSinceMs = undefined;
    target.silentSinceMs = nowMs;
    // A device whose connections keep dying young is dialed less and less often.
    const good = livedMs >= goodLifeFactor * this.#options.tunables.redialMinMs;
    target.failures = good ? 0 : target.failures + 1;
    this.#schedule(target, this.#delayMs(target));
  }

  /** Somebody named an address of the device on purpose: dials now. */
  hurry(device: DeviceId): void {
    const target = this.#targets.get(device);
    if (target !== undefined) this.#startOver(target, 0);
  }

  /** Others saw the device, or it is on the local network: dials soon, unless it was just dialed. */
  hearsay(device: DeviceId): void {
    const target = this.#targets.get(device);
    if (target === undefined) return;
    const restMs = hearsayFactor * this.#options.tunables.redialMinMs;
    if (this.#options.clock.monotonicMs() - target.triedAtMs < restMs) return;
    this.#startOver(target, this.#firstDelayMs(device));
  }

  /** The own network changed, or the machine slept: the history of tries is worthless. */
  hurryAll(): void {
    for (const target of this.#targets.values()) this.#startOver(target, this.#firstDelayMs(target.device));
  }

  stop(): void {
    this.#stopped = true;
    for (const target of this.#targets.values()) target.timer?.cancel();
    this.#targets.clear();
  }

  #startOver(target: Target, delayMs: number): void {
    if (target.upSinceMs !== undefined) return;
    target.failures = 0;
    target.again = target.dialling;
    this.#schedule(target, delayMs);
  }

  #firstDelayMs(device: DeviceId): number {
    return this.#options.self < device ? 0 : yieldFactor * this.#options.tunables.redialMinMs;
  }

  #delayMs({ device, failures, silentSinceMs }: Target): number {
    const { clock, random, tunables } = this.#options;
    if (failures === 0) return this.#firstDelayMs(device);
    const silentMs = clock.monotonicMs() - silentSinceMs;
    const doubled = Math.max(1, tunables.redialMinMs) * 2 ** Math.min(failures - 1, 30);
    const base = silentMs > longSilenceMs ? longSilenceEveryMs : Math.min(doubled, tunables.redialMaxMs);
    return base * (1 - jitter + 2 * jitter * random.next());
  }

  #schedule(target: Target, delayMs: number): void {
    if (this.#stopped) return;
    // A dial in progress schedules the next one when it ends.
    if (target.dialling) return;
    target.timer?.cancel();
    target.timer = this.#options.clock.after(delayMs, () => {
      void this.#attempt(target);
    });
  }

  async #attempt(target: Target): Promise<void> {
    if (target.upSinceMs !== undefined) return;
    target.dialling = true;
    target.again = false;
    target.triedAtMs = this.#options.clock.monotonicMs();
    try {
      await this.#options.dial(target.device);
    } catch {
      // The dial has logged the reason; only the failure counts here.
    }
    target.dialling = false;
    const current = this.#targets.get(target.device) === target;
    if (this.#stopped || !current || target.upSinceMs !== undefined) return;
    target.failures = target.again ? 0 : target.failures + 1;
    this.#schedule(target, target.again ? 0 : this.#delayMs(target));
  }
}
