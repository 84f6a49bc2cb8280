/**
 * Requests, answers and notifies on one framed stream, in both directions, many at a time. One channel is one
 * lane of one peer, and begins after the hello.
 */
import { WaitingLine } from '../../../concurrency/index.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Handler } from '../../../model/contracts/transport.ts';
import { isPeerstorError, PeerstorError } from '../../../model/errors.ts';
import type { DeviceId } from '../../../model/ids.ts';
import type { Log } from '../../../model/log.ts';
import { limit } from '../limits/limit-timer.ts';
import { type CreditAccount, type CreditPool, CreditPurse } from './credits.ts';
import { FrameQueue } from './frame-queue.ts';
import type { FrameStream } from './frame-stream.ts';
import { asError } from './framed-stream.ts';
import { Inbox } from './inbox.ts';
import {
  bodyBytesMax,
  largeRequestBytes,
  type Message,
  messageParts,
  methodBytesMax,
  readFailure,
  readLabelled,
  readMessage,
} from './message.ts';

/** Own requests that the peer has at a time; further ones wait here. */
const callsInFlightMax = 128;
const callsWaitingMax = 4096;
const notifyBytesQueuedMax = 4 * 1024 * 1024;
const lastId = 0xffff_ffff;

export interface ChannelOptions {
  peer: DeviceId;
  handlersMax: number;
  handlerOf: (method: string) => Handler | undefined;
  pool: CreditPool;
  clock: Clock;
  log: Log;
  onRoundTrip?: (roundTripMs: number) => void;
  /** Called once, when the channel can no longer be used. */
  onClosed: (reason: Error) => void;
  /** Called once, after that, when the stream has ended. @param polite both sides sent the END frame */
  onReleased: (polite: boolean) => void;
}

export interface ChannelCallOptions {
  signal?: AbortSignal | undefined;
  timeoutMs: number;
}

interface Pending {
  resolve: (answer: Uint8Array) => void;
  reject: (error: Error) => void;
}

export class RpcChannel {
  readonly #stream: FrameStream;
  readonly #options: ChannelOptions;
  readonly #queue: FrameQueue;
  readonly #inbox: Inbox;
  readonly #credits: CreditAccount;
  readonly #purse: CreditPurse;
  readonly #pending = new Map<number, Pending>();
  readonly #line = new WaitingLine();
  readonly #calls = new Set<AbortController>();
  #closed: Error | undefined;
  #inFlight = 0;
  #lastCallId = 0;
  #notifyBytes = 0;
  #ping: { number: number; sentAtMs: number; queued: boolean } | undefined;
  #pings = 0;
  #forgivenAtMs = 0;

