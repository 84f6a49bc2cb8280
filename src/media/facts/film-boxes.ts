/**
 * Facts of films in ISO base media files (ISO/IEC 14496-12) and QuickTime: duration, size as shown, when and where.
 * Only the box `moov` is read, wherever it is; a film of gigabytes costs a few reads.
 */
import type { GpsPlace, MediaFacts, TakenAt } from '../../model/contracts/media/media-maker.ts';
import { codecOfSampleEntry } from './codecs.ts';
import { cameraOf, placeOf } from './exif-facts.ts';
import { type Box, boxAt, boxBelow, boxesIn, headBytes, largeHeadBytes } from './iso-boxes.ts';
import { identifier } from './picture-marks.ts';
import { parseLocal, parseOffset, takenAtOf, takenAtUtc } from './taken-at.ts';

/** Reads bytes [start, end) of the file; fewer only at its end. */
export type ReadBytes = (start: number, end: number) => Promise<Uint8Array>;

const moovBytesMax = 32 * 1024 * 1024;
/** Boxes at the top of a file: fragmented films have thousands, and `moov` stands before the fragments. */
const topBoxesMax = 2000;
const trackMax = 64;
/** Seconds from 1904, when QuickTime's clock begins, to 1970. */
const macEpochS = 2_082_844_800;

export type FilmFacts = Pick<
  MediaFacts,
  'width' | 'height' | 'durationSeconds' | 'takenAt' | 'gps' | 'codec' | 'contentId' | 'camera'
>;

/** @returns undefined for a file whose `moov` is missing or damaged */
export async function filmFacts(size: number, read: ReadBytes): Promise<FilmFacts | undefined> {
  const place = await findMoov(size, read);
  if (!place || place.end - place.start > moovBytesMax) return undefined;
  const bytes = await read(place.start, place.end);
  const moov = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const top = [...boxesIn(moov, 0, moov.length)];
  const header = top.find(({ type }) => type === 'mvhd');
  if (!header) return undefined;
  const { timescale, duration, created } = movieHeader(moov, header);
  const { width, height, codec } = shown(moov, top);
  const texts = describedTexts(moov, top);
  const gps = placeIn(texts);
  const takenAt = whenTaken(texts, created, gps);
  const contentId = identifier(texts.get('com.apple.quicktime.content.identifier'));
  const camera = cameraOf({
    Make: texts.get('com.apple.quicktime.make') ?? texts.get('mak'),
    Model: texts.get('com.apple.quicktime.model') ?? texts.get('mod'),
  });
  const seconds = (duration || fragmentedDuration(moov, top)) / timescale;
  return {
    width,
    height,
    ...(Number.isFinite(seconds) && seconds > 0 && { durationSeconds: Math.round(seconds * 1000) / 1000 }),
    ...(takenAt && { takenAt }),
    ...(gps && { gps }),
    ...(codec !== undefined && { codec }),
    ...(contentId !== undefined && { contentId }),
    ...(camera !== undefined && { camera }),
  };
}

async function findMoov(size: number, read: ReadBytes): Promise<{ start: number; end: number } | undefined> {
  let at = 0;
  for (let count = 0; count < topBoxesMax && at + headBytes <= size; count += 1) {
    const bytes = await read(at, Math.min(at + largeHeadBytes, size));
    const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const box = boxAt(head, at, size);
    if (!box) return undefined;
    if (box.type === 'moov') return { start: box.start, end: Math.min(box.end, size) };
    at = box.end;
  }
  return undefined;
}

function movieHeader(bytes: Buffer, { start, end }: Box) {
  const none = { timescale: 1, duration: 0, created: undefined };
  const isLong = bytes[start] === 1;
  if (end - start < (isLong ? 32 : 20)) return none;
  const at = start + 4;
  const created = isLong ? Number(bytes.readBigUInt64BE(at)) : bytes.readUInt32BE(at);
  const timescale = bytes.readUInt32BE(isLong ? at + 16 : at + 8);
  const duration = isLong ? Number(bytes.readBigUInt64BE(at + 20)) : bytes.readUInt32BE(at + 12);
  // All ones mean "unknown".
  const isKnown = duration < (isLong ? Number.MAX_SAFE_INTEGER : 0xffffffff);
  if (timescale === 0) return none;
  return { timescale, duration: isKnown ? duration : 0, created: created > macEpochS ? created : undefined };
}

/** Of a film in fragments, which has no duration in its header. */
function fragmentedDuration(bytes: Buffer, top: readonly Box[]): number {
  const box = boxBelow(bytes, top, ['mvex', 'mehd']);
  if (!box) return 0;
  const isLong = bytes[box.start] === 1;
  if (box.end - box.start < (isLong ? 12 : 8)) return 0;
  return isLong ? Number(bytes.readBigUInt64BE(box.start + 4)) : bytes.readUInt32BE(box.start + 4);
}

