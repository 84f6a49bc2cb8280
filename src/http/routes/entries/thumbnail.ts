/** The thumbnail of a file, the picture of a film that a page made, and smaller films. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Drive, OpenContent, OpenRendition } from '../../../model/contracts/drive.ts';
import { type ThumbnailSize, thumbnailSizes } from '../../../model/contracts/media/media-maker.ts';
import { sendContent } from '../../content/content-reply.ts';
import { openBody } from '../../requests/request-body.ts';
import { query } from '../../requests/schemas.ts';
import { openToBrowsers, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { watchSession } from '../../sessions/session-watch.ts';
import { leaveBodiesAlone } from '../../uploads/upload-request.ts';
import { currentVersion, requireCurrent } from './current-version.ts';
import { entryIdOf } from './entry-id.ts';

export interface ThumbnailQuery {
  size?: string;
  version?: string;
}

export const thumbnailQuery = query({
  size: { enum: thumbnailSizes.map(String), description: `one of ${thumbnailSizes.join(', ')}` },
  version: currentVersion,
});

/** One that is made takes about a second; a queue of them longer. */
const askAgainS = 2;

export function thumbnailRoutes(app: FastifyInstance, context: RouteContext): void {
  const { clock, log } = context;
  app.route<{ Params: { id: string }; Querystring: ThumbnailQuery }>({
    method: ['GET', 'HEAD'],
    url: '/api/v1/entries/:id/thumbnail',
    config: openToBrowsers,
    schema: { querystring: thumbnailQuery },
    handler: async (request, reply) => {
      const { drive } = signedIn(request);
      const { version } = request.query;
      const wanted = { drive, id: request.params.id, size: sizeOf(request.query), version };
      return sendThumbnail(reply, wanted, (content) =>
        sendContent(request, reply, content, {
          download: false,
          clock,
          log,
          watch: (onEnd) => watchSession(request, onEnd),
        }),
      );
    },
  });
}

/** A picture of a film that a page made. */
export const posterBytesMax = 8 * 1024 * 1024;
const posterStallMs = 20_000;

export function posterRoutes(app: FastifyInstance, { clock }: RouteContext): void {
  // A scope of its own: the body is read by the handler, whatever its type.
  app.register(async (scope) => {
    leaveBodiesAlone(scope);
    scope.put<{ Params: { id: string } }>('/api/v1/entries/:id/thumbnail', async (request) => {
      const { drive } = signedIn(request);
      const id = await entryIdOf(drive, request.params.id);
      const body = openBody(request.raw, { bytesMax: posterBytesMax, stallMs: posterStallMs, clock });
      try {
        const pieces: Uint8Array[] = [];
        for await (const piece of body.content) pieces.push(Uint8Array.from(piece));
        return await drive.setPoster(id, Buffer.concat(pieces));
      } finally {
        body.close();
      }
    });
  });
}

export function renditionRoutes(app: FastifyInstance, { clock, log }: RouteContext): void {
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    rendition: OpenRendition,
  ): Promise<FastifyReply> => {
    if ('state' in rendition) return reply.code(202).header('retry-after', askAgainS).send(rendition);
    return sendContent(request, reply, rendition, {
      download: false,
      clock,
      log,
      watch: (onEnd) => watchSession(request, onEnd),
    });
  };
  app.route<{ Params: { id: string } }>({
    method: ['GET', 'HEAD'],
    url: '/api/v1/entries/:id/rendition',
    config: openToBrowsers,
    handler: async (request, reply) => {
      const { drive } = signedIn(request);
      return answer(request, reply, await drive.rendition(await entryIdOf(drive, request.params.id)));
    },
  });
  app.route<{ Params: { id: string } }>({
    method: ['GET', 'HEAD'],
    url: '/api/v1/entries/:id/motion',
    config: openToBrowsers,
    handler: async (request, reply) => {
      const { drive } = signedIn(request);
      return answer(request, reply, await drive.motion(await entryIdOf(drive, request.params.id)));
    },
  });
  app.post<{ Params: { id: string } }>('/api/v1/entries/:id/rendition', async (request, reply) => {
    const { drive } = signedIn(request);
    const rendition = await drive.makeRendition(await entryIdOf(drive, request.params.id));
    if ('state' in rendition) return reply.code(202).header('retry-after', askAgainS).send(rendition);
    return reply.code(204).send();
  });
}

export function sizeOf({ size }: ThumbnailQuery): ThumbnailSize {
  return thumbnailSizes.find((known) => String(known) === size) ?? thumbnailSizes[0];
}

/** @throws `no-thumbnail`, `not-found` */
export async function sendThumbnail(
  reply: FastifyReply,
  wanted: { drive: Drive; id: string; size: ThumbnailSize; version: string | undefined },
  send: (content: OpenContent) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const { drive, size, version } = wanted;
  const id = await entryIdOf(drive, wanted.id);
  await requireCurrent(drive, id, version);
  const thumbnail = await drive.thumbnail(id, size);
  if (thumbnail !== 'making') return send(thumbnail);
  return reply.code(202).header('retry-after', askAgainS).send({ state: 'making' });
}
