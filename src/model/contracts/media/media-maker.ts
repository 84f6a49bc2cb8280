/** Reading pictures and films: `media` does it, `drive` gives it plain bytes and keeps what comes out, sealed. */
import type { RenditionFiles } from './rendition-files.ts';

export type MediaKind = 'image' | 'video';

/** Longest edges of thumbnails, in pixels. One larger than its picture is not made. */
export const thumbnailSizes = [240, 720, 2160] as const;
export type ThumbnailSize = (typeof thumbnailSizes)[number];

/**
 * Raised when more can be made. It is written into each record: one of a lower number without thumbnails is made again, one that
 * has some is kept.
 */
export const mediaFormat = 2;

/** When a picture was taken, as the camera's clock showed it. */
export interface TakenAt {
  /** `YYYY-MM-DDTHH:MM:SS` of the local time, without a zone. */
  local: string;
  /** How far that clock was ahead of UTC; null where nothing tells. */
  offsetMinutes: number | null;
}

export interface GpsPlace {
  /** Degrees, north and east are positive. */
  latitude: number;
  longitude: number;
}

export interface Exposure {
  seconds?: number;
  fNumber?: number;
  iso?: number;
  focalLengthMm?: number;
}

/** Why there are no thumbnails of something that looks like a picture or a film. */
export type MediaProblem =
  /** It ends too early, or is no picture at all. */
  | 'damaged'
  /** More bytes or pixels than are decoded here. */
  | 'too-large'
  /** A format that this device cannot decode. */
  | 'unsupported'
  /** The process that decoded it crashed, took too much memory or too long. */
  | 'failed';

/** What the content says of itself. Absent is what it does not say. */
export interface MediaFacts {
  kind: MediaKind;
  /** `jpeg`, `png`, `webp`, `gif`, `avif`, `tiff`, `heic`, `raw`, `mp4`, `mov`, `webm`, `matroska`. */
  format: string;
  /** Pixels, as it is shown: rotated where the file says so. 0 where unknown. */
  width: number;
  height: number;
  takenAt?: TakenAt;
  camera?: string;
  lens?: string;
  exposure?: Exposure;
  gps?: GpsPlace;
  durationSeconds?: number;
  /** Of the picture track of a film: `h264`, `hevc`, `av1`, `vp9`, … */
  codec?: string;
  /** Equal in the two files of a Live Photo, picture and film: a UUID. */
  contentId?: string;
  /** Equal in all pictures of a burst: a UUID. */
  burstId?: string;
  /** The film inside a motion photo: bytes [start, end) of the file, an MP4. */
  motion?: { start: number; end: number };
  /** A wide picture, or one of all directions (equirectangular). */
  panorama?: 'flat' | 'sphere';
  screenshot?: true;
  /** What somebody wrote about it into the file. */
  description?: string;
  /** At most 25 bytes that show as a blurred preview. */
  thumbhash?: Uint8Array;
  /** 8 bytes that differ in few bits between pictures that look alike. */
  perceptualHash?: Uint8Array;
  problem?: MediaProblem;
}

/** A WebP picture without any metadata. */
export interface Thumbnail {
  /** Longest edge that was asked for. */
  size: ThumbnailSize;
  width: number;
  height: number;
  bytes: Uint8Array;
}

export interface MadeMedia {
  facts: MediaFacts;
  /** Smallest first; fewer than there are sizes for small pictures. */
  thumbnails: Thumbnail[];
}

/** Content to be read; the name and where it comes from are nobody's business here. */
export interface MediaContent {
  /** Bytes. */
  size: number;
  read(range: { start: number; end: number }, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** What a place is called. */
export interface PlaceName {
  /** null far from every town. */
  town: string | null;
  /** ISO 3166-1 alpha-2. */
  country: string;
  /** In English. */
  countryName: string;
  /** Everything that it may be searched by. */
  words: readonly string[];
}

export interface PlaceNames {
  /** undefined at sea. Some microseconds. */
  nameOf(place: GpsPlace): PlaceName | undefined;
}

export interface FilmAbilities {
  posters: boolean;
  renditions: boolean;
}

export interface MediaMaker {
  /** Why no thumbnails can be made on this device, as a sentence for people; null where they can. */
  readonly lack: string | null;
  /** Where smaller films are kept; undefined where none are. */
  readonly renditions: RenditionFiles | undefined;
  /**
   * Reads a picture or film in a process of its own. One after the other: the caller may ask for several at once.
   * @returns null for what is neither
   * @throws what `content.read` throws, and the signal's reason; never because of what the bytes are
   */
  make(content: MediaContent, signal: AbortSignal): Promise<MadeMedia | null>;
  /** What this device can do with films. Asks the system once. */
  films(): Promise<FilmAbilities>;
  /**
   * A smaller film that every browser plays, piece by piece: H.264 and AAC in an MP4 of fragments. One at a time.
   * @param film.durationSeconds for the progress, and as a bound
   * @param options.onProgress hears how much is done, 0 to 1
   * @throws `bad-input` where this device cannot, or the film cannot be decoded; what `content.read` throws; the signal's reason
   */
  render(
    content: MediaContent,
    film: { durationSeconds?: number },
    options: { signal: AbortSignal; onProgress?(share: number): void },
  ): AsyncIterable<Uint8Array>;
  /** Names of towns, read when they are first asked for; undefined where the file of them is missing. */
  places(): Promise<PlaceNames | undefined>;
  stop(): Promise<void>;
}
