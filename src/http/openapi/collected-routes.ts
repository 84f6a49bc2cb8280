import type { FastifyInstance } from 'fastify';
import type { Schema } from './schema.ts';

/** A route as it was added: what it takes, and who may call it. */
export interface CollectedRoute {
  method: string;
  url: string;
  access: 'session' | 'files' | 'public' | 'signed';
  takesAddressKey: boolean;
  body: Schema | undefined;
  query: Schema | undefined;
}

/** Collects from every route that is added after this call. HEAD goes with GET, and the page is no API. */
export function collectRoutes(app: FastifyInstance): readonly CollectedRoute[] {
  const routes: CollectedRoute[] = [];
  app.addHook('onRoute', ({ url, method, schema, config }) => {
    if (!isOfApi(url)) return;
    for (const one of [method].flat()) {
      if (one === 'HEAD' || one === 'OPTIONS') continue;
      routes.push({
        method: one,
        url,
        access: config?.access ?? 'session',
        takesAddressKey: config?.takesAddressKey ?? false,
        body: schemaOf(schema?.body),
        query: schemaOf(schema?.querystring),
      });
    }
  });
  return routes;
}

/** WebDAV and S3 have documents of their own; the page is none of this. */
function isOfApi(url: string): boolean {
  return /^\/(?:api\/|s\/|healthz$|metrics$|ca\.crt$)/.test(url);
}

function schemaOf(given: unknown): Schema | undefined {
  return typeof given === 'object' && given !== null ? { ...given } : undefined;
}