/** Pixels of the first track with a picture, turned as its matrix says, and its codec. */
function shown(bytes: Buffer, top: readonly Box[]): { width: number; height: number; codec?: string } {
  for (const track of top.filter(({ type }) => type === 'trak').slice(0, trackMax)) {
    const box = boxBelow(bytes, boxesIn(bytes, track.start, track.end), ['tkhd']);
    if (!box) continue;
    const matrix = box.start + (bytes[box.start] === 1 ? 52 : 40);
    if (matrix + 44 > box.end) continue;
    // Fixed point with 16 bits behind the point.
    const width = Math.round(bytes.readUInt32BE(matrix + 36) / 65536);
    const height = Math.round(bytes.readUInt32BE(matrix + 40) / 65536);
    if (width === 0 || height === 0) continue;
    const codec = codecOf(bytes, track);
    const [a, b] = [bytes.readInt32BE(matrix), bytes.readInt32BE(matrix + 4)];
    const isTurned = Math.abs(b) > Math.abs(a);
    return {
      ...(isTurned ? { width: height, height: width } : { width, height }),
      ...(codec !== undefined && { codec }),
    };
  }
  return { width: 0, height: 0 };
}

function codecOf(bytes: Buffer, track: Box): string | undefined {
  const path = ['mdia', 'minf', 'stbl', 'stsd'];
  const described = boxBelow(bytes, boxesIn(bytes, track.start, track.end), path);
  // A version and the number of entries stand before the first one.
  return described && described.end - described.start >= 16
    ? codecOfSampleEntry(bytes.toString('latin1', described.start + 12, described.start + 16))
    : undefined;
}

/** Texts that phones write about a film, by their key: QuickTime's `udta` and `meta`. */
function describedTexts(bytes: Buffer, top: readonly Box[]): Map<string, string> {
  const texts = new Map<string, string>();
  const userData = boxBelow(bytes, top, ['udta']);
  for (const box of userData ? boxesIn(bytes, userData.start, userData.end) : []) {
    // Length of the text and language, 16 bits each.
    if (box.type.startsWith('\xa9') && box.end - box.start > 4) {
      texts.set(box.type.slice(1), bytes.toString('utf8', box.start + 4, box.end));
    }
  }
  const meta = boxBelow(bytes, top, ['meta']);
  if (meta) for (const [key, text] of keyedTexts(bytes, meta)) texts.set(key, text);
  return texts;
}

/** `meta` of QuickTime: names in `keys`, values in `ilst` under their numbers. */
function* keyedTexts(bytes: Buffer, meta: Box): Iterable<[string, string]> {
  // In MP4 a version stands before the boxes, in QuickTime not.
  const isFull = bytes.toString('latin1', meta.start + 4, meta.start + 8) !== 'hdlr';
  const inside = [...boxesIn(bytes, meta.start + (isFull ? 4 : 0), meta.end)];
  const keys = inside.find(({ type }) => type === 'keys');
  const list = inside.find(({ type }) => type === 'ilst');
  if (!keys || !list) return;
  const names = [...boxesIn(bytes, keys.start + 8, keys.end)].map(({ start, end }) =>
    bytes.toString('utf8', start, end),
  );
  for (const item of boxesIn(bytes, list.start, list.end)) {
    const name = names[Buffer.from(item.type, 'latin1').readUInt32BE(0) - 1];
    const data = boxBelow(bytes, boxesIn(bytes, item.start, item.end), ['data']);
    if (name !== undefined && data && data.end - data.start > 8) {
      yield [name, bytes.toString('utf8', data.start + 8, data.end)];
    }
  }
}

/** ISO 6709, such as `+48.1374+011.5755+519.000/`. */
function placeIn(texts: ReadonlyMap<string, string>): GpsPlace | undefined {
  const text = texts.get('com.apple.quicktime.location.ISO6709') ?? texts.get('xyz');
  const [, latitude, longitude] = /^([+-]\d{2}(?:\.\d+)?)([+-]\d{3}(?:\.\d+)?)/.exec(text ?? '') ?? [];
  return latitude === undefined ? undefined : placeOf(Number(latitude), Number(longitude));
}

/** Phones write the local time with its zone; the header has UTC, or so the standard says. */
function whenTaken(
  texts: ReadonlyMap<string, string>,
  created: number | undefined,
  place: GpsPlace | undefined,
): TakenAt | undefined {
  const text = texts.get('com.apple.quicktime.creationdate') ?? texts.get('day');
  const offset = text?.slice(19).trim();
  if (text !== undefined && parseLocal(text) !== undefined && parseOffset(offset) !== undefined) {
    return takenAtOf({ local: text, offset });
  }
  return created === undefined ? undefined : takenAtUtc((created - macEpochS) * 1000, place);
}
