import type { FastifyInstance } from 'fastify';
import { versionId } from '../../../model/ids.ts';
import { sendContent } from '../../content/content-reply.ts';
import type { EndWatch } from '../../replies/streamed-reply.ts';
import { flag, isOn, query } from '../../requests/schemas.ts';
import { openToBrowsers, openToTokens, signedIn } from '../../sessions/authentication.ts';
import { downloadSlot } from '../../sessions/download-slot.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { watchSession } from '../../sessions/session-watch.ts';
import { currentVersion, requireCurrent } from './current-version.ts';
import { entryIdOf } from './entry-id.ts';

/** What every browser plays as it is; of the rest a rendition may be there. */
const playedTypes = /^(?:video\/(?:mp4|webm)|audio\/)/;
const askAgainS = 2;

const contentQuery = query({ version: { type: 'string' }, download: flag });

/** `GET` and `HEAD` of a file's bytes, and their checksum. */
export function contentRoutes(app: FastifyInstance, context: RouteContext): void {
  const { clock, log } = context;
  app.route<{ Params: { id: string }; Querystring: { version?: string; download?: string } }>({
    method: ['GET', 'HEAD'],
    url: '/api/v1/entries/:id/content',
    config: openToBrowsers,
    schema: { querystring: contentQuery },
    handler: async (request, reply) => {
      const { drive, signal } = signedIn(request);
      const { version, download } = request.query;
      const id = await entryIdOf(drive, request.params.id);
      const content = await drive.open(id, version === undefined ? undefined : versionId(version));
      const watch: EndWatch = (onEnd) => watchSession(request, onEnd);
      const takeSlot = downloadSlot(request, context);
      const checksum = async () => {
        const options = {
          version: versionId(content.etag),
          signal: AbortSignal.any([request.signal, signal]),
        };
        return (await drive.checksum(id, options)).sha256;
      };
      const options = { download: isOn(download), clock, log, watch, takeSlot, checksum };
      return sendContent(request, reply, content, options);
    },
  });

  // A film or sound as a browser can play it.
  app.route<{ Params: { id: string }; Querystring: { version?: string } }>({
    method: ['GET', 'HEAD'],
    url: '/api/v1/entries/:id/stream',
    config: openToBrowsers,
    schema: { querystring: query({ version: currentVersion }) },
    handler: async (request, reply) => {
      const { drive } = signedIn(request);
      const id = await entryIdOf(drive, request.params.id);
      await requireCurrent(drive, id, request.query.version);
      const isPlayed = playedTypes.test((await drive.entry(id)).mime ?? '');
      const content = isPlayed ? await drive.open(id) : await drive.rendition(id);
      if ('state' in content) return reply.code(202).header('retry-after', askAgainS).send(content);
      const watch: EndWatch = (onEnd) => watchSession(request, onEnd);
      const takeSlot = downloadSlot(request, context);
      return sendContent(request, reply, content, { download: false, clock, log, watch, takeSlot });
    },
  });

  app.get<{ Params: { id: string }; Querystring: { version?: string } }>(
    '/api/v1/entries/:id/checksum',
    { config: openToTokens, schema: { querystring: query({ version: { type: 'string' } }) } },
    async (request) => {
      const { drive, signal } = signedIn(request);
      const { version } = request.query;
      return drive.checksum(await entryIdOf(drive, request.params.id), {
        signal: AbortSignal.any([request.signal, signal]),
        ...(version === undefined ? {} : { version: versionId(version) }),
      });
    },
  );
}
