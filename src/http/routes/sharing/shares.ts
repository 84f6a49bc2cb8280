import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RightsView, ShareView } from '../../../model/api.ts';
import type { LinkWish } from '../../../model/contracts/drive.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { grantId } from '../../../model/ids.ts';
import { passwordBytesMax } from '../../../model/limits.ts';
import {
  countOrNone,
  expiryOf,
  fields,
  onePage,
  query,
  rights,
  text,
  timeOrNever,
} from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { entryIdOf } from '../entries/entry-id.ts';

interface LinkBody {
  rights?: RightsView;
  expiresAt?: string | null;
  password?: string | null;
  maxDownloads?: number | null;
  note?: string;
}

const linkFields = {
  rights,
  expiresAt: timeOrNever,
  password: {
    type: ['string', 'null'],
    minLength: 1,
    maxLength: passwordBytesMax,
    description: `a text of 1 to ${passwordBytesMax} characters, or null for none`,
  },
  maxDownloads: countOrNone(1),
  note: { type: 'string', maxLength: 1000, description: 'a text of at most 1000 characters' },
};
const id = text(64, 'the id of a file or folder');
const createBody = fields({ entryId: id, ...linkFields }, ['entryId']);
const changeBody = { ...fields(linkFields, []), minProperties: 1 };
const user = text(200, 'a user name of at most 200 characters');
const accessBody = fields({ username: user, rights }, ['username']);

interface ById {
  Params: { id: string };
}

/** Links for people without an account, and what is shared between users. */
export function shareRoutes(app: FastifyInstance, { clock }: RouteContext): void {
  const wishOf = ({ expiresAt, ...wish }: LinkBody): Partial<Omit<LinkWish, 'entryId'>> => {
    const expiresAtMs = expiryOf(expiresAt, clock.wallMs());
    return { ...wish, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
  };

  app.post<{ Body: LinkBody & { entryId: string } }>(
    '/api/v1/shares',
    { schema: { body: createBody } },
    async (request, reply) => {
      const { drive, sharing } = signedIn(request);
      const { entryId, rights = 'view', ...wish } = request.body;
      const link = { entryId: await entryIdOf(drive, entryId), rights, ...wishOf(wish) };
      return reply.code(201).send(addressed(request, await sharing.createLink(link)));
    },
  );

  app.get('/api/v1/shares', async (request) => {
    const links = await signedIn(request).sharing.links();
    return onePage(links.map((link) => addressed(request, link)));
  });

  app.patch<ById & { Body: LinkBody }>(
    '/api/v1/shares/:id',
    { schema: { body: changeBody } },
    async (request) => {
      const { sharing } = signedIn(request);
      return addressed(request, await sharing.changeLink(grantId(request.params.id), wishOf(request.body)));
    },
  );

  app.delete<ById>('/api/v1/shares/:id', async (request, reply) => {
    await signedIn(request).sharing.revokeLink(grantId(request.params.id));
    return reply.code(204).send();
  });

  accessRoutes(app);
}

function accessRoutes(app: FastifyInstance): void {
  const url = '/api/v1/entries/:id/access';

  app.post<ById & { Body: { username: string; rights?: RightsView } }>(
    url,
    { schema: { body: accessBody } },
    async (request, reply) => {
      const { drive, sharing } = signedIn(request);
      const { username, rights = 'view' } = request.body;
      const access = await sharing.shareWith(await entryIdOf(drive, request.params.id), username, rights);
      return reply.code(201).send(access);
    },
  );

  app.get<ById>(url, async (request) => {
    const { drive, sharing } = signedIn(request);
    return onePage(await sharing.accessOf(await entryIdOf(drive, request.params.id)));
  });

  // The name comes in the query or, as it did to give access, in a body.
  app.delete<ById & { Querystring: { username?: string }; Body: { username?: string } | null | undefined }>(
    url,
    {
      schema: {
        querystring: query({ username: user }),
        body: { ...query({ username: user }), type: ['object', 'null'] },
      },
    },
    async (request, reply) => {
      const { drive, sharing } = signedIn(request);
      const username = request.query.username ?? request.body?.username;
      if (username === undefined) {
        throw new PeerstorError('bad-input', 'The parameter "username" is missing.', {
          details: { field: 'username' },
        });
      }
      await sharing.revokeAccess(await entryIdOf(drive, request.params.id), username);
      return reply.code(204).send();
    },
  );

  app.get('/api/v1/shared/given', async (request) => onePage(await signedIn(request).sharing.sharedByMe()));

  app.get('/api/v1/shared', async (request) => onePage(await signedIn(request).sharing.sharedWithMe()));
}

/** The link with the address under which the asker reached this device; others have the same path. */
function addressed(request: FastifyRequest, share: ShareView): ShareView {
  const { url: path } = share;
  return { ...share, url: `${request.protocol}://${request.host}${path}`, path };
}
