/** What to do with a body that the client is still sending when it is refused. */
import type { IncomingMessage } from 'node:http';
import { constants } from 'node:http2';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../../model/clock.ts';
import { drainBytesMax, drainMs, smallBodyBytesMax } from '../limits/http-limits.ts';
import { awaitsContinue } from '../requests/expect-continue.ts';
import { http2StreamOf } from '../requests/http2-stream.ts';
import { declaredLength } from '../requests/request-body.ts';
import { takeOver } from './reply-head.ts';

/** True when more of the body may come, which node would read to its end, however long that takes. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const stream = http2StreamOf(request);
  if (stream) return !stream.endAfterHeaders;
  return request.headers['transfer-encoding'] !== undefined || (declaredLength(request) ?? 0) > 0;
}

/**
 * Sends the whole answer at once, then reads and drops what still comes, for a bounded time. A small
 * body is read to its end and the connection kept. A large one is read for a while and then the
 * connection closed: to close at once would make the kernel reset it, and the client would see the
 * reset instead of the answer.
 */
export function replyAndDrain(
  reply: FastifyReply,
  status: number,
  headers: Record<string, string>,
  text: string,
  clock: Clock,
): void {
  const request = reply.request.raw;
  const response = reply.raw;
  const stream = http2StreamOf(request);
  // Not told to continue, the client may send the body or not: nothing can follow on this connection.
  const unsent = awaitsContinue(request);
  const late = status === 408;
  const declared = declaredLength(request) ?? Number.POSITIVE_INFINITY;
  const small = !unsent && !late && declared <= smallBodyBytesMax;
  takeOver(reply, status, {
    ...headers,
    'content-length': Buffer.byteLength(text),
    ...(small || stream ? {} : { connection: 'close' }),
  });
  if (unsent || stream) {
    response.end(text);
    // Only this request ends: its connection carries others (RFC 9113 section 8.1).
    stream?.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
    if (stream) request.resume();
    return;
  }
  response.write(text);

  let drained = 0;
  const finish = () => {
    timer.cancel();
    request.off('data', onData);
    request.off('end', finish);
    request.off('close', finish);
    response.end();
    if (!request.complete) request.socket.destroySoon();
  };
  const onData = (piece: Buffer) => {
    drained += piece.length;
    if (drained > drainBytesMax) finish();
  };
  const timer = clock.after(drainMs, finish);
  request.on('error', finish);
  request.on('close', finish);
  request.on('end', finish);
  request.on('data', onData);
  request.resume();
}
