/**
 * From a range of bytes to the pieces that hold it. The same for the chunks of a leaf manifest and
 * for the children of an index manifest: both are a list of sizes.
 */
import { assert } from '../model/assert.ts';

/** Bytes [start, end) of piece number `index`. Never empty. */
export interface Slice {
  index: number;
  start: number;
  end: number;
}

/** offsets[i] is where piece i begins, and the last one where everything ends. */
export type Offsets = Float64Array;

/** @param sizes plain bytes of each piece, in order */
export function offsetsOf(sizes: readonly number[]): Offsets {
  const offsets = new Float64Array(sizes.length + 1);
  let offset = 0;
  for (const [index, size] of sizes.entries()) {
    offset += size;
    offsets[index + 1] = offset;
  }
  assert(Number.isSafeInteger(offset), 'content is shorter than 2^53 bytes');
  return offsets;
}

/** Plain bytes of all pieces together. */
export function sizeOf(offsets: Offsets): number {
  return offsets[offsets.length - 1] ?? 0;
}

/**
 * The slices that make up bytes [start, end), in order.
 * @param range within the content: 0 ≤ start ≤ end ≤ size
 */
export function* slicesOf(offsets: Offsets, range: { start: number; end: number }): Generator<Slice> {
  const { start, end } = range;
  assert(start >= 0 && start <= end && end <= sizeOf(offsets), 'a range lies within its content');
  for (let index = pieceAt(offsets, start); index < offsets.length - 1; index += 1) {
    const from = offsets[index] ?? 0;
    const to = offsets[index + 1] ?? 0;
    if (from >= end) return;
    const slice = { index, start: Math.max(start - from, 0), end: Math.min(end, to) - from };
    if (slice.start < slice.end) yield slice;
  }
}

/** Binary search for the first piece that ends after `position`. */
function pieceAt(offsets: Offsets, position: number): number {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle + 1] ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}
