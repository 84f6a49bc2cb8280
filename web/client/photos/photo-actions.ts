/** What a person does with pictures. Each can be undone, or says what it did. */

import type { PhotoView } from '../../../src/model/views/photos.ts';
import { t } from '../../words/words.ts';
import { api } from '../api.ts';
import { namesOf, trash, undo, undoStack } from '../drive/drive-actions.ts';
import type { Undoable } from '../drive/undo.ts';
import { attempt, say } from '../state.ts';
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
    const action: Undoable = {
      label: starred
        ? t('{photos} added to favorites.', { photos: namesOf(changed) })
        : t('{photos} removed from favorites.', { photos: namesOf(changed) }),
      undo: () => all(!starred),
      redo: () => all(starred),
    };
    undoStack.push(action);
    say(action.label, { undo: () => void undo(action) });
  });
}

const idsAtOnce = 1000;

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
    const action: Undoable = {
      label: t('{photos} removed from “{name}”.', { photos: namesOf(photos), name: album.name }),
      undo: () => photosApi.addToAlbum(album.id, ids),
      redo: () => photosApi.removeFromAlbum(album.id, ids),
    };
    undoStack.push(action);
    say(action.label, { undo: () => void undo(action) });
  });
}

/** @returns the address of the original, or of a ZIP file of several */
export async function addressOfAll(photos: readonly PhotoView[]): Promise<string> {
  const [only, ...others] = photos;
  if (only && others.length === 0) return downloadOf(only);
  return (await api.archiveAddress(photos.map(({ id }) => id))).url;
}
