/** The index's rows as bytes: volume id (16), size (4, big-endian), and in the trash the time (8). */
import type { VolumeId } from '../model/ids.ts';
import { fromHex, toHex, volumeId } from '../model/ids.ts';

/** Where a chunk is. */
export interface ChunkRow {
  volume: VolumeId;
  /** Sealed bytes. */
  size: number;
}

export interface TrashRow extends ChunkRow {
  /** By `Clock.elapsedMs` of this device. */
  deletedAtMs: number;
}

const sizeAt = 16;
const timeAt = 20;

export function encodeRow(row: ChunkRow): Uint8Array {
  const bytes = new Uint8Array(timeAt);
  bytes.set(fromHex(row.volume));
  new DataView(bytes.buffer).setUint32(sizeAt, row.size);
  return bytes;
}

export function decodeRow(bytes: Uint8Array): ChunkRow {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { volume: volumeId(toHex(bytes.subarray(0, sizeAt))), size: view.getUint32(sizeAt) };
}

export function encodeTrashRow(row: TrashRow): Uint8Array {
  const bytes = new Uint8Array(timeAt + 8);
  bytes.set(encodeRow(row));
  new DataView(bytes.buffer).setFloat64(timeAt, row.deletedAtMs);
  return bytes;
}

export function decodeTrashRow(bytes: Uint8Array): TrashRow {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { ...decodeRow(bytes), deletedAtMs: view.getFloat64(timeAt) };
}
