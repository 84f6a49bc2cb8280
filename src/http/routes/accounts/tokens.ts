import type { FastifyInstance } from 'fastify';
import type { RightsView } from '../../../model/api.ts';
import type { Drive } from '../../../model/contracts/drive.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { type EntryId, entryId, grantId } from '../../../model/ids.ts';
import { pathNames } from '../../requests/drive-path.ts';
import { expiryOf, fields, onePage, query, rights, text, timeOrNever } from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { entryIdOf } from '../entries/entry-id.ts';

interface TokenWish {
  name: string;
  rights?: RightsView;
  path?: string;
  entryId?: string;
  expiresAt?: string | null;
}

const tokenBody = fields(
  {
    name: text(200, 'a name of at most 200 characters'),
    rights,
    path: text(16 * 1024, 'a path in the drive such as /Photos'),
    entryId: text(64, 'the id of a file or folder'),
    expiresAt: timeOrNever,
  },
  ['name'],
);
const idField = { id: text(64, 'the id of a token') };

/** Access tokens: what a program shows instead of a password. */
export function tokenRoutes(app: FastifyInstance, { clock, front }: RouteContext): void {
  app.post<{ Body: TokenWish }>('/api/v1/tokens', { schema: { body: tokenBody } }, async (request, reply) => {
    const { sharing, drive } = signedIn(request);
    const { name, rights = 'edit', expiresAt } = request.body;
    const expiresAtMs = expiryOf(expiresAt, clock.wallMs()) ?? null;
    const token = await sharing.createToken({
      name,
      rights,
      entryId: await scopeOf(drive, request.body),
      expiresAtMs,
    });
    // Opened once here, so that this device knows the token by its id, too.
    const accessKeyId = (await front.accounts.resume(token.token ?? ''))?.accessKeyId;
    return reply.code(201).send(accessKeyId ? { ...token, accessKeyId } : token);
  });

  app.get('/api/v1/tokens', async (request) => onePage(await signedIn(request).sharing.tokens()));

  app.delete<{ Params: { id: string } }>('/api/v1/tokens/:id', async (request, reply) => {
    await signedIn(request).sharing.revokeToken(grantId(request.params.id));
    return reply.code(204).send();
  });

  // Which one comes in the query or, as it came when it was made, in a body.
  app.delete<{ Querystring: { id?: string }; Body: { id?: string } | null | undefined }>(
    '/api/v1/tokens',
    { schema: { querystring: query(idField), body: { ...query(idField), type: ['object', 'null'] } } },
    async (request, reply) => {
      const id = request.query.id ?? request.body?.id;
      if (id === undefined) {
        throw new PeerstorError('bad-input', 'The parameter "id" is missing.', { details: { field: 'id' } });
      }
      await signedIn(request).sharing.revokeToken(grantId(id));
      return reply.code(204).send();
    },
  );
}

/** The entry that a token opens: the whole drive unless a part is named. */
async function scopeOf(drive: Drive, { path, entryId: id }: TokenWish): Promise<EntryId> {
  if (path !== undefined && id !== undefined) {
    throw new PeerstorError(
      'bad-input',
      'Name what the token opens by "path" or by "entryId", not by both.',
      {
        details: { field: 'path' },
      },
    );
  }
  if (path === undefined) return entryIdOf(drive, id ?? 'root');
  const names = pathNames(path);
  return entryId((names.length === 0 ? await drive.root() : await drive.resolve(names)).id);
}
