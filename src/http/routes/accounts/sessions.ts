import type { FastifyInstance } from 'fastify';
import { onePage } from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';

/** Where the user is signed in at this device. */
export function sessionRoutes(app: FastifyInstance, { front, authentication }: RouteContext): void {
  app.get('/api/v1/sessions', async (request) => onePage(await front.accounts.sessions(signedIn(request))));

  app.delete<{ Params: { id: string } }>('/api/v1/sessions/:id', async (request, reply) => {
    const session = signedIn(request);
    await front.accounts.endSession(session, request.params.id);
    // It was the own one: the browser forgets its half, too.
    if (session.signal.aborted) authentication.end(request, reply);
    return reply.code(204).send();
  });
}
