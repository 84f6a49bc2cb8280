import type { FastifyInstance } from 'fastify';
import { renderSVG } from 'uqr';
import { fields } from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { code, password } from './auth.ts';

const passwordBody = fields({ password }, ['password']);
const codeBody = fields({ code }, ['code']);

/** A second factor: a code of an authenticator app beside the password. */
export function totpRoutes(app: FastifyInstance, { front }: RouteContext): void {
  const { accounts } = front;

  app.post<{ Body: { password: string } }>(
    '/api/v1/auth/totp',
    { schema: { body: passwordBody } },
    async (request) => {
      const begun = await accounts.beginTotp(signedIn(request), request.body.password);
      return { ...begun, qr: renderSVG(begun.address) };
    },
  );

  app.post<{ Body: { code: string } }>(
    '/api/v1/auth/totp/confirm',
    { schema: { body: codeBody } },
    async (request, reply) => {
      await accounts.confirmTotp(signedIn(request), request.body.code);
      return reply.code(204).send();
    },
  );

  app.delete<{ Body: { password: string } }>(
    '/api/v1/auth/totp',
    { schema: { body: passwordBody } },
    async (request, reply) => {
      await accounts.removeTotp(signedIn(request), request.body.password);
      return reply.code(204).send();
    },
  );
}
