/**
 * Since when each device has been connected, or how long it has been away. Survives restarts by the times that
 * `Peers` keeps; within one process the monotonic clock counts.
 *
 * Devices tell each other what they observed themselves (`device/seen`, one way: CBOR of device id →
 * milliseconds since it was last connected, 0 while it is). So a device that slept does not take another one
 * for lost that was here an hour ago, and all devices decide alike. One of them may lie: the word of a single
 * witness counts only up to a limit after this device saw the other one itself, so that a liar delays repair no
 * longer than that. For a device that this one never met, a single witness is all there is.
 */
import { decode, encode } from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { PeerEvent, Transport } from '../../model/contracts/transport.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import type { DeviceSight, NetworkSight } from './repair-plan.ts';

const method = 'device/seen';

export interface PeerHistoryParts {
  self: DeviceId;
  transport: Transport;
  peers: Peers;
  members: Members;
  clock: Clock;
  presenceStableMs: number;
  /** How long after this device saw another one itself the word of a single witness counts. */
  hearsayMs: number;
  /** Interval between two messages. */
  everyMs: number;
}

export class PeerHistory {
  readonly #parts: PeerHistoryParts;
  readonly #connectedSinceMs = new Map<DeviceId, number>();
  /** When a device left, as this one saw it; kept while a device is back for too short a time to count. */
  readonly #leftMs = new Map<DeviceId, number>();
  /** Device → when each of the others says that it saw it last. */
  readonly #heardMs = new Map<DeviceId, Map<DeviceId, number>>();
  #watchingSinceMs = 0;
  #timer: Timer | undefined;
  #stopListening: (() => void) | undefined;

  constructor(parts: PeerHistoryParts) {
    this.#parts = parts;
    parts.transport.handle(method, async (from, body) => {
      this.#hear(from, decode(body));
      return new Uint8Array(0);
    });
  }

  /** Call it after `Peers` has read its rows. */
  start(): void {
    const { clock, transport, members, peers } = this.#parts;
    this.#watchingSinceMs = this.#now();
    for (const device of members.ids()) {
      const wallMs = peers.lastSeenMs(device);
      if (wallMs !== undefined) this.#leftMs.set(device, this.#now() - Math.max(0, clock.wallMs() - wallMs));
    }
    for (const { device } of transport.peers()) this.#connectedSinceMs.set(device, this.#now());
    this.#stopListening = transport.onPeer((event) => this.#follow(event));
    this.#tellAll();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#stopListening?.();
  }

  /** @param takes tells whether the device may be given chunks now */
  sight(takes: (device: DeviceId) => boolean): NetworkSight {
    const { self, members } = this.#parts;
    const devices = new Map<DeviceId, DeviceSight>();
    for (const id of members.ids()) {
      const member = members.find(id);
      if (!member) continue;
      devices.set(id, {
        id,
        alwaysOn: member.class === 'always-on',
        draining: member.state !== 'active',
        takes: takes(id),
        connectedSinceMs: id === self ? this.#watchingSinceMs : (this.#connectedSinceMs.get(id) ?? null),
        lastSeenMs: id === self ? this.#now() : this.#lastSeenMs(id),
      });
    }
    return { nowMs: this.#now(), watchingSinceMs: this.#watchingSinceMs, devices };
  }

  /** The latest time at which any device, even a single one, claims to have seen it; undefined if none does. */
  saidLastSeenMs(device: DeviceId): number | undefined {
    return this.#witnesses(device)[0];
  }

  #follow({ kind, device }: PeerEvent): void {
    if (kind === 'connected') {
      this.#connectedSinceMs.set(device, this.#now());
      this.#parts.transport.notify(device, method, this.#told());
      return;
    }
    // A device that connects for a moment again and again counts as away.
    if (this.#wasStable(device) || !this.#leftMs.has(device)) this.#leftMs.set(device, this.#now());
    this.#connectedSinceMs.delete(device);
  }

  #wasStable(device: DeviceId): boolean {
    const sinceMs = this.#connectedSinceMs.get(device);
    return sinceMs !== undefined && this.#now() - sinceMs >= this.#parts.presenceStableMs;
  }

  #lastSeenMs(device: DeviceId): number {
    const ownMs = this.#ownLastSeenMs(device);
    const [saidMs, agreedMs] = this.#witnesses(device);
    const alone = saidMs !== undefined && Math.min(saidMs, (ownMs ?? saidMs) + this.#parts.hearsayMs);
    const seenMs = [ownMs, agreedMs, alone].filter((ms) => typeof ms === 'number');
    return seenMs.length > 0 ? Math.max(...seenMs) : this.#watchingSinceMs;
  }

  /** When others say that they saw it last, the latest first. */
  #witnesses(device: DeviceId): number[] {
    const said = [...(this.#heardMs.get(device) ?? [])];
    return said.flatMap(([from, ms]) => (this.#parts.members.find(from) ? [ms] : [])).sort((a, b) => b - a);
  }

  /** undefined for a device that this one never met. */
  #ownLastSeenMs(device: DeviceId): number | undefined {
    return this.#wasStable(device) ? this.#now() : this.#leftMs.get(device);
  }

  #tellAll(): void {
    const { clock, transport, everyMs } = this.#parts;
    for (const device of this.#connectedSinceMs.keys()) transport.notify(device, method, this.#told());
    this.#timer = clock.after(everyMs, () => this.#tellAll());
  }

  /** Sends only what this device saw itself: repeated hearsay would look newer each time. */
  #told(): Uint8Array {
    const { members, self } = this.#parts;
    const ages: Record<string, number> = {};
    for (const id of members.ids()) {
      const seenMs = id === self ? undefined : this.#ownLastSeenMs(id);
      if (seenMs !== undefined) ages[id] = Math.round(this.#now() - seenMs);
    }
    return encode(ages);
  }

  #hear(from: DeviceId, told: unknown): void {
    if (typeof told !== 'object' || told === null) return;
    const ages = new Map(Object.entries(told));
    for (const id of this.#parts.members.ids()) {
      const age: unknown = ages.get(id);
      if (typeof age !== 'number' || !(age >= 0)) continue;
      const said = this.#heardMs.get(id) ?? new Map<DeviceId, number>();
      said.set(from, Math.max(said.get(from) ?? Number.NEGATIVE_INFINITY, this.#now() - age));
      this.#heardMs.set(id, said);
    }
  }

  #now(): number {
    return this.#parts.clock.monotonicMs();
  }
}
