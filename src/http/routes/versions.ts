import type { FastifyInstance } from 'fastify';
import { versionId } from '../../model/ids.ts';
import { onePage } from '../requests/schemas.ts';
import { openToTokens, signedIn } from '../sessions/authentication.ts';
import type { RouteContext } from '../sessions/route-context.ts';
import { entryIdOf } from './entry-id.ts';

/** The history of a file. */
export function versionRoutes(app: FastifyInstance, _context: RouteContext): void {
  app.get<{ Params: { id: string } }>(
    '/api/v1/entries/:id/versions',
    { config: openToTokens },
    async (request) => {
      const { drive } = signedIn(request);
      return onePage(await drive.versions(await entryIdOf(drive, request.params.id)));
    },
  );

  app.delete<{ Params: { id: string; version: string } }>(
    '/api/v1/entries/:id/versions/:version',
    { config: openToTokens },
    async (request, reply) => {
      const { drive } = signedIn(request);
      const id = await entryIdOf(drive, request.params.id);
      await drive.removeVersion(id, versionId(request.params.version));
      return reply.code(204).send();
    },
  );

  app.post<{ Params: { id: string; version: string } }>(
    '/api/v1/entries/:id/versions/:version/restore',
    { config: openToTokens },
    async (request) => {
      const { drive } = signedIn(request);
      const id = await entryIdOf(drive, request.params.id);
      return drive.restoreVersion(id, versionId(request.params.version));
    },
  );
}
