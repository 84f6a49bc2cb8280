/**
 * The index's rows as bytes: volume id (16), sealed size (4), segment (4), offset of the record in it (4),
 * all big-endian, and in the trash the time (8).
 */
import type { VolumeId } from '../../model/ids.ts';
import { fromHex, toHex, volumeId } from '../../model/ids.ts';

/** Where a chunk is. */
export interface ChunkRow {
  volume: VolumeId;
  /** Sealed bytes. */
  size: number;
  /** Number of the segment. */
  segment: number;
  /** Where the chunk's record begins in the segment. */
  offset: number;
}

export interface TrashRow extends ChunkRow {
  /** By `Clock.elapsedMs` of this device. */
  deletedAtMs: number;
}

const sizeAt = 16;
const segmentAt = 20;
const offsetAt = 24;
const timeAt = 28;

export function encodeRow(row: ChunkRow): Uint8Array {
  const bytes = new Uint8Array(timeAt);
  bytes.set(fromHex(row.volume));
  const view = new DataView(bytes.buffer);
  view.setUint32(sizeAt, row.size);
  view.setUint32(segmentAt, row.segment);
  view.setUint32(offsetAt, row.offset);
  return bytes;
}

export function decodeRow(bytes: Uint8Array): ChunkRow {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    volume: volumeId(toHex(bytes.subarray(0, sizeAt))),
    size: view.getUint32(sizeAt),
    segment: view.getUint32(segmentAt),
    offset: view.getUint32(offsetAt),
  };
}

/** What a count needs of a row, without making ids of it. @returns the bytes of the volume's id as a binary string */
export function peekRow(bytes: Uint8Array): { volumeBytes: string; size: number; segment: number } {
  const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    volumeBytes: row.toString('latin1', 0, sizeAt),
    size: row.readUInt32BE(sizeAt),
    segment: row.readUInt32BE(segmentAt),
  };
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

/** Do two rows name the same record? */
export function isSamePlace(
  row: ChunkRow | undefined,
  volume: VolumeId,
  place: { segment: number; offset: number },
): boolean {
  return row?.volume === volume && row.segment === place.segment && row.offset === place.offset;
}

export function placeOf({ segment, offset }: ChunkRow): { segment: number; offset: number } {
  return { segment, offset };
}
