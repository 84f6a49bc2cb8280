/**
 * What devices tell each other outside the catalog: how full they are and when they were last seen. Kept in
 * memory only, because it is true only for a moment.
 */
import { decode, encode } from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import type { DeviceId } from '../../model/ids.ts';
import { volumeStopRatio, volumeWarnRatio } from '../../model/limits.ts';

const tellEveryMs = 30_000;
/** A device that fills up or gets room reports this change at once: otherwise others would push to it in vain. */
const toldShare = 0.01;
const changeGatherMs = 1000;
const method = 'presence/usage';

export interface DeviceUsage {
  usedBytes: number;
  limitBytes: number;
}

export class Presence {
  readonly #transport: Transport;
  readonly #store: ChunkStore;
  readonly #clock: Clock;
  readonly #usage = new Map<DeviceId, DeviceUsage>();
  readonly #lastSeenMs = new Map<DeviceId, number>();
  #timer: Timer | undefined;
  #changeTimer: Timer | undefined;
  #toldRatio = 0;
  #stopListening: (() => void)[] = [];

  constructor(parts: { transport: Transport; store: ChunkStore; clock: Clock }) {
    this.#transport = parts.transport;
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#transport.handle(method, async (from, body) => {
      this.#keep(from, decode(body));
      return new Uint8Array();
    });
  }

  start(): void {
    const stopPeers = this.#transport.onPeer(({ device, kind }) => {
      this.#lastSeenMs.set(device, this.#clock.wallMs());
      if (kind === 'connected') this.#transport.notify(device, method, this.#own());
    });
    this.#stopListening = [stopPeers, this.#store.onChange(() => this.#changed())];
    this.#tellAll();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#changeTimer?.cancel();
    for (const stop of this.#stopListening) stop();
  }

  usageOf(device: DeviceId): DeviceUsage | undefined {
    return this.#usage.get(device);
  }

  /** Unix ms, or undefined when the device was never met since this process started. */
  lastSeenMs(device: DeviceId): number | undefined {
    return this.#transport.isConnected(device) ? this.#clock.wallMs() : this.#lastSeenMs.get(device);
  }

  /** Checks once for many changes. */
  #changed(): void {
    this.#changeTimer ??= this.#clock.after(changeGatherMs, () => {
      this.#changeTimer = undefined;
      if (isWorthTelling(this.#toldRatio, this.#ratio())) this.#tellAll();
    });
  }

  #ratio(): number {
    const { bytes, limitBytes } = this.#store.usage();
    return limitBytes > 0 ? bytes / limitBytes : 0;
  }

  #tellAll(): void {
    this.#timer?.cancel();
    this.#toldRatio = this.#ratio();
    for (const { device } of this.#transport.peers()) this.#transport.notify(device, method, this.#own());
    this.#timer = this.#clock.after(tellEveryMs, () => this.#tellAll());
  }

  #own(): Uint8Array {
    const { bytes, limitBytes } = this.#store.usage();
    return encode({ usedBytes: bytes, limitBytes });
  }

  #keep(from: DeviceId, told: unknown): void {
    const { usedBytes, limitBytes } = (told ?? {}) as Partial<DeviceUsage>;
    if (Number.isSafeInteger(usedBytes) && Number.isSafeInteger(limitBytes)) {
      this.#usage.set(from, { usedBytes: Number(usedBytes), limitBytes: Number(limitBytes) });
    }
    this.#lastSeenMs.set(from, this.#clock.wallMs());
  }
}

/** @param told the share of the lent space that was reported last; @param now the present share */
export function isWorthTelling(told: number, now: number): boolean {
  const crossed = [volumeWarnRatio, volumeStopRatio].some((ratio) => told < ratio !== now < ratio);
  return crossed || Math.abs(now - told) > toldShare;
}
