/** One change of many entries in one request. Each entry succeeds or fails by itself. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { EntryOutcome } from '../../../model/api.ts';
import type { Drive } from '../../../model/contracts/drive.ts';
import { isPeerstorError } from '../../../model/errors.ts';
import { type EntryId, entryId } from '../../../model/ids.ts';
import { entriesAtOnceMax } from '../../../model/limits.ts';
import { fields, text } from '../../requests/schemas.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { entryIdOf } from './entry-id.ts';

const id = text(64, 'the id of a file or folder');
const ids = {
  type: 'array',
  minItems: 1,
  maxItems: entriesAtOnceMax,
  items: id,
  description: `a list of 1 to ${entriesAtOnceMax} ids`,
};
/** Everything that is in a folder now, without those that are left out: a client need not have listed it. */
const all = {
  ...fields(
    {
      parentId: id,
      except: { ...ids, minItems: 0, description: `a list of at most ${entriesAtOnceMax} ids` },
    },
    ['parentId'],
  ),
  description: 'the folder whose entries are meant, and ids of those that are not',
};
/** Either of the two. */
const which = { ids, all };
const oneOfThem = { oneOf: [{ required: ['ids'] }, { required: ['all'] }] };
const intoFolder = { ...fields({ ...which, parentId: id }, ['parentId']), ...oneOfThem };
const inPlace = { ...fields(which, []), ...oneOfThem };

interface Chosen {
  ids?: string[];
  all?: { parentId: string; except?: string[] };
}
interface IntoFolder {
  Body: Chosen & { parentId: string };
}
interface InPlace {
  Body: Chosen;
}

/** Entries of a folder are listed before the first one changes: what goes would shift the pages. */
async function idsOf(drive: Drive, { ids = [], all }: Chosen): Promise<string[]> {
  if (!all) return ids;
  const folder = await entryIdOf(drive, all.parentId);
  const except = new Set(all.except);
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await drive.children(folder, {
      sort: 'name',
      order: 'asc',
      limit: entriesAtOnceMax,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const entry of page.items) if (!except.has(entry.id)) found.push(entry.id);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

export function entriesAtOnceRoutes(app: FastifyInstance, { log }: RouteContext): void {
  /** In the order given; an entry that fails does not keep the others from being changed. */
  async function changeEach(
    request: FastifyRequest<InPlace>,
    change: (drive: Drive, id: EntryId) => Promise<unknown>,
  ): Promise<{ items: EntryOutcome[] }> {
    const { drive } = signedIn(request);
    const items: EntryOutcome[] = [];
    for (const text of await idsOf(drive, request.body)) {
      try {
        request.signal.throwIfAborted();
        await change(drive, entryId(text));
        items.push({ id: text, ok: true });
      } catch (error) {
        if (request.signal.aborted) throw error;
        const code = isPeerstorError(error) ? error.code : 'internal';
        if (code === 'internal') log.error({ err: error }, 'one of several entries could not be changed');
        items.push({ id: text, ok: false, code });
      }
    }
    return { items };
  }

  app.post<IntoFolder>(
    '/api/v1/entries/move',
    { config: openToTokens, schema: { body: intoFolder } },
    async (request) => {
      const parentId = await entryIdOf(signedIn(request).drive, request.body.parentId);
      return changeEach(request, (drive, entry) => drive.patch(entry, { parentId }));
    },
  );

  app.post<IntoFolder>(
    '/api/v1/entries/copy',
    { config: openToTokens, schema: { body: intoFolder } },
    async (request) => {
      const parentId = await entryIdOf(signedIn(request).drive, request.body.parentId);
      return changeEach(request, (drive, entry) => drive.copy(entry, parentId));
    },
  );

  app.post<InPlace>(
    '/api/v1/entries/trash',
    { config: openToTokens, schema: { body: inPlace } },
    async (request) => changeEach(request, (drive, entry) => drive.trash(entry)),
  );

  app.post<{ Body: { ids: string[] } }>(
    '/api/v1/entries/restore',
    { config: openToTokens, schema: { body: fields({ ids }, ['ids']) } },
    async (request) => changeEach(request, (drive, entry) => drive.restore(entry)),
  );
}
