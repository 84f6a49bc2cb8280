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
  dateFrom: 'content' | 'name' | 'file';
  /** Width by height, as it is shown; 1 where unknown. */
  ratio: number;
  /** Base64, or null. */
  thumbhash: string | null;
  /** False for one that could not be decoded, and for films. */
  hasThumbnail: boolean;
  favorite: boolean;
  durationSeconds?: number;
  gps?: { latitude: number; longitude: number };
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
  /** The picture that stands for it: the chosen one, else the first; null for an empty album. */
  cover: PhotoView | null;
}
