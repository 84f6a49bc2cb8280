/**
 * The pictures inside a CR3 file, as Canon's cameras write raw since 2018: an ISO base media file whose first track has a finished JPEG of
 * full size. A box of Canon's own has a smaller one, and others have the EXIF directories, each built like a TIFF file. The layout is
 * that which Laurent Clévy found out (github.com/lclevy/canon_cr3).
 */
import { type Box, boxBelow, boxesIn } from './iso-boxes.ts';
import { isFinished, type RawPreview } from './raw-preview.ts';

export interface Cr3Preview {
  /** Absent in a file without a finished picture. */
  preview: RawPreview | undefined;
  /** EXIF directories: the main one, that of the exposure, that of the satellites. */
  blocks: { main?: Uint8Array; exposure?: Uint8Array; gps?: Uint8Array };
}

const canonId = '85c0b687820f11e08111f4ce462b6a48';
const previewId = 'eaf42b5e1c984b88b9fbb7dc406e4d16';
const idBytes = 16;
const trackMax = 8;
/** In the box of the smaller JPEG: heads of boxes and its size stand before it. */
const previewHeadMax = 64;

export function cr3Preview(bytes: Uint8Array): Cr3Preview {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const top = [...boxesIn(file, 0, file.length)];
  const movie = top.find(({ type }) => type === 'moov');
  const inMovie = movie ? [...boxesIn(file, movie.start, movie.end)] : [];
  const blocks = canonBlocks(file, inMovie);
  const tracks = inMovie.filter(({ type }) => type === 'trak').slice(0, trackMax);
  const found = [...tracks.map((track) => firstSample(file, track)), smallerOne(file, top)]
    .filter((one) => one !== undefined)
    .filter(({ start, end }) => isFinished(file, start, end))
    .sort((left, right) => right.end - right.start - (left.end - left.start))[0];
  return { preview: found && { ...found, orientation: 1 }, blocks };
}

function withId(file: Buffer, among: readonly Box[], id: string): Box | undefined {
  return among.find(
    ({ type, start }) => type === 'uuid' && file.toString('hex', start, start + idBytes) === id,
  );
}

function canonBlocks(file: Buffer, inMovie: readonly Box[]): Cr3Preview['blocks'] {
  const canon = withId(file, inMovie, canonId);
  const boxes = canon ? [...boxesIn(file, canon.start + idBytes, canon.end)] : [];
  const block = (wanted: string) => {
    const box = boxes.find(({ type }) => type === wanted);
    return box && file.subarray(box.start, box.end);
  };
  const [main, exposure, gps] = ['CMT1', 'CMT2', 'CMT4'].map(block);
  return { ...(main && { main }), ...(exposure && { exposure }), ...(gps && { gps }) };
}

function firstSample(file: Buffer, track: Box): { start: number; end: number } | undefined {
  const table = boxBelow(file, boxesIn(file, track.start, track.end), ['mdia', 'minf', 'stbl']);
  if (!table) return undefined;
  const parts = [...boxesIn(file, table.start, table.end)];
  const sizes = parts.find(({ type }) => type === 'stsz');
  const offsets = parts.find(({ type }) => type === 'co64');
  if (!sizes || !offsets || sizes.end - sizes.start < 12 || offsets.end - offsets.start < 16)
    return undefined;
  // One size for all, or a list of sizes.
  const common = file.readUInt32BE(sizes.start + 4);
  if (common === 0 && sizes.end - sizes.start < 16) return undefined;
  const size = common || file.readUInt32BE(sizes.start + 12);
  const start = Number(file.readBigUInt64BE(offsets.start + 8));
  return Number.isSafeInteger(start) && size > 4 ? { start, end: start + size } : undefined;
}

function smallerOne(file: Buffer, top: readonly Box[]): { start: number; end: number } | undefined {
  const box = withId(file, top, previewId);
  if (!box) return undefined;
  const at = file.indexOf(Buffer.from([0xff, 0xd8, 0xff]), box.start);
  return at >= 0 && at < Math.min(box.start + previewHeadMax, box.end)
    ? { start: at, end: box.end }
    : undefined;
}
