/** `GET` and `HEAD` of the thumbnail of a file. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Drive, OpenContent } from '../../../model/contracts/drive.ts';
import { type ThumbnailSize, thumbnailSizes } from '../../../model/contracts/media/media-maker.ts';
import { sendContent } from '../../content/content-reply.ts';
import { query } from '../../requests/schemas.ts';
import { openToBrowsers, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { watchSession } from '../../sessions/session-watch.ts';
import { entryIdOf } from './entry-id.ts';

export interface ThumbnailQuery {
  size?: string;
}

export const thumbnailQuery = query({
  size: { enum: thumbnailSizes.map(String), description: `one of ${thumbnailSizes.join(', ')}` },
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
      return sendThumbnail(reply, { drive, id: request.params.id, size: sizeOf(request.query) }, (content) =>
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

export function sizeOf({ size }: ThumbnailQuery): ThumbnailSize {
  return thumbnailSizes.find((known) => String(known) === size) ?? thumbnailSizes[0];
}

/** @throws `no-thumbnail`, `not-found` */
export async function sendThumbnail(
  reply: FastifyReply,
  { drive, id, size }: { drive: Drive; id: string; size: ThumbnailSize },
  send: (content: OpenContent) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const thumbnail = await drive.thumbnail(await entryIdOf(drive, id), size);
  if (thumbnail !== 'making') return send(thumbnail);
  return reply.code(202).header('retry-after', askAgainS).send({ state: 'making' });
}
