/** The transport over libp2p: connects the parts of this folder; who is a member and the address store are injected. */
import type { Connection, PeerId, PrivateKey, Stream } from '@libp2p/interface';
import { type Clock, type Random, systemClock, systemRandom } from '../../../model/clock.ts';
import type {
  CallOptions,
  Handler,
  Lane,
  PeerEvent,
  PeerStatus,
} from '../../../model/contracts/transport.ts';
import { PeerstorError, sentenceOf } from '../../../model/errors.ts';
import { type DeviceId, toHex } from '../../../model/ids.ts';
import { putCreditsPerPeer, putCreditsStart, putCreditsTotal } from '../../../model/limits.ts';
import { AddressBook } from '../addresses/address-book.ts';
import { Dialer, laneProtocol } from '../addresses/dialer.ts';
import { deviceOf, identityFromSeed } from '../addresses/peer-identity.ts';
import { Redial } from '../addresses/redial.ts';
import { CreditPool } from '../frames/credits.ts';
import { asError } from '../frames/framed-stream.ts';
import { type Hello, protocolRange } from '../hello.ts';
import { Lanes } from '../lanes.ts';
import { ownLagMs, within } from '../limits/limit-timer.ts';
import { callTimeoutMs, identifyAfterMs, tickMaxMs, tickMinMs } from '../limits/waits.ts';
import { cannotListen } from '../listen-error.ts';
import type { LaneLink, PeerLink } from '../peer-link.ts';
import { Presence, presenceMethod } from '../presence/presence.ts';
import { Pulse } from '../presence/pulse.ts';
import { chunkMethods, SealedLanes, sealedFeature, sealedMethod } from '../sealed/sealed-lane.ts';
import { createNode } from './libp2p-node.ts';
import { guardStrayRejections } from './stray-rejections.ts';
import type { Libp2pTransport, Libp2pTransportOptions, PeerFacts } from './transport-options.ts';
import { end, type Run } from './transport-run.ts';

const lanesOfDevice: readonly Lane[] = ['control', 'bulk'];

/** Makes a transport that is not started. Register handlers before `start`. */
export async function createLibp2pTransport(options: Libp2pTransportOptions): Promise<Libp2pTransport> {
  const { device, key } = await identityFromSeed(options.identitySeed);
  return new NetworkTransport(device, key, options);
}

class NetworkTransport implements Libp2pTransport {
  readonly self: DeviceId;
  readonly #key: PrivateKey;
  readonly #options: Libp2pTransportOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #bootId: string;
  readonly #book: AddressBook;
  readonly #handlers = new Map<string, Handler>();
  readonly #listeners = new Set<(event: PeerEvent) => void>();
  readonly #offsets = new WeakMap<Hello, number>();
  /** Introduced by id: dialed although they may not be members here yet. */
  readonly #introduced = new Set<DeviceId>();
  #starting: Promise<Run> | undefined;
  #run: Run | undefined;
  #beatAtMs = 0;

