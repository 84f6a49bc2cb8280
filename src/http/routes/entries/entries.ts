import type { FastifyInstance, FastifyReply } from 'fastify';
import type { EntryView } from '../../../model/api.ts';
import type { EntryPatch } from '../../../model/contracts/drive.ts';
import { entityTag } from '../../content/preconditions.ts';
import {
  fields,
  flag,
  isOn,
  type ListQuery,
  listOptionsOf,
  listQuery,
  query,
  text,
} from '../../requests/schemas.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { changedMeanwhile, versionExpected } from '../../uploads/if-match.ts';
import { entryIdOf } from './entry-id.ts';

// Names are judged by the drive, which says the rule; this only bounds them.
const name = text(4096, 'the name of a file or folder');
const id = text(64, 'the id of a folder');

const createBody = fields({ parentId: id, name, kind: { enum: ['folder'] } }, ['parentId', 'name', 'kind']);
const copyBody = fields({ parentId: id, name }, ['parentId']);
const patchBody = {
  ...fields(
    {
      name,
      parentId: id,
      tags: { type: 'array', maxItems: 100, items: text(200, 'a tag of 1 to 200 characters') },
      starred: { type: 'boolean' },
    },
    [],
  ),
  minProperties: 1,
};

interface ById {
  Params: { id: string };
}

/** The tree: look, make folders, change, copy, remove. */
export function entryRoutes(app: FastifyInstance, _context: RouteContext): void {
  app.get<ById>('/api/v1/entries/:id', { config: openToTokens }, async (request, reply) => {
    const { drive } = signedIn(request);
    return tagged(reply, await drive.entry(await entryIdOf(drive, request.params.id)));
  });

  app.get<ById>('/api/v1/entries/:id/ancestors', { config: openToTokens }, async (request) => {
    const { drive } = signedIn(request);
    return { items: await drive.ancestors(await entryIdOf(drive, request.params.id)) };
  });

  app.get<ById & { Querystring: ListQuery }>(
    '/api/v1/entries/:id/children',
    { config: openToTokens, schema: { querystring: listQuery } },
    async (request) => {
      const { drive } = signedIn(request);
      return drive.children(await entryIdOf(drive, request.params.id), listOptionsOf(request.query));
    },
  );

  app.post<{ Body: { parentId: string; name: string } }>(
    '/api/v1/entries',
    { config: openToTokens, schema: { body: createBody } },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const { parentId, name } = request.body;
      return created(reply, await drive.createFolder(await entryIdOf(drive, parentId), name));
    },
  );

  app.patch<ById & { Body: Omit<EntryPatch, 'parentId'> & { parentId?: string } }>(
    '/api/v1/entries/:id',
    { config: openToTokens, schema: { body: patchBody } },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const id = await entryIdOf(drive, request.params.id);
      const { parentId, ...change } = request.body;
      const target = parentId === undefined ? {} : { parentId: await entryIdOf(drive, parentId) };
      const version = await versionExpected(request.headers['if-match'], () => drive.entry(id));
      return tagged(reply, await drive.patch(id, { ...change, ...target }, version));
    },
  );

  app.post<ById & { Body: { parentId: string; name?: string } }>(
    '/api/v1/entries/:id/copy',
    { config: openToTokens, schema: { body: copyBody } },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const { parentId, name } = request.body;
      const source = await entryIdOf(drive, request.params.id);
      return created(reply, await drive.copy(source, await entryIdOf(drive, parentId), name));
    },
  );

  app.delete<ById & { Querystring: { permanent?: string } }>(
    '/api/v1/entries/:id',
    { config: openToTokens, schema: { querystring: query({ permanent: flag }) } },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const id = await entryIdOf(drive, request.params.id);
      const version = await versionExpected(request.headers['if-match'], () => drive.entry(id));
      if (isOn(request.query.permanent)) {
        if (version !== undefined && version !== (await drive.entry(id)).version) throw changedMeanwhile();
        await drive.purge(id);
      } else {
        await drive.trash(id, version);
      }
      return reply.code(204).send();
    },
  );
}

function tagged(reply: FastifyReply, entry: EntryView): EntryView {
  reply.header('etag', entityTag(entry.version));
  return entry;
}

function created(reply: FastifyReply, entry: EntryView): EntryView {
  reply.code(201).header('location', `/api/v1/entries/${entry.id}`);
  return tagged(reply, entry);
}
