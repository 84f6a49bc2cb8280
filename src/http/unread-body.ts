/** What to do with a body that the client is still sending when it is refused. */
import type { IncomingMessage } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../model/clock.ts';
import { awaitsContinue } from './expect-continue.ts';
import { drainBytesMax, drainMs, smallBodyBytesMax } from './http-limits.ts';
import { takeOver } from './reply-head.ts';
import { declaredLength } from './request-body.ts';

/**
 * True when so much may still come that node must not be left to read it to its end, which it would
 * do to keep the connection.
 */
export function hasLargeUnreadBody(request: IncomingMessage): boolean {
  if (request.complete) return false;
  if (awaitsContinue(request) || request.headers['transfer-encoding'] !== undefined) return true;
  return (declaredLength(request) ?? 0) > smallBodyBytesMax;
}

/**
 * Sends the whole answer at once, then reads and drops a bounded part of the body, then closes. To
 * close at once would make the kernel reset the connection, and the client would see the reset
 * instead of the answer.
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
  takeOver(reply, status, {
    ...headers,
    'content-length': Buffer.byteLength(text),
    connection: 'close',
  });
  response.write(text);

  let drained = 0;
  const finish = () => {
    timer.cancel();
    request.off('data', onData);
    request.off('end', finish);
    request.off('close', finish);
    response.end();
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
