import type { FastifyInstance } from 'fastify';
import { onePage } from '../../requests/schemas.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { tusRoutes } from '../../uploads/tus.ts';
import { leaveBodiesAlone } from '../../uploads/upload-request.ts';

const base = '/api/v1/uploads';

/** Uploads that come in several requests, of who signed in or has a token. */
export function uploadRoutes(app: FastifyInstance, context: RouteContext): void {
  app.get(base, { config: openToTokens }, async (request) => onePage(await signedIn(request).uploads.list()));

  app.register(async (scope) => {
    leaveBodiesAlone(scope);
    tusRoutes(scope, context, {
      base,
      config: openToTokens,
      async holderOf(request) {
        const { uploads, drive, rights, user } = signedIn(request);
        return { key: `user ${user.id}`, uploads, drive, isDrop: rights === 'upload' };
      },
    });
  });
}
