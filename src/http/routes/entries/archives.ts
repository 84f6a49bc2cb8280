/** Folders and selections as one ZIP file. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { EntryView } from '../../../model/api.ts';
import type { Drive } from '../../../model/contracts/drive.ts';
import { entryId } from '../../../model/ids.ts';
import { entriesAtOnceMax } from '../../../model/limits.ts';
import { archiveName, sendArchive } from '../../archive/archive-reply.ts';
import { fields, query, text } from '../../requests/schemas.ts';
import { openToBrowsers, openToTokens, signedIn } from '../../sessions/authentication.ts';
import { downloadSlot } from '../../sessions/download-slot.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { watchSession } from '../../sessions/session-watch.ts';
import { entryIdOf } from './entry-id.ts';

interface ByIds {
  Body: { ids: string[] };
}

const archivePath = '/api/v1/archive';
const format = { enum: ['zip'] };
const idsBody = fields(
  {
    ids: {
      type: 'array',
      minItems: 1,
      maxItems: entriesAtOnceMax,
      items: text(64, 'the id of a file or folder'),
      description: `a list of 1 to ${entriesAtOnceMax} ids`,
    },
    format,
  },
  ['ids'],
);
export const idsQuery = query({
  ids: {
    type: 'string',
    minLength: 1,
    maxLength: 33 * entriesAtOnceMax,
    description: `1 to ${entriesAtOnceMax} ids with commas between them`,
  },
  format,
});

export function archiveRoutes(app: FastifyInstance, context: RouteContext): void {
  const send = async (request: FastifyRequest, reply: FastifyReply, ids: readonly string[]) => {
    const { drive } = signedIn(request);
    const entries = await entriesOf(drive, ids);
    return sendArchive(
      request,
      reply,
      { drive, entries, name: archiveName(entries) },
      {
        ...context,
        watch: (onEnd) => watchSession(request, onEnd),
        takeSlot: downloadSlot(request, context),
      },
    );
  };

  app.route<{ Params: { id: string } }>({
    method: ['GET', 'HEAD'],
    url: '/api/v1/entries/:id/archive',
    config: openToBrowsers,
    schema: { querystring: query({ format }) },
    handler: (request, reply) => send(request, reply, [request.params.id]),
  });

  app.route<{ Querystring: { ids: string } }>({
    method: ['GET', 'HEAD'],
    url: archivePath,
    config: openToBrowsers,
    schema: { querystring: { ...idsQuery, required: ['ids'] } },
    handler: (request, reply) => send(request, reply, request.query.ids.split(',')),
  });

  app.post<ByIds>(archivePath, { config: openToTokens, schema: { body: idsBody } }, (request, reply) =>
    send(request, reply, request.body.ids),
  );

  // A browser saves what it fetches by itself, without headers and without gathering it in memory.
  app.post<ByIds>(`${archivePath}/address`, { schema: { body: idsBody } }, async (request) => {
    const { drive, addressKeys } = signedIn(request);
    const ids = (await entriesOf(drive, request.body.ids)).map(({ id }) => id).join(',');
    return { url: `${archivePath}?${new URLSearchParams({ ids, k: addressKeys?.keyFor(ids) ?? '' })}` };
  });
}

/** Each once, in the order given. @throws `bad-id`, `not-found`; `too-many` ids are refused by the schema */
export async function entriesOf(drive: Drive, ids: readonly string[]): Promise<EntryView[]> {
  const entries: EntryView[] = [];
  for (const id of new Set(ids)) entries.push(await drive.entry(entryId(await entryIdOf(drive, id))));
  return entries;
}
