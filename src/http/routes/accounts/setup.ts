import type { FastifyInstance } from 'fastify';
import type { SetupView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { callerOf } from '../../limits/caller.ts';
import { setupsPerMinute } from '../../limits/http-limits.ts';
import { openToAnyone } from '../../limits/rate-limits.ts';
import { fields } from '../../requests/schemas.ts';
import { ownsThisHome } from '../../sessions/credentials.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { password, username } from './auth.ts';

const setupBody = fields({ setupCode: { type: 'string', maxLength: 200 }, username, password }, [
  'username',
  'password',
]);

/** The first account of a new network. */
export function setupRoutes(app: FastifyInstance, { front, authentication }: RouteContext): void {
  app.get('/api/v1/setup', { config: { access: 'public' } }, (): SetupView => {
    const needed = front.accounts.setupNeeded();
    // Once there is a network, who else is at home is told only to those who signed in.
    return { needed, deviceName: front.deviceName, nearby: needed ? front.devices.nearby() : [] };
  });

  app.post<{ Body: { setupCode?: string; username: string; password: string } }>(
    '/api/v1/setup',
    { config: openToAnyone(setupsPerMinute), schema: { body: setupBody } },
    async (request, reply) => {
      const { setupCode, username, password } = request.body;
      if (!front.accounts.setupNeeded()) {
        throw new PeerstorError('already-set-up', 'This network has its first account already: sign in.');
      }
      if (!ownsThisHome(request, front)) front.checkSetupCode(setupCode ?? '', callerOf(request));
      const { session, recoveryCode } = await front.accounts.setup(username, password);
      const signedIn = authentication.begin(request, reply, session);
      return reply.code(201).send({ ...signedIn, recoveryCode });
    },
  );
}
