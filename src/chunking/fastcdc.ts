/**
 * Where to cut: FastCDC with normalized chunking (Xia et al., USENIX ATC 2016; IEEE TPDS 2020).
 * A cut depends on nothing but the 32 bytes before it and on its distance from the cut before, so
 * an edit moves the cuts near it and leaves all others where they were.
 */
import { assert } from '../model/assert.ts';
import { chunkBytesAverage, chunkBytesMax, chunkBytesMin } from '../model/limits.ts';

/** Names the parameters below; kept with each version. Other parameters need another name (FORMAT). */
export const cutterId = 'fastcdc/1';

/** 256 random 32-bit numbers, one for each value of a byte. */
export type GearTable = Int32Array;
export const gearTableBytes = 256 * 4;

/** The rolling hash shifts left by one a byte, so 32 bits remember 32 bytes. */
const windowBytes = 32;
/**
 * Below this length the strict mask decides, above it the loose one. With these three numbers the
 * mean is `chunkBytesAverage` (measured on random bytes: 513 KiB; 8 % end before this length, fewer
 * than 1 % reach the maximum).
 */
const normalBytes = 400 * 1024;
/** A hash cuts when its highest 21 bits are zero; the high bits know most of the window. */
const strictMask = -1 << 11;
/** 17 bits: 16 times as likely. */
const looseMask = -1 << 15;

/** Words are read four bytes at once, lowest byte first. Elsewhere every byte is read by itself. */
const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/**
 * @param seed 1024 bytes that belong to one user, so that the cuts of known content tell a stranger
 * less (research: a speed bump, no more)
 */
export function gearTable(seed: Uint8Array): GearTable {
  assert(seed.length === gearTableBytes, `a gear table is made of ${gearTableBytes} bytes`);
  const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
  return Int32Array.from({ length: 256 }, (_, byte) => view.getInt32(byte * 4, true));
}

/**
 * Looks for the end of the chunk that begins at bytes[0]. To be called again with `from` = the last
 * `to` as more bytes arrive: the answer is the same however they come.
 * @param from bytes that were looked at before
 * @param to bytes that are there now
 * @returns the length of the chunk, from 256 KiB to 1 MiB, or 0 when it ends after `to`
 */
export function findCut(gear: GearTable, bytes: Uint8Array, from: number, to: number): number {
  assert(to <= bytes.length, 'the cutter looks only at bytes that are there');
  const end = Math.min(to, chunkBytesMax);
  // A chunk of length n ends with the byte n - 1.
  const start = Math.max(from, chunkBytesMin - 1);
  const turn = Math.min(Math.max(start, normalBytes), end);
  const cut = scan(gear, bytes, start, turn, strictMask) || scan(gear, bytes, turn, end, looseMask);
  return cut === 0 && to >= chunkBytesMax ? chunkBytesMax : cut;
}

/** @returns the length that ends with the first byte in [from, to) whose hash cuts, or 0 */
function scan(gear: GearTable, bytes: Uint8Array, from: number, to: number, mask: number): number {
  if (from >= to) return 0;
  if (!littleEndian) return scanBytes(gear, bytes, from, to, mask);
  const base = bytes.byteOffset;
  const wordsFrom = Math.min(to, ((base + from + 3) & ~3) - base);
  const wordsTo = Math.max(wordsFrom, ((base + to) & ~3) - base);
  return (
    scanBytes(gear, bytes, from, wordsFrom, mask) ||
    scanWords(gear, bytes, wordsFrom, wordsTo, mask) ||
    scanBytes(gear, bytes, wordsTo, to, mask)
  );
}

/** Hash over the bytes of the window that lie before `at`. */
function hashBefore(gear: GearTable, bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = at - windowBytes + 1; i < at; i += 1) hash = (hash << 1) + (gear[bytes[i] ?? 0] ?? 0);
  return hash | 0;
}

function scanBytes(gear: GearTable, bytes: Uint8Array, from: number, to: number, mask: number): number {
  if (from >= to) return 0;
  let hash = hashBefore(gear, bytes, from);
  for (let i = from; i < to; i += 1) {
    hash = ((hash << 1) + (gear[bytes[i] ?? 0] ?? 0)) | 0;
    if ((hash & mask) === 0) return i + 1;
  }
  return 0;
}

/**
 * The same for bounds that lie on words: one load and one turn of the loop for four bytes takes 0.59 ns
 * a byte instead of 0.9 to 1.4. Two bytes a step with a second table (FastCDC 2020) came to 0.53, two
 * interleaved hashes to 0.50: not worth their lines. README says what WebAssembly would give.
 */
function scanWords(gear: GearTable, bytes: Uint8Array, from: number, to: number, mask: number): number {
  if (from >= to) return 0;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + from, (to - from) >>> 2);
  let hash = hashBefore(gear, bytes, from);
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? 0;
    hash = ((hash << 1) + (gear[word & 255] ?? 0)) | 0;
    if ((hash & mask) === 0) return from + i * 4 + 1;
    hash = ((hash << 1) + (gear[(word >>> 8) & 255] ?? 0)) | 0;
    if ((hash & mask) === 0) return from + i * 4 + 2;
    hash = ((hash << 1) + (gear[(word >>> 16) & 255] ?? 0)) | 0;
    if ((hash & mask) === 0) return from + i * 4 + 3;
    hash = ((hash << 1) + (gear[word >>> 24] ?? 0)) | 0;
    if ((hash & mask) === 0) return from + i * 4 + 4;
  }
  return 0;
}

assert(chunkBytesMin >= windowBytes, 'the window lies inside the chunk');
assert(chunkBytesMin < normalBytes && normalBytes < chunkBytesAverage, 'the masks change before the mean');
