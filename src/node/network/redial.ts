/**
 * Keeps trying to reach every member that is not connected, for ever: libp2p's own reconnect gives up
 * after half a minute. The device with the lower id dials first, so that two seldom dial each other
 * at once.
 */
import type { Clock, Random, Timer } from '../../model/clock.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';

/** How much longer the device with the higher id waits before its first try. */
const yieldFactor = 3;
/** After an hour without the device there is no hurry any more. */
const longSilenceMs = 60 * 60_000;
const longSilenceEveryMs = 5 * 60_000;
/** A connection that lived this much longer than `redialMinMs` was a good one: start over at once. */
const goodLifeFactor = 10;
const jitter = 0.2;

export interface RedialOptions {
  self: DeviceId;
  clock: Clock;
  random: Random;
  tunables: Pick<Tunables, 'redialMinMs' | 'redialMaxMs'>;
  /** One attempt; resolves when the device is connected. Rejections count as a failure. */
  dial: (device: DeviceId) => Promise<void>;
}

interface Target {
  device: DeviceId;
  failures: number;
  /** When it was last seen, or first wanted. */
  silentSinceMs: number;
  upSinceMs: number | undefined;
  dialling: boolean;
  /** Asked to hurry while a dial was under way. */
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

  /** The devices to be connected with; others are left alone from now on. */
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
    // One that dies young again and again waits longer each time.
    target.failures =
      livedMs >= goodLifeFactor * this.#options.tunables.redialMinMs ? 0 : target.failures + 1;
    this.#schedule(target, this.#delayMs(target));
  }

  /** There is news of the device: try now. @param options.polite the one with the higher id still waits a little */
  hurry(device: DeviceId, options: { polite?: boolean } = {}): void {
    const target = this.#targets.get(device);
    if (target === undefined || target.upSinceMs !== undefined) return;
    target.failures = 0;
    target.again = target.dialling;
    this.#schedule(target, options.polite === true ? this.#delayMs(target) : 0);
  }

  /** Our own network changed, or we slept: every try so far means nothing. */
  hurryAll(): void {
    for (const device of this.#targets.keys()) this.hurry(device, { polite: true });
  }

  stop(): void {
    this.#stopped = true;
    for (const target of this.#targets.values()) target.timer?.cancel();
    this.#targets.clear();
  }

  #delayMs({ device, failures, silentSinceMs }: Target): number {
    const { self, clock, random, tunables } = this.#options;
    if (failures === 0) return self < device ? 0 : yieldFactor * tunables.redialMinMs;
    const silentMs = clock.monotonicMs() - silentSinceMs;
    const doubled = Math.max(1, tunables.redialMinMs) * 2 ** Math.min(failures - 1, 30);
    const base = silentMs > longSilenceMs ? longSilenceEveryMs : Math.min(doubled, tunables.redialMaxMs);
    return base * (1 - jitter + 2 * jitter * random.next());
  }

  #schedule(target: Target, delayMs: number): void {
    if (this.#stopped) return;
    // A dial that is under way plans the next one when it ends.
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
    let failed = false;
    try {
      await this.#options.dial(target.device);
    } catch {
      // The dial has logged why; here it only counts.
      failed = true;
    }
    target.dialling = false;
    if (this.#stopped || this.#targets.get(target.device) !== target || target.upSinceMs !== undefined)
      return;
    target.failures = target.again ? 0 : target.failures + (failed ? 1 : 0);
    this.#schedule(
      target,
      target.again ? 0 : Math.max(this.#delayMs(target), this.#options.tunables.redialMinMs),
    );
  }
}
