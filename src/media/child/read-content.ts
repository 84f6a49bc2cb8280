/** Reads one content in the child: what it is, its facts, its thumbnails. Foreign bytes end here. */
import type { MadeMedia, MediaFacts, MediaProblem } from '../../model/contracts/media/media-maker.ts';
import type { ChildLimits } from '../channel.ts';
import { cr3Preview } from '../facts/cr3-preview.ts';
import { type ExifFields, exifFacts } from '../facts/exif-facts.ts';
import { filmFacts, type ReadBytes } from '../facts/film-boxes.ts';
import { matroskaFacts } from '../facts/matroska.ts';
import { pictureMarks } from '../facts/picture-marks.ts';
import { fujifilmPreview, type RawPreview, rawPreview } from '../facts/raw-preview.ts';
import { xmpFacts, xmpOf } from '../facts/xmp-facts.ts';
import { exifOf, exifOfBlocks } from './exif.ts';
import { decodeHeic, openHeif } from './heic.ts';
import { describe, type Pixels, picture, type Sharp } from './pixels.ts';
import { sniff, sniffBytes } from './sniff.ts';

export interface Content {
  size: number;
  read: ReadBytes;
}

/** Formats whose EXIF is found in the file itself; of others sharp gives the block. */
const exifInFile: ReadonlySet<string> = new Set(['jpeg', 'tiff', 'heic']);
/** Raw files that are not built like a TIFF. */
const rawFormats: ReadonlySet<string> = new Set(['cr3', 'raf']);

/** @returns null for what is neither picture nor film, and for what another device must read */
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
    const facts = isBoxed ? await filmFacts(size, read) : await matroskaFacts(size, read);
    if (facts === 'sound') return null;
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
): Promise<MadeMedia | null> {
  const { format } = empty;
  const inFile = exifInFile.has(format) ? await exifOf(bytes) : {};
  if ('lack' in pixels) return without({ ...empty, ...exifFacts(inFile) }, 'unsupported');
  const { sharp } = pixels;
  if (format === 'tiff' || rawFormats.has(format)) {
    const raw = await readRaw(empty, bytes, { inFile, sharp, limits });
    if (raw) return raw;
  }
  const described = await describe(sharp, bytes).catch(() => undefined);
  const block = described?.exif ? await exifOf(described.exif) : {};
  const fields = { ...block, ...inFile };
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const xmp = xmpOf(file);
  const facts = { ...empty, ...xmpFacts(xmp), ...exifFacts(fields), ...pictureMarks(file, fields, xmp) };
  if (!described && format !== 'heic') return without(facts, 'damaged');
  const { width = 0, height = 0 } = described ?? {};
  const sized = { ...facts, width, height };
  // Read by their head alone: nothing was decoded yet.
  if (width * height > limits.imagePixelsMax) return without(sized, 'too-large');
  try {
    if (!described || described.compression === 'hevc') return await readHeic(sized, bytes, sharp, limits);
    return pictured(sized, await picture(sharp, bytes, limits.imagePixelsMax));
  } catch {
    return without(sized, 'damaged');
  }
}

function pictured(facts: MediaFacts, made: Awaited<ReturnType<typeof picture>>): MadeMedia {
  const { thumbnails, thumbhash, perceptualHash } = made;
  return { facts: { ...facts, thumbhash, perceptualHash }, thumbnails };
}

/** @returns null where the decoder is not installed. @throws for what is damaged */
async function readHeic(
  facts: MediaFacts,
  bytes: Uint8Array,
  sharp: Sharp,
  limits: ChildLimits,
): Promise<MadeMedia | null> {
  const heif = await openHeif();
  if (!heif) return null;
  const decoded = await decodeHeic(heif, bytes, limits.imagePixelsMax);
  const { width, height } = decoded;
  if ('problem' in decoded) return without({ ...facts, width, height }, decoded.problem);
  return pictured({ ...facts, width, height }, await picture(sharp, decoded, limits.imagePixelsMax));
}

/**
 * The finished picture inside: its size stands for that of the whole, which only a raw converter knows.
 * @returns undefined for a TIFF that has none
 */
async function readRaw(
  empty: MediaFacts,
  bytes: Uint8Array,
  { inFile, sharp, limits }: { inFile: ExifFields; sharp: Sharp; limits: ChildLimits },
): Promise<MadeMedia | undefined> {
  const { preview, fields } = await inRaw(empty.format, bytes, inFile);
  const known = { ...empty, format: 'raw', ...exifFacts(fields) };
  // A TIFF without one is a picture itself.
  if (!preview) return empty.format === 'tiff' ? undefined : without(known, 'unsupported');
  const inside = bytes.subarray(preview.start, preview.end);
  const inPreview = await exifOf(inside);
  const facts = { ...empty, format: 'raw', ...exifFacts({ ...inPreview, ...fields }) };
  try {
    const made = await picture(sharp, inside, limits.imagePixelsMax, preview.orientation);
    return pictured({ ...facts, width: made.width, height: made.height }, made);
  } catch {
    return without(facts, 'damaged');
  }
}

async function inRaw(
  format: string,
  bytes: Uint8Array,
  inFile: ExifFields,
): Promise<{ preview: RawPreview | undefined; fields: ExifFields }> {
  if (format === 'raf') return { preview: fujifilmPreview(bytes), fields: {} };
  if (format !== 'cr3') return { preview: rawPreview(bytes), fields: inFile };
  const { preview, blocks } = cr3Preview(bytes);
  const fields = await exifOfBlocks(blocks);
  const turn = Number(fields.Orientation);
  const orientation = turn >= 1 && turn <= 8 ? turn : 1;
  return { preview: preview && { ...preview, orientation }, fields };
}

/** A film gets its poster from another program, if there is one (`films`). */
function without(facts: MediaFacts, problem: MediaProblem): MadeMedia {
  const isFilm = facts.kind === 'video' && problem === 'unsupported';
  return { facts: isFilm ? facts : { ...facts, problem }, thumbnails: [] };
}
