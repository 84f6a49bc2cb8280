/** JSON shapes of pictures and films: the part of `model/api.ts` that is about them. */

/** What a picture or film says of itself. */
export interface MediaView {
  kind: 'image' | 'video';
  /** `jpeg`, `webp`, `mp4`, … */
  format: string;
  /** Pixels as it is shown; 0 where unknown. */
  width: number;
  height: number;
  /** UTC; a time whose zone is not known counts as UTC. null where the content says none. */
  takenAt: string | null;
  /** The same as the camera's clock showed it, `YYYY-MM-DDTHH:MM:SS`. */
  takenLocal: string | null;
  /** Minutes that this clock was ahead of UTC; null where nothing tells. */
  offsetMinutes: number | null;
  /** Base64 of at most 25 bytes (evanw.github.io/thumbhash): a blurred preview. */
  thumbhash: string | null;
  durationSeconds: number | null;
  /** Of the picture track of a film: `h264`, `hevc`, `av1`, `vp9`, … */
  codec: string | null;
  camera: string | null;
  lens: string | null;
  exposure: {
    seconds: number | null;
    fNumber: number | null;
    iso: number | null;
    focalLengthMm: number | null;
  } | null;
  /** Degrees; north and east are positive. */
  gps: { latitude: number; longitude: number } | null;
  /** Why there is no thumbnail: `damaged`, `too-large`, `unsupported`, `failed`. */
  problem: string | null;
}

/** A picture or film among others: what a page needs to lay it out. */
export interface PhotoView {
  id: string;
  name: string;
  /** Version id of the content. */
  version: string;
  kind: 'image' | 'video';
  /** UTC. Where the content says no time: what its name says, else when the file was last changed. */
  takenAt: string;
  /** The same by the clock of the camera, `YYYY-MM-DDTHH:MM:SS`: its day and month. */
  takenLocal: string;
  /** Where that time is from. */
  dateFrom: 'content' | 'name' | 'file' | 'edited';
  /** Width by height, as it is shown; 1 where unknown. */
  ratio: number;
  /** Base64, or null. */
  thumbhash: string | null;
  /** False for one that could not be decoded, and for films. */
  hasThumbnail: boolean;
  favorite: boolean;
  durationSeconds?: number;
  gps?: { latitude: number; longitude: number };
  /** What the place is called: the town, if one is near, and the country. */
  place?: { town: string | null; country: string; countryName: string };
  /** Of a Live Photo: id of the film that belongs to it. */
  live?: string;
  /** A motion photo: the film inside is at `/api/v1/entries/ID/motion`. */
  motion?: true;
  /** How many files it stands for, itself included: Live Photo, raw and JPEG, burst. */
  stack?: number;
  /** A wide picture, or one of all directions (equirectangular). */
  panorama?: 'flat' | 'sphere';
  screenshot?: true;
  description?: string;
  archived?: true;
  hidden?: true;
  /** Degrees clockwise that it is to be turned by, after the cut. */
  turn?: 90 | 180 | 270;
  /** The part that is shown, as shares of width and height of the thumbnail. */
  crop?: { x: number; y: number; width: number; height: number };
  /** Over HTTP: goes as `?k=` into addresses below the entry. */
  k?: string;
}

export interface TimelineMonth {
  /** `YYYY-MM`, of the local time. */
  month: string;
  count: number;
  /** Base64 of one byte a picture, in the order of the month's items: 50 times its ratio, 1 to 255. */
  ratios: string;
}

export interface MediaProgressView {
  /** Pictures and films of the asker that wait on this device for being read. */
  waiting: number;
  /** Why this device makes no thumbnails; null where it does. */
  lack: string | null;
}

export interface AlbumView {
  id: string;
  name: string;
  count: number;
  createdAt: string;
  /** Of an album that fills itself: the words that its pictures fit; null for one that is filled by hand. */
  query: string | null;
  /** The picture that stands for it: the chosen one, else the first; null for an empty album. */
  cover: PhotoView | null;
}

/** A day of an earlier year. */
export interface MemoryView {
  year: number;
  items: PhotoView[];
}

export interface PlaceView {
  town: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string;
  countryName: string;
  count: number;
  /** The newest one. */
  cover: PhotoView;
}

/** Days away from home. */
export interface TripView {
  /** `YYYY-MM-DD` */
  from: string;
  to: string;
  /** Most pictures first. */
  towns: string[];
  countries: string[];
  count: number;
  cover: PhotoView | null;
}

/** What pictures can be narrowed by: each name is also a word of a question. */
export interface FacetsView {
  count: number;
  kinds: FacetView[];
  cameras: FacetView[];
  countries: FacetView[];
  towns: FacetView[];
  years: FacetView[];
}

export interface FacetView {
  name: string;
  count: number;
}
