/** Limits how much of its link this device uses for chunks. Control messages are never delayed. */
import { BlockList, isIP } from 'node:net';
import type { Clock } from '../../../model/clock.ts';
import { TokenBucket } from './token-bucket.ts';

export interface BandwidthSettings {
  /** Bytes per second; null for no limit. */
  upLimit: number | null;
  downLimit: number | null;
  /** Hours of the day, local time, such as 08:00, in which the limits apply; null for always. */
  schedule: { from: string; to: string } | null;
  /** Whether the limits apply to devices on the same local network too. */
  limitLan: boolean;
}

export const noLimits: Readonly<BandwidthSettings> = {
  upLimit: null,
  downLimit: null,
  schedule: null,
  limitLan: false,
};

/** What one connection asks before it sends bytes and after it received some: undefined when it need not wait. */
export interface Throttle {
  up(bytes: number): Promise<void> | undefined;
  down(bytes: number): Promise<void> | undefined;
}

const localAddresses = new BlockList();
for (const [net, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const) {
  localAddresses.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::1', 128],
  ['fe80::', 10],
  ['fc00::', 7],
] as const) {
  localAddresses.addSubnet(net, prefix, 'ipv6');
}

/** @param address a multiaddr; anything but an IP address counts as remote */
export function isLocal(address: string): boolean {
  const host = /^\/ip[46](?:zone\/[^/]+\/ip6)?\/([^/]+)/.exec(address)?.[1] ?? '';
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1] ?? host;
  const version = isIP(plain);
  return version !== 0 && localAddresses.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

/** One for the device: all connections share its limits. */
export class Bandwidth {
  readonly #clock: Clock;
  readonly #up: TokenBucket;
  readonly #down: TokenBucket;
  #settings: Readonly<BandwidthSettings>;

  constructor(clock: Clock, settings: Readonly<BandwidthSettings> = noLimits) {
    this.#clock = clock;
    this.#settings = settings;
    this.#up = new TokenBucket(clock, () => this.#inForce(this.#settings.upLimit));
    this.#down = new TokenBucket(clock, () => this.#inForce(this.#settings.downLimit));
  }

  /** Applies at once, also to transfers in progress. */
  change(settings: Readonly<BandwidthSettings>): void {
    this.#settings = settings;
  }

  /** @param address the other side's, as a multiaddr */
  throttleFor(address: string): Throttle {
    const local = isLocal(address);
    const isFree = () => local && !this.#settings.limitLan;
    return {
      up: (bytes) => (isFree() ? undefined : this.#up.take(bytes)),
      down: (bytes) => (isFree() ? undefined : this.#down.take(bytes)),
    };
  }

  #inForce(limit: number | null): number | null {
    const { schedule } = this.#settings;
    return limit === null || schedule === null || isWithin(schedule, this.#clock.wallMs()) ? limit : null;
  }
}

/** From 22:00 to 06:00 crosses midnight; from an hour to the same hour is the whole day. */
function isWithin({ from, to }: { from: string; to: string }, wallMs: number): boolean {
  const now = new Date(wallMs);
  const minute = now.getHours() * 60 + now.getMinutes();
  const [start, end] = [minuteOf(from), minuteOf(to)];
  if (start === end) return true;
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
}

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}
