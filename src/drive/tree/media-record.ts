/**
 * What was read out of a version's content, as its record has it: sealed under the entry's key, so that everybody who may read
 * the file may see it. Bytes: FORMAT, section 6.
 */
import { decode, encode, isFields, open, seal } from '../../crypto/index.ts';
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import {
  type Exposure,
  type GpsPlace,
  type MediaFacts,
  type MediaProblem,
  mediaFormat,
  type TakenAt,
  type ThumbnailSize,
  thumbnailSizes,
} from '../../model/contracts/media/media-maker.ts';
import { isPeerstorError, sentenceOf } from '../../model/errors.ts';
import { type ChunkId, ownRecordId, shortId, type UserId, type VersionId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { Sealed } from '../../model/records.ts';
import { isLive } from '../keys/live.ts';
import { openWithAny } from '../keys/sealed-parts.ts';

const label = 'media/1';

/** One thumbnail among the bytes that the manifest names. */
export interface StoredThumbnail {
  size: ThumbnailSize;
  width: number;
  height: number;
  /** Where it begins and ends. */
  start: number;
  end: number;
}

export interface OpenMedia extends MediaFacts {
  version: VersionId;
  /** `mediaFormat` of who made it. */
  made: number;
  manifest: ChunkId | null;
  sealedBytes: number;
  /** Smallest first. */
  thumbnails: readonly StoredThumbnail[];
}

export type ShownThumbnail = Omit<StoredThumbnail, 'start' | 'end'> & { bytes: number };

export function sealMedia(key: Uint8Array, facts: MediaFacts, thumbnails: readonly ShownThumbnail[]): Sealed {
  return seal(key, label, encode({ ...facts, made: mediaFormat, thumbnails }));
}

/** @param whose the drive that the version is in */
export function openMedia(
  whose: { catalog: CatalogReader; user: UserId; log: Log },
  version: VersionId,
  keys: readonly Uint8Array[],
): OpenMedia | undefined {
  const record = whose.catalog.get('media', ownRecordId(version, whose.user));
  if (!isLive(record)) return undefined;
  const { manifest, sealedBytes, sealed } = record.body;
  try {
    const fields = decode(openWithAny(keys, (key) => open(key, label, sealed)));
    if (!isFields(fields)) return undefined;
    const thumbnails = manifest === null ? [] : thumbnailsIn(fields.thumbnails);
    const made = numberIn(fields.made) ?? 0;
    return { version, made, manifest, sealedBytes, ...factsIn(fields), thumbnails };
  } catch (error) {
    if (!isPeerstorError(error)) throw error;
    whose.log.warn(
      { version: shortId(version) },
      `Facts of a picture cannot be opened: ${sentenceOf(error)}`,
    );
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** What is not as it should be counts as absent: another version of peerstor wrote it. */
function factsIn(fields: Fields): MediaFacts {
  const takenAt = takenAtIn(fields.takenAt);
  const gps = gpsIn(fields.gps);
  const exposure = isFields(fields.exposure) ? exposureIn(fields.exposure) : undefined;
  const { camera, lens, durationSeconds, codec, thumbhash, perceptualHash, problem } = fields;
  const { contentId, burstId, panorama, description } = fields;
  const motion = motionIn(fields.motion);
  return {
    kind: fields.kind === 'video' ? 'video' : 'image',
    format: typeof fields.format === 'string' ? fields.format : '',
    width: numberIn(fields.width) ?? 0,
    height: numberIn(fields.height) ?? 0,
    ...(takenAt && { takenAt }),
    ...(gps && { gps }),
    ...(exposure && { exposure }),
    ...(typeof camera === 'string' && { camera }),
    ...(typeof lens === 'string' && { lens }),
    ...(typeof durationSeconds === 'number' && { durationSeconds }),
    ...(typeof codec === 'string' && { codec }),
    ...(typeof contentId === 'string' && { contentId }),
    ...(typeof burstId === 'string' && { burstId }),
    ...(motion && { motion }),
    ...((panorama === 'flat' || panorama === 'sphere') && { panorama }),
    ...(fields.screenshot === true && { screenshot: true }),
    ...(typeof description === 'string' && { description }),
    ...(thumbhash instanceof Uint8Array && { thumbhash }),
    ...(perceptualHash instanceof Uint8Array && perceptualHash.length === 8 && { perceptualHash }),
    ...(isProblem(problem) && { problem }),
  };
}

function motionIn(value: unknown): MediaFacts['motion'] {
  if (!isFields(value)) return undefined;
  const [start, end] = [numberIn(value.start), numberIn(value.end)];
  return start !== undefined && end !== undefined && start < end ? { start, end } : undefined;
}

function thumbnailsIn(listed: unknown): StoredThumbnail[] {
  const found: StoredThumbnail[] = [];
  let start = 0;
  for (const one of Array.isArray(listed) ? listed : []) {
    if (!isFields(one)) return [];
    const size = thumbnailSizes.find((known) => known === one.size);
    const [width, height, bytes] = [one.width, one.height, one.bytes].map(numberIn);
    if (size === undefined || width === undefined || height === undefined || bytes === undefined) return [];
    found.push({ size, width, height, start, end: start + bytes });
    start += bytes;
  }
  return found;
}

const localShape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/;

function takenAtIn(value: unknown): TakenAt | undefined {
  if (!isFields(value)) return undefined;
  const { local, offsetMinutes } = value;
  if (typeof local !== 'string' || !localShape.test(local) || Number.isNaN(Date.parse(`${local}Z`)))
    return undefined;
  const isOffset = typeof offsetMinutes === 'number' && Math.abs(offsetMinutes) <= 24 * 60;
  return { local, offsetMinutes: isOffset ? offsetMinutes : null };
}

function gpsIn(value: unknown): GpsPlace | undefined {
  if (!isFields(value)) return undefined;
  const { latitude, longitude } = value;
  if (typeof latitude !== 'number' || typeof longitude !== 'number') return undefined;
  return { latitude, longitude };
}

function exposureIn(value: Fields): Exposure {
  const { seconds, fNumber, iso, focalLengthMm } = value;
  return {
    ...(typeof seconds === 'number' && { seconds }),
    ...(typeof fNumber === 'number' && { fNumber }),
    ...(typeof iso === 'number' && { iso }),
    ...(typeof focalLengthMm === 'number' && { focalLengthMm }),
  };
}

/** Whole and not negative. */
function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function isProblem(value: unknown): value is MediaProblem {
  return value === 'damaged' || value === 'too-large' || value === 'unsupported' || value === 'failed';
}
