/**
 * What devices tell each other outside the catalog: how full they are and when they were last seen. Kept in
 * memory only, because it is true only for a moment.
 */
import { decode, encode } from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';
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

/** What a device tells about itself for people who look at the network; nothing else depends on it. */
export interface DeviceAbout {
  version: string;
  /** Addresses of its page, HOST:PORT. */
  pages: readonly string[];
  /** Whom it is connected to. */
  links: readonly { device: DeviceId; rttMs: number }[];
}

const pagesMax = 8;
const linksMax = 256;

export class Presence {
  readonly #transport: Transport;
  readonly #store: ChunkStore;
  readonly #clock: Clock;
  readonly #about: () => Pick<DeviceAbout, 'version' | 'pages'>;
  readonly #abouts = new Map<DeviceId, DeviceAbout>();
  readonly #usage = new Map<DeviceId, DeviceUsage>();
  readonly #lastSeenMs = new Map<DeviceId, number>();
  #timer: Timer | undefined;
  #changeTimer: Timer | undefined;
  #toldRatio = 0;
  #stopListening: (() => void)[] = [];

  constructor(parts: {
    transport: Transport;
    store: ChunkStore;
    clock: Clock;
    about?: () => Pick<DeviceAbout, 'version' | 'pages'>;
  }) {
    this.#about = parts.about ?? (() => ({ version: '', pages: [] }));
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

  /** Of another device, or of this one; undefined where it told nothing since this process started. */
  aboutOf(device: DeviceId): DeviceAbout | undefined {
    return device === this.#transport.self ? this.#ownAbout() : this.#abouts.get(device);
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
    const { version, pages, links } = this.#ownAbout();
    return encode({ usedBytes: bytes, limitBytes, version, pages: [...pages], links: [...links] });
  }

  #ownAbout(): DeviceAbout {
    const { version, pages } = this.#about();
    const links = this.#transport.peers().map(({ device, rttMs }) => ({ device, rttMs: Math.round(rttMs) }));
    return { version, pages: pages.slice(0, pagesMax), links: links.slice(0, linksMax) };
  }

  #keep(from: DeviceId, told: unknown): void {
    const { usedBytes, limitBytes } = (told ?? {}) as Partial<DeviceUsage>;
    if (Number.isSafeInteger(usedBytes) && Number.isSafeInteger(limitBytes)) {
      this.#usage.set(from, { usedBytes: Number(usedBytes), limitBytes: Number(limitBytes) });
    }
    const about = aboutIn(told);
    if (about) this.#abouts.set(from, about);
    this.#lastSeenMs.set(from, this.#clock.wallMs());
  }
}

/** undefined from a device whose version does not tell it, or tells something else. */
function aboutIn(told: unknown): DeviceAbout | undefined {
  const { version, pages, links } = (told ?? {}) as Record<string, unknown>;
  if (typeof version !== 'string' || !/^[\w.+-]{1,40}$/.test(version)) return undefined;
  const isPage = (page: unknown) =>
    typeof page === 'string' && /^(\[[0-9a-f:.]+\]|[\w.-]{1,253}):\d{1,5}$/i.test(page);
  if (!Array.isArray(pages) || pages.length > pagesMax || !pages.every(isPage)) return undefined;
  if (!Array.isArray(links) || links.length > linksMax || !links.every(isLink)) return undefined;
  return { version, pages, links: links.map(({ device, rttMs }) => ({ device: deviceId(device), rttMs })) };
}

function isLink(link: unknown): link is { device: string; rttMs: number } {
  const { device, rttMs } = (link ?? {}) as { device?: unknown; rttMs?: unknown };
  return typeof device === 'string' && /^[0-9a-f]{64}$/.test(device) && Number.isSafeInteger(rttMs);
}

/** @param told the share of the lent space that was reported last; @param now the present share */
export function isWorthTelling(told: number, now: number): boolean {
  const crossed = [volumeWarnRatio, volumeStopRatio].some((ratio) => told < ratio !== now < ratio);
  return crossed || Math.abs(now - told) > toldShare;
}
