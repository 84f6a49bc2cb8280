/**
 * The network's one regular tick, and what a late tick means: the event loop stood still (then silence says
 * nothing about peers) or the machine slept (then every address may be stale). It also checks whether this
 * machine's own addresses changed, because no event reports that.
 */
import { networkInterfaces } from 'node:os';
import type { Clock, Timer } from '../../../model/clock.ts';

/** A longer gap on either clock is sleep: monotonic time stands still on a suspended machine. */
const sleptMs = 15_000;
const interfacesEveryMs = 5_000;
/** Wait after waking, until the interfaces work again. */
const afterWakeMs = 2_000;

export interface PulseOptions {
  clock: Clock;
  everyMs: number;
  /** A tick later than this means that this process stood still. */
  lagMs: number;
  /** @param lagged this process stood still since the last tick */
  onTick: (nowMs: number, lagged: boolean) => void;
  /** Every address and connection may be stale: the machine slept or changed its network. */
  onUpheaval: (why: string) => void;
  /** A text that differs when this machine's addresses differ; injectable for tests. */
  interfaces?: () => string;
}

export class Pulse {
  readonly #options: PulseOptions;
  readonly #interfaces: () => string;
  #timer: Timer | undefined;
  #wakeTimer: Timer | undefined;
  #lastMs = 0;
  #lastWallMs = 0;
  #lookedAtMs = 0;
  #seen = '';

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#interfaces = options.interfaces ?? systemInterfaces;
  }

  start(): void {
    const { clock } = this.#options;
    this.#lastMs = clock.monotonicMs();
    this.#lastWallMs = clock.wallMs();
    this.#lookedAtMs = this.#lastMs;
    this.#seen = this.#interfaces();
    this.#next();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#wakeTimer?.cancel();
  }

  #next(): void {
    this.#timer = this.#options.clock.after(this.#options.everyMs, () => this.#tick());
  }

  #tick(): void {
    const { clock, everyMs, lagMs, onTick, onUpheaval } = this.#options;
    const nowMs = clock.monotonicMs();
    const gapMs = Math.max(nowMs - this.#lastMs, clock.wallMs() - this.#lastWallMs) - everyMs;
    this.#lastMs = nowMs;
    this.#lastWallMs = clock.wallMs();
    onTick(nowMs, gapMs > lagMs);
    if (gapMs > sleptMs) {
      this.#wakeTimer?.cancel();
      this.#wakeTimer = clock.after(afterWakeMs, () => onUpheaval('this machine slept'));
    }
    if (nowMs - this.#lookedAtMs >= interfacesEveryMs) {
      this.#lookedAtMs = nowMs;
      const seen = this.#interfaces();
      if (seen !== this.#seen) onUpheaval('the addresses of this machine changed');
      this.#seen = seen;
    }
    this.#next();
  }
}

function systemInterfaces(): string {
  const addresses = Object.values(networkInterfaces()).flatMap(
    (list) => list?.map(({ address }) => address) ?? [],
  );
  return addresses.sort().join(' ');
}
