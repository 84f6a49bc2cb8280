/**
 * What devices tell each other that is not catalog: how full they are, when they were last seen. It
 * lives as long as this process, because it is true only for a moment.
 */
import { decode, encode } from '../crypto/index.ts';
import type { Clock, Timer } from '../model/clock.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import type { Transport } from '../model/contracts/transport.ts';
import type { DeviceId } from '../model/ids.ts';

const tellEveryMs = 30_000;
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
  #stopListening: (() => void) | undefined;

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
    this.#stopListening = this.#transport.onPeer(({ device, kind }) => {
      this.#lastSeenMs.set(device, this.#clock.wallMs());
      if (kind === 'connected') this.#transport.notify(device, method, this.#own());
    });
    this.#tellAll();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#stopListening?.();
  }

  usageOf(device: DeviceId): DeviceUsage | undefined {
    return this.#usage.get(device);
  }

  /** Unix ms, or undefined when it was never met since this process started. */
  lastSeenMs(device: DeviceId): number | undefined {
    return this.#transport.isConnected(device) ? this.#clock.wallMs() : this.#lastSeenMs.get(device);
  }

  #tellAll(): void {
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
