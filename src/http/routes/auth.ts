import type { FastifyInstance } from 'fastify';
import { passwordLengthMax } from '../../model/limits.ts';
import { giveCookie, signedIn, takeCookie } from '../authentication.ts';
import { loginsPerMinute } from '../http-limits.ts';
import { openToAnyone } from '../rate-limits.ts';
import { fields, text } from './schemas.ts';
import type { Surroundings } from './surroundings.ts';

// What makes a good name or password is said by the accounts; these are only bounds.
export const username = text(200, 'a name of at most 200 characters');
export const password = text(passwordLengthMax, `a text of 1 to ${passwordLengthMax} characters`);

const loginBody = fields({ username, password }, ['username', 'password']);

/** Signing in and out. */
export function authRoutes(app: FastifyInstance, { front, clock }: Surroundings): void {
  app.post<{ Body: { username: string; password: string } }>(
    '/api/v1/auth/login',
    { config: openToAnyone(loginsPerMinute), schema: { body: loginBody } },
    async (request, reply) => {
      const { username, password } = request.body;
      const session = await front.accounts.login(username, password, request.ip);
      giveCookie(request, reply, session, clock);
      return { user: session.user };
    },
  );

  app.post('/api/v1/auth/logout', async (request, reply) => {
    await front.accounts.logout(signedIn(request).secret);
    takeCookie(request, reply);
    return reply.code(204).send();
  });

  app.get('/api/v1/auth/me', (request) => ({ user: signedIn(request).user }));
}
