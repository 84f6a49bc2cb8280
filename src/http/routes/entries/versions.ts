import type { FastifyInstance } from 'fastify';
import { versionId } from '../../../model/ids.ts';
import { fields, onePage } from '../../requests/schemas.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { entryIdOf } from './entry-id.ts';

const nameBody = fields(
  { name: { type: ['string', 'null'], maxLength: 400, description: 'a name, or null for none' } },
  ['name'],
);

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

  app.patch<{ Params: { id: string; version: string }; Body: { name: string | null } }>(
    '/api/v1/entries/:id/versions/:version',
    { config: openToTokens, schema: { body: nameBody } },
    async (request) => {
      const { drive } = signedIn(request);
      const id = await entryIdOf(drive, request.params.id);
      await drive.nameVersion(id, versionId(request.params.version), request.body.name);
      return onePage(await drive.versions(id));
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
