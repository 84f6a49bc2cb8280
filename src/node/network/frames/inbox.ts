/**
 * A peer's requests on one lane. Reading never stops for a slow handler (a handler may itself wait for an
 * answer further back in the same stream), so everything here is bounded: running requests, waiting requests,
 * and waiting notifies.
 */
import { chunkBuffers } from '../../../model/chunk-buffers.ts';
import type { Clock } from '../../../model/clock.ts';
import type { Handler } from '../../../model/contracts/transport.ts';
import { PeerstorError, sentenceOf } from '../../../model/errors.ts';
import type { DeviceId } from '../../../model/ids.ts';
import type { Log } from '../../../model/log.ts';
import { limit } from '../limits/limit-timer.ts';
import type { CreditAccount } from './credits.ts';
import type { FrameQueue } from './frame-queue.ts';
import { bodyBytesMax, failureParts, largeRequestBytes, messageParts } from './message.ts';

/** A peer keeps to `callsInFlightMax` of rpc-channel.ts; a peer with twice that breaks the protocol. */
const requestsWaitingMax = 256;
const notifiesWaitingMax = 1024;
const notifyBytesWaitingMax = 4 * 1024 * 1024;
const notifyLimitMs = 30_000;

export interface InboxOptions {
  from: DeviceId;
  /** Requests handled at a time; each keeps its slot until its answer was sent. */
  handlersMax: number;
  handlerOf: (method: string) => Handler | undefined;
  queue: FrameQueue;
  credits: CreditAccount;
  clock: Clock;
  log: Log;
}

interface Request {
  id: number;
  method: string;
  body: Uint8Array;
  large: boolean;
}

interface Running {
  stop: AbortController;
  /** Withdraws the answer while it waits in the queue. */
  withdraw?: () => boolean;
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #waiting: Request[] = [];
  readonly #running = new Map<number, Running>();
  readonly #notifies: { method: string; body: Uint8Array }[] = [];
  #closed: Error | undefined;
  #notifyStop: AbortController | undefined;
  #notifyBytes = 0;
  #notifying = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** @throws `bad-frame` when the peer exceeds the bounds of the protocol */
  request(id: number, method: string, body: Uint8Array): void {
    const large = body.byteLength > largeRequestBytes;
    if (large) this.#options.credits.taken();
    if (this.#waiting.length >= requestsWaitingMax) {
      throw new PeerstorError('bad-frame', 'The device sent more requests at a time than it may.');
    }
    this.#waiting.push({ id, method, body, large });
    this.#next();
  }

  /** The caller gave up. */
  cancel(id: number): void {
    const at = this.#waiting.findIndex((request) => request.id === id);
    if (at >= 0) {
      const [request] = this.#waiting.splice(at, 1);
      if (request?.large) this.#options.credits.done();
      return;
    }
    const running = this.#running.get(id);
    running?.stop.abort(new PeerstorError('aborted', 'The device that asked lost interest.'));
    running?.withdraw?.();
  }

  /** Handled one after another, in order of arrival. @throws `bad-frame` when too many wait */
  notify(method: string, body: Uint8Array): void {
    this.#notifyBytes += body.byteLength;
    if (this.#notifies.length >= notifiesWaitingMax || this.#notifyBytes > notifyBytesWaitingMax) {
      throw new PeerstorError('bad-frame', 'The device sends notifies faster than they can be handled.');
    }
    this.#notifies.push({ method, body });
    if (!this.#notifying) {
      this.#notifying = true;
      void this.#drainNotifies();
    }
  }

  /** The lane is gone: aborts the handlers and drops what waits. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#notifyStop?.abort(reason);
    for (const { stop } of this.#running.values()) stop.abort(reason);
    this.#waiting.length = 0;
    this.#notifies.length = 0;
    this.#options.credits.close();
  }

  #next(): void {
    while (this.#running.size < this.#options.handlersMax && this.#waiting.length > 0) {
      void this.#serve(this.#waiting.shift()!);
    }
  }

  async #serve(request: Request): Promise<void> {
    const running: Running = { stop: new AbortController() };
    this.#running.set(request.id, running);
    const parts = await this.#answer(request, running.stop.signal);
    if (request.large) this.#options.credits.done();
    if (!running.stop.signal.aborted) {
      const { sent, withdraw } = this.#options.queue.push(parts);
      running.withdraw = withdraw;
      await sent;
      for (const part of parts) chunkBuffers.give(part);
    }
    this.#running.delete(request.id);
    this.#next();
  }

  async #answer(request: Request, signal: AbortSignal): Promise<Uint8Array[]> {
    const { from, log } = this.#options;
    const { id, method } = request;
    try {
      const handler = this.#options.handlerOf(method);
      if (handler === undefined) {
        throw new PeerstorError('peer-failed', `The device does not know "${method}". Update it.`);
      }
      const answer = await handler(from, request.body, signal);
      // Not after an error: something of what the handler began may still read it.
      chunkBuffers.give(request.body);
      if (answer.byteLength > bodyBytesMax) {
        throw new PeerstorError('frame-too-large', `The answer to "${method}" is too large to send.`);
      }
      return messageParts('answer', id, undefined, answer);
    } catch (error) {
      if (error instanceof PeerstorError) return failureParts('failure', id, error);
      if (!signal.aborted) log.warn({ from, method, why: sentenceOf(error) }, 'a handler failed');
      return failureParts(
        'failure',
        id,
        new PeerstorError('peer-failed', `The device could not answer "${method}"; its log says why.`),
      );
    }
  }

  async #drainNotifies(): Promise<void> {
    for (let next = this.#notifies.shift(); next !== undefined; next = this.#notifies.shift()) {
      await this.#handleNotify(next.method, next.body);
      this.#notifyBytes -= next.body.byteLength;
    }
    this.#notifying = false;
  }

  async #handleNotify(method: string, body: Uint8Array): Promise<void> {
    const { from, clock, log } = this.#options;
    const handler = this.#options.handlerOf(method);
    if (handler === undefined) {
      log.debug({ from, method }, 'a notify that nobody here handles');
      return;
    }
    const stop = new AbortController();
    this.#notifyStop = stop;
    const late = Promise.withResolvers<void>();
    const timer = limit(clock, notifyLimitMs, () => {
      stop.abort(new PeerstorError('peer-timeout', `Handling "${method}" took too long.`));
      log.warn({ from, method }, 'a notify took too long');
      late.resolve();
    });
    try {
      // A handler that never ends must not block those behind it.
      await Promise.race([handler(from, body, stop.signal), late.promise]);
    } catch (error) {
      if (this.#closed === undefined) {
        log.warn({ from, method, why: sentenceOf(error) }, 'a notify could not be handled');
      }
    } finally {
      timer.cancel();
    }
  }
}
