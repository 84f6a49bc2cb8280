/**
 * Packed lists of a manifest: fixed rows, big-endian numbers. Readers return undefined for bytes
 * that no writer makes.
 */
import { type ChunkId, chunkId, fromHex, toHex } from '../../model/ids.ts';
import { chunkBytesMax, manifestReferencesMax, sealedChunkBytesMax } from '../../model/limits.ts';
import type { Bytes } from '../bytes.ts';

/** A chunk (or child manifest) that a manifest is made of. */
export interface Reference {
  id: ChunkId;
  /** Sealed bytes. */
  size: number;
}

/** What opens a leaf's chunk. */
export interface ChunkSlot {
  key: Uint8Array;
  /** Plain bytes of the content in it. */
  size: number;
}

const hashBytes = 32;
const rowBytes = hashBytes + 4;
const sizeBytes = 8;

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function packRows(rows: readonly { head: Uint8Array; size: number }[]): Bytes {
  const packed = new Uint8Array(rows.length * rowBytes);
  const numbers = view(packed);
  rows.forEach(({ head, size }, index) => {
    packed.set(head, index * rowBytes);
    numbers.setUint32(index * rowBytes + hashBytes, size);
  });
  return packed;
}

function readRows(packed: Uint8Array, sizeMin: number, sizeMax: number) {
  const count = rowCount(packed, rowBytes);
  if (count === undefined) return undefined;
  const numbers = view(packed);
  const rows: { head: Uint8Array; size: number }[] = [];
  for (let offset = 0; offset < packed.length; offset += rowBytes) {
    const size = numbers.getUint32(offset + hashBytes);
    if (size < sizeMin || size > sizeMax) return undefined;
    rows.push({ head: packed.subarray(offset, offset + hashBytes), size });
  }
  return rows;
}

function rowCount(packed: Uint8Array, bytesPerRow: number): number | undefined {
  const count = packed.length / bytesPerRow;
  return Number.isInteger(count) && count <= manifestReferencesMax ? count : undefined;
}

/** 36 bytes each: id ‖ u32 sealed size. */
export function packReferences(references: readonly Reference[]): Bytes {
  return packRows(references.map(({ id, size }) => ({ head: fromHex(id), size })));
}

export function readPackedReferences(packed: Uint8Array): Reference[] | undefined {
  return readRows(packed, 1, sealedChunkBytesMax)?.map(({ head, size }) => ({
    id: chunkId(toHex(head)),
    size,
  }));
}

/** 36 bytes each: key ‖ u32 plain size. */
export function packSlots(slots: readonly ChunkSlot[]): Bytes {
  return packRows(slots.map(({ key, size }) => ({ head: key, size })));
}

export function readPackedSlots(packed: Uint8Array): ChunkSlot[] | undefined {
  return readRows(packed, 0, chunkBytesMax)?.map(({ head, size }) => ({ key: head.slice(), size }));
}

/** 8 bytes each: u64, because the content under a child manifest may exceed 4 GiB. */
export function packSizes(sizes: readonly number[]): Bytes {
  const packed = new Uint8Array(sizes.length * sizeBytes);
  const numbers = view(packed);
  sizes.forEach((size, index) => {
    numbers.setBigUint64(index * sizeBytes, BigInt(size));
  });
  return packed;
}

export function readPackedSizes(packed: Uint8Array): number[] | undefined {
  const count = rowCount(packed, sizeBytes);
  if (count === undefined) return undefined;
  const numbers = view(packed);
  const sizes = Array.from({ length: count }, (_, index) => Number(numbers.getBigUint64(index * sizeBytes)));
  return sizes.every(Number.isSafeInteger) ? sizes : undefined;
}
