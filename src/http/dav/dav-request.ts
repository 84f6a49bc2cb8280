/** One request of WebDAV: who asks, what is at its address, and which locks hold. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Drive } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { jsonBodyWaitMs, xmlBodyBytesMax } from '../limits/http-limits.ts';
import { declaredLength, openBody, tooLarge } from '../requests/request-body.ts';
import { signedIn } from '../sessions/authentication.ts';
import type { RouteContext } from '../sessions/route-context.ts';
import { davPathOf } from './dav-path.ts';
import type { LockTable } from './locks.ts';
import { LockGuard, locate, type Resource } from './resources.ts';

export interface DavRequest {
  request: FastifyRequest;
  reply: FastifyReply;
  context: RouteContext;
  drive: Drive;
  locks: LockTable;
  guard: LockGuard;
  resource: Resource;
}

/** @throws `bad-name`, `bad-request`, `precondition-failed` for a header `If` that does not hold */
export async function openDavRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  context: RouteContext,
  locks: LockTable,
): Promise<DavRequest> {
  const { drive } = signedIn(request);
  const guard = new LockGuard(request, locks);
  const resource = await locate(drive, davPathOf(request).names);
  await guard.requireIf(resource);
  return { request, reply, context, drive, locks, guard, resource };
}

/** A small body of text. @throws `too-large`, `bad-request` for what is not UTF-8, `request-timeout`, `aborted` */
export async function readText({
  request,
  context,
}: Pick<DavRequest, 'request' | 'context'>): Promise<string> {
  const { clock } = context;
  if ((declaredLength(request.raw) ?? 0) > xmlBodyBytesMax) throw tooLarge(xmlBodyBytesMax);
  const body = openBody(request.raw, { bytesMax: xmlBodyBytesMax, stallMs: jsonBodyWaitMs, clock });
  const deadline = clock.after(jsonBodyWaitMs, () => {
    body.fail(new PeerstorError('request-timeout', 'The request took too long to arrive; send it again.'));
  });
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of body.content) pieces.push(piece);
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
  } catch (error) {
    if (error instanceof TypeError) throw new PeerstorError('bad-request', 'The body is not UTF-8.');
    throw error;
  } finally {
    deadline.cancel();
  }
}

/** @returns undefined where the header is missing. @throws `bad-request` */
export function depthOf({ headers }: FastifyRequest): '0' | '1' | 'infinity' | undefined {
  const { depth } = headers;
  if (depth === undefined || depth === '0' || depth === '1') return depth;
  if (typeof depth === 'string' && depth.toLowerCase() === 'infinity') return 'infinity';
  throw new PeerstorError('bad-request', 'The header "Depth" must be 0, 1 or infinity.');
}

export function sendXml(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).header('content-type', 'application/xml; charset=utf-8').send(Buffer.from(text));
}

export function sendNothing(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).header('content-length', 0).send();
}
