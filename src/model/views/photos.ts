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
