import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RouteContext } from '../../sessions/route-context.ts';

/** `GET /metrics` in the text format of Prometheus: for this machine, and for who shows a token. */
export function metricRoutes(app: FastifyInstance, { front, authentication, counts }: RouteContext): void {
  app.get('/metrics', { config: { access: 'public' } }, async (request, reply) => {
    if (!isFromThisMachine(request)) await authentication.sessionOf(request);
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(front.metrics() + counts.text());
  });
}

/** Not what a proxy on this machine passes on for others. A foreign name was refused before (`own-host.ts`). */
function isFromThisMachine({ ip, headers }: FastifyRequest): boolean {
  const isLoopback = ip === '::1' || /^(?:::ffff:)?127\./.test(ip);
  return isLoopback && headers.forwarded === undefined && headers['x-forwarded-for'] === undefined;
}
