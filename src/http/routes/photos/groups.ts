/** `/api/v1/photos`: pictures put together, and what is said of them. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PhotoChange } from '../../../model/contracts/media/photos.ts';
import { entryId } from '../../../model/ids.ts';
import { entriesAtOnceMax } from '../../../model/limits.ts';
import type { PhotoView } from '../../../model/views/photos.ts';
import { fields, query, text } from '../../requests/schemas.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';
import { keyed, listed } from './photos.ts';

const dayQuery = query({
  day: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'a day such as 2026-07-14' },
});
const searchQuery = query({ q: { type: 'string', maxLength: 1000, description: 'words' } });
const degrees = (most: number) => ({ type: 'number', minimum: -most, maximum: most, description: 'degrees' });
const share = { type: 'number', minimum: 0, maximum: 1, description: 'a share of 0 to 1' };
const flag = { type: 'boolean', description: 'true or false' };
const orNull = (type: string, description: string) => ({ type: [type, 'null'], description });
const changes = fields(
  {
    ids: {
      type: 'array',
      minItems: 1,
      maxItems: entriesAtOnceMax,
      items: text(64, 'the id of a picture'),
      description: `a list of 1 to ${entriesAtOnceMax} ids`,
    },
    archived: flag,
    hidden: flag,
    takenLocal: orNull('string', 'a time such as 2026-07-14T15:03:22, or null'),
    offsetMinutes: orNull('number', 'minutes, or null'),
    gps: {
      anyOf: [
        fields({ latitude: degrees(90), longitude: degrees(180) }, ['latitude', 'longitude']),
        { const: 'none' },
        { type: 'null' },
      ],
      description: 'a place, "none" or null',
    },
    description: orNull('string', 'a text, or null'),
    turn: { enum: [0, 90, 180, 270], description: '0, 90, 180 or 270' },
    crop: {
      anyOf: [
        fields({ x: share, y: share, width: share, height: share }, ['x', 'y', 'width', 'height']),
        { type: 'null' },
      ],
      description: 'x, y, width and height, or null',
    },
  },
  ['ids'],
);

export function photoGroupRoutes(app: FastifyInstance): void {
  app.patch<{ Body: PhotoChange & { ids: string[] } }>(
    '/api/v1/photos',
    { schema: { body: changes } },
    async (request) => {
      const { ids, ...change } = request.body;
      return { items: await signedIn(request).photos.change(ids.map(entryId), change) };
    },
  );

  app.get<{ Querystring: { q?: string } }>(
    '/api/v1/photos/facets',
    { config: openToTokens, schema: { querystring: searchQuery } },
    async (request) => signedIn(request).photos.facets(request.query.q ?? ''),
  );

  app.get<{ Params: { id: string } }>(
    '/api/v1/photos/stacks/:id',
    { config: openToTokens },
    async (request) => listed(request, await signedIn(request).photos.stack(entryId(request.params.id))),
  );

  app.get<{ Querystring: { day?: string } }>(
    '/api/v1/photos/memories',
    { config: openToTokens, schema: { querystring: dayQuery } },
    async (request) => {
      const { day = new Date().toISOString().slice(0, 10) } = request.query;
      const memories = await signedIn(request).photos.memories(day);
      return pageOf(
        memories.map(({ year, items }) => ({ year, items: items.map((photo) => keyed(request, photo)) })),
      );
    },
  );

  app.get('/api/v1/photos/trips', { config: openToTokens }, async (request) =>
    pageOf((await signedIn(request).photos.trips()).map((trip) => covered(request, trip))),
  );
  app.get('/api/v1/photos/places', { config: openToTokens }, async (request) =>
    pageOf((await signedIn(request).photos.places()).map((place) => covered(request, place))),
  );
  app.get('/api/v1/photos/archived', { config: openToTokens }, async (request) =>
    listed(request, await signedIn(request).photos.archived()),
  );
  app.get('/api/v1/photos/hidden', async (request) =>
    listed(request, await signedIn(request).photos.hidden()),
  );
}

function pageOf<Item>(items: readonly Item[]) {
  return { items, nextCursor: null };
}

function covered<View extends { cover: PhotoView | null }>(request: FastifyRequest, view: View): View {
  return { ...view, cover: view.cover && keyed(request, view.cover) };
}
