/**
 * The peers and how well they answer: which holder to ask first, when to ask a second one, which peer rests
 * after failures, which one is full, and when a device that is off was last seen.
 */
import { Semaphore } from '../../concurrency/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import { afterPrefix, idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import type { PeerStatus, Transport } from '../../model/contracts/transport.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { WriteBehind } from '../database/write-behind.ts';

/** Chunks requested from one peer at once: enough for a fast link, few enough to keep unread bytes small. */
const fetchesPerPeer = 8;
/** A peer with this many failures in this time is asked only when no other device has the chunk. */
const failuresMax = 3;
const failuresWithinMs = 60_000;
/** A second holder is asked when the first takes half as long again as its slowest answers usually do. */
const hedgeMinMs = 400;
const hedgeRatio = 1.5;
const latenciesKept = 64;
const lastSeenPrefix = 's';

interface Manners {
  readonly fetches: Semaphore;
  failures: number[];
  restsUntilMs: number;
  fullUntilMs: number;
  /** When the peer last answered a fetch. */
  answeredMs: number;
  latenciesMs: number[];
}

export interface PeersParts {
  transport: Transport;
  clock: Clock;
  index: WriteBehind;
  tunables: Pick<Tunables, 'fullBeliefMs' | 'peerRestMs'>;
}

export class Peers {
  readonly #parts: PeersParts;
  readonly #manners = new Map<DeviceId, Manners>();
  readonly #doubted = new Set<DeviceId>();
  readonly #lastSeenMs = new Map<DeviceId, number>();
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Set<Timer>();
  #stopListening: (() => void) | undefined;

  constructor(parts: PeersParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    for await (const page of this.#parts.index.pages(lastSeenPrefix, afterPrefix(lastSeenPrefix))) {
      for (const [key, value] of page) {
        this.#lastSeenMs.set(deviceId(idOfKey(key.slice(1))), Buffer.from(value).readDoubleBE());
      }
    }
    this.#stopListening ??= this.#parts.transport.onPeer(({ device }) => {
      this.sawNow(device);
      this.#manners.delete(device);
      this.#tell();
    });
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  connected(): PeerStatus[] {
    return this.#parts.transport.peers();
  }

  isConnected(device: DeviceId): boolean {
    return this.#parts.transport.isConnected(device);
  }

  /** The connected ones of these devices, in the order in which to ask them for a chunk. */
  nearest(devices: readonly DeviceId[]): DeviceId[] {
    const wanted = new Set(devices);
    return this.connected()
      .filter(({ device }) => wanted.has(device))
      .map((peer) => ({ peer, reluctance: this.#reluctance(peer) }))
      .sort((a, b) => a.reluctance - b.reluctance || a.peer.rttMs - b.peer.rttMs)
      .map(({ peer }) => peer.device);
  }

  /** Limits the chunks requested from a peer at once. */
  fetches(device: DeviceId): Semaphore {
    return this.#of(device).fetches;
  }

  /** The peer answered a fetch in this time. */
  answered(device: DeviceId, tookMs: number): void {
    const manners = this.#of(device);
    manners.answeredMs = this.#now();
    manners.latenciesMs.push(tookMs);
    if (manners.latenciesMs.length > latenciesKept) manners.latenciesMs.shift();
  }

  /** How long a fetch that began at `sinceMs` (monotonic) has seen no answer of the peer, to any fetch. */
  silentMs(device: DeviceId, sinceMs: number): number {
    return this.#now() - Math.max(sinceMs, this.#of(device).answeredMs);
  }

  /** The peer stalled, broke off, or sent something wrong. */
  failed(device: DeviceId): void {
    const manners = this.#of(device);
    const now = this.#now();
    manners.failures = manners.failures.filter((at) => now - at < failuresWithinMs);
    manners.failures.push(now);
    if (manners.failures.length < failuresMax) return;
    manners.failures = [];
    const { peerRestMs } = this.#parts.tunables;
    manners.restsUntilMs = now + peerRestMs;
    this.#tellAfter(peerRestMs);
  }

  isResting(device: DeviceId): boolean {
    return this.#of(device).restsUntilMs > this.#now();
  }

  /** The peer declined a chunk for lack of space. */
  declined(device: DeviceId): void {
    const { fullBeliefMs } = this.#parts.tunables;
    this.#of(device).fullUntilMs = this.#now() + fullBeliefMs;
    this.#tellAfter(fullBeliefMs);
  }

  /** The peer could not prove a claim: until it can, it is treated like a full device. */
  doubt(device: DeviceId, isDoubted: boolean): void {
    if (this.#doubted.has(device) === isDoubted) return;
    if (isDoubted) this.#doubted.add(device);
    else this.#doubted.delete(device);
    this.#tell();
  }

  isFull(device: DeviceId): boolean {
    if (this.#doubted.has(device)) return true;
    return this.#of(device).fullUntilMs > this.#now();
  }

  hedgeAfterMs(device: DeviceId): number {
    const sorted = [...this.#of(device).latenciesMs].sort((a, b) => a - b);
    const slow = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
    return Math.max(hedgeMinMs, hedgeRatio * slow);
  }

  /** The peer is connected now. */
  sawNow(device: DeviceId): void {
    const now = this.#parts.clock.wallMs();
    this.#lastSeenMs.set(device, now);
    const value = Buffer.alloc(8);
    value.writeDoubleBE(now);
    this.#parts.index.set(lastSeenPrefix + idKey(device), value);
  }

  /** Unix ms, or undefined for a device that this one never met. */
  lastSeenMs(device: DeviceId): number | undefined {
    return this.isConnected(device) ? this.#parts.clock.wallMs() : this.#lastSeenMs.get(device);
  }

  /** Called when a device connected, disconnected, or may be asked again. Returns the unsubscriber. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sort key. Before the round trip come: responsive, has a free slot, always on. */
  #reluctance(peer: PeerStatus): number {
    const tired = this.isResting(peer.device) || peer.suspect;
    const busy = this.#of(peer.device).fetches.free === 0;
    return (tired ? 4 : 0) + (busy ? 2 : 0) + (peer.class === 'always-on' ? 0 : 1);
  }

  #of(device: DeviceId): Manners {
    const known = this.#manners.get(device);
    if (known) return known;
    const fresh: Manners = {
      fetches: new Semaphore(fetchesPerPeer),
      failures: [],
      restsUntilMs: 0,
      fullUntilMs: 0,
      answeredMs: 0,
      latenciesMs: [],
    };
    this.#manners.set(device, fresh);
    return fresh;
  }

  #tellAfter(ms: number): void {
    const timer = this.#parts.clock.after(ms, () => {
      this.#timers.delete(timer);
      this.#tell();
    });
    this.#timers.add(timer);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #now(): number {
    return this.#parts.clock.monotonicMs();
  }
}
