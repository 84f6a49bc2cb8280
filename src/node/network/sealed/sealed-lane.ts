/**
 * Sealed lanes: a third connection between two devices of one LAN, plain TCP, for chunks that are sealed already.
 * The device that dialed the control lane asks over it (`transport/sealed`) for a port, a ticket and a secret, and
 * dials that port. Chunks go over noise wherever this does not come about.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { equalBytes, matchesId, randomBytes } from '../../../crypto/index.ts';
import { type Clock, sleep } from '../../../model/clock.ts';
import type { Handler } from '../../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../../../model/errors.ts';
import { chunkId, type DeviceId, toHex } from '../../../model/ids.ts';
import type { Tunables } from '../../../model/limits.ts';
import type { Log } from '../../../model/log.ts';
import type { Lanes } from '../lanes.ts';
import type { Bandwidth } from '../limits/bandwidth.ts';
import type { LaneLink, PeerLink } from '../peer-link.ts';
import { hostOf, isOnLan } from './lan.ts';
import { macBytes, type SealedKeys, sealedKeys, secretBytes, ticketBytes } from './sealed-frames.ts';
import { SealedSocket } from './sealed-socket.ts';

export const sealedMethod = 'transport/sealed';
/** Said in the hello by devices that offer and take sealed lanes. */
export const sealedFeature = 'sealed-lane/1';
/** What a sealed lane carries: a request with a chunk whose id it names, or an answer that is one. */
export const chunkMethods: ReadonlySet<string> = new Set(['chunk/put', 'chunk/get']);

const ticketMs = 15_000;
const greetMs = 5000;
const greetingsMax = 64;
const answerBytes = 2 + ticketBytes + secretBytes;
/** After bytes that were not the chunk: noise tells whether the peer sent them or somebody changed them. */
const restAfterDamageMs = 10 * 60_000;
const redialMaxMs = 60_000;

interface Ticket {
  device: DeviceId;
  keys: SealedKeys;
  untilMs: number;
}

export interface SealedLanesOptions {
  self: DeviceId;
  lanes: Lanes;
  clock: Clock;
  tunables: Pick<Tunables, 'peerDropMs' | 'redialMinMs'>;
  log: Log;
  /** Aborts when the transport stops. */
  signal: AbortSignal;
  host: string;
  bandwidth: Bandwidth | undefined;
  /** The setting: chunks may go without a second cipher. */
  isWanted: () => boolean;
}

export class SealedLanes {
  readonly #options: SealedLanesOptions;
  readonly #tickets = new Map<string, Ticket>();
  readonly #keeping = new Set<LaneLink>();
  readonly #damagedAtMs = new Map<DeviceId, number>();
  readonly #greeting = new Set<Socket>();
  #server: Server | undefined;

  constructor(options: SealedLanesOptions) {
    this.#options = options;
  }

