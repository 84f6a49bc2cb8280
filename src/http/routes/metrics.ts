import type { FastifyInstance, FastifyRequest } from 'fastify';
import { sessionOf } from '../authentication.ts';
import type { Surroundings } from './surroundings.ts';

/** `GET /metrics` in the text format of Prometheus: for this machine, and for who shows a token. */
export function metricRoutes(app: FastifyInstance, { front }: Surroundings): void {
  app.get('/metrics', { config: { access: 'public' } }, async (request, reply) => {
    if (!isFromThisMachine(request)) await sessionOf(request, front);
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(front.metrics());
  });
}

function isFromThisMachine({ ip }: FastifyRequest): boolean {
  return ip === '::1' || /^(?:::ffff:)?127\./.test(ip);
}
