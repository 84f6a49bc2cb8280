import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../../model/clock.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { keptBuffers } from '../../model/memory.ts';
import { downloadStallMs } from '../limits/http-limits.ts';
import { createStallWatch } from '../limits/stall-watch.ts';
import { takeOver } from './reply-head.ts';

export interface StreamedReply {
  status: number;
  headers: Record<string, string>;
  /** Bytes that `open` will give; undefined when only the end will tell (chunked). */
  length: number | undefined;
  /** Starts reading; the signal aborts when the client went away or takes nothing any more. */
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** Calls `onEnd` when the bytes may not go on. @returns stops it */
export type EndWatch = (onEnd: () => void) => () => void;

/**
 * Sends bytes as they are read, at the client's pace.
 *
 * The first piece is read before anything is said, so an error there is thrown and becomes a coded
 * reply. After it the only honest sign of an error is a cut connection: nothing is ever padded.
 */
export async function sendStream(
  reply: FastifyReply,
  answer: StreamedReply,
  context: { clock: Clock; log: Log; watch?: EndWatch },
): Promise<void> {
  const response = reply.raw;
  const controller = new AbortController();
  const abort = (why: string) => controller.abort(new PeerstorError('aborted', why));
  const onClose = () => {
    if (!response.writableFinished) abort('The client closed the connection.');
  };
  response.on('close', onClose);
  const watch = createStallWatch(context.clock, downloadStallMs, () => {
    abort('The client took no byte for too long.');
    response.destroy();
  });
  const stopWatching = context.watch?.(() => {
    abort('The session ended.');
    response.destroy();
  });

  const pieces = answer.open(controller.signal)[Symbol.asyncIterator]();
  try {
    let piece = await pieces.next();
    if (response.destroyed) throw new PeerstorError('aborted', 'The client closed the connection.');
    const length = answer.length === undefined ? {} : { 'content-length': answer.length };
    takeOver(reply, answer.status, { ...answer.headers, ...length });
    let sentBytes = 0;
    while (piece.done !== true) {
      sentBytes += piece.value.length;
      if (sentBytes > (answer.length ?? sentBytes)) break;
      const { value } = piece;
      if (!response.write(value, () => keptBuffers.give(value))) {
        watch.waiting();
        await drained(response, controller.signal);
        watch.moved();
      }
      piece = await pieces.next();
    }
    if (sentBytes !== (answer.length ?? sentBytes)) {
      throw new Error(`the drive gave ${sentBytes} bytes or more where ${answer.length} were announced`);
    }
    response.end();
  } catch (error) {
    if (!response.headersSent) throw error;
    if (!controller.signal.aborted) {
      context.log.warn({ reason: sentenceOf(error) }, 'a download was cut');
    }
    response.destroy();
  } finally {
    watch.stop();
    stopWatching?.();
    response.off('close', onClose);
    await pieces.return?.();
  }
}

/** Resolves when the socket takes bytes again. */
function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const onDrain = () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = () => {
      response.off('drain', onDrain);
      reject(signal.reason);
    };
    response.once('drain', onDrain);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
