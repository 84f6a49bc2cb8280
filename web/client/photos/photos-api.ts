/** Requests about pictures and albums. */
import type { EntryOutcome, EntryView, Page } from '../../../src/model/api.ts';
import type { PhotoChange } from '../../../src/model/contracts/media/photos.ts';
import type {
  AlbumView,
  FacetsView,
  MediaProgressView,
  MemoryView,
  PhotoView,
  PlaceView,
  TimelineMonth,
} from '../../../src/model/views/photos.ts';
import { ask } from '../request.ts';
import { signedAddress } from '../session-proof.ts';

const albumPath = (id: string) => `/api/v1/albums/${encodeURIComponent(id)}`;

export const photosApi = {
  timeline: (signal?: AbortSignal) =>
    ask<{ months: TimelineMonth[] }>('GET', '/api/v1/photos/timeline', undefined, signal),
  month: (month: string) => ask<Page<PhotoView>>('GET', `/api/v1/photos/months/${month}`),
  search: (question: string, signal?: AbortSignal) =>
    ask<Page<PhotoView>>(
      'GET',
      `/api/v1/photos/search?${new URLSearchParams({ q: question })}`,
      undefined,
      signal,
    ),
  duplicates: (signal?: AbortSignal) =>
    ask<Page<{ items: PhotoView[] }>>('GET', '/api/v1/photos/duplicates', undefined, signal),
  map: (signal?: AbortSignal) => ask<Page<PhotoView>>('GET', '/api/v1/photos/map', undefined, signal),
  places: (signal?: AbortSignal) => ask<Page<PlaceView>>('GET', '/api/v1/photos/places', undefined, signal),
  /** @param day `YYYY-MM-DD` */
  memories: (day: string, signal?: AbortSignal) =>
    ask<Page<MemoryView>>('GET', `/api/v1/photos/memories?day=${day}`, undefined, signal),
  facets: (question: string, signal?: AbortSignal) =>
    ask<FacetsView>(
      'GET',
      `/api/v1/photos/facets?${new URLSearchParams({ q: question })}`,
      undefined,
      signal,
    ),
  archived: (signal?: AbortSignal) =>
    ask<Page<PhotoView>>('GET', '/api/v1/photos/archived', undefined, signal),
  hidden: (signal?: AbortSignal) => ask<Page<PhotoView>>('GET', '/api/v1/photos/hidden', undefined, signal),
  change: (ids: readonly string[], change: PhotoChange) =>
    ask<{ items: EntryOutcome[] }>('PATCH', '/api/v1/photos', { ids, ...change }),
  /** Begins to make a film that every browser plays, or says how far that is; null when it is there. */
  makeRendition: async (id: string) =>
    (await ask<{ progress: number | null } | undefined>(
      'POST',
      `/api/v1/entries/${encodeURIComponent(id)}/rendition`,
    )) ?? null,
  progress: (signal?: AbortSignal) =>
    ask<MediaProgressView>('GET', '/api/v1/photos/progress', undefined, signal),

  albums: (signal?: AbortSignal) => ask<Page<AlbumView>>('GET', '/api/v1/albums', undefined, signal),
  album: (id: string, signal?: AbortSignal) => ask<AlbumView>('GET', albumPath(id), undefined, signal),
  createAlbum: (name: string) => ask<AlbumView>('POST', '/api/v1/albums', { name }),
  changeAlbum: (id: string, change: { name?: string; coverId?: string | null }) =>
    ask<AlbumView>('PATCH', albumPath(id), change),
  deleteAlbum: (id: string) => ask<void>('DELETE', albumPath(id)),
  albumEntries: (id: string, signal?: AbortSignal) =>
    ask<Page<PhotoView>>('GET', `${albumPath(id)}/entries`, undefined, signal),
  addToAlbum: (id: string, ids: readonly string[]) =>
    ask<{ items: EntryOutcome[] }>('POST', `${albumPath(id)}/entries`, { ids }),
  removeFromAlbum: (id: string, ids: readonly string[]) =>
    ask<{ items: EntryOutcome[] }>('DELETE', `${albumPath(id)}/entries`, { ids }),
};

type Keyed = Pick<PhotoView, 'id' | 'k'> | Pick<EntryView, 'id' | 'k'>;

const address = (photo: Keyed, rest: string) =>
  signedAddress(`/api/v1/entries/${photo.id}/${rest}`, photo.k === undefined ? {} : { k: photo.k });

/** @param size longest edge: 240, 720 or 2160 */
export const thumbnailOf = (photo: Keyed, size: 240 | 720 | 2160) => address(photo, `thumbnail?size=${size}`);
export const originalOf = (photo: Keyed) => address(photo, 'content');
export const renditionOf = (photo: Keyed) => address(photo, 'rendition');
export const downloadOf = (photo: Keyed) => address(photo, 'content?download=1');