  /** Takes a free port. Without one, chunks to this device go over noise. */
  async start(): Promise<void> {
    const { host, log } = this.#options;
    const server = createServer({ pauseOnConnect: true }, (socket) => void this.#accept(socket));
    await new Promise<void>((resolve) => {
      server.once('error', (error) => {
        log.warn(
          { why: error.message },
          'Chunks of other devices come over noise: no port for sealed lanes.',
        );
        resolve();
      });
      server.listen({ host, port: 0 }, () => {
        this.#server = server;
        resolve();
      });
    });
    server.unref();
  }

  stop(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#greeting) socket.destroy();
  }

  /** Answers `transport/sealed`. @throws `conflict` where chunks are to go over noise */
  offer(from: DeviceId, theirSecret: Uint8Array): Uint8Array {
    const address = this.#server?.address();
    const control = this.#options.lanes.find(from)?.control;
    if (!control || typeof address !== 'object' || address === null || !this.#suits(control)) {
      throw new PeerstorError('conflict', 'This device takes chunks over noise.');
    }
    if (theirSecret.byteLength !== secretBytes) {
      throw new PeerstorError('bad-frame', 'The secret for a sealed lane has a wrong length.');
    }
    const ticket = randomBytes(ticketBytes);
    const secret = randomBytes(secretBytes);
    const agreement = { dialer: from, acceptor: this.#options.self, ticket };
    const keys = sealedKeys({ ...agreement, dialerSecret: theirSecret, acceptorSecret: secret }, 'acceptor');
    const nowMs = this.#options.clock.monotonicMs();
    for (const [known, { device, untilMs }] of this.#tickets) {
      if (device === from || untilMs <= nowMs) this.#tickets.delete(known);
    }
    this.#tickets.set(toHex(ticket), { device: from, keys, untilMs: nowMs + ticketMs });
    const answer = Buffer.alloc(answerBytes);
    answer.writeUInt16BE(address.port, 0);
    answer.set(ticket, 2);
    answer.set(secret, 2 + ticketBytes);
    return answer;
  }

  /** Keeps a sealed lane with a peer whose control lane this device dialed, for as long as that lane lives. */
  keep(peer: PeerLink, control: LaneLink): void {
    if (!control.weDialled || this.#keeping.has(control)) return;
    this.#keeping.add(control);
    this.#keep(peer, control).catch((error: unknown) => {
      if (!this.#options.signal.aborted) throw error;
    });
  }

  async #keep(peer: PeerLink, control: LaneLink): Promise<void> {
    const { clock, log, signal, tunables } = this.#options;
    let waitMs = Math.max(1, tunables.redialMinMs);
    try {
      while (peer.control === control && peer.sealed === undefined && this.#suits(control)) {
        signal.throwIfAborted();
        try {
          await this.#dial(control);
        } catch (error) {
          log.debug({ device: peer.device, why: sentenceOf(error) }, 'no sealed lane');
          await sleep(clock, waitMs, signal);
          waitMs = Math.min(2 * waitMs, redialMaxMs);
        }
      }
    } finally {
      this.#keeping.delete(control);
    }
  }

  /** The setting has changed: applies it to the peers that are connected. */
  changed(): void {
    const reason = new PeerstorError('peer-unreachable', 'Chunks go over noise now.');
    for (const peer of this.#options.lanes.connected()) {
      if (!this.#options.isWanted()) peer.sealed?.abort(reason);
      else if (peer.control) this.keep(peer, peer.control);
    }
  }

  /** The handler of a method for requests that come over a sealed lane. */
  handlerFor(peer: PeerLink, method: string, handler: Handler | undefined): Handler | undefined {
    if (!handler || !chunkMethods.has(method)) return undefined;
    return async (from, body, signal) => {
      try {
        return await handler(from, body, signal);
      } catch (error) {
        if (method === 'chunk/put' && isPeerstorError(error, 'chunk-corrupt')) this.#damaged(peer);
        throw error;
      }
    };
  }

  /** A call over the sealed lane. @throws `peer-unreachable` also for bytes that are not the chunk */
  async call(
    peer: PeerLink,
    method: string,
    body: Uint8Array,
    options: { signal?: AbortSignal | undefined; timeoutMs: number },
  ): Promise<Uint8Array> {
    const channel = peer.sealed;
    if (!channel) throw new PeerstorError('peer-unreachable', 'The sealed lane is gone.');
    const answer = await channel.call(method, body, options);
    if (method !== 'chunk/get' || (await matchesId(chunkId(toHex(body)), answer))) return answer;
    this.#damaged(peer);
    throw new PeerstorError('peer-unreachable', 'A chunk was changed on its way.');
  }

  #damaged(peer: PeerLink): void {
    const { clock, log } = this.#options;
    this.#damagedAtMs.set(peer.device, clock.monotonicMs());
    log.warn({ device: peer.device }, 'A chunk came changed over a sealed lane: noise for ten minutes.');
    peer.sealed?.abort(new PeerstorError('peer-unreachable', 'A chunk was changed on its way.'));
    clock.after(restAfterDamageMs, () => {
      if (peer.control && !this.#options.signal.aborted) this.keep(peer, peer.control);
    });
  }

  #suits({ device, connection, hello }: LaneLink): boolean {
    const { clock, isWanted } = this.#options;
    const damagedAtMs = this.#damagedAtMs.get(device);
    if (damagedAtMs !== undefined && clock.monotonicMs() - damagedAtMs < restAfterDamageMs) return false;
    return isWanted() && hello.features.includes(sealedFeature) && isOnLan(connection.remoteAddr.toString());
  }

  async #dial(control: LaneLink): Promise<void> {
    const { self, signal } = this.#options;
    const host = hostOf(control.connection.remoteAddr.toString());
    const dialerSecret = randomBytes(secretBytes);
    const answer = await control.channel.call(sealedMethod, dialerSecret, { signal, timeoutMs: greetMs });
    if (answer.byteLength !== answerBytes || host === undefined) {
      throw new PeerstorError('bad-frame', 'The offer of a sealed lane cannot be read.');
    }
    const port = new DataView(answer.buffer, answer.byteOffset).getUint16(0);
    const ticket = answer.slice(2, 2 + ticketBytes);
    const acceptorSecret = answer.slice(2 + ticketBytes);
    const agreement = { dialer: self, acceptor: control.device, dialerSecret, acceptorSecret, ticket };
    const keys = sealedKeys(agreement, 'dialer');
    const socket = connect({ host, port });
    await this.#greet(socket, async () => {
      socket.write(Buffer.concat([ticket, keys.proof]));
      if (!equalBytes(await readExactly(socket, macBytes), keys.theirProof)) {
        throw new PeerstorError('bad-frame', 'Another program answered on the port of the sealed lane.');
      }
    });
    this.#install(control, socket, keys);
  }

  async #accept(socket: Socket): Promise<void> {
    if (this.#greeting.size >= greetingsMax) return void socket.destroy();
    try {
      let ticket: Ticket | undefined;
      await this.#greet(socket, async () => {
        const greeting = await readExactly(socket, ticketBytes + macBytes);
        const name = toHex(greeting.subarray(0, ticketBytes));
        ticket = this.#tickets.get(name);
        this.#tickets.delete(name);
        const isTimely = ticket !== undefined && ticket.untilMs > this.#options.clock.monotonicMs();
        if (!isTimely || !equalBytes(greeting.subarray(ticketBytes), ticket?.keys.theirProof ?? greeting)) {
          throw new PeerstorError('bad-frame', 'No sealed lane was offered to whoever connected.');
        }
        socket.write(ticket?.keys.proof ?? greeting);
      });
      const control = ticket && this.#options.lanes.find(ticket.device)?.control;
      if (ticket && control && this.#suits(control)) this.#install(control, socket, ticket.keys);
      else socket.destroy();
    } catch (error) {
      this.#options.log.debug({ from: socket.remoteAddress, why: sentenceOf(error) }, 'no sealed lane');
    }
  }

  /** Runs the greeting on a socket within its limit. @throws its error, with the socket destroyed */
  async #greet(socket: Socket, greeting: () => Promise<void>): Promise<void> {
    this.#greeting.add(socket);
    const fail = (error: Error) => socket.destroy(error);
    const late = () => fail(new PeerstorError('peer-timeout', 'The greeting took too long.'));
    const timer = this.#options.clock.after(greetMs, late);
    // Without a listener an error of the socket would end the process.
    socket.on('error', () => undefined);
    try {
      await greeting();
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      timer.cancel();
      this.#greeting.delete(socket);
    }
  }

  #install(control: LaneLink, socket: Socket, keys: SealedKeys): void {
    const { bandwidth, clock, lanes, tunables } = this.#options;
    const throttle = bandwidth?.throttleFor(control.connection.remoteAddr.toString());
    const stream = new SealedSocket(socket, { keys, clock, stallMs: tunables.peerDropMs, throttle });
    lanes.installSealed(control, stream, (peer, method, handler) => this.handlerFor(peer, method, handler));
  }
}

/** The next bytes of a paused socket. @throws `peer-unreachable` when it ends before */
function readExactly(socket: Socket, count: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      socket.off('readable', look);
      socket.off('close', onClose);
      done();
    };
    const onClose = () =>
      settle(() =>
        reject(new PeerstorError('peer-unreachable', 'The connection was closed in its greeting.')),
      );
    const look = () => {
      const bytes: Buffer | null = socket.read(count);
      if (bytes !== null) settle(() => (bytes.byteLength === count ? resolve(bytes) : onClose()));
    };
    socket.on('readable', look);
    socket.on('close', onClose);
    look();
  });
}
