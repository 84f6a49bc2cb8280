import type { FastifyInstance } from 'fastify';
import { fields } from '../../requests/schemas.ts';
import { signedIn, signedInAdmin } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { entryIdOf } from '../entries/entry-id.ts';

const minutes = { type: 'integer', minimum: 0, maximum: 720, description: 'a number from 0 to 720' };

/** How well everything is kept, and one file. */
export function healthRoutes(app: FastifyInstance, { front }: RouteContext): void {
  app.get('/api/v1/health', (request) => front.health(signedIn(request)));

  app.get('/api/v1/system', (request) => front.system(signedIn(request)));

  app.post<{ Body: { minutes: number } }>(
    '/api/v1/health/pause',
    { schema: { body: fields({ minutes }, ['minutes']) } },
    (request) => ({ pausedUntil: front.pauseWork(request.body.minutes, signedInAdmin(request)) }),
  );

  app.get('/api/v1/health/garbage', (request) => front.garbage(signedInAdmin(request)));

  app.post('/api/v1/health/garbage/confirm', (request) => front.confirmGarbage(signedInAdmin(request)));

  app.get<{ Params: { id: string } }>('/api/v1/entries/:id/health', async (request) => {
    const session = signedIn(request);
    return front.entryHealth(await entryIdOf(session.drive, request.params.id), session);
  });
}
