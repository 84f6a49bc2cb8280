import type { FastifyInstance } from 'fastify';
import type { BackupChange, BackupWish, RestoreWish } from '../../../model/backups/backups.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { fields, listOptionsOf, onePage, pageParameters, query, text } from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';

const snapshots = { type: 'integer', minimum: 0, maximum: 1000, description: 'a whole number up to 1000' };
const flag = { type: 'boolean', description: 'true or false' };
const choices = {
  name: text(64, 'a name of at most 64 characters'),
  watch: flag,
  cron: text(100, 'a cron pattern such as 0 3 * * *'),
  every: text(8, 'a time such as 1h'),
  exclude: {
    type: 'array',
    maxItems: 500,
    items: text(1000, 'a pattern as in a .gitignore file'),
    description: 'a list of patterns',
  },
  presets: { type: 'array', maxItems: 20, items: { enum: ['caches', 'node_modules', 'system'] } },
  onDelete: { enum: ['keep', 'trash', 'mirror'] },
  pauseOn: { type: 'array', maxItems: 2, items: { enum: ['battery', 'metered'] } },
  keep: fields({ hourly: snapshots, daily: snapshots, weekly: snapshots, monthly: snapshots }, []),
};
const wish = fields(
  {
    ...choices,
    kind: { enum: ['backup', 'sync', 'mirror', 'adopt'] },
    folder: text(4096, 'an absolute path on this device'),
    target: text(16 * 1024, 'a path in the drive such as /Backups/laptop'),
  },
  ['folder', 'target'],
);
const change = { ...fields({ ...choices, paused: flag }, []), minProperties: 1 };
const runBody = { ...fields({ dryRun: flag }, []), type: ['object', 'null'] };
const restoreBody = fields(
  {
    at: text(64, 'the id of a snapshot or a time'),
    under: { type: 'string', maxLength: 16 * 1024 },
    to: text(4096, 'an absolute path on this device'),
    overwrite: flag,
  },
  ['at'],
);
const viewQuery = query({
  under: { type: 'string', maxLength: 16 * 1024 },
  direct: { enum: ['true', 'false'] },
  ...pageParameters,
});

interface ById {
  Params: { id: string };
}
interface ViewQuery {
  under?: string;
  direct?: string;
  limit?: string;
  cursor?: string;
}

/** Backup profiles of this device. Each is its owner's, and nobody else is told of it. */
export function backupRoutes(app: FastifyInstance, { front }: RouteContext): void {
  const { backups } = front;

  app.get('/api/v1/backups', async (request) => onePage(await backups.list(signedIn(request))));

  app.post<{ Body: BackupWish }>('/api/v1/backups', { schema: { body: wish } }, async (request, reply) =>
    reply.code(201).send(await backups.add(signedIn(request), request.body)),
  );

  app.patch<ById & { Body: BackupChange }>('/api/v1/backups/:id', { schema: { body: change } }, (request) =>
    backups.change(signedIn(request), request.params.id, request.body),
  );

  app.delete<ById>('/api/v1/backups/:id', async (request, reply) => {
    await backups.remove(signedIn(request), request.params.id);
    return reply.code(204).send();
  });

  app.post<ById & { Body: { dryRun?: boolean } | null | undefined }>(
    '/api/v1/backups/:id/run',
    { schema: { body: runBody } },
    async (request, reply) => {
      const dryRun = request.body?.dryRun ?? false;
      const run = await backups.run(signedIn(request), request.params.id, { dryRun });
      return reply.code(dryRun ? 200 : 202).send(run);
    },
  );

  app.post<ById>('/api/v1/backups/:id/import', async (request, reply) =>
    reply.code(202).send(await backups.importAdopted(signedIn(request), request.params.id)),
  );

  app.post<ById & { Body: RestoreWish }>(
    '/api/v1/backups/:id/restore',
    { schema: { body: restoreBody } },
    async (request, reply) =>
      reply.code(202).send(await backups.restore(signedIn(request), request.params.id, request.body)),
  );

  app.get<ById>('/api/v1/backups/:id/runs', async (request) =>
    onePage(await backups.runs(signedIn(request), request.params.id)),
  );

  app.get<ById>('/api/v1/backups/:id/snapshots', async (request) =>
    onePage(await backups.snapshots(signedIn(request), request.params.id)),
  );

  app.get<{ Params: { id: string; at: string }; Querystring: ViewQuery }>(
    '/api/v1/backups/:id/snapshots/:at',
    { schema: { querystring: viewQuery } },
    (request) => {
      const { id, at } = request.params;
      const { limit, cursor } = listOptionsOf(request.query);
      const direct = request.query.direct === 'true';
      const options = { under: request.query.under ?? '', after: placeOf(cursor), limit, direct };
      return backups.snapshot(signedIn(request), id, at, options);
    },
  );
}

function placeOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,12}$/.test(cursor)) return Number(cursor);
  throw new PeerstorError('bad-input', 'The parameter "cursor" must be a nextCursor of this list.', {
    details: { field: 'cursor' },
  });
}
