import type { FastifyInstance } from 'fastify';
import type { EndingGrants } from '../../../model/contracts/drive.ts';
import { passwordBytesMax } from '../../../model/limits.ts';
import { callerOf } from '../../limits/caller.ts';
import { endedGrantsMax, loginsPerMinute } from '../../limits/http-limits.ts';
import { openToAnyone } from '../../limits/rate-limits.ts';
import { fields, text } from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';

// What makes a good name or password is said by the accounts; these are only bounds.
export const username = text(200, 'a name of at most 200 characters');
export const password = text(passwordBytesMax, `a text of 1 to ${passwordBytesMax} characters`);

/** Of an authenticator app; people type it with a space in the middle. */
export const code = text(20, 'the six digits that the authenticator app shows');

const loginBody = fields({ username, password, code }, ['username', 'password']);
const flag = { type: 'boolean', description: 'true or false' } as const;
/** What ends together with all sessions: tokens unless kept, links where asked. */
const idsOrAll = {
  anyOf: [
    { type: 'boolean' },
    { type: 'array', items: { type: 'string', maxLength: 64 }, maxItems: endedGrantsMax },
  ],
  description: `true, false or a list of at most ${endedGrantsMax} ids`,
} as const;
export const ending = { keepTokens: idsOrAll, endLinks: idsOrAll };
const passwordBody = fields({ oldPassword: password, newPassword: password, ...ending }, [
  'oldPassword',
  'newPassword',
]);
const recoveryCodeBody = fields({ password, renew: flag }, ['password']);
const signOutBody = { ...fields(ending, []), type: ['object', 'null'] };
export const recoveryCode = text(1000, 'the 24 words of the recovery code');
const recoverBody = fields({ username, recoveryCode, newPassword: password, ...ending }, [
  'username',
  'recoveryCode',
  'newPassword',
]);

/** Signing in and out, and what one does about a password. */
export function authRoutes(app: FastifyInstance, { front, authentication }: RouteContext): void {
  app.post<{ Body: { username: string; password: string; code?: string } }>(
    '/api/v1/auth/login',
    { config: openToAnyone(loginsPerMinute), schema: { body: loginBody } },
    async (request, reply) => {
      const { username, password, code } = request.body;
      const session = await front.accounts.login(username, password, callerOf(request), code);
      return authentication.begin(request, reply, session);
    },
  );

  app.post('/api/v1/auth/logout', async (request, reply) => {
    await front.accounts.logout(signedIn(request).secret);
    authentication.end(request, reply);
    return reply.code(204).send();
  });

  // Both end every other session of the user and answer with a new one.
  app.post<{ Body: { oldPassword: string; newPassword: string } & EndingGrants }>(
    '/api/v1/auth/password',
    { schema: { body: passwordBody } },
    async (request, reply) => {
      const { oldPassword, newPassword, ...ending } = request.body;
      const session = await front.accounts.changePassword(
        signedIn(request),
        oldPassword,
        newPassword,
        ending,
      );
      return authentication.begin(request, reply, session);
    },
  );

  app.post<{ Body: { password: string; renew?: boolean } }>(
    '/api/v1/auth/recovery-code',
    { schema: { body: recoveryCodeBody } },
    async (request) => {
      const { password, renew = false } = request.body;
      return { recoveryCode: await front.accounts.recoveryCode(signedIn(request), password, { renew }) };
    },
  );

  app.post<{ Body: { username: string; recoveryCode: string; newPassword: string } & EndingGrants }>(
    '/api/v1/auth/recover',
    { config: openToAnyone(loginsPerMinute), schema: { body: recoverBody } },
    async (request, reply) => {
      const { username, recoveryCode, newPassword, ...ending } = request.body;
      const session = await front.accounts.recover(
        username,
        recoveryCode,
        newPassword,
        callerOf(request),
        ending,
      );
      return authentication.begin(request, reply, session);
    },
  );

  app.post<{ Body: EndingGrants | null }>(
    '/api/v1/auth/sign-out-everywhere',
    { schema: { body: signOutBody } },
    async (request, reply) => {
      const session = await front.accounts.endOtherSessions(signedIn(request), request.body ?? {});
      return authentication.begin(request, reply, session);
    },
  );

  // What a page asks first. The answer is no error where nobody is, so that no browser notes one.
  app.get('/api/v1/auth/session', { config: { access: 'public' } }, async (request) => ({
    user: (await authentication.visitor(request))?.user ?? null,
  }));

  app.get('/api/v1/auth/me', (request) => {
    const session = signedIn(request);
    const testedAt = front.accounts.recoveryCodeTestedAt(session);
    const recoveryCodeTestedAt = testedAt === undefined ? null : new Date(testedAt).toISOString();
    return { user: session.user, totp: front.accounts.hasTotp(session), recoveryCodeTestedAt };
  });
}
