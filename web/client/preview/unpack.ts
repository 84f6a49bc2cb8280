/** Contents that are compressed. A few bytes may unpack to more than any memory: each function stops at a limit. */
import { Gunzip, Inflate } from 'fflate';
import { Decompress } from 'fzstd';
import { t } from '../../words/words.ts';

export interface Unpacked {
  bytes: Uint8Array<ArrayBuffer>;
  /** There is more. */
  isCut: boolean;
}

type Unpack = (piece: Uint8Array, isLast: boolean) => void;

/** Of a gzip file (RFC 1952), at most `limit` bytes of its content. @throws Error for what is none */
export function gunzip(packed: Uint8Array, isWhole: boolean, limit: number): Unpacked {
  return collect(packed, isWhole, limit, (onBytes) => {
    const stream = new Gunzip(onBytes);
    return (piece, isLast) => stream.push(piece, isLast);
  });
}

/** The same of a Zstandard file (RFC 8878). */
export function unzstd(packed: Uint8Array, isWhole: boolean, limit: number): Unpacked {
  checkWindows(packed);
  return collect(packed, isWhole, limit, (onBytes) => {
    const stream = new Decompress(onBytes);
    return (piece, isLast) => stream.push(piece, isLast);
  });
}

/** The same of bytes without a frame (RFC 1951), as ZIP files have them. */
export function inflate(packed: Uint8Array, isWhole: boolean, limit: number): Unpacked {
  return collect(packed, isWhole, limit, (onBytes) => {
    const stream = new Inflate(onBytes);
    return (piece, isLast) => stream.push(piece, isLast);
  });
}

/** So little is unpacked at a time that what one piece becomes fits into memory. */
const pieceBytes = 1024;

/** Ends the work inside of a library. */
const enough = new Error('enough');

function collect(
  packed: Uint8Array,
  isWhole: boolean,
  limit: number,
  begin: (onBytes: (bytes: Uint8Array) => void) => Unpack,
): Unpacked {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const push = begin((bytes) => {
    // Libraries use their buffer again.
    pieces.push(bytes.slice(0, limit - length));
    length += bytes.length;
    if (length > limit) throw enough;
  });
  try {
    for (let at = 0; at < packed.length; at += pieceBytes) {
      const end = Math.min(packed.length, at + pieceBytes);
      push(packed.subarray(at, end), isWhole && end === packed.length);
    }
  } catch (error) {
    if (error !== enough) throw new Error(t('This file is damaged: it cannot be unpacked.'));
  }
  const bytes = new Uint8Array(Math.min(length, limit));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, isCut: length > limit || !isWhole };
}

/** What a decoder has to keep at hand; files of usual programs ask for 8 MiB at most. */
const windowBytesMax = 128 * 1024 * 1024;

/**
 * Looks at the head of every frame (RFC 8878, section 3.1.1).
 * @throws Error for one that asks for much memory: the library would allocate it
 */
function checkWindows(packed: Uint8Array): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  // What is cut short ends the look; the library says what is wrong with the rest.
  for (let at = 0; at + 18 <= packed.length; ) {
    const magic = view.getUint32(at, true);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
      at += 8 + view.getUint32(at + 4, true);
      continue;
    }
    if (magic !== 0xfd2fb528) return;
    const { windowBytes, headBytes } = frameHead(view, at);
    if (windowBytes > windowBytesMax) throw tooLarge();
    at = endOfFrame(view, at + headBytes, (view.getUint8(at + 4) & 4) !== 0);
  }
}

function frameHead(view: DataView, at: number): { windowBytes: number; headBytes: number } {
  const descriptor = view.getUint8(at + 4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const sizeAt = at + 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  const headBytes = sizeAt + sizeBytes - at;
  if (!isSingleSegment) {
    const window = view.getUint8(at + 5);
    const base = 2 ** (10 + (window >> 3));
    return { windowBytes: base + (base / 8) * (window & 7), headBytes };
  }
  const windowBytes =
    sizeBytes === 8
      ? Number(view.getBigUint64(sizeAt, true))
      : sizeBytes === 4
        ? view.getUint32(sizeAt, true)
        : 0;
  return { windowBytes, headBytes };
}

/** @param at of its first block */
function endOfFrame(view: DataView, at: number, hasChecksum: boolean): number {
  for (let next = at; next + 3 <= view.byteLength; ) {
    const block = view.getUint8(next) | (view.getUint16(next + 1, true) << 8);
    const isRepeated = ((block >> 1) & 3) === 1;
    next += 3 + (isRepeated ? 1 : block >> 3);
    if ((block & 1) !== 0) return next + (hasChecksum ? 4 : 0);
  }
  return view.byteLength;
}

function tooLarge(): Error {
  return new Error(t('This file needs too much memory to be shown here. Download it to unpack it.'));
}
