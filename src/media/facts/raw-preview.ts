/**
 * The picture inside a raw file. Cameras put a finished JPEG beside what the sensor saw: in DNG, NEF, CR2, ARW, RW2 and other
 * files that are built like a TIFF (TIFF 6.0, section 2) it lies in one of the directories.
 */

export interface RawPreview {
  start: number;
  end: number;
  /** As EXIF has it, 1 to 8: the JPEG itself often does not say how it is turned. */
  orientation: number;
}

const tags = {
  compression: 0x0103,
  make: 0x010f,
  stripOffsets: 0x0111,
  orientation: 0x0112,
  stripBytes: 0x0117,
  subDirectories: 0x014a,
  jpegOffset: 0x0201,
  jpegBytes: 0x0202,
  exif: 0x8769,
  panasonicJpeg: 0x002e,
  dngVersion: 0xc612,
} as const;

/** Smaller ones are thumbnails for the camera's own screen. */
const previewBytesMin = 20_000;
const fujifilmHeadBytes = 92;
const directoriesMax = 64;
const entriesMax = 1000;
const valuesMax = 16;

type Directory = Map<number, number[]>;

/** @returns undefined for a file that is no raw file, or has no finished picture of some size in it */
export function rawPreview(bytes: Uint8Array): RawPreview | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 8) return undefined;
  const isLittle = file.toString('latin1', 0, 2) === 'II';
  const directories = directoriesOf(file, isLittle);
  const isRaw = directories.some((directory) => directory.has(tags.dngVersion) || directory.has(tags.make));
  if (!isRaw) return undefined;
  const found = directories
    .flatMap(jpegsIn)
    .filter(({ start, end }) => end - start >= previewBytesMin && isFinished(file, start, end))
    .sort((left, right) => right.end - right.start - (left.end - left.start))[0];
  const orientation = directories[0]?.get(tags.orientation)?.[0] ?? 1;
  return found && { ...found, orientation: orientation >= 1 && orientation <= 8 ? orientation : 1 };
}

/** In files of Fujifilm the head says where it is; the JPEG has the facts and says itself how it is turned. */
export function fujifilmPreview(bytes: Uint8Array): RawPreview | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < fujifilmHeadBytes) return undefined;
  const start = file.readUInt32BE(84);
  const end = start + file.readUInt32BE(88);
  return end - start > 4 && isFinished(file, start, end) ? { start, end, orientation: 1 } : undefined;
}

/** All directories of the file, the first one first; each is read once, so a circle ends. */
function directoriesOf(file: Buffer, isLittle: boolean): Directory[] {
  const word = (at: number) => (isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const half = (at: number) => (isLittle ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const seen = new Set<number>();
  const waiting = [word(4)];
  const directories: Directory[] = [];
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    if (seen.has(at) || at + 2 > file.length || directories.length >= directoriesMax) continue;
    seen.add(at);
    const count = Math.min(half(at), entriesMax);
    const directory: Directory = new Map();
    for (let entry = at + 2; entry < at + 2 + count * 12 && entry + 12 <= file.length; entry += 12) {
      directory.set(half(entry), valuesOf(file, entry, { word, half }));
    }
    directories.push(directory);
    for (const tag of [tags.subDirectories, tags.exif]) {
      for (const below of directory.get(tag) ?? []) waiting.push(below);
    }
    const next = at + 2 + count * 12;
    if (next + 4 <= file.length && word(next) !== 0) waiting.push(word(next));
  }
  return directories;
}

/** Reads numbers of 16 or 32 bits, and the offset of opaque bytes. Of other types it only says that they are present. */
function valuesOf(
  file: Buffer,
  entry: number,
  { word, half }: { word(at: number): number; half(at: number): number },
): number[] {
  const type = half(entry + 2);
  // Bytes that only the camera understands: where they are, and how many.
  if (type === 7) return [word(entry + 8), word(entry + 4)];
  const count = Math.min(word(entry + 4), valuesMax);
  const size = type === 3 ? 2 : type === 4 || type === 13 ? 4 : 0;
  if (size === 0) return [];
  const start = count * size <= 4 ? entry + 8 : word(entry + 8);
  if (start + count * size > file.length) return [];
  return Array.from({ length: count }, (_, at) => (size === 2 ? half : word)(start + at * size));
}

function jpegsIn(directory: Directory): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  const add = (start: number | undefined, bytes: number | undefined) => {
    if (start !== undefined && bytes !== undefined) found.push({ start, end: start + bytes });
  };
  add(directory.get(tags.jpegOffset)?.[0], directory.get(tags.jpegBytes)?.[0]);
  const panasonic = directory.get(tags.panasonicJpeg);
  add(panasonic?.[0], panasonic?.[1]);
  const compression = directory.get(tags.compression)?.[0];
  const strips = directory.get(tags.stripOffsets);
  // JPEG, old and new; a picture in several strips has no JPEG of its own.
  if ((compression === 6 || compression === 7) && strips?.length === 1) {
    add(strips[0], directory.get(tags.stripBytes)?.[0]);
  }
  return found;
}

/** What the sensor saw may be a JPEG too, one without loss (ITU T.81 section H), which nobody shows. */
export function isFinished(file: Buffer, start: number, end: number): boolean {
  if (end > file.length || end - start < 4 || file.readUInt16BE(start) !== 0xffd8) return false;
  for (let at = start + 2; at + 4 <= end; ) {
    const marker = file.readUInt16BE(at);
    if (marker >= 0xffc0 && marker <= 0xffc2) return true;
    const isOtherFrame = marker > 0xffc2 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isOtherFrame || marker < 0xff00) return false;
    at += 2 + file.readUInt16BE(at + 2);
  }
  return false;
}
