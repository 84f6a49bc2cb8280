import type { FastifyInstance } from 'fastify';
import type { SearchQuery } from '../../../model/contracts/drive.ts';
import { dayOrTime, dayOrTimeMs } from '../../requests/days.ts';
import { type ListQuery, listOptionsOf, pageParameters, query } from '../../requests/schemas.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';
import type { RouteContext } from '../../sessions/route-context.ts';
import { entryIdOf } from './entry-id.ts';

const whole = { type: 'string', pattern: '^[0-9]{1,15}$', description: 'a number of bytes' };
const page = query(pageParameters);

interface SearchParameters extends Pick<ListQuery, 'limit' | 'cursor'> {
  q?: string;
  type?: string;
  from?: string;
  to?: string;
  minSize?: string;
  maxSize?: string;
  tag?: string;
  under?: string;
  starred?: 'true' | 'false';
  owner?: string;
}

const searchQuery = query({
  q: { type: 'string', maxLength: 1000, description: 'words of at most 1000 characters' },
  type: {
    type: 'string',
    maxLength: 255,
    description: 'file, folder, image, video, audio, text, document, archive or a media type',
  },
  from: dayOrTime,
  to: dayOrTime,
  minSize: whole,
  maxSize: whole,
  tag: { type: 'string', maxLength: 200, description: 'a tag' },
  under: { type: 'string', maxLength: 64, description: 'the id of a folder' },
  starred: { enum: ['true', 'false'] },
  owner: { type: 'string', maxLength: 64, description: 'the name of a user' },
  ...pageParameters,
});

/** Ways to files other than their folders. */
export function searchRoutes(app: FastifyInstance, _context: RouteContext): void {
  app.get<{ Querystring: SearchParameters }>(
    '/api/v1/search',
    { config: openToTokens, schema: { querystring: searchQuery } },
    async (request) => {
      const { drive } = signedIn(request);
      const { q = '', type, from, to, minSize, maxSize, tag, under, starred, owner } = request.query;
      return drive.search({
        ...pageOf(request.query),
        q,
        ...(type ? { type } : {}),
        ...(from ? { fromMs: dayOrTimeMs('from', from) } : {}),
        ...(to ? { toMs: dayOrTimeMs('to', to) } : {}),
        ...(minSize ? { minSize: Number(minSize) } : {}),
        ...(maxSize ? { maxSize: Number(maxSize) } : {}),
        ...(tag ? { tag } : {}),
        ...(under ? { under: await entryIdOf(drive, under) } : {}),
        ...(starred ? { starred: starred === 'true' } : {}),
        ...(owner ? { owner } : {}),
      });
    },
  );

  app.get<{ Querystring: ListQuery }>(
    '/api/v1/recent',
    { config: openToTokens, schema: { querystring: page } },
    (request) => signedIn(request).drive.search({ ...pageOf(request.query), q: '', type: 'file' }),
  );

  app.get<{ Querystring: ListQuery }>(
    '/api/v1/starred',
    { config: openToTokens, schema: { querystring: page } },
    (request) => signedIn(request).drive.search({ ...pageOf(request.query), q: '', starred: true }),
  );
}

function pageOf(query: Pick<ListQuery, 'limit' | 'cursor'>): Pick<SearchQuery, 'limit' | 'cursor'> {
  const { limit, cursor } = listOptionsOf(query);
  return { limit, ...(cursor === undefined ? {} : { cursor }) };
}
