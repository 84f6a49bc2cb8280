/**
 * Facts of Matroska and WebM files (RFC 9559; elements are those of EBML, RFC 8794): duration, size as shown, codec, date. Only what
 * stands before the first cluster is read.
 */
import { codecOfMatroska } from './codecs.ts';
import type { FilmFacts, ReadBytes } from './film-boxes.ts';
import { takenAtUtc } from './taken-at.ts';

const ids = {
  segment: 0x18538067,
  information: 0x1549a966,
  tracks: 0x1654ae6b,
  cluster: 0x1f43b675,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  date: 0x4461,
  track: 0xae,
  trackType: 0x83,
  codec: 0x86,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  displayWidth: 0x54b0,
  displayHeight: 0x54ba,
  displayUnit: 0x54b2,
  projection: 0x7670,
  roll: 0x7675,
} as const;

const headBytesMax = 1024 * 1024;
const elementsMax = 2000;
/** Nanoseconds, where the file says nothing. */
const usualScaleNs = 1_000_000;
const date2001Ms = Date.UTC(2001, 0, 1);
const videoTrack = 1;

interface Element {
  id: number;
  start: number;
  /** Where its content ends; of a segment or cluster of unknown size, where what was read ends. */
  end: number;
}

/** @returns undefined for a damaged file; `sound` for one without a picture track */
export async function matroskaFacts(size: number, read: ReadBytes): Promise<FilmFacts | 'sound' | undefined> {
  const head = await read(0, Math.min(size, headBytesMax));
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const segment = find(bytes, elementsIn(bytes, 0, bytes.length), ids.segment);
  if (!segment) return undefined;
  const inside: Element[] = [];
  for (const element of elementsIn(bytes, segment.start, segment.end)) {
    if (element.id === ids.cluster) break;
    inside.push(element);
  }
  const tracks = inside.find(({ id }) => id === ids.tracks);
  if (!tracks) return undefined;
  const track = videoTrackIn(bytes, tracks);
  if (!track) return 'sound';
  const information = inside.find(({ id }) => id === ids.information);
  return { ...pictureOf(bytes, track), ...(information && timesOf(bytes, information)) };
}

function videoTrackIn(bytes: Buffer, tracks: Element): Element[] | undefined {
  for (const track of elementsIn(bytes, tracks.start, tracks.end)) {
    if (track.id !== ids.track) continue;
    const parts = [...elementsIn(bytes, track.start, track.end)];
    if (unsignedOf(bytes, find(bytes, parts, ids.trackType)) === videoTrack) return parts;
  }
  return undefined;
}

function pictureOf(bytes: Buffer, track: readonly Element[]): Pick<FilmFacts, 'width' | 'height' | 'codec'> {
  const video = find(bytes, track, ids.video);
  const parts = video ? [...elementsIn(bytes, video.start, video.end)] : [];
  const number = (id: number) => unsignedOf(bytes, find(bytes, parts, id));
  // Only a size in pixels (unit 0) is one to be shown in; others say a ratio.
  const isPixels = (number(ids.displayUnit) ?? 0) === 0;
  const width = (isPixels ? number(ids.displayWidth) : undefined) ?? number(ids.width) ?? 0;
  const height = (isPixels ? number(ids.displayHeight) : undefined) ?? number(ids.height) ?? 0;
  const projection = find(bytes, parts, ids.projection);
  const roll =
    projection && floatOf(bytes, find(bytes, elementsIn(bytes, projection.start, projection.end), ids.roll));
  const isTurned = roll !== undefined && Math.abs(Math.round(roll)) % 180 === 90;
  const codec = codecOfMatroska(textOf(bytes, find(bytes, track, ids.codec)));
  return {
    ...(isTurned ? { width: height, height: width } : { width, height }),
    ...(codec !== undefined && { codec }),
  };
}

function timesOf(bytes: Buffer, information: Element): Pick<FilmFacts, 'durationSeconds' | 'takenAt'> {
  const parts = [...elementsIn(bytes, information.start, information.end)];
  const scaleNs = unsignedOf(bytes, find(bytes, parts, ids.timestampScale)) || usualScaleNs;
  const seconds = ((floatOf(bytes, find(bytes, parts, ids.duration)) ?? 0) * scaleNs) / 1e9;
  const date = find(bytes, parts, ids.date);
  const dateNs = date && date.end - date.start === 8 ? bytes.readBigInt64BE(date.start) : undefined;
  const takenAt =
    dateNs === undefined ? undefined : takenAtUtc(date2001Ms + Number(dateNs / 1_000_000n), undefined);
  return {
    ...(Number.isFinite(seconds) && seconds > 0 && { durationSeconds: Math.round(seconds * 1000) / 1000 }),
    ...(takenAt && { takenAt }),
  };
}

function find(bytes: Buffer, among: Iterable<Element>, id: number): Element | undefined {
  for (const element of among) {
    if (element.id === id) return element.end <= bytes.length ? element : undefined;
  }
  return undefined;
}

function* elementsIn(bytes: Buffer, start: number, end: number): Iterable<Element> {
  let at = start;
  for (let count = 0; at < end && count < elementsMax; count += 1) {
    const id = variable(bytes, at, end, false);
    if (!id || id.length > 4) return;
    const size = variable(bytes, at + id.length, end, true);
    if (!size) return;
    const content = at + id.length + size.length;
    const isWhole = size.value !== undefined && content + size.value <= end;
    // The segment is larger than what was read, or of unknown size; nothing else may be.
    if (!isWhole && id.value !== ids.segment && id.value !== ids.cluster) return;
    const contentEnd = isWhole ? content + (size.value ?? 0) : end;
    yield { id: id.value ?? 0, start: content, end: contentEnd };
    at = contentEnd;
  }
}

/**
 * A number whose first byte says how long it is (RFC 8794, section 4).
 * @param isSize its length marker is no part of it, and all ones mean "unknown"
 */
function variable(
  bytes: Buffer,
  at: number,
  end: number,
  isSize: boolean,
): { value: number | undefined; length: number } | undefined {
  const first = at < end ? (bytes[at] ?? 0) : 0;
  const length = Math.clz32(first) - 23;
  if (first === 0 || at + length > end) return undefined;
  let value = isSize ? first & (0xff >> length) : first;
  let isUnknown = isSize && value === 0xff >> length;
  for (let next = at + 1; next < at + length; next += 1) {
    const byte = bytes[next] ?? 0;
    value = value * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { value: isUnknown || !Number.isSafeInteger(value) ? undefined : value, length };
}

function unsignedOf(bytes: Buffer, element: Element | undefined): number | undefined {
  const length = element ? element.end - element.start : 0;
  return element && length > 0 && length <= 6 ? bytes.readUIntBE(element.start, length) : undefined;
}

function floatOf(bytes: Buffer, element: Element | undefined): number | undefined {
  const length = element ? element.end - element.start : 0;
  if (element && length === 4) return bytes.readFloatBE(element.start);
  return element && length === 8 ? bytes.readDoubleBE(element.start) : undefined;
}

function textOf(bytes: Buffer, element: Element | undefined): string {
  return element ? bytes.toString('latin1', element.start, Math.min(element.end, element.start + 64)) : '';
}
