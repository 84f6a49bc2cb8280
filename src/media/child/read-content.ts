/** Reads one content in the child: what it is, its facts, its thumbnails. Foreign bytes end here. */
import exifr from 'exifr';
import type { MadeMedia, MediaFacts, MediaProblem } from '../../model/contracts/media/media-maker.ts';
import type { ChildLimits } from '../channel.ts';
import { type ExifFacts, type ExifFields, exifFacts } from '../facts/exif-facts.ts';
import { filmFacts, type ReadBytes } from '../facts/film-boxes.ts';
import { type RawPreview, rawPreview } from '../facts/raw-preview.ts';
import { describe, type Pixels, picture, type Sharp } from './pixels.ts';
import { sniff, sniffBytes } from './sniff.ts';

export interface Content {
  size: number;
  read: ReadBytes;
}

/** Formats whose EXIF is found in the file itself; of others sharp gives the block. */
const exifInFile: ReadonlySet<string> = new Set(['jpeg', 'tiff', 'heic']);

/** Fields as they are written: dates as text, numbers as numbers. */
const exifOptions = {
  tiff: true,
  ifd0: {},
  exif: true,
  gps: true,
  interop: false,
  ifd1: false,
  xmp: false,
  icc: false,
  iptc: false,
  jfif: false,
  ihdr: false,
  mergeOutput: true,
  sanitize: true,
  reviveValues: false,
  translateKeys: true,
  translateValues: false,
} as const;

/** @returns null for what is neither picture nor film */
export async function readContent(
  { size, read }: Content,
  pixels: Pixels,
  limits: ChildLimits,
): Promise<MadeMedia | null> {
  const sniffed = sniff(await read(0, Math.min(size, sniffBytes)));
  if (!sniffed) return null;
  const { kind, format } = sniffed;
  if (kind === 'video') {
    const isBoxed = format === 'mp4' || format === 'mov';
    const facts = isBoxed ? await filmFacts(size, read) : { width: 0, height: 0 };
    return without({ kind, format, width: 0, height: 0, ...facts }, facts ? 'unsupported' : 'damaged');
  }
  const empty = { kind, format, width: 0, height: 0 };
  if (size > limits.imageBytesMax) return without(empty, 'too-large');
  return readPicture(empty, await read(0, size), pixels, limits);
}

async function readPicture(
  empty: MediaFacts,
  bytes: Uint8Array,
  pixels: Pixels,
  limits: ChildLimits,
): Promise<MadeMedia> {
  const { format } = empty;
  const inFile = exifInFile.has(format) ? await exifOf(bytes) : {};
  if ('lack' in pixels) return without({ ...empty, ...exifFacts(inFile) }, 'unsupported');
  const { sharp } = pixels;
  const preview = format === 'tiff' ? rawPreview(bytes) : undefined;
  if (preview)
    return readRaw({ ...empty, format: 'raw', ...exifFacts(inFile) }, bytes, preview, sharp, limits);
  const described = await describe(sharp, bytes).catch(() => undefined);
  const block = described?.exif ? await exifOf(tiffIn(described.exif)) : {};
  const facts = { ...empty, ...exifFacts({ ...block, ...inFile }) };
  if (!described) return without(facts, format === 'heic' ? 'unsupported' : 'damaged');
  const { width, height } = described;
  // Read by their head alone: nothing was decoded yet.
  if (width * height > limits.imagePixelsMax) return without({ ...facts, width, height }, 'too-large');
  if (described.compression === 'hevc') return without({ ...facts, width, height }, 'unsupported');
  try {
    const made = await picture(sharp, bytes, limits.imagePixelsMax);
    const { thumbnails, thumbhash, perceptualHash } = made;
    return { facts: { ...facts, width, height, thumbhash, perceptualHash }, thumbnails };
  } catch {
    return without({ ...facts, width, height }, 'damaged');
  }
}

/** The finished picture inside: its size stands for that of the whole, which only a raw converter knows. */
async function readRaw(
  facts: MediaFacts,
  bytes: Uint8Array,
  { start, end, orientation }: RawPreview,
  sharp: Sharp,
  limits: ChildLimits,
): Promise<MadeMedia> {
  try {
    const made = await picture(sharp, bytes.subarray(start, end), limits.imagePixelsMax, orientation);
    const { width, height, thumbnails, thumbhash, perceptualHash } = made;
    return { facts: { ...facts, width, height, thumbhash, perceptualHash }, thumbnails };
  } catch {
    return without(facts, 'damaged');
  }
}

/** A film has no thumbnail for now, and that is no problem of the film. */
function without(facts: MediaFacts, problem: MediaProblem): MadeMedia {
  const isFilm = facts.kind === 'video' && problem === 'unsupported';
  return { facts: isFilm ? facts : { ...facts, problem }, thumbnails: [] };
}

/** Damaged EXIF is no EXIF. */
async function exifOf(bytes: Uint8Array): Promise<ExifFields> {
  try {
    const fields: unknown = await exifr.parse(bytes, exifOptions);
    return isFields(fields) ? fields : {};
  } catch {
    return {};
  }
}

function isFields(value: unknown): value is ExifFields {
  return typeof value === 'object' && value !== null;
}

/** The block of a PNG or WebP may begin with "Exif" and two zeros, as in a JPEG. */
function tiffIn(block: Uint8Array): Uint8Array {
  const isMarked = Buffer.from(block.subarray(0, 6)).toString('latin1') === 'Exif\0\0';
  return isMarked ? block.subarray(6) : block;
}

export type { ExifFacts };
