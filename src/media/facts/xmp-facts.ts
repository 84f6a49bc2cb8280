/** Facts from XMP (ISO 16684-1), for files whose EXIF was lost or never was: editors and scanners write it. */
import type { MediaFacts } from '../../model/contracts/media/media-maker.ts';
import { cameraOf, placeOf } from './exif-facts.ts';
import { takenAtOf } from './taken-at.ts';

export type XmpFacts = Pick<MediaFacts, 'takenAt' | 'gps' | 'camera'>;

const xmpHead = Buffer.from('http://ns.adobe.com/xap/1.0/\0');
/** XMP stands in front; in HEIC somewhere in the middle, but not behind this. */
const searchBytes = 1024 * 1024;
const xmpBytesMax = 65_536;

/** @returns the text of the first packet, or nothing */
export function xmpOf(file: Buffer): string {
  const front = file.subarray(0, searchBytes);
  const marked = front.indexOf(xmpHead);
  const start = marked >= 0 ? marked + xmpHead.length : front.indexOf('<x:xmpmeta');
  return start < 0 ? '' : file.toString('utf8', start, Math.min(file.length, start + xmpBytesMax));
}

export function xmpFacts(xmp: string): XmpFacts {
  if (xmp === '') return {};
  const takenAt = ['exif:DateTimeOriginal', 'photoshop:DateCreated', 'xmp:CreateDate']
    .map((name) => timeIn(valueIn(xmp, name)))
    .find((time) => time !== undefined);
  const camera = cameraOf({ Make: valueIn(xmp, 'tiff:Make'), Model: valueIn(xmp, 'tiff:Model') });
  const [latitude, longitude] = ['exif:GPSLatitude', 'exif:GPSLongitude'].map((name) =>
    degreesIn(valueIn(xmp, name)),
  );
  const gps = latitude === undefined || longitude === undefined ? undefined : placeOf(latitude, longitude);
  return { ...(takenAt && { takenAt }), ...(camera !== undefined && { camera }), ...(gps && { gps }) };
}

/** A property as an attribute or an element. */
function valueIn(xmp: string, name: string): string | undefined {
  const found = new RegExp(`${name}\\s*=\\s*"([^"]{1,200})"|<${name}>([^<]{1,200})</${name}>`).exec(xmp);
  return found?.[1] ?? found?.[2];
}

/** `2026-07-14T15:03:22.5+02:00`. "Z" is what old editors wrote behind the local time, so it says nothing. */
function timeIn(text: string | undefined): MediaFacts['takenAt'] {
  const [, local, offset] =
    /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?([+-]\d{2}:\d{2})?/.exec(text ?? '') ?? [];
  return local === undefined ? undefined : takenAtOf({ local, offset });
}

/** `48,8.25N` (part 2, exif:GPSCoordinate). */
function degreesIn(text = ''): number | undefined {
  const [, whole, minutes, seconds, side] =
    /^(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])$/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const value = Number(whole) + Number(minutes) / 60 + Number(seconds ?? 0) / 3600;
  return Math.round(value * 1e7) / (side === 'S' || side === 'W' ? -1e7 : 1e7);
}
