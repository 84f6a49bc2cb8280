/** What a person does with pictures. Each can be undone, or says what it did. */

import type { PhotoChange } from '../../../src/model/contracts/media/photos.ts';
import type { PhotoView } from '../../../src/model/views/photos.ts';
import { t } from '../../words/words.ts';
import { api } from '../api.ts';
import { namesOf, offerUndo, trash } from '../drive/drive-actions.ts';
import { say } from '../messages.ts';
import { attempt } from '../state.ts';
import { downloadOf, photosApi } from './photos-api.ts';

export function trashPhotos(photos: readonly PhotoView[]): Promise<unknown> {
  return trash(photos.map(({ id, name }) => ({ id, name, parentId: null })));
}

/** Stars those that have none; takes the stars away where all have one. */
export async function toggleFavorite(photos: readonly PhotoView[]): Promise<void> {
  const starred = photos.some(({ favorite }) => !favorite);
  const changed = photos.filter(({ favorite }) => favorite !== starred);
  const all = (value: boolean) => Promise.all(changed.map(({ id }) => api.star(id, value)));
  await attempt(async () => {
    await all(starred);
    offerUndo({
      label: starred
        ? t('{photos} added to favorites.', { photos: namesOf(changed) })
        : t('{photos} removed from favorites.', { photos: namesOf(changed) }),
      undo: () => all(!starred),
      redo: () => all(starred),
    });
  });
}

const idsAtOnce = 1000;

/**
 * Changes what is said of pictures; their files stay as they are.
 * @param back the change that takes it back
 * @returns whether it worked
 */
export function changePhotos(
  photos: readonly PhotoView[],
  change: PhotoChange,
  label: string,
  back: PhotoChange,
): Promise<boolean> {
  const ids = photos.map(({ id }) => id);
  const all = async (what: PhotoChange) => {
    for (let from = 0; from < ids.length; from += idsAtOnce) {
      const { items } = await photosApi.change(ids.slice(from, from + idsAtOnce), what);
      const failed = items.filter(({ ok }) => !ok).length;
      if (failed > 0)
        throw new Error(t('{count} {count|picture|pictures} could not be changed.', { count: failed }));
    }
  };
  return attempt(async () => {
    await all(change);
    offerUndo({ label, undo: () => all(back), redo: () => all(change) });
  });
}

export async function addToAlbum(
  album: { id: string; name: string },
  photos: readonly PhotoView[],
): Promise<void> {
  for (let from = 0; from < photos.length; from += idsAtOnce) {
    await photosApi.addToAlbum(
      album.id,
      photos.slice(from, from + idsAtOnce).map(({ id }) => id),
    );
  }
  say(t('{photos} added to “{name}”.', { photos: namesOf(photos), name: album.name }));
}

export async function removeFromAlbum(
  album: { id: string; name: string },
  photos: readonly PhotoView[],
): Promise<void> {
  const ids = photos.map(({ id }) => id);
  await attempt(async () => {
    await photosApi.removeFromAlbum(album.id, ids);
    offerUndo({
      label: t('{photos} removed from “{name}”.', { photos: namesOf(photos), name: album.name }),
      undo: () => photosApi.addToAlbum(album.id, ids),
      redo: () => photosApi.removeFromAlbum(album.id, ids),
    });
  });
}

/** @returns the address of the original, or of a ZIP file of several */
export async function addressOfAll(photos: readonly PhotoView[]): Promise<string> {
  const [only, ...others] = photos;
  if (only && others.length === 0) return downloadOf(only);
  return (await api.archiveAddress(photos.map(({ id }) => id))).url;
}
