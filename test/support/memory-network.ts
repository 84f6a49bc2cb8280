/**
 * A network without sockets: Transports that meet the same contract, on an injected clock and from a
 * seed, with the faults that a simulator wants. What two lanes carry may overtake each other; within
 * a lane order is kept, as on the wire.
 */
import type { Clock, Random, Timer } from '../../src/model/clock.ts';
import type {
  CallOptions,
  Handler,
  Lane,
  PeerEvent,
  PeerStatus,
  Transport,
} from '../../src/model/contracts/transport.ts';
import { isPeerstorError, PeerstorError } from '../../src/model/errors.ts';
import { type DeviceId, toHex } from '../../src/model/ids.ts';
import { defaultTunables, frameBytesMax, type Tunables } from '../../src/model/limits.ts';
import type { DeviceClass } from '../../src/model/records.ts';

const bodyBytesMax = frameBytesMax - 256;
const callTimeoutMs = 30_000;

export interface MemoryNetworkOptions {
  clock: Clock;
  random: Random;
  latencyMinMs?: number;
  latencyMaxMs?: number;
  /** Chance that a notify is lost. */
  notifyLoss?: number;
  tunables?: Pick<Tunables, 'peerSuspectMs' | 'peerDropMs' | 'redialMinMs'>;
}

/** Two devices that are connected, seen from both. */
interface Link {
  ends: readonly [MemoryTransport, MemoryTransport];
  connectedAtMs: number;
  /** When each lane's last message will have arrived: a later one cannot come before it. */
  arrivesAtMs: Map<string, number>;
  /** Set while a partition swallows everything; the link is dropped when that lasts. */
  silentSinceMs: number | undefined;
  dropTimer: Timer | undefined;
  open: boolean;
}

export class MemoryNetwork {
  readonly #options: Required<MemoryNetworkOptions>;
  readonly #transports = new Map<DeviceId, MemoryTransport>();
  readonly #links = new Map<string, Link>();
  readonly #separated = new Set<string>();
  #groupOf: ((device: DeviceId) => unknown) | undefined;

  constructor(options: MemoryNetworkOptions) {
    this.#options = {
      latencyMinMs: 0,
      latencyMaxMs: 2,
      notifyLoss: 0,
      tunables: defaultTunables,
      ...options,
    };
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get random(): Random {
    return this.#options.random;
  }

  get suspectMs(): number {
    return this.#options.tunables.peerSuspectMs;
  }

  /** The transport of one device; it connects to all others that are started. */
  transport(device: DeviceId, deviceClass: DeviceClass = 'always-on'): MemoryTransport {
    const transport = new MemoryTransport(this, device, deviceClass);
    this.#transports.set(device, transport);
    return transport;
  }

  setNotifyLoss(chance: number): void {
    this.#options.notifyLoss = chance;
  }

  setLatency(minMs: number, maxMs: number): void {
    this.#options.latencyMinMs = minMs;
    this.#options.latencyMaxMs = maxMs;
  }

