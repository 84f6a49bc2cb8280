import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import { releaseMemory } from '../../model/memory.ts';
import { bodyQueueBytesLow, bodyQueueBytesMax } from '../limits/http-limits.ts';
import { createStallWatch } from '../limits/stall-watch.ts';
import { sayContinue } from './expect-continue.ts';
import { http2StreamOf } from './http2-stream.ts';

export interface BodyOptions {
  bytesMax: number;
  /** Longest wait for the next byte. */
  stallMs: number;
  clock: Clock;
  /**
   * Each piece is taken back when the next one is asked for, so that a large body does not fill the memory with
   * garbage: only for readers that have copied what they need by then.
   */
  lendsPieces?: boolean;
  /** What had arrived before a cut is still given out; by default it is dropped. */
  keepsArrived?: boolean;
}

/** The bytes that a request carries, while they arrive. */
export interface RequestBody {
  /**
   * Pieces as the socket gave them, not copied. May be iterated once; ends with an error when the
   * body is cut (`aborted`), stalls (`request-timeout`) or is too large (`too-large`).
   */
  readonly content: AsyncIterable<Uint8Array>;
  /** Aborts, with the same error, as soon as the body can no longer become complete. */
  readonly signal: AbortSignal;
  /** Why the body did not become complete. */
  readonly failure: PeerstorError | undefined;
  /** Gives the body up. */
  fail(error: PeerstorError): void;
  /** Lets go of the socket; what was not read stays unread. */
  close(): void;
}

/** The length that a request declares, in bytes; undefined when it is chunked or has no body. */
export function declaredLength(request: IncomingMessage): number | undefined {
  const text = request.headers['content-length'];
  return text === undefined ? undefined : Number(text);
}

/**
 * Opens the body of a request. The client is asked to continue (RFC 9110 section 10.1.1) only when
 * the first piece is wanted, so a refusal costs it nothing.
 *
 * It listens to 'data' instead of using the stream's own iterator: that one joins waiting pieces,
 * which is a copy, and destroys the socket when left early, which would lose the answer.
 */
export function openBody(request: IncomingMessage, options: BodyOptions): RequestBody {
  const controller = new AbortController();
  const queue: Buffer[] = [];
  let queuedBytes = 0;
  let receivedBytes = 0;
  let ended = false;
  let paused = false;
  let failure: PeerstorError | undefined;
  let wake: (() => void) | undefined;

  const arrived = () => {
    wake?.();
    wake = undefined;
  };
  const fail = (error: PeerstorError) => {
    if (failure !== undefined || ended) return;
    failure = error;
    if (!options.keepsArrived) queue.length = 0;
    close();
    controller.abort(error);
    arrived();
  };
  const watch = createStallWatch(options.clock, options.stallMs, () => {
    const seconds = Math.round(options.stallMs / 1000);
    fail(new PeerstorError('request-timeout', `No byte came for ${seconds} seconds; send the file again.`));
  });
  const onData = (piece: Buffer) => {
    receivedBytes += piece.length;
    if (receivedBytes > options.bytesMax) return fail(tooLarge(options.bytesMax));
    queue.push(piece);
    queuedBytes += piece.length;
    if (queuedBytes >= bodyQueueBytesMax) {
      paused = true;
      request.pause();
    }
    arrived();
  };
  const onEnd = () => {
    if (isTakenBack(request)) return onCut();
    ended = true;
    arrived();
  };
  const onCut = () => {
    // Not `request.complete`: bytes that had arrived but were not read yet are lost with the socket.
    if (!ended) fail(new PeerstorError('aborted', 'The connection was cut before the last byte.'));
  };
  const close = () => {
    watch.stop();
    request.off('data', onData);
    request.off('end', onEnd);
    if (!request.readableEnded) request.pause();
  };
  // These two stay: a cut must be noticed although nobody reads, and an unheard 'error' would throw.
  request.on('error', onCut);
  request.on('close', onCut);

  async function* read(): AsyncGenerator<Uint8Array> {
    if (failure === undefined) {
      sayContinue(request);
      request.on('data', onData);
      request.on('end', onEnd);
      request.resume();
    }
    try {
      for (;;) {
        const piece = queue.shift();
        if (piece === undefined && failure !== undefined) throw failure;
        if (piece !== undefined) {
          queuedBytes -= piece.length;
          if (paused && failure === undefined && queuedBytes <= bodyQueueBytesLow) {
            paused = false;
            request.resume();
          }
          yield piece;
          if (options.lendsPieces === true) giveBack(request, piece);
          continue;
        }
        if (ended) return;
        watch.waiting();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        watch.moved();
      }
    } finally {
      close();
    }
  }

  return {
    content: read(),
    signal: controller.signal,
    get failure() {
      return failure;
    },
    fail,
    close,
  };
}

/** A request of HTTP/2 that its client takes back ends like a whole one, but its stream is closed by then. */
function isTakenBack(request: IncomingMessage): boolean {
  return http2StreamOf(request)?.closed === true;
}

/** Pieces of several requests of HTTP/2 may lie in one buffer: they are left to the garbage collection. */
function giveBack(request: IncomingMessage, piece: Uint8Array): void {
  if (http2StreamOf(request) === undefined) releaseMemory(piece);
}

/** @param bytesMax what would have been taken */
export function tooLarge(bytesMax: number): PeerstorError {
  return new PeerstorError('too-large', `The body is larger than the ${bytesMax} bytes that are taken here.`);
}
