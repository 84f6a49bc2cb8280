import type { FastifyInstance } from 'fastify';
import { callerOf } from '../../limits/caller.ts';
import { exchangesPerMinute, joinsPerMinute } from '../../limits/http-limits.ts';
import { openToAnyone } from '../../limits/rate-limits.ts';
import { fields, text } from '../../requests/schemas.ts';
import { signedInAdmin } from '../../sessions/authentication.ts';
import { ownsThisHome } from '../../sessions/credentials.ts';
import type { RouteContext } from '../../sessions/route-context.ts';

const storageOnly = { type: 'boolean', description: 'true or false' };
const openBody = { ...fields({ storageOnly }, []), type: ['object', 'null'] };
const joinBody = fields(
  {
    setupCode: { type: 'string', maxLength: 200 },
    code: text(32, 'the digits that the other device shows'),
    address: text(300, 'the address of the other device, HOST:PORT'),
    storageOnly,
  },
  ['code'],
);

/** How a device comes into a network. */
export function pairingRoutes(app: FastifyInstance, { front }: RouteContext): void {
  app.post<{ Body: { storageOnly?: boolean } | null }>(
    '/api/v1/pairing',
    { schema: { body: openBody } },
    (request) => front.pairing.open(signedInAdmin(request), request.body ?? {}),
  );

  app.delete('/api/v1/pairing', (request, reply) => {
    signedInAdmin(request);
    front.pairing.close();
    return reply.code(204).send();
  });

  app.post<{ Body: { setupCode?: string; code: string; address?: string; storageOnly?: boolean } }>(
    '/api/v1/pairing/join',
    { config: openToAnyone(joinsPerMinute), schema: { body: joinBody } },
    (request) => {
      const { setupCode, code, address, storageOnly } = request.body;
      if (!ownsThisHome(request, front)) front.checkSetupCode(setupCode ?? '', callerOf(request));
      return front.pairing.join(code, address, storageOnly === undefined ? {} : { storageOnly });
    },
  );

  // Its messages prove themselves (CPace), so nothing is known of them here.
  app.post('/api/v1/pairing/exchange', { config: openToAnyone(exchangesPerMinute) }, async (request) => {
    return (await front.pairing.exchange(request.body, callerOf(request))) ?? {};
  });
}