  constructor(self: DeviceId, key: PrivateKey, options: Libp2pTransportOptions) {
    this.self = self;
    this.#key = key;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#bootId = toHex(this.#random.bytes(16));
    this.#book = new AddressBook(options.addressBook, this.#clock, options.log);
    this.#handlers.set(sealedMethod, async (from, body) => {
      const sealed = this.#run?.sealed;
      if (!sealed) throw new PeerstorError('not-ready', 'This device is starting.');
      return sealed.offer(from, body);
    });
    this.#handlers.set(presenceMethod, async (from, body) => {
      this.#run?.presence.learn(from, body);
      return new Uint8Array(0);
    });
  }

  async start(): Promise<void> {
    this.#starting ??= this.#begin();
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = undefined;
      throw error;
    }
  }

  async stop(): Promise<void> {
    const starting = this.#starting;
    this.#starting = undefined;
    this.#run = undefined;
    if (starting === undefined) return;
    // A failed start has cleaned up and reported the error to its own caller.
    const run = await starting.catch(() => undefined);
    if (run !== undefined) await end(run);
  }

  peers(): PeerStatus[] {
    const nowMs = this.#clock.monotonicMs();
    const statuses = this.#connected().map(({ peer, control }) =>
      peer.status(control, nowMs, this.#options.tunables.peerSuspectMs),
    );
    return statuses.sort((a, b) => a.rttMs - b.rttMs);
  }

  isConnected(device: DeviceId): boolean {
    return this.#run?.lanes.find(device) !== undefined;
  }

  async call(
    device: DeviceId,
    method: string,
    body: Uint8Array,
    options: CallOptions = {},
  ): Promise<Uint8Array> {
    const { signal, lane = 'control', timeoutMs = callTimeoutMs } = options;
    signal?.throwIfAborted();
    const peer = this.#run?.lanes.find(device);
    if (peer?.control === undefined) {
      throw new PeerstorError('peer-unreachable', 'The device is not connected.', {
        details: { deviceId: device },
      });
    }
    if (lane === 'control') return peer.control.channel.call(method, body, { signal, timeoutMs });
    if (peer.sealed && this.#run && chunkMethods.has(method)) {
      return this.#run.sealed.call(peer, method, body, { signal, timeoutMs });
    }
    const startedAtMs = this.#clock.monotonicMs();
    const sentence = 'The bulk lane of the device did not come up in time.';
    const bulk =
      peer.bulk ?? (await within(peer.bulkReady, { clock: this.#clock, timeoutMs, signal, sentence }));
    const leftMs = Math.max(0, timeoutMs - (this.#clock.monotonicMs() - startedAtMs));
    return bulk.channel.call(method, body, { signal, timeoutMs: leftMs });
  }

  notify(device: DeviceId, method: string, body: Uint8Array): void {
    this.#run?.lanes.find(device)?.control?.channel.notify(method, body);
  }

  handle(method: string, handler: Handler): void {
    if (this.#handlers.has(method)) throw new Error(`broken invariant: "${method}" has a handler already`);
    this.#handlers.set(method, handler);
  }

  onPeer(listener: (event: PeerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  addresses(): string[] {
    return this.#run?.node.getMultiaddrs().map((address) => address.toString()) ?? [];
  }

  hint(device: DeviceId, addresses: readonly string[]): void {
    this.#book.hint(device, addresses);
    this.#introduced.add(device);
    this.#wantMembers();
    this.#run?.redial.hurry(device);
  }

  secretsChanged(): void {
    const run = this.#run;
    if (run === undefined) return;
    run.useSecrets(this.#options.networkSecrets());
    // Devices that were unreachable without a common secret may be reachable now.
    run.redial.hurryAll();
  }

  wireChanged = (): void => this.#run?.sealed.changed();

  facts(device: DeviceId): PeerFacts | undefined {
    const control = this.#run?.lanes.find(device)?.control;
    if (this.#run === undefined || control === undefined) return undefined;
    const { hello, connection } = control;
    return {
      name: hello.name,
      features: hello.features,
      clockOffsetMs: this.#offsets.get(hello) ?? 0,
      sealed: this.#run.lanes.find(device)?.sealed !== undefined,
      connections: this.#run.node.getConnections(connection.remotePeer).length,
    };
  }

  async #begin(): Promise<Run> {
    const { log, networkId, networkSecrets, listen, announce, mdns, tunables, onMembersChange } =
      this.#options;
    const stop = new AbortController();
    const cleanups = [guardStrayRejections(log)];
    const lanes = this.#newLanes();
    const { node, restartDiscovery, useSecrets } = await createNode({
      key: this.#key,
      networkId,
      networkSecrets: networkSecrets(),
      listen,
      announce: announce ?? [],
      mdns,
      isWelcome: (peer) => lanes.find(deviceOf(peer)) !== undefined,
      onNearby: (peer, addresses) => this.#nearby(peer, addresses),
    });
    const parts = { lanes, clock: this.#clock, tunables, log };
    const dialer = new Dialer({ ...parts, node, book: this.#book, signal: stop.signal });
    const redial = new Redial({
      ...parts,
      self: this.self,
      random: this.#random,
      dial: (device) => dialer.dialControl(device),
    });
    const sealed = this.#newSealedLanes(lanes, stop.signal);
    const presence = new Presence({
      ...parts,
      self: this.self,
      book: this.#book,
      redial,
      addresses: () => this.addresses(),
    });
    const pulse = new Pulse({
      clock: this.#clock,
      everyMs: Math.min(tickMaxMs, Math.max(tickMinMs, tunables.heartbeatMs / 4)),
      lagMs: Math.min(ownLagMs, tunables.peerDropMs / 4),
      onTick: (nowMs, lagged) => this.#tick(nowMs, lagged),
      onUpheaval: (why) => {
        log.info({ why }, 'looking for every device anew');
        redial.hurryAll();
        presence.tell();
        restartDiscovery().catch((error) => log.warn({ why: sentenceOf(error) }, 'mDNS did not start again'));
      },
    });
    const run: Run = { node, lanes, dialer, redial, presence, pulse, useSecrets, sealed, stop, cleanups };
    for (const lane of lanesOfDevice) await node.handle(laneProtocol[lane], this.#acceptor(lanes, lane));
    node.addEventListener('connection:open', ({ detail }) => lanes.expectHello(detail));
    // From here on peers may connect, before `start` has returned.
    this.#run = run;
    try {
      await node.start();
    } catch (error) {
      this.#run = undefined;
      await end(run);
      throw cannotListen(listen, error);
    }
    await sealed.start();
    cleanups.push(onMembersChange(() => this.#membersChanged()));
    pulse.start();
    this.#wantMembers();
    return run;
  }

  #newLanes(): Lanes {
    const { authorize, log, tunables, removalProof, onRefused } = this.#options;
    const limits = { start: putCreditsStart, perPeer: putCreditsPerPeer, total: putCreditsTotal };
    return new Lanes({
      self: this.self,
      clock: this.#clock,
      tunables,
      log,
      pool: new CreditPool(limits, this.#clock),
      bandwidth: this.#options.bandwidth,
      traffic: this.#options.traffic,
      gaps: this.#options.gaps,
      authorize,
      removalProof: (device) => removalProof?.(device) ?? [],
      onRefused: (proof) => onRefused?.(proof),
      ownHello: (lane) => this.#hello(lane),
      handlerOf: (method) => this.#handlers.get(method),
      onEvent: (event) => this.#peerEvent(event),
      onLane: (link, reason) => this.#laneEvent(link, reason),
      onSealedLost: (peer, control) => this.#run?.sealed.keep(peer, control),
    });
  }

  #newSealedLanes(lanes: Lanes, signal: AbortSignal): SealedLanes {
    const { bandwidth, listen, log, tunables } = this.#options;
    return new SealedLanes({
      self: this.self,
      lanes,
      clock: this.#clock,
      tunables,
      log,
      signal,
      host: listen.host,
      bandwidth,
      isWanted: () => this.#isSealedWanted(),
    });
  }

  /** A port that is forwarded to this device leads to its p2p port alone. */
  #isSealedWanted(): boolean {
    const { announce, wire } = this.#options;
    return wire?.() === 'sealed' && (announce?.length ?? 0) === 0;
  }

  #acceptor(lanes: Lanes, lane: Lane): (stream: Stream, connection: Connection) => void {
    return (stream, connection) => {
      lanes.open(stream, connection, lane).catch((error: unknown) => {
        const from = connection.remoteAddr.toString();
        this.#options.log.info({ from, lane, why: sentenceOf(error) }, 'a device was not let in');
      });
    };
  }

  #hello(lane: Lane): Hello {
    const { certificates, class: ownClass, features, name, networkId } = this.#options;
    return {
      network: networkId,
      device: this.self,
      certificates: certificates(),
      protocol: this.#options.protocol ?? protocolRange,
      features: [...(features ?? []), ...(this.#isSealedWanted() ? [sealedFeature] : [])],
      bootId: this.#bootId,
      wallMs: Math.round(this.#clock.wallMs()),
      class: ownClass(),
      name: name(),
      addresses: this.addresses(),
      lane,
    };
  }

  #connected(): { peer: PeerLink; control: LaneLink }[] {
    const peers = this.#run?.lanes.connected() ?? [];
    return peers.flatMap((peer) => (peer.control === undefined ? [] : [{ peer, control: peer.control }]));
  }

  #tick(nowMs: number, lagged: boolean): void {
    const beatIsDue = nowMs - this.#beatAtMs >= this.#options.tunables.heartbeatMs;
    if (beatIsDue) this.#beatAtMs = nowMs;
    this.#run?.lanes.beat(nowMs, lagged, beatIsDue);
    this.#run?.presence.tick(nowMs);
  }

  #peerEvent(event: PeerEvent): void {
    if (event.kind === 'connected') this.#run?.redial.connected(event.device);
    else this.#run?.redial.disconnected(event.device);
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        // A listener's error must be seen, but must not leave a lane half open.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #laneEvent(link: LaneLink, reason: Error | undefined): void {
    const run = this.#run;
    const peer = run?.lanes.find(link.device);
    if (run === undefined || peer?.control === undefined) return;
    if (reason === undefined && link.lane === 'control') {
      this.#offsets.set(link.hello, link.hello.wallMs - this.#clock.wallMs());
      this.#remember(link);
      this.#identify(run, link);
      run.presence.tell();
      run.sealed.keep(peer, link);
    }
    if (peer.control.weDialled && peer.bulk === undefined) {
      run.dialer.keepBulk(peer, peer.control).catch((error: unknown) => {
        if (!run.stop.signal.aborted) throw error;
      });
    }
  }

  #remember({ device, hello }: LaneLink): void {
    this.#book.claimed(device, hello.addresses).catch((error: unknown) => {
      this.#options.log.warn({ device, why: sentenceOf(error) }, 'the address book could not be written');
    });
  }

  /** kad-dht learns of a peer through identify, which would otherwise run before the hello. */
  #identify(run: Run, { channel, connection, device }: LaneLink): void {
    this.#clock.after(identifyAfterMs, () => {
      if (channel.closed) return;
      run.node.services.identify.identify(connection).catch((error: unknown) => {
        this.#options.log.debug({ device, why: asError(error).message }, 'identify failed');
      });
    });
  }

  #nearby(peer: PeerId, addresses: string[]): void {
    const device = deviceOf(peer);
    if (this.isConnected(device) || !this.#wanted().has(device)) return;
    this.#book.hint(device, addresses);
    this.#run?.redial.hearsay(device);
  }

  #wanted(): Set<DeviceId> {
    return new Set([...this.#options.members(), ...this.#introduced]);
  }

  #wantMembers(): void {
    this.#run?.redial.want(this.#wanted(), (device) => this.isConnected(device));
  }

  #membersChanged(): void {
    this.#run?.lanes.reconsider();
    // A device that was introduced and became a member is treated as a member: removed when it is removed.
    for (const device of this.#options.members()) this.#introduced.delete(device);
    this.#wantMembers();
  }
}