  constructor(stream: FrameStream, options: ChannelOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#queue = new FrameQueue(stream, (error) => this.abort(error));
    this.#credits = options.pool.open((count) => this.#say('creditGrant', count));
    this.#purse = new CreditPurse((kind, count) => this.#say(kind, count));
    this.#inbox = new Inbox({
      from: options.peer,
      handlersMax: options.handlersMax,
      handlerOf: options.handlerOf,
      queue: this.#queue,
      credits: this.#credits,
      clock: options.clock,
      log: options.log,
    });
    stream.onClosed((reason) => this.abort(reason));
    void this.#receiveAll();
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** How long no byte has come from the peer. */
  silentMs(nowMs: number): number {
    return nowMs - Math.max(this.#stream.lastByteAtMs, this.#forgivenAtMs);
  }

  /** Restarts the measure of silence: this process itself stood still. */
  forgive(nowMs: number): void {
    this.#forgivenAtMs = nowMs;
  }

  /** @throws see `Transport.call` */
  async call(method: string, body: Uint8Array, options: ChannelCallOptions): Promise<Uint8Array> {
    checkSizes(method, body);
    if (this.#closed !== undefined) throw this.#closed;
    // One controller for the four ways to end: the caller, the time limit, the channel, the answer.
    // (AbortSignal.any would keep a reference for every call on the channel's long-lived signal.)
    const ending = new AbortController();
    const { signal } = options;
    const onAbort = () => ending.abort(signal?.reason);
    const timer = limit(this.#options.clock, options.timeoutMs, () => {
      ending.abort(new PeerstorError('peer-timeout', `The device did not answer "${method}" in time.`));
    });
    this.#calls.add(ending);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    try {
      await this.#enter(ending.signal);
      try {
        return await this.#exchange(method, body, ending.signal);
      } finally {
        if (!this.#line.admit()) this.#inFlight -= 1;
      }
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      this.#calls.delete(ending);
    }
  }

  /** @throws `frame-too-large` */
  notify(method: string, body: Uint8Array): void {
    checkSizes(method, body);
    if (this.closed) return;
    this.#notifyBytes += body.byteLength;
    if (this.#notifyBytes > notifyBytesQueuedMax) {
      // Silently dropping some would leave the peer wrong for long; a new connection makes it ask.
      this.abort(new PeerstorError('peer-unreachable', 'The device takes too little of what is sent to it.'));
      return;
    }
    const { sent } = this.#queue.push(messageParts('notify', 0, method, body), { inOrder: true });
    void sent.then(() => {
      this.#notifyBytes -= body.byteLength;
    });
  }

  /** A sign of life, and a measure of the round trip. Does nothing while an earlier ping still waits to be sent. */
  ping(): void {
    if (this.closed || this.#ping?.queued) return;
    if (this.#ping !== undefined) {
      // Still unanswered: keep measuring that ping, but let the peer see that this device lives.
      this.#say('ping', 0);
      return;
    }
    this.#pings = this.#pings === lastId ? 1 : this.#pings + 1;
    const ping = { number: this.#pings, sentAtMs: this.#options.clock.monotonicMs(), queued: true };
    this.#ping = ping;
    void this.#queue.push(messageParts('ping', ping.number)).sent.then(() => {
      ping.queued = false;
    });
  }

  /** A slow round trip on the control lane: lets the peer send less at a time. */
  slowDown(roundTripMs: number): void {
    this.#credits.observe(roundTripMs);
  }

  /** Ends politely: the peer sees an end and no failure. Calls in flight fail with `peer-unreachable`. */
  async close(reason: Error): Promise<void> {
    if (this.closed) return;
    this.#close(reason);
    await this.#stream.end();
    this.#options.onReleased(true);
  }

  abort(reason: Error): void {
    if (this.closed) return;
    this.#close(reason);
    this.#stream.abort(reason);
    this.#options.onReleased(false);
  }

  async #enter(signal: AbortSignal): Promise<void> {
    if (this.#inFlight < callsInFlightMax) {
      this.#inFlight += 1;
      return;
    }
    if (this.#line.length >= callsWaitingMax) {
      throw new PeerstorError('peer-unreachable', 'Too many calls wait for this device already.');
    }
    // A finished call hands its slot to the next one, so `#inFlight` stays the same.
    await this.#line.join(signal);
  }

  async #exchange(method: string, body: Uint8Array, ending: AbortSignal): Promise<Uint8Array> {
    const large = body.byteLength > largeRequestBytes;
    if (large) await this.#purse.take(ending);
    if (ending.aborted) {
      if (large) this.#purse.giveBack();
      throw ending.reason;
    }
    const id = this.#newCallId();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const queued = this.#queue.push(messageParts('request', id, method, body));
    const giveUp = () => {
      if (!queued.withdraw()) this.#say('cancel', id);
      else if (large) this.#purse.giveBack();
      reject(ending.reason);
    };
    ending.addEventListener('abort', giveUp, { once: true });
    this.#pending.set(id, { resolve, reject });
    try {
      const answer = await promise;
      // A device may answer before it has everything. The caller uses the body's memory for other things after this.
      await queued.sent;
      return answer;
    } finally {
      this.#pending.delete(id);
      ending.removeEventListener('abort', giveUp);
    }
  }

  #newCallId(): number {
    do this.#lastCallId = this.#lastCallId === lastId ? 1 : this.#lastCallId + 1;
    while (this.#pending.has(this.#lastCallId));
    return this.#lastCallId;
  }

  #say(
    kind: 'cancel' | 'ping' | 'pong' | 'creditAsk' | 'creditGrant' | 'creditReturn',
    number: number,
  ): void {
    this.#queue.push(messageParts(kind, number));
  }

  async #receiveAll(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.#stream.read();
        if (frame === undefined) break;
        this.#receive(readMessage(frame));
      }
      await this.close(new PeerstorError('peer-unreachable', 'The device closed the connection.'));
    } catch (error) {
      this.abort(asError(error));
    }
  }

  #receive({ kind, number, rest }: Message): void {
    switch (kind) {
      case 'request': {
        const { label, body } = readLabelled(rest);
        return this.#inbox.request(number, label, body);
      }
      case 'notify': {
        const { label, body } = readLabelled(rest);
        return this.#inbox.notify(label, body);
      }
      // An answer to a call that was given up meanwhile is dropped.
      case 'answer':
        return this.#pending.get(number)?.resolve(rest);
      case 'failure':
        return this.#pending.get(number)?.reject(readFailure(rest));
      case 'cancel':
        return this.#inbox.cancel(number);
      case 'ping':
        return this.#say('pong', number);
      case 'pong':
        return this.#pong(number);
      case 'creditAsk':
        return this.#credits.asked(number);
      case 'creditGrant':
        return this.#purse.granted(number);
      case 'creditReturn':
        return this.#credits.returned(number);
      default:
        throw new PeerstorError('bad-frame', `The device sent an unexpected ${kind} message.`);
    }
  }

  #pong(number: number): void {
    if (this.#ping?.number !== number) return;
    const roundTripMs = this.#options.clock.monotonicMs() - this.#ping.sentAtMs;
    this.#ping = undefined;
    this.#options.onRoundTrip?.(roundTripMs);
  }

  #close(reason: Error): void {
    this.#closed = asUnreachable(reason);
    this.#queue.close();
    this.#inbox.close(this.#closed);
    for (const ending of this.#calls) ending.abort(this.#closed);
    this.#options.onClosed(reason);
  }
}

function asUnreachable(reason: Error): PeerstorError {
  if (isPeerstorError(reason, 'peer-unreachable')) return reason;
  const sentence = `The connection to the device is gone: ${reason.message}`;
  return new PeerstorError('peer-unreachable', sentence, { cause: reason });
}

function checkSizes(method: string, body: Uint8Array): void {
  if (body.byteLength > bodyBytesMax) {
    throw new PeerstorError(
      'frame-too-large',
      `"${method}" has a body of ${body.byteLength} bytes; the limit is ${bodyBytesMax}.`,
    );
  }
  if (Buffer.byteLength(method) > methodBytesMax) {
    throw new PeerstorError(
      'bad-input',
      `A method's name may have at most ${methodBytesMax} bytes: "${method}"`,
    );
  }
}
