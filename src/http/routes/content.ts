import type { FastifyInstance } from 'fastify';
import { versionId } from '../../model/ids.ts';
import { openToTokens, signedIn } from '../authentication.ts';
import { sendContent } from '../content-reply.ts';
import { watchSession } from '../session-watch.ts';
import type { EndWatch } from '../streamed-reply.ts';
import { entryIdOf } from './entry-id.ts';
import type { RouteContext } from './route-context.ts';
import { flag, isOn, query } from './schemas.ts';

const contentQuery = query({ version: { type: 'string' }, download: flag });

/** `GET` and `HEAD` of a file's bytes. */
export function contentRoutes(app: FastifyInstance, context: RouteContext): void {
  const { clock, log } = context;
  app.route<{ Params: { id: string }; Querystring: { version?: string; download?: string } }>({
    method: ['GET', 'HEAD'],
    url: '/api/v1/entries/:id/content',
    config: openToTokens,
    schema: { querystring: contentQuery },
    handler: async (request, reply) => {
      const { drive } = signedIn(request);
      const { version, download } = request.query;
      const id = await entryIdOf(drive, request.params.id);
      const content = await drive.open(id, version === undefined ? undefined : versionId(version));
      const watch: EndWatch = (onEnd) => watchSession(request, context, onEnd);
      return sendContent(request, reply, content, { download: isOn(download), clock, log, watch });
    },
  });
}
