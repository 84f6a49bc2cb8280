/** The web UI: built files as they are, and its one page for every address that is none. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isPeerstorError } from '../../model/errors.ts';
import { waitHeaders } from '../replies/error-reply.ts';
import { pageHeaders } from '../replies/security-headers.ts';
import { noSuchAddress } from '../replies/unknown-address.ts';
import type { AllowedMethods } from '../requests/allowed-methods.ts';
import { pathnameOf } from '../requests/target.ts';
import type { GuestAccess } from '../sessions/guest-access.ts';

const page = 'index.html';
/** Files whose names carry a hash of their content. */
const assets = 'assets/';

/**
 * Serves the folder `webRoot`. The files are listed once, at start: an address is served only if it
 * is one of them, so no spelling of `..` leads anywhere.
 */
export async function webPages(
  app: FastifyInstance,
  webRoot: string,
  allowed: AllowedMethods,
  guests: GuestAccess,
): Promise<void> {
  const files = await filesBelow(webRoot);
  await app.register(staticFiles, {
    root: webRoot,
    serve: false,
    index: false,
    preCompressed: [...files].some((file) => file.endsWith('.br') || file.endsWith('.gz')),
  });

  // What a guest sees. The page says in words what is wrong with a link, its status says it to programs.
  app.route<{ Params: { secret: string } }>({
    method: ['GET', 'HEAD'],
    url: '/s/:secret',
    config: { access: 'public' },
    handler: async (request, reply) => {
      if (!files.has(page)) throw noSuchAddress(request, reply, allowed);
      const refusal = await guests.open(request, request.params.secret).then(
        () => undefined,
        (error: unknown) => {
          if (isPeerstorError(error)) return error;
          throw error;
        },
      );
      return reply
        .code(refusal?.status ?? 200)
        .headers({ ...pageHeaders, ...(refusal && waitHeaders(refusal)) })
        .type('text/html; charset=utf-8')
        .send(await readFile(join(webRoot, page)));
    },
  });

  app.route({
    method: ['GET', 'HEAD'],
    url: '/*',
    config: { access: 'public' },
    onRequest: async (request, reply) => {
      // Below a link there are only the addresses above; a secret that is too long for those is none.
      if (/^\/(?:api|s)\//.test(pathnameOf(request.raw.url ?? ''))) {
        throw noSuchAddress(request, reply, allowed);
      }
    },
    handler: (request, reply) => {
      const path = fileAt(request.raw.url ?? '');
      reply.headers(pageHeaders);
      if (files.has(path)) {
        return path.startsWith(assets)
          ? reply.sendFile(path, { maxAge: '365d', immutable: true })
          : reply.sendFile(path, { cacheControl: false }).header('cache-control', 'no-cache');
      }
      if (files.has(page) && asksForPage(request, path)) return sendPage(reply);
      throw noSuchAddress(request, reply, allowed);
    },
  });
}

function sendPage(reply: FastifyReply): FastifyReply {
  return reply.sendFile(page, { cacheControl: false }).header('cache-control', 'no-cache');
}

/** The path below the web root; the page itself for `/`. */
function fileAt(rawUrl: string): string {
  const path = pathnameOf(rawUrl).slice(1);
  try {
    return path === '' ? page : decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A person's browser asks for an address of the page, as opposed to a file that is missing. */
function asksForPage(request: FastifyRequest, path: string): boolean {
  if (path.startsWith(assets)) return false;
  const accept = request.headers.accept ?? '*/*';
  if (accept.includes('text/html')) return true;
  return accept.includes('*/*') && !path.slice(path.lastIndexOf('/') + 1).includes('.');
}

/** Paths with `/`, relative to the folder. */
async function filesBelow(folder: string): Promise<Set<string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile());
  return new Set(
    files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')),
  );
}
