import type { FastifyInstance } from 'fastify';
import { signedIn, signedInAdmin } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { entryIdOf } from '../entries/entry-id.ts';

/** How well everything is kept, and one file. */
export function healthRoutes(app: FastifyInstance, { front }: RouteContext): void {
  app.get('/api/v1/health', (request) => front.health(signedIn(request)));

  app.get('/api/v1/system', (request) => front.system(signedIn(request)));

  app.get('/api/v1/health/garbage', (request) => front.garbage(signedInAdmin(request)));

  app.post('/api/v1/health/garbage/confirm', (request) => front.confirmGarbage(signedInAdmin(request)));

  app.get<{ Params: { id: string } }>('/api/v1/entries/:id/health', async (request) => {
    const session = signedIn(request);
    return front.entryHealth(await entryIdOf(session.drive, request.params.id), session);
  });
}
