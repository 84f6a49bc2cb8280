/** What a signed-in user may ask of the pictures and films in their own drive. */
import type { EntryOutcome } from '../../api.ts';
import type { EntryId } from '../../ids.ts';
import type { AlbumView, MediaProgressView, PhotoView, TimelineMonth } from '../../views/photos.ts';

/** Degrees. West may be east of east: then the box crosses the 180th meridian. */
export interface MapBox {
  west: number;
  south: number;
  east: number;
  north: number;
}

/**
 * Only what is outside the trash; newest first, by the local time. At `Session.photos`. By a token
 * only what it opens, and no albums, which are `forbidden`.
 */
export interface Photos {
  timeline(): Promise<TimelineMonth[]>;
  /** @param month `YYYY-MM` */
  month(month: string): Promise<PhotoView[]>;
  onMap(box: MapBox): Promise<PhotoView[]>;
  /**
   * Words for names, cameras, days, months and seasons (English and German), kinds and favorites; all must fit.
   * @throws `bad-input` for a question that is too long
   */
  search(question: string): Promise<PhotoView[]>;
  /** Groups of pictures that look alike, each newest first. */
  duplicates(): Promise<PhotoView[][]>;
  progress(): Promise<MediaProgressView>;

  albums(): Promise<AlbumView[]>;
  /** @throws `not-found` */
  album(id: string): Promise<AlbumView>;
  /** @throws `bad-input` for a name that is empty or too long */
  createAlbum(name: string): Promise<AlbumView>;
  /**
   * @param change.coverId null for the first picture
   * @param change.order ids of pictures of the album; those that are left out follow as they were
   * @throws `not-found`, `bad-input`
   */
  changeAlbum(
    id: string,
    change: { name?: string; coverId?: EntryId | null; order?: readonly EntryId[] },
  ): Promise<AlbumView>;
  /** The pictures stay. @throws `not-found` */
  deleteAlbum(id: string): Promise<void>;
  /** In the order of the album. @throws `not-found` */
  albumEntries(id: string): Promise<PhotoView[]>;
  /** At the end of the album; what is in it already stays where it is. @throws `not-found` for the album */
  addToAlbum(id: string, entries: readonly EntryId[]): Promise<EntryOutcome[]>;
  /** @throws `not-found` for the album */
  removeFromAlbum(id: string, entries: readonly EntryId[]): Promise<EntryOutcome[]>;
}
