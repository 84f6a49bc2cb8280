import type { FastifyInstance } from 'fastify';
import { type ListQuery, listOptionsOf, listQuery } from '../../requests/schemas.ts';
import { signedInAdmin } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';

/** What this device noted, newest first. */
export function auditRoutes(app: FastifyInstance, { front }: RouteContext): void {
  app.get<{ Querystring: ListQuery }>('/api/v1/audit', { schema: { querystring: listQuery } }, (request) => {
    signedInAdmin(request);
    const { limit, cursor } = listOptionsOf(request.query);
    return front.audit({ limit, ...(cursor === undefined ? {} : { before: cursor }) });
  });
}
