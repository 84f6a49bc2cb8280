/** Facts of a picture from its EXIF fields (CIPA DC-008), as `exifr` gives them without interpretation. */
import type { Exposure, GpsPlace, MediaFacts } from '../../model/contracts/media/media-maker.ts';
import { takenAtOf } from './taken-at.ts';

export type ExifFields = Readonly<Record<string, unknown>>;

const textMax = 200;

export type ExifFacts = Pick<MediaFacts, 'takenAt' | 'camera' | 'lens' | 'exposure' | 'gps'>;

export function exifFacts(fields: ExifFields): ExifFacts {
  const gps = gpsOf(fields);
  const takenAt =
    takenAtOf({ ...timesOf(fields, 'DateTimeOriginal', 'OffsetTimeOriginal'), place: gps }) ??
    takenAtOf({ ...timesOf(fields, 'DateTimeDigitized', 'OffsetTimeDigitized'), place: gps }) ??
    takenAtOf({ ...timesOf(fields, 'CreateDate', 'OffsetTimeDigitized'), place: gps });
  const camera = cameraOf(fields);
  const lens = textOf(fields.LensModel);
  const exposure = exposureOf(fields);
  return {
    ...(takenAt && { takenAt }),
    ...(camera !== undefined && { camera }),
    ...(lens !== undefined && { lens }),
    ...(exposure && { exposure }),
    ...(gps && { gps }),
  };
}

function timesOf(fields: ExifFields, local: string, offset: string) {
  return {
    local: fields[local],
    offset: fields[offset] ?? fields.OffsetTime,
    gpsDate: fields.GPSDateStamp,
    gpsTime: fields.GPSTimeStamp,
  };
}

/** Many makers begin the model with their name. */
export function cameraOf(fields: ExifFields): string | undefined {
  const make = textOf(fields.Make);
  const model = textOf(fields.Model);
  if (make === undefined || model === undefined) return model ?? make;
  const [first = ''] = make.split(/\s/);
  return model.toLowerCase().startsWith(first.toLowerCase()) ? model : `${make} ${model}`;
}

function exposureOf(fields: ExifFields): Exposure | undefined {
  const seconds = positive(fields.ExposureTime);
  const fNumber = positive(fields.FNumber);
  const iso = positive(Array.isArray(fields.ISO) ? fields.ISO[0] : fields.ISO);
  const focalLengthMm = positive(fields.FocalLength);
  const exposure: Exposure = {
    ...(seconds !== undefined && { seconds }),
    ...(fNumber !== undefined && { fNumber }),
    ...(iso !== undefined && { iso }),
    ...(focalLengthMm !== undefined && { focalLengthMm }),
  };
  return Object.keys(exposure).length > 0 ? exposure : undefined;
}

function gpsOf(fields: ExifFields): GpsPlace | undefined {
  const latitude = degrees(fields.GPSLatitude, fields.GPSLatitudeRef, 'S');
  const longitude = degrees(fields.GPSLongitude, fields.GPSLongitudeRef, 'W');
  return latitude === undefined || longitude === undefined ? undefined : placeOf(latitude, longitude);
}

/** undefined for coordinates out of range, and for 0° 0°, which cameras write before they know their position. */
export function placeOf(latitude: number, longitude: number): GpsPlace | undefined {
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
  return latitude === 0 && longitude === 0 ? undefined : { latitude, longitude };
}

/** Degrees, minutes and seconds; the reference says on which side of zero. */
function degrees(written: unknown, reference: unknown, negative: string): number | undefined {
  if (!Array.isArray(written) || written.length === 0) return undefined;
  const [whole, minutes = 0, seconds = 0] = written;
  if (
    ![whole, minutes, seconds].every((part) => typeof part === 'number' && Number.isFinite(part) && part >= 0)
  ) {
    return undefined;
  }
  const value = whole + minutes / 60 + seconds / 3600;
  const isNegative = typeof reference === 'string' && reference.trim().toUpperCase().startsWith(negative);
  // Seven decimals are a centimeter.
  return Math.round(value * 1e7) / (isNegative ? -1e7 : 1e7);
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
}

/** Texts in EXIF end with zero bytes, and may be anything. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value
    .replace(/\0[\s\S]*$/, '')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, ' ')
    .trim()
    .slice(0, textMax);
  return text === '' ? undefined : text.toWellFormed();
}
