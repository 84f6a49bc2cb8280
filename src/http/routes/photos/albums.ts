/** `/api/v1/albums`: lists of pictures that their owner put together. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { entryId } from '../../../model/ids.ts';
import { entriesAtOnceMax } from '../../../model/limits.ts';
import type { AlbumView } from '../../../model/views/photos.ts';
import { fields, text } from '../../requests/schemas.ts';
import { signedIn } from '../../sessions/authentication.ts';
import { keyed, listed } from './photos.ts';

const words = text(1000, 'words that the pictures fit');
const name = text(800, 'a text of 1 to 200 characters');
const id = text(64, 'the id of a picture');
const ids = {
  type: 'array',
  minItems: 1,
  maxItems: entriesAtOnceMax,
  items: id,
  description: `a list of 1 to ${entriesAtOnceMax} ids`,
};
const changes = fields(
  {
    name,
    query: words,
    coverId: {
      type: ['string', 'null'],
      maxLength: 64,
      description: 'the id of a picture of the album, or null',
    },
    order: { type: 'array', maxItems: 100_000, items: id, description: 'a list of ids' },
  },
  [],
);

interface ById {
  Params: { id: string };
}

export function albumRoutes(app: FastifyInstance): void {
  app.get('/api/v1/albums', async (request) => {
    const albums = await signedIn(request).photos.albums();
    return { items: albums.map((album) => shown(request, album)), nextCursor: null };
  });

  app.post<{ Body: { name: string; query?: string } }>(
    '/api/v1/albums',
    { schema: { body: fields({ name, query: words }, ['name']) } },
    async (request, reply) => {
      const { name: called, query } = request.body;
      const album = await signedIn(request).photos.createAlbum(called, query);
      return reply.code(201).send(shown(request, album));
    },
  );

  app.get<ById>('/api/v1/albums/:id', async (request) =>
    shown(request, await signedIn(request).photos.album(request.params.id)),
  );

  app.patch<ById & { Body: { name?: string; query?: string; coverId?: string | null; order?: string[] } }>(
    '/api/v1/albums/:id',
    { schema: { body: changes } },
    async (request) => {
      const { name: given, query, coverId, order } = request.body;
      const album = await signedIn(request).photos.changeAlbum(request.params.id, {
        ...(given !== undefined && { name: given }),
        ...(query !== undefined && { query }),
        ...(coverId !== undefined && { coverId: coverId === null ? null : entryId(coverId) }),
        ...(order !== undefined && { order: order.map(entryId) }),
      });
      return shown(request, album);
    },
  );

  app.delete<ById>('/api/v1/albums/:id', async (request, reply) => {
    await signedIn(request).photos.deleteAlbum(request.params.id);
    return reply.code(204).send();
  });

  app.get<ById>('/api/v1/albums/:id/entries', async (request) =>
    listed(request, await signedIn(request).photos.albumEntries(request.params.id)),
  );

  app.post<ById & { Body: { ids: string[] } }>(
    '/api/v1/albums/:id/entries',
    { schema: { body: fields({ ids }, ['ids']) } },
    async (request) => ({
      items: await signedIn(request).photos.addToAlbum(request.params.id, request.body.ids.map(entryId)),
    }),
  );

  app.delete<ById & { Body: { ids: string[] } }>(
    '/api/v1/albums/:id/entries',
    { schema: { body: fields({ ids }, ['ids']) } },
    async (request) => ({
      items: await signedIn(request).photos.removeFromAlbum(request.params.id, request.body.ids.map(entryId)),
    }),
  );
}

function shown(request: FastifyRequest, album: AlbumView): AlbumView {
  return { ...album, cover: album.cover && keyed(request, album.cover) };
}
