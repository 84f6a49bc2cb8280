import type { FastifyInstance } from 'fastify';
import type { RouteContext } from '../../sessions/route-context.ts';

/** `GET /healthz`: is this device alive, and which is it? No login. */
export function healthzRoutes(app: FastifyInstance, { front }: RouteContext): void {
  app.get('/healthz', { config: { access: 'public' } }, () => front.healthz());
}
