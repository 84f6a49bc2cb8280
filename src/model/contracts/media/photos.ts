/** What a signed-in user may ask of the pictures and films in their own drive. */
import type { EntryOutcome } from '../../api.ts';
import type { EntryId } from '../../ids.ts';
import type {
  AlbumView,
  FacetsView,
  MediaProgressView,
  MemoryView,
  PhotoView,
  PlaceView,
  TimelineMonth,
  TripView,
} from '../../views/photos.ts';
import type { GpsPlace } from './media-maker.ts';

/** Degrees. West may be east of east: then the box crosses the 180th meridian. */
export interface MapBox {
  west: number;
  south: number;
  east: number;
  north: number;
}

export interface PhotoChange {
  archived?: boolean;
  hidden?: boolean;
  /** `YYYY-MM-DDTHH:MM:SS`, by the clock where it was taken. */
  takenLocal?: string | null;
  offsetMinutes?: number | null;
  /** `none` for "nowhere". */
  gps?: GpsPlace | 'none' | null;
  description?: string | null;
  /** Degrees clockwise. */
  turn?: 0 | 90 | 180 | 270;
  crop?: { x: number; y: number; width: number; height: number } | null;
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
  /** What the answers to a question can be narrowed by; of everything without one. */
  facets(question: string): Promise<FacetsView>;
  /** What stands for one picture, itself first. @throws `not-found` */
  stack(id: EntryId): Promise<PhotoView[]>;
  /** @param day `YYYY-MM-DD`: of earlier years, newest first */
  memories(day: string): Promise<MemoryView[]>;
  trips(): Promise<TripView[]>;
  /** Most pictures first. */
  places(): Promise<PlaceView[]>;
  archived(): Promise<PhotoView[]>;
  hidden(): Promise<PhotoView[]>;
  /**
   * Changes what is said of pictures; the files stay as they are. null takes back what was changed, so that the file says it again.
   * @throws `bad-input`; `forbidden` for a token
   */
  change(ids: readonly EntryId[], change: PhotoChange): Promise<EntryOutcome[]>;
  /** Groups of pictures that look alike, each newest first. */
  duplicates(): Promise<PhotoView[][]>;
  progress(): Promise<MediaProgressView>;

  albums(): Promise<AlbumView[]>;
  /** @throws `not-found` */
  album(id: string): Promise<AlbumView>;
  /**
   * @param query words that fill it: a saved search
   * @throws `bad-input` for a name that is empty or too long
   */
  createAlbum(name: string, query?: string): Promise<AlbumView>;
  /**
   * @param change.coverId null for the first picture
   * @param change.order ids of pictures of the album; those that are left out follow as they were
   * @throws `not-found`, `bad-input`
   */
  changeAlbum(
    id: string,
    change: { name?: string; query?: string; coverId?: EntryId | null; order?: readonly EntryId[] },
  ): Promise<AlbumView>;
  /** The pictures stay. @throws `not-found` */
  deleteAlbum(id: string): Promise<void>;
  /** In the order of the album. @throws `not-found` */
  albumEntries(id: string): Promise<PhotoView[]>;
  /**
   * At the end of the album; what is in it already stays where it is.
   * @throws `not-found` for the album, `conflict` for one that fills itself
   */
  addToAlbum(id: string, entries: readonly EntryId[]): Promise<EntryOutcome[]>;
  /** @throws as `addToAlbum` */
  removeFromAlbum(id: string, entries: readonly EntryId[]): Promise<EntryOutcome[]>;
}
