import type { FastifyInstance } from 'fastify';

/** Answers which methods an address takes, so that a wrong one is 405 and not 404. */
export interface AllowedMethods {
  /** Empty for an unknown address. */
  at(pathname: string): string[];
}

/** Collects from every route that is added after this call. */
export function collectMethods(app: FastifyInstance): AllowedMethods {
  const routes = new Map<string, { shape: RegExp; methods: Set<string> }>();
  app.addHook('onRoute', (route) => {
    // The page is every address that is none; at `/` WebDAV says that it is here.
    if (route.url === '/*' || route.url === '/') return;
    const known = routes.get(route.url) ?? { shape: shapeOf(route.url), methods: new Set() };
    for (const method of [route.method].flat()) known.methods.add(method);
    routes.set(route.url, known);
  });
  return {
    at(pathname) {
      const methods = new Set<string>();
      for (const route of routes.values()) {
        if (route.shape.test(pathname)) for (const method of route.methods) methods.add(method);
      }
      return [...methods].sort();
    },
  };
}

function shapeOf(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[a-zA-Z]+/g, '[^/]+')
    .replace('*', '.*');
  return new RegExp(`^${source}$`);
}
