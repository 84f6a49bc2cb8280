import type { FastifyInstance } from 'fastify';
import { type ListQuery, listOptionsOf, listQuery } from '../../requests/schemas.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { entryIdOf } from './entry-id.ts';

/** What was removed and can still come back. */
export function trashRoutes(app: FastifyInstance, _context: RouteContext): void {
  app.get<{ Querystring: ListQuery }>(
    '/api/v1/trash',
    { config: openToTokens, schema: { querystring: listQuery } },
    (request) => signedIn(request).drive.trashed(listOptionsOf(request.query)),
  );

  app.delete('/api/v1/trash', { config: openToTokens }, async (request) => ({
    purged: await signedIn(request).drive.emptyTrash(),
  }));

  app.post<{ Params: { id: string } }>(
    '/api/v1/entries/:id/restore',
    { config: openToTokens },
    async (request) => {
      const { drive } = signedIn(request);
      return drive.restore(await entryIdOf(drive, request.params.id));
    },
  );
}
