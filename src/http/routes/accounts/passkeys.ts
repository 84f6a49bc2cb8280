import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PasskeyAnswer, PasskeyQuestion, PasskeySite } from '../../../model/contracts/own-account.ts';
import { callerOf } from '../../limits/caller.ts';
import { loginsPerMinute } from '../../limits/http-limits.ts';
import { openToAnyone } from '../../limits/rate-limits.ts';
import { fields, text } from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { password } from './auth.ts';

/** What a page sends of the answer of an authenticator. */
interface Answered {
  credential: object;
  secret: string;
}

const answer = {
  credential: { type: 'object', description: 'the answer of the authenticator, as browsers give it' },
  secret: text(64, 'the result of the PRF extension, base64url'),
};
const name = text(200, 'a name of at most 60 characters');
const loginBody = fields(answer, ['credential', 'secret']);
const passwordBody = fields({ password }, ['password']);
const newBody = fields({ ...answer, name }, ['credential', 'secret', 'name']);
const nameBody = fields({ name }, ['name']);

/** Passkeys: registered by a password, and then instead of it. */
export function passkeyRoutes(app: FastifyInstance, { front, authentication }: RouteContext): void {
  const { accounts } = front;

  app.post('/api/v1/auth/passkeys/question', { config: openToAnyone(loginsPerMinute) }, async (request) =>
    questionView(await accounts.passkeyQuestion(siteOf(request))),
  );

  app.post<{ Body: Answered }>(
    '/api/v1/auth/passkeys/login',
    { config: openToAnyone(loginsPerMinute), schema: { body: loginBody } },
    async (request, reply) => {
      const session = await accounts.loginByPasskey(
        siteOf(request),
        answerOf(request.body),
        callerOf(request),
      );
      return authentication.begin(request, reply, session);
    },
  );

  app.get('/api/v1/auth/passkeys', async (request) => ({
    items: accounts.passkeys(signedIn(request)),
    nextCursor: null,
  }));

  app.post<{ Body: { password: string } }>(
    '/api/v1/auth/passkeys/new',
    { schema: { body: passwordBody } },
    async (request) => {
      const { password } = request.body;
      return questionView(await accounts.newPasskeyQuestion(signedIn(request), siteOf(request), password));
    },
  );

  app.post<{ Body: Answered & { name: string } }>(
    '/api/v1/auth/passkeys',
    { schema: { body: newBody } },
    async (request, reply) => {
      const { name } = request.body;
      const answer = answerOf(request.body);
      const made = await accounts.addPasskey(signedIn(request), siteOf(request), name, answer);
      return reply.code(201).send(made);
    },
  );

  app.patch<{ Params: { id: string }; Body: { name: string } }>(
    '/api/v1/auth/passkeys/:id',
    { schema: { body: nameBody } },
    (request) => accounts.renamePasskey(signedIn(request), request.params.id, request.body.name),
  );

  app.delete<{ Params: { id: string } }>('/api/v1/auth/passkeys/:id', async (request, reply) => {
    await accounts.removePasskey(signedIn(request), request.params.id);
    return reply.code(204).send();
  });
}

/** The Host was checked: it is a name of this device. */
function siteOf({ protocol, host, hostname }: FastifyRequest): PasskeySite {
  return { origin: `${protocol}://${host}`, host: hostname };
}

function answerOf({ credential, secret }: Answered): PasskeyAnswer {
  return { credential, secret: Buffer.from(secret, 'base64url') };
}

function questionView({ options, salt }: PasskeyQuestion) {
  return { options, salt: Buffer.from(salt).toString('base64url') };
}
