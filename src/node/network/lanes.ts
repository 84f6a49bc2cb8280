/**
 * All lanes of all devices. A stream (dialed or accepted) passes the hello and becomes a lane; a lane that dies
 * takes its connection along. There is at most one control and one bulk connection per device. One rule ensures
 * that: of two devices the one with the lower id decides which control connection counts, before it sends
 * welcome. So both always agree, and the order of notifies survives two devices dialing each other at once.
 */
import type { Connection, Stream } from '@libp2p/interface';
import { type Clock, sleep } from '../../model/clock.ts';
import type { Handler, Lane, PeerEvent } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import { helloTimeoutMs, type Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { DeviceClass } from '../../model/records.ts';
import { deviceOf } from './addresses/peer-identity.ts';
import type { CreditPool } from './frames/credits.ts';
import type { FrameStream } from './frames/frame-stream.ts';
import { asError, FramedStream } from './frames/framed-stream.ts';
import { RpcChannel } from './frames/rpc-channel.ts';
import { type Hello, shakeHands } from './hello.ts';
import type { Bandwidth } from './limits/bandwidth.ts';
import { type LaneLink, PeerLink } from './peer-link.ts';
import { CountedStream, type Traffic } from './traffic.ts';
import type { WireGaps } from './wire-gaps.ts';

/** How long the device with the lower id waits for a sign of life before a new connection replaces the old one. */
const probeMs = 1000;
const closeTimeoutMs = 1000;
/** Requests of one peer handled at a time; each may take a frame's worth of memory. */
const handlersMax: Record<Lane, number> = { control: 64, bulk: 16 };

/** The result of `authorize` for a member. */
export interface MemberFacts {
  class: DeviceClass;
}

export interface LanesOptions {
  self: DeviceId;
  clock: Clock;
  tunables: Pick<Tunables, 'heartbeatMs' | 'peerSuspectMs' | 'peerDropMs'>;
  log: Log;
  pool: CreditPool;
  /** The own hello for a lane, made for each use: addresses and certificates change. */
  ownHello: (lane: Lane) => Hello;
  authorize: (device: DeviceId, certificates: readonly Uint8Array[]) => MemberFacts | undefined;
  /** Limits for bulk lanes; control lanes have none. */
  bandwidth: Bandwidth | undefined;
  /** Counts what moves with each device. */
  traffic: Traffic | undefined;
  /** Remembers whom this device has no language with. */
  gaps: WireGaps | undefined;
  /** Records that prove a device's removal; empty for a stranger. */
  removalProof: (device: DeviceId) => Uint8Array[];
  /** A peer refused this device as no member, with records that may prove its removal. */
  onRefused: (proof: readonly Uint8Array[]) => void;
  handlerOf: (method: string) => Handler | undefined;
  onEvent: (event: PeerEvent) => void;
  /** A lane is up, or (with `reason`) down again. Control comes up first and goes down last. */
  onLane: (link: LaneLink, reason?: Error) => void;
  /** A sealed lane is gone while its control lane lives. */
  onSealedLost: (peer: PeerLink, control: LaneLink) => void;
}

type SealedHandlers = (peer: PeerLink, method: string, handler: Handler | undefined) => Handler | undefined;

export class Lanes {
  readonly #options: LanesOptions;
  readonly #links = new Map<DeviceId, PeerLink>();
  /** Devices whose control connection is being decided on (only where this device decides). */
  readonly #deciding = new Set<DeviceId>();
  readonly #claimed = new WeakSet<Connection>();
  #stopped = false;

  constructor(options: LanesOptions) {
    this.#options = options;
  }

  find(device: DeviceId): PeerLink | undefined {
    const link = this.#links.get(device);
    return link?.control === undefined ? undefined : link;
  }

  connected(): PeerLink[] {
    return [...this.#links.values()].filter((link) => link.control !== undefined);
  }

  /**
   * A new connection must send a hello soon; otherwise it is closed. Call it for every connection that libp2p
   * opens.
   */
  expectHello(connection: Connection): void {
    this.#options.clock.after(helloTimeoutMs, () => {
      if (!this.#claimed.has(connection)) connection.abort(new Error('no hello in time'));
    });
  }

  /**
   * Makes a lane of a stream. Synchronous up to the frame reader, which must listen at once.
   * @throws the reason when the stream did not become a lane; the connection is closed then
   */
  async open(stream: Stream, connection: Connection, lane: Lane): Promise<void> {
    const { bandwidth, clock, tunables } = this.#options;
    if (this.#stopped || this.#claimed.has(connection)) {
      stream.abort(new Error('one lane per connection'));
      throw new PeerstorError('bad-frame', 'The device opened a second lane on one connection.');
    }
    this.#claimed.add(connection);
    const throttle = lane === 'bulk' ? bandwidth?.throttleFor(connection.remoteAddr.toString()) : undefined;
    const framed = new FramedStream(stream, { clock, stallMs: tunables.peerDropMs, throttle });
    let device: DeviceId | undefined;
    try {
      device = deviceOf(connection.remotePeer);
      await this.#greet(framed, connection, lane, device);
    } catch (error) {
      this.#options.log.debug(
        { device, lane, why: asError(error).message },
        'a connection did not become a lane',
      );
      if (device !== undefined) this.#options.gaps?.refused(device, error);
      connection.abort(asError(error));
      throw error;
    }
  }

  /** Sends signs of life and drops peers that send none. @param lagged this process stood still */
  beat(nowMs: number, lagged: boolean, beatIsDue: boolean): void {
    const { tunables } = this.#options;
    for (const link of [...this.#links.values()]) {
      for (const channel of link.channels()) {
        if (lagged) channel.forgive(nowMs);
        if (channel.silentMs(nowMs) > tunables.peerDropMs) {
          channel.abort(new PeerstorError('peer-unreachable', 'The device has been silent for too long.'));
        } else if (beatIsDue) channel.ping();
      }
    }
  }

  /** Authorizes every connected device again and disconnects those that are no longer members. */
  reconsider(): void {
    for (const { device, control } of this.connected()) {
      if (control === undefined || this.#options.authorize(device, control.hello.certificates)) continue;
      control.channel.abort(new PeerstorError('not-a-member', 'The device was removed from the network.'));
    }
  }

  /** Closes every lane politely. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const reason = new PeerstorError('peer-unreachable', 'This device is stopping.');
    const channels = [...this.#links.values()].flatMap((link) => link.channels());
    await Promise.all(channels.map((channel) => channel.close(reason)));
  }

  async #greet(stream: FramedStream, connection: Connection, lane: Lane, device: DeviceId): Promise<void> {
    const { authorize, clock, onRefused, ownHello, removalProof, self } = this.#options;
    const weDialled = connection.direction === 'outbound';
    const decides = lane === 'control' && self < device;
    let member: MemberFacts | undefined;
    let deciding = false;
    try {
      const hello = await shakeHands(stream, {
        own: ownHello(lane),
        peer: device,
        clock,
        proofFor: () => removalProof(device),
        onProof: onRefused,
        admit: async (theirs) => {
          member = authorize(device, theirs.certificates);
          if (member === undefined) {
            throw new PeerstorError('not-a-member', 'This device is not a member of the network.');
          }
          if (!decides) return;
          if (this.#deciding.has(device)) throw surplus();
          deciding = true;
          this.#deciding.add(device);
          await this.#refuseSurplus(device, theirs, weDialled);
        },
      });
      this.#options.gaps?.closed(device);
      if (member === undefined || this.#stopped)
        throw new PeerstorError('not-ready', 'This device is stopping.');
      this.#install({ lane, device, connection, hello, class: member.class, weDialled }, stream);
    } finally {
      if (deciding) this.#deciding.delete(device);
    }
  }

  /**
   * Called by the device with the lower id: when the existing control connection still works, a second one is
   * refused.
   */
  async #refuseSurplus(device: DeviceId, theirs: Hello, weDialled: boolean): Promise<void> {
    const current = this.find(device)?.control;
    if (current === undefined || current.hello.bootId !== theirs.bootId) return;
    if (weDialled) throw surplus();
    // The peer dials only when it has no connection, so its own earlier one is dead already.
    if (!current.weDialled) return;
    const { clock } = this.#options;
    const askedAtMs = clock.monotonicMs();
    current.channel.ping();
    await sleep(clock, probeMs);
    if (
      !current.channel.closed &&
      current.channel.silentMs(clock.monotonicMs()) < clock.monotonicMs() - askedAtMs
    ) {
      throw surplus();
    }
  }

  #install(facts: Omit<LaneLink, 'channel'>, stream: FramedStream): void {
    const { clock, handlerOf, log, pool } = this.#options;
    const { device, lane } = facts;
    const peer = this.#links.get(device) ?? new PeerLink(device);
    this.#links.set(device, peer);
    const link: LaneLink = {
      ...facts,
      channel: new RpcChannel(this.#counted(stream, device), {
        peer: device,
        handlersMax: handlersMax[lane],
        handlerOf,
        pool,
        clock,
        log,
        onRoundTrip: (roundTripMs) => {
          if (lane === 'control') peer.observeRoundTrip(roundTripMs);
        },
        // Not before the lane is in place: a channel may find its stream closed already.
        onClosed: (reason) => queueMicrotask(() => this.#lost(peer, link, reason)),
        onReleased: (polite) => closeConnection(facts.connection, polite),
      }),
    };
    if (lane === 'control') this.#setControl(peer, link);
    else this.#setBulk(peer, link);
    link.channel.ping();
    this.#options.onLane(link);
  }

  /** Adds a sealed lane to the peer of that control lane; the stream is closed where that lane is gone. */
  installSealed(control: LaneLink, stream: FrameStream, handlerFor: SealedHandlers): void {
    const { clock, handlerOf, log, pool } = this.#options;
    const peer = this.#links.get(control.device);
    if (this.#stopped || peer === undefined || peer.control !== control) {
      stream.abort(new Error('its control lane is gone'));
      return;
    }
    peer.sealed?.abort(new PeerstorError('peer-unreachable', 'A newer connection took over.'));
    const channel = new RpcChannel(this.#counted(stream, control.device), {
      peer: control.device,
      handlersMax: handlersMax.bulk,
      handlerOf: (method) => handlerFor(peer, method, handlerOf(method)),
      pool,
      clock,
      log,
      onClosed: (reason) =>
        queueMicrotask(() => {
          log.debug({ device: control.device, why: reason.message }, 'a sealed lane closed');
          if (peer.sealed !== channel) return;
          peer.sealed = undefined;
          if (peer.control === control) this.#options.onSealedLost(peer, control);
        }),
      onReleased: () => undefined,
    });
    peer.sealed = channel;
    channel.ping();
  }

  #counted(stream: FrameStream, device: DeviceId): FrameStream {
    const { traffic } = this.#options;
    if (traffic === undefined) return stream;
    return new CountedStream(stream, (sent, received) => traffic.add(device, sent, received));
  }

  #setControl(peer: PeerLink, link: LaneLink): void {
    const old = peer.control;
    const { bootId } = link.hello;
    peer.control = link;
    peer.addresses = link.hello.addresses;
    old?.channel.abort(new PeerstorError('peer-unreachable', 'A newer connection took over.'));
    // It belongs to the control lane that agreed on its keys.
    if (old) peer.sealed?.abort(new PeerstorError('peer-unreachable', 'A newer connection took over.'));
    if (old?.hello.bootId === bootId) return;
    peer.connectedAtMs = this.#options.clock.monotonicMs();
    if (old !== undefined) this.#announce('disconnected', old);
    // The lane belongs to a process that has ended.
    if (peer.bulk !== undefined && peer.bulk.hello.bootId !== bootId)
      peer.bulk.channel.abort(asError('restarted'));
    this.#announce('connected', link);
  }

  #setBulk(peer: PeerLink, link: LaneLink): void {
    const old = peer.bulk;
    peer.setBulk(link);
    old?.channel.abort(new PeerstorError('peer-unreachable', 'A newer connection took over.'));
    if (peer.control !== undefined) return;
    // The control lane may finish its hello a moment later, but not much.
    this.#options.clock.after(helloTimeoutMs, () => {
      if (peer.control === undefined) link.channel.abort(new Error('a bulk lane without a control lane'));
    });
  }

  #lost(peer: PeerLink, link: LaneLink, reason: Error): void {
    this.#options.log.debug({ device: peer.device, lane: link.lane, why: reason.message }, 'a lane closed');
    if (peer.bulk === link) peer.setBulk(undefined);
    if (peer.control === link) {
      peer.control = undefined;
      peer.bulk?.channel.abort(reason);
      peer.sealed?.abort(reason);
      peer.abandon();
      this.#announce('disconnected', link);
    } else if (link.lane === 'control') return;
    if (peer.lanes().length === 0 && this.#links.get(peer.device) === peer) this.#links.delete(peer.device);
    this.#options.onLane(link, reason);
  }

  #announce(kind: PeerEvent['kind'], { device, hello, class: deviceClass, weDialled }: LaneLink): void {
    this.#options.log.info({ device, name: hello.name, class: deviceClass, weDialled }, `a device ${kind}`);
    this.#options.onEvent({ kind, device, bootId: hello.bootId });
  }
}

function surplus(): PeerstorError {
  return new PeerstorError('conflict', 'The two devices are connected already.');
}

function closeConnection(connection: Connection, polite: boolean): void {
  if (!polite) {
    connection.abort(new Error('its lane failed'));
    return;
  }
  connection.close({ signal: AbortSignal.timeout(closeTimeoutMs) }).catch((error: unknown) => {
    connection.abort(asError(error));
  });
}