  /** Devices in different groups no longer hear each other; nobody is told. Devices in no group are alone. */
  partition(groups: readonly (readonly DeviceId[])[]): void {
    const group = new Map(
      groups.flatMap((devices, index) => devices.map((device) => [device, index] as const)),
    );
    this.#groupOf = (device) => group.get(device) ?? device;
    for (const link of this.#links.values()) {
      if (this.#reaches(link) || link.silentSinceMs !== undefined) continue;
      link.silentSinceMs = this.clock.monotonicMs();
      link.dropTimer = this.clock.after(this.#options.tunables.peerDropMs, () => this.#drop(link));
    }
  }

  /** Two devices that have no way to each other, whoever else both can reach; until `heal`. */
  separate(one: DeviceId, other: DeviceId): void {
    this.#separated.add(linkKey(one, other));
    this.cut(one, other);
  }

  /** Everyone hears everyone again; links that were dropped come back after a redial. */
  heal(): void {
    this.#groupOf = undefined;
    this.#separated.clear();
    for (const link of this.#links.values()) {
      link.silentSinceMs = undefined;
      link.dropTimer?.cancel();
    }
    this.#connectAll();
  }

  /** Cuts the link between two devices as a closed connection does; it comes back after a redial. */
  cut(one: DeviceId, other: DeviceId): void {
    const link = this.#links.get(linkKey(one, other));
    if (link === undefined) return;
    this.#drop(link);
    this.#connectAll();
  }

  /** The process is gone in the middle of whatever it did. `start` makes a new one with another boot id. */
  crash(device: DeviceId): void {
    this.#transports.get(device)?.vanish();
    for (const link of [...this.#links.values()]) {
      if (link.ends.some((end) => end.self === device)) this.#drop(link);
    }
  }

  /** For the transports. */
  started(): void {
    this.#connectAll();
  }

  /** For the transports. */
  link(one: DeviceId, other: DeviceId): Link | undefined {
    const link = this.#links.get(linkKey(one, other));
    return link?.open ? link : undefined;
  }

  /** For the transports. */
  linksOf(device: DeviceId): Link[] {
    return [...this.#links.values()].filter(
      (link) => link.open && link.ends.some((end) => end.self === device),
    );
  }

  /** For the transports: runs `arrive` at the other end, unless the link fails first. */
  carry(link: Link, from: DeviceId, lane: Lane, arrive: () => void, lossy = false): void {
    if (!link.open || link.silentSinceMs !== undefined) return;
    if (lossy && this.random.next() < this.#options.notifyLoss) return;
    const nowMs = this.clock.monotonicMs();
    const way = `${from} ${lane}`;
    const arrivesAtMs = Math.max(nowMs + this.#latencyMs(), link.arrivesAtMs.get(way) ?? 0);
    link.arrivesAtMs.set(way, arrivesAtMs);
    this.clock.after(arrivesAtMs - nowMs, () => {
      if (link.open && link.silentSinceMs === undefined) arrive();
    });
  }

  #latencyMs(): number {
    const { latencyMinMs, latencyMaxMs } = this.#options;
    return latencyMinMs + this.random.next() * (latencyMaxMs - latencyMinMs);
  }

  #reaches({ ends: [a, b] }: Pick<Link, 'ends'>): boolean {
    if (this.#separated.has(linkKey(a.self, b.self))) return false;
    return this.#groupOf === undefined || this.#groupOf(a.self) === this.#groupOf(b.self);
  }

  #connectAll(): void {
    const running = [...this.#transports.values()].filter((transport) => transport.running);
    for (const a of running) {
      for (const b of running) {
        if (a.self < b.self && !this.#links.has(linkKey(a.self, b.self))) this.#connect(a, b);
      }
    }
  }

  #connect(a: MemoryTransport, b: MemoryTransport): void {
    if (!this.#reaches({ ends: [a, b] })) return;
    const link: Link = {
      ends: [a, b],
      connectedAtMs: 0,
      arrivesAtMs: new Map(),
      silentSinceMs: undefined,
      dropTimer: undefined,
      open: false,
    };
    const key = linkKey(a.self, b.self);
    this.#links.set(key, link);
    const boots = [a.bootId, b.bootId];
    this.clock.after(this.#options.tunables.redialMinMs * this.random.next() + this.#latencyMs(), () => {
      const same = a.bootId === boots[0] && b.bootId === boots[1];
      if (!a.running || !b.running || !same || !this.#reaches(link)) {
        if (this.#links.get(key) === link) this.#links.delete(key);
        this.#connectAll();
        return;
      }
      link.open = true;
      link.connectedAtMs = this.clock.monotonicMs();
      a.announce('connected', b);
      b.announce('connected', a);
    });
  }

  #drop(link: Link): void {
    const [a, b] = link.ends;
    link.dropTimer?.cancel();
    if (this.#links.get(linkKey(a.self, b.self)) === link) this.#links.delete(linkKey(a.self, b.self));
    if (!link.open) return;
    link.open = false;
    for (const [end, other] of [
      [a, b],
      [b, a],
    ] as const) {
      end.lost(other.self);
      if (end.running) end.announce('disconnected', other);
    }
  }

  /** For the transports: a stop, seen by the others at once. */
  leave(device: DeviceId): void {
    for (const link of this.linksOf(device)) this.#drop(link);
  }
}

function linkKey(one: DeviceId, other: DeviceId): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

interface OpenCall {
  peer: DeviceId;
  reject: (error: Error) => void;
}

class MemoryTransport implements Transport {
  readonly self: DeviceId;
  readonly deviceClass: DeviceClass;
  bootId = '';
  running = false;
  readonly #network: MemoryNetwork;
  readonly #handlers = new Map<string, Handler>();
  readonly #listeners = new Set<(event: PeerEvent) => void>();
  readonly #calls = new Set<OpenCall>();
  readonly #serving = new Map<AbortController, DeviceId>();
  readonly #notifies = new Map<DeviceId, Promise<void>>();

  constructor(network: MemoryNetwork, self: DeviceId, deviceClass: DeviceClass) {
    this.#network = network;
    this.self = self;
    this.deviceClass = deviceClass;
  }

  async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.bootId = toHex(this.#network.random.bytes(16));
    this.#network.started();
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    this.#network.leave(this.self);
    this.running = false;
  }

  /** For the network: no goodbye. */
  vanish(): void {
    this.running = false;
  }

  peers(): PeerStatus[] {
    const nowMs = this.#network.clock.monotonicMs();
    return this.#network.linksOf(this.self).map((link) => {
      const other = link.ends[0] === this ? link.ends[1] : link.ends[0];
      return {
        device: other.self,
        class: other.deviceClass,
        bootId: other.bootId,
        connectedAtMs: link.connectedAtMs,
        rttMs: 1,
        suspect: nowMs - (link.silentSinceMs ?? nowMs) > this.#network.suspectMs,
        addresses: [],
      };
    });
  }

  isConnected(device: DeviceId): boolean {
    return this.running && this.#network.link(this.self, device) !== undefined;
  }

  handle(method: string, handler: Handler): void {
    if (this.#handlers.has(method)) throw new Error(`broken invariant: "${method}" has a handler already`);
    this.#handlers.set(method, handler);
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async call(
    device: DeviceId,
    method: string,
    body: Uint8Array,
    options: CallOptions = {},
  ): Promise<Uint8Array> {
    const { lane = 'control', signal, timeoutMs = callTimeoutMs } = options;
    signal?.throwIfAborted();
    if (body.byteLength > bodyBytesMax) throw tooLarge(method);
    const link = this.running ? this.#network.link(this.self, device) : undefined;
    if (link === undefined) throw new PeerstorError('peer-unreachable', 'The device is not connected.');
    const other = link.ends[0] === this ? link.ends[1] : link.ends[0];
    const sent = body.slice();
    return new Promise<Uint8Array>((resolve, reject) => {
      const stop = new AbortController();
      const call: OpenCall = { peer: device, reject: (error) => settle(() => reject(error)) };
      const settle = (how: () => void) => {
        this.#calls.delete(call);
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        how();
      };
      const giveUp = (reason: unknown) => {
        settle(() => reject(reason));
        this.#network.carry(link, this.self, lane, () => stop.abort(reason));
      };
      const onAbort = () => giveUp(signal?.reason);
      const timer = this.#network.clock.after(timeoutMs, () => {
        giveUp(new PeerstorError('peer-timeout', `The device did not answer "${method}" in time.`));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#calls.add(call);
      this.#network.carry(link, this.self, lane, () => {
        other.serve(this.self, method, sent, stop).then(
          (answer) => this.#network.carry(link, device, lane, () => settle(() => resolve(answer))),
          (error) => this.#network.carry(link, device, lane, () => settle(() => reject(error))),
        );
      });
    });
  }

  notify(device: DeviceId, method: string, body: Uint8Array): void {
    if (body.byteLength > bodyBytesMax) throw tooLarge(method);
    const link = this.running ? this.#network.link(this.self, device) : undefined;
    if (link === undefined) return;
    const other = link.ends[0] === this ? link.ends[1] : link.ends[0];
    const sent = body.slice();
    this.#network.carry(link, this.self, 'control', () => other.noticed(this.self, method, sent), true);
  }

  /** For the other end: runs the handler. */
  async serve(from: DeviceId, method: string, body: Uint8Array, stop: AbortController): Promise<Uint8Array> {
    const handler = this.#handlers.get(method);
    if (handler === undefined) {
      throw new PeerstorError('peer-failed', `The device does not know "${method}": update it.`);
    }
    this.#serving.set(stop, from);
    try {
      const answer = (await handler(from, body, stop.signal)).slice();
      if (answer.byteLength > bodyBytesMax) throw tooLarge(method);
      return answer;
    } catch (error) {
      if (isPeerstorError(error)) throw new PeerstorError(error.code, error.message);
      throw new PeerstorError('peer-failed', `The device could not answer "${method}"; its log says why.`);
    } finally {
      this.#serving.delete(stop);
    }
  }

  /** For the other end: one after the other. */
  noticed(from: DeviceId, method: string, body: Uint8Array): void {
    const before = this.#notifies.get(from) ?? Promise.resolve();
    const after = before.then(async () => {
      // A failing handler is the receiver's business, and its log's.
      await this.#handlers
        .get(method)?.(from, body, new AbortController().signal)
        .catch(() => undefined);
    });
    this.#notifies.set(from, after);
  }

  /** For the network: the link to `device` is gone. */
  lost(device: DeviceId): void {
    const gone = new PeerstorError('peer-unreachable', 'The connection to the device is gone.');
    for (const call of [...this.#calls]) if (call.peer === device) call.reject(gone);
    for (const [stop, from] of this.#serving) if (from === device) stop.abort(gone);
  }

  /** For the network. */
  announce(kind: PeerEvent['kind'], other: MemoryTransport): void {
    for (const listener of this.#listeners) listener({ kind, device: other.self, bootId: other.bootId });
  }
}

export type { MemoryTransport };

function tooLarge(method: string): PeerstorError {
  return new PeerstorError('frame-too-large', `"${method}" carries more than ${bodyBytesMax} bytes.`);
}
