/** `/dav/`: the drive of a token, to be mounted (WebDAV class 1 and 2, RFC 4918). */
import type { FastifyInstance } from 'fastify';
import { davPrefix } from '../../dav/dav-path.ts';
import { openDavRequest, sendNothing } from '../../dav/dav-request.ts';
import { LockTable } from '../../dav/locks.ts';
import { davMethods } from '../../dav/methods.ts';
import { foldersOnly } from '../../dav/propfind.ts';
import { rootListingsPerMinute } from '../../limits/http-limits.ts';
import { openToAnyone } from '../../limits/rate-limits.ts';
import { openToMounts } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { leaveBodiesAlone } from '../../uploads/upload-request.ts';

const ownMethods = ['PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK'];
const allowed = ['OPTIONS', ...Object.keys(davMethods)].join(', ');

export function davRoutes(app: FastifyInstance, context: RouteContext): void {
  for (const method of ownMethods) app.addHttpMethod(method, { hasBody: true });
  const locks = new LockTable(context.clock);
  app.register(async (scope) => {
    leaveBodiesAlone(scope);
    // Windows asks the root first, and mounts nothing where that knows no WebDAV; the drive itself is below.
    answerOptions(scope, '/', 'OPTIONS, GET, HEAD, PROPFIND');
    scope.route({
      method: 'PROPFIND',
      url: '/',
      config: openToAnyone(rootListingsPerMinute),
      handler: async (request, reply) => {
        const paths = request.headers.depth === '0' ? ['/'] : ['/', `${davPrefix}/`];
        reply.code(207).header('content-type', 'application/xml; charset=utf-8');
        return reply.send(Buffer.from(foldersOnly(paths)));
      },
    });
    for (const url of [davPrefix, `${davPrefix}/*`]) {
      answerOptions(scope, url, allowed);
      scope.route({
        method: Object.keys(davMethods),
        url,
        config: openToMounts,
        handler: async (request, reply) => {
          const answer = davMethods[request.method];
          if (answer === undefined) throw new Error(`no answer to ${request.method}`);
          return answer(await openDavRequest(request, reply, context, locks));
        },
      });
    }
  });
}

/** Clients ask what this is before they show who they are. */
function answerOptions(app: FastifyInstance, url: string, allow: string): void {
  app.route({
    method: 'OPTIONS',
    url,
    config: { access: 'public' },
    handler: async (_request, reply) =>
      sendNothing(reply.headers({ dav: '1, 2', 'ms-author-via': 'DAV', allow }), 200),
  });
}
