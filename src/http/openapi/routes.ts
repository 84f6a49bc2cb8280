import type { FastifyInstance } from 'fastify';
import { pageHeaders } from '../replies/security-headers.ts';
import type { CollectedRoute } from './collected-routes.ts';
import { documentOf } from './document.ts';
import { documentPage, documentStyle } from './document-page.ts';

/** The document for programs and for people. It tells nothing of this device, so no login is asked. */
export function documentRoutes(app: FastifyInstance, routes: readonly CollectedRoute[]): void {
  const config = { access: 'public' } as const;
  app.get('/api/openapi.json', { config }, () => documentOf(routes));

  app.get('/api/docs', { config }, (_request, reply) =>
    reply
      .headers(pageHeaders)
      .type('text/html; charset=utf-8')
      .send(documentPage(documentOf(routes))),
  );

  app.get('/api/docs/style.css', { config }, (_request, reply) =>
    reply.headers(pageHeaders).type('text/css; charset=utf-8').send(documentStyle),
  );
}
