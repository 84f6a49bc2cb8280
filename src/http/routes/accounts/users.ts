import type { FastifyInstance } from 'fastify';
import type { UserAdminView } from '../../../model/api.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { userId } from '../../../model/ids.ts';
import { loginsPerMinute } from '../../limits/http-limits.ts';
import { openToAnyone } from '../../limits/rate-limits.ts';
import { countOrNone, expiryOf, fields, onePage, text, timeOrNever } from '../../requests/schemas.ts';
import { signedInAdmin } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { password, username } from './auth.ts';

const role = { enum: ['admin', 'member'] };
/** People send `quota`; `quotaBytes`, as the answers also say, is understood. */
const quotas = { quota: countOrNone(0), quotaBytes: countOrNone(0) };
interface Quotas {
  quota?: number | null;
  quotaBytes?: number | null;
}

// Nothing at all is an invite for a member without a quota.
const inviteBody = { ...fields({ role, ...quotas, expiresAt: timeOrNever }, []), type: ['object', 'null'] };
const registerBody = fields({ invite: text(200, 'the code of an invite'), username, password }, [
  'invite',
  'username',
  'password',
]);
const changeBody = {
  ...fields({ role, ...quotas, disabled: { type: 'boolean', description: 'true or false' } }, []),
  minProperties: 1,
};

/** Invites, the accounts that come of them, and what an admin may change about a user. */
export function userRoutes(app: FastifyInstance, { front, clock, authentication }: RouteContext): void {
  app.post<{ Body: (Quotas & { role?: 'admin' | 'member'; expiresAt?: string | null }) | null }>(
    '/api/v1/invites',
    { schema: { body: inviteBody } },
    async (request, reply) => {
      const session = signedInAdmin(request);
      const { role = 'member', expiresAt, ...quotas } = request.body ?? {};
      const nowMs = clock.wallMs();
      const untilMs = expiryOf(expiresAt, nowMs);
      if (untilMs === null)
        throw new PeerstorError('bad-input', 'An invite ends some day: name "expiresAt".');
      const wish = { role, quotaBytes: quotaOf(quotas) ?? null };
      const invite = await front.accounts.invite(session, {
        ...wish,
        ...(untilMs === undefined ? {} : { expiresInMs: untilMs - nowMs }),
      });
      return reply.code(201).send(invite);
    },
  );

  app.get('/api/v1/invites', async (request) =>
    onePage(await front.accounts.invites(signedInAdmin(request))),
  );

  app.delete<{ Params: { id: string } }>('/api/v1/invites/:id', async (request, reply) => {
    await front.accounts.withdrawInvite(signedInAdmin(request), request.params.id);
    return reply.code(204).send();
  });

  app.post<{ Body: { invite: string; username: string; password: string } }>(
    '/api/v1/auth/register',
    { config: openToAnyone(loginsPerMinute), schema: { body: registerBody } },
    async (request, reply) => {
      const { invite, username, password } = request.body;
      const { session, recoveryCode } = await front.accounts.register(invite, username, password);
      const signedIn = authentication.begin(request, reply, session);
      return reply.code(201).send({ ...signedIn, recoveryCode });
    },
  );

  app.get('/api/v1/users', async (request) => {
    const users = await front.accounts.users(signedInAdmin(request));
    return onePage(users.map(withQuota));
  });

  app.patch<{
    Params: { id: string };
    Body: Quotas & { role?: 'admin' | 'member'; disabled?: boolean };
  }>('/api/v1/users/:id', { schema: { body: changeBody } }, async (request) => {
    const session = signedInAdmin(request);
    const { quota: _quota, quotaBytes: _quotaBytes, ...change } = request.body;
    const limit = quotaOf(request.body);
    const wish = { ...change, ...(limit === undefined ? {} : { quotaBytes: limit }) };
    return withQuota(await front.accounts.changeUser(session, userId(request.params.id), wish));
  });
}

/** @throws `bad-input` when both names are sent and differ */
function quotaOf({ quota, quotaBytes }: Quotas): number | null | undefined {
  if (quota !== undefined && quotaBytes !== undefined && quota !== quotaBytes) {
    throw new PeerstorError('bad-input', '"quota" and "quotaBytes" are one thing: send "quota".', {
      details: { field: 'quota' },
    });
  }
  return quota === undefined ? quotaBytes : quota;
}

function withQuota(user: UserAdminView): UserAdminView & { quota: number | null } {
  return { ...user, quota: user.quotaBytes };
}
