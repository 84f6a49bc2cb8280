import type { FastifyInstance } from 'fastify';
import type { TrusteesWish } from '../../../model/accounts/account-recovery.ts';
import type { EndingGrants } from '../../../model/contracts/drive.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { trusteesMax, trusteeWaitHoursMax, trusteeWaitHoursMin } from '../../../model/limits.ts';
import { callerOf } from '../../limits/caller.ts';
import { recoveryRequestsPerMinute } from '../../limits/http-limits.ts';
import { openToAnyone } from '../../limits/rate-limits.ts';
import { fields, text } from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import { ownsThisHome } from '../../sessions/credentials.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { ending, password, recoveryCode, username } from './auth.ts';

const names = (what: string) => ({
  type: 'array',
  items: { type: 'string', minLength: 1, maxLength: 200 },
  maxItems: trusteesMax,
  description: `a list of at most ${trusteesMax} ${what}`,
});
const trusteesBody = fields(
  {
    password,
    users: names('names of users'),
    devices: names('ids of devices'),
    needed: {
      type: 'integer',
      minimum: 2,
      maximum: trusteesMax,
      description: `a number from 2 to ${trusteesMax}`,
    },
    waitHours: {
      type: 'number',
      minimum: trusteeWaitHoursMin,
      maximum: trusteeWaitHoursMax,
      description: `hours from ${trusteeWaitHoursMin} to ${trusteeWaitHoursMax}`,
    },
  },
  ['password', 'users', 'devices', 'needed', 'waitHours'],
);
const claim = text(500, 'the 12 words of a request');

/** The way back without password and recovery words, by people and devices whom one named. */
export function recoveryRoutes(app: FastifyInstance, context: RouteContext): void {
  trusteeRoutes(app, context);
  requestRoutes(app, context);
  askingRoutes(app, context);
}

function trusteeRoutes(app: FastifyInstance, { front: { accounts } }: RouteContext): void {
  app.get('/api/v1/auth/trustees', async (request) => ({
    trustees: accounts.trustees(signedIn(request)) ?? null,
  }));

  app.put<{ Body: TrusteesWish & { password: string } }>(
    '/api/v1/auth/trustees',
    { schema: { body: trusteesBody } },
    async (request) => {
      const { password, ...wish } = request.body;
      return { trustees: await accounts.setTrustees(signedIn(request), password, wish) };
    },
  );

  app.delete<{ Body: { password: string } }>(
    '/api/v1/auth/trustees',
    { schema: { body: fields({ password }, ['password']) } },
    async (request, reply) => {
      await accounts.removeTrustees(signedIn(request), request.body.password);
      return reply.code(204).send();
    },
  );

  app.post<{ Body: { recoveryCode: string } }>(
    '/api/v1/auth/recovery-code/test',
    { schema: { body: fields({ recoveryCode }, ['recoveryCode']) } },
    async (request, reply) => {
      await accounts.testRecoveryCode(signedIn(request), request.body.recoveryCode);
      return reply.code(204).send();
    },
  );
}

/** For owners and trustees. */
function requestRoutes(app: FastifyInstance, { front }: RouteContext): void {
  const { accounts } = front;

  app.get('/api/v1/auth/recovery-requests', (request) => accounts.recoveryRequests(signedIn(request)));

  app.post<{ Params: { id: string } }>('/api/v1/auth/recovery-requests/:id/stop', async (request, reply) => {
    await accounts.stopRecovery(signedIn(request), request.params.id);
    return reply.code(204).send();
  });

  app.post<{ Params: { id: string } }>('/api/v1/auth/recovery-requests/:id/help', (request) =>
    accounts.helpRecovery(signedIn(request), request.params.id),
  );

  const requireHome = (request: Parameters<typeof ownsThisHome>[0]) => {
    if (ownsThisHome(request, front)) return;
    throw new PeerstorError('forbidden', 'This is for who is at the device: use "peerstor recovery" there.');
  };

  app.get('/api/v1/recovery-requests', { config: { access: 'public' } }, async (request) => {
    requireHome(request);
    return { items: await accounts.deviceRecoveryRequests(), nextCursor: null };
  });

  app.post<{ Params: { id: string } }>(
    '/api/v1/recovery-requests/:id/help',
    { config: { access: 'public' } },
    async (request) => {
      requireHome(request);
      return accounts.helpRecoveryHere(request.params.id);
    },
  );
}

/** For somebody who is not signed in, and cannot. */
function askingRoutes(app: FastifyInstance, { front, authentication }: RouteContext): void {
  const { accounts } = front;
  const config = openToAnyone(recoveryRequestsPerMinute);

  app.post<{ Body: { username: string } }>(
    '/api/v1/auth/recovery-requests',
    { config, schema: { body: fields({ username }, ['username']) } },
    async (request, reply) => {
      const asked = await accounts.requestRecovery(request.body.username, callerOf(request));
      return reply.code(201).send(asked);
    },
  );

  // The words of a request are a secret: they go in the body, never in an address.
  app.post<{ Body: { claim: string } }>(
    '/api/v1/auth/recovery-requests/state',
    { config, schema: { body: fields({ claim }, ['claim']) } },
    (request) => accounts.recoveryState(request.body.claim),
  );

  app.post<{ Body: { claim: string; newPassword: string } & EndingGrants }>(
    '/api/v1/auth/recovery-requests/finish',
    {
      config,
      schema: { body: fields({ claim, newPassword: password, ...ending }, ['claim', 'newPassword']) },
    },
    async (request, reply) => {
      const { claim, newPassword, ...ended } = request.body;
      const session = await accounts.finishRecovery(claim, newPassword, callerOf(request), ended);
      return authentication.begin(request, reply, session);
    },
  );
}
