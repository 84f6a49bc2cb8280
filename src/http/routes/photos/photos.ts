/** `/api/v1/photos`: the pictures and films of who is signed in. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { MapBox } from '../../../model/contracts/media/photos.ts';
import { PeerstorError } from '../../../model/errors.ts';
import type { PhotoView } from '../../../model/views/photos.ts';
import { query } from '../../requests/schemas.ts';
import { openToTokens, signedIn } from '../../sessions/authentication.ts';

const monthShape = '^\\d{4}-(0[1-9]|1[0-2])$';

const monthParams = {
  type: 'object',
  properties: { month: { type: 'string', pattern: monthShape, description: 'a month such as 2026-07' } },
  required: ['month'],
};
const mapQuery = query({
  bbox: { type: 'string', maxLength: 200, description: 'west,south,east,north in degrees' },
});
const searchQuery = query({ q: { type: 'string', maxLength: 1000, description: 'words' } });

export function photoRoutes(app: FastifyInstance): void {
  app.get('/api/v1/photos/timeline', { config: openToTokens }, async (request) => ({
    months: await signedIn(request).photos.timeline(),
  }));

  app.get<{ Params: { month: string } }>(
    '/api/v1/photos/months/:month',
    { config: openToTokens, schema: { params: monthParams } },
    async (request) => listed(request, await signedIn(request).photos.month(request.params.month)),
  );

  app.get<{ Querystring: { bbox?: string } }>(
    '/api/v1/photos/map',
    { config: openToTokens, schema: { querystring: mapQuery } },
    async (request) => listed(request, await signedIn(request).photos.onMap(boxOf(request.query.bbox))),
  );

  app.get<{ Querystring: { q?: string } }>(
    '/api/v1/photos/search',
    { config: openToTokens, schema: { querystring: searchQuery } },
    async (request) => listed(request, await signedIn(request).photos.search(request.query.q ?? '')),
  );

  app.get('/api/v1/photos/duplicates', { config: openToTokens }, async (request) => {
    const groups = await signedIn(request).photos.duplicates();
    return {
      items: groups.map((group) => ({ items: group.map((photo) => keyed(request, photo)) })),
      nextCursor: null,
    };
  });

  app.get('/api/v1/photos/progress', { config: openToTokens }, async (request) =>
    signedIn(request).photos.progress(),
  );
}

/** Beside its address keys: a browser fetches thumbnails without headers. */
export function keyed(request: FastifyRequest, photo: PhotoView): PhotoView {
  const keys = signedIn(request).addressKeys;
  return keys ? { ...photo, k: keys.keyFor(photo.id) } : photo;
}

export function listed(request: FastifyRequest, photos: readonly PhotoView[]) {
  return { items: photos.map((photo) => keyed(request, photo)), nextCursor: null };
}

/** @throws `bad-input` */
function boxOf(text: string | undefined): MapBox {
  if (text === undefined) return { west: -180, south: -90, east: 180, north: 90 };
  const [west = Number.NaN, south = Number.NaN, east = Number.NaN, north = Number.NaN, ...more] = text
    .split(',')
    .map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const isBox = [west, south, east, north].every(Number.isFinite) && more.length === 0 && south <= north;
  if (isBox) return { west, south, east, north };
  throw new PeerstorError('bad-input', 'The parameter "bbox" must be west,south,east,north in degrees.', {
    details: { field: 'bbox' },
  });
}
