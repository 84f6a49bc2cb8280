import type { FastifyInstance } from 'fastify';
import type { Surroundings } from './surroundings.ts';

/** How well everything is kept. */
export function healthRoutes(app: FastifyInstance, { front }: Surroundings): void {
  app.get('/api/v1/health', () => front.health());
}
