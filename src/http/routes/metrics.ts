import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RouteContext } from '../sessions/route-context.ts';

/** `GET /metrics` in the text format of Prometheus: for this machine, and for who shows a token. */
export function metricRoutes(app: FastifyInstance, { front, authentication }: RouteContext): void {
  app.get('/metrics', { config: { access: 'public' } }, async (request, reply) => {
    if (!isFromThisMachine(request)) await authentication.sessionOf(request);
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(front.metrics());
  });
}

/**
 * Not what a proxy on this machine passes on for others, and not what a foreign page got a browser here
 * to ask by pointing a name of its own at this machine (DNS rebinding): a name with a dot must be local.
 */
function isFromThisMachine({ ip, headers, hostname }: FastifyRequest): boolean {
  const isLoopback = ip === '::1' || /^(?:::ffff:)?127\./.test(ip);
  const isProxied = headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined;
  const name = hostname.replace(/^\[(.*)\]$/, '$1');
  const isLocalName = isIP(name) !== 0 || !name.includes('.') || /\.(?:local|localhost)$/i.test(name);
  return isLoopback && !isProxied && isLocalName;
}
