/**
 * The bytes of a segment (FORMAT section 2.1): a head, records one after the other, and, once it is
 * closed, a footer that lists them. Nothing here touches a file.
 */
import { crc32 } from 'node:zlib';
import { assert } from '../../model/assert.ts';
import type { ChunkId, VolumeId } from '../../model/ids.ts';
import { chunkId, fromHex, toHex, volumeId } from '../../model/ids.ts';
import { sealedChunkBytesMax, segmentBytesMax } from '../../model/limits.ts';

export const segmentHeadBytes = 64;
export const recordHeadBytes = 64;
export const saltBytes = 16;
/** Of a record in a footer: its offset and its head, without the magic number and the checksum. */
export const footerRowBytes = 60;
/** The last bytes of a closed segment. */
export const trailerBytes = 16;

const segmentMagic = Buffer.from('PEERSEG\n', 'latin1');
/** A byte that is no text, so that no name and no JSON looks like a record. */
export const recordMagic = Buffer.from([0x89, 0x50, 0x53, 0x52]);
const trailerMagic = Buffer.from('PEND', 'latin1');
const format = 1;

/** What is at the beginning of a segment. */
export interface SegmentHead {
  number: number;
  volume: VolumeId;
  /** Random: nobody who hands in a chunk can put a record into its bytes. */
  salt: Uint8Array;
}

/** Where a record begins. */
export interface Place {
  segment: number;
  offset: number;
}

/**
 * A chunk, or a mark that says what became of one: `trashed`, `kept` when it was brought back,
 * `dead` when its bytes are not needed or not right. The last mark of a place counts.
 */
export type SegmentRecord =
  | { kind: 'chunk'; id: ChunkId; length: number }
  | { kind: 'trashed' | 'kept' | 'dead'; id: ChunkId; target: Place };

/** A record and the byte at which it begins. */
export type SegmentEntry = SegmentRecord & { offset: number };

const kinds = ['chunk', 'trashed', 'kept', 'dead'] as const;
const footerKind = 5;
/** In a footer: its segment was closed after a crash, so that some records may never have been acknowledged. */
const unprovenFlag = 1;

const kindAt = 5;
const lengthAt = 8;
const targetSegmentAt = 12;
const targetOffsetAt = 16;
const idAt = 28;
const checksumAt = 60;

export function encodeSegmentHead({ number, volume, salt }: SegmentHead): Buffer {
  const bytes = Buffer.alloc(segmentHeadBytes);
  segmentMagic.copy(bytes);
  bytes.writeUInt16BE(format, 8);
  bytes.writeUInt32BE(number, 12);
  bytes.set(fromHex(volume), 16);
  bytes.set(salt, 32);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, checksumAt)), checksumAt);
  return bytes;
}

/** @returns undefined when these bytes are not the head of a segment of this format */
export function decodeSegmentHead(bytes: Buffer): SegmentHead | undefined {
  if (bytes.length < segmentHeadBytes || !segmentMagic.equals(bytes.subarray(0, segmentMagic.length))) return;
  if (bytes.readUInt16BE(8) !== format) return;
  if (bytes.readUInt32BE(checksumAt) !== crc32(bytes.subarray(0, checksumAt))) return;
  return {
    number: bytes.readUInt32BE(12),
    volume: volumeId(toHex(bytes.subarray(16, 32))),
    salt: Uint8Array.from(bytes.subarray(32, 32 + saltBytes)),
  };
}

/** Bytes that a record takes in its segment. */
export function recordBytes(record: SegmentRecord): number {
  return recordHeadBytes + (record.kind === 'chunk' ? record.length : 0);
}

/** Reads and writes the heads of the records of one segment, and its footer. */
export class RecordCodec {
  readonly #seed: number;

  constructor({ salt, number }: Pick<SegmentHead, 'salt' | 'number'>) {
    const bytes = Buffer.alloc(saltBytes + 4);
    bytes.set(salt);
    bytes.writeUInt32BE(number, saltBytes);
    this.#seed = crc32(bytes);
  }

  /** Writes a record's head into `into`, which has `recordHeadBytes`. @param offset where the record begins */
  encode(into: Buffer, record: SegmentRecord, offset: number): void {
    into.fill(0, 0, recordHeadBytes);
    into[kindAt] = 1 + kinds.indexOf(record.kind);
    into.set(fromHex(record.id), idAt);
    if (record.kind === 'chunk') into.writeUInt32BE(record.length, lengthAt);
    else {
      into.writeUInt32BE(record.target.segment, targetSegmentAt);
      into.writeUInt32BE(record.target.offset, targetOffsetAt);
    }
    this.#finish(into, offset);
  }

  /** @returns undefined when no record's head is here, or a damaged one */
  decode(bytes: Buffer, offset: number): SegmentRecord | undefined {
    if (!this.#isHead(bytes, offset)) return undefined;
    return recordOf(bytes);
  }

  /** The footer for rows as `footerRow` makes them, and the trailer. */
  encodeFooter(rows: Buffer, offset: number, isProven: boolean): Buffer {
    const bytes = Buffer.alloc(recordHeadBytes + rows.length + trailerBytes);
    bytes[kindAt] = footerKind;
    bytes.writeUInt32BE(rows.length, lengthAt);
    bytes.writeUInt32BE(crc32(rows, this.#seed), targetSegmentAt);
    bytes.writeUInt32BE(isProven ? 0 : unprovenFlag, targetOffsetAt);
    this.#finish(bytes.subarray(0, recordHeadBytes), offset);
    rows.copy(bytes, recordHeadBytes);
    const trailer = bytes.subarray(recordHeadBytes + rows.length);
    trailerMagic.copy(trailer);
    trailer.writeUInt32BE(offset, 4);
    trailer.writeUInt32BE(rows.length, 8);
    trailer.writeUInt32BE(crc32(trailer.subarray(0, 12), this.#seed), 12);
    return bytes;
  }

  /** @returns where the footer begins and how long its rows are, or undefined when this is no trailer */
  decodeTrailer(trailer: Buffer): { offset: number; length: number } | undefined {
    if (trailer.length !== trailerBytes || !trailerMagic.equals(trailer.subarray(0, 4))) return undefined;
    if (trailer.readUInt32BE(12) !== crc32(trailer.subarray(0, 12), this.#seed)) return undefined;
    return { offset: trailer.readUInt32BE(4), length: trailer.readUInt32BE(8) };
  }

  /** @returns the records that a footer lists, or undefined when it is damaged */
  decodeFooter(footer: Buffer, offset: number): { rows: Buffer; isProven: boolean } | undefined {
    if (!this.#isHead(footer, offset) || footer[kindAt] !== footerKind) return undefined;
    const rows = footer.subarray(recordHeadBytes, recordHeadBytes + footer.readUInt32BE(lengthAt));
    if (footer.readUInt32BE(targetSegmentAt) !== crc32(rows, this.#seed)) return undefined;
    return { rows, isProven: (footer.readUInt32BE(targetOffsetAt) & unprovenFlag) === 0 };
  }

  #finish(head: Buffer, offset: number): void {
    recordMagic.copy(head);
    head[4] = format;
    head.writeUInt32BE(this.#checksum(head, offset), checksumAt);
  }

  #isHead(bytes: Buffer, offset: number): boolean {
    if (bytes.length < recordHeadBytes || !recordMagic.equals(bytes.subarray(0, 4)) || bytes[4] !== format) {
      return false;
    }
    return bytes.readUInt32BE(checksumAt) === this.#checksum(bytes, offset);
  }

  /** Over the salt, the segment, the place in it and the head: a copy of a record elsewhere is none. */
  #checksum(head: Buffer, offset: number): number {
    placeBytes.writeUInt32BE(offset);
    return crc32(head.subarray(0, checksumAt), crc32(placeBytes, this.#seed));
  }
}

const placeBytes = Buffer.alloc(4);

/** A record's row in the footer. @param head as `encode` wrote it */
export function footerRow(head: Buffer, offset: number, into: Buffer, at: number): void {
  into.writeUInt32BE(offset, at);
  head.copy(into, at + 4, 4, checksumAt);
}

/** The records of a footer's rows, in the order of the segment. */
export function* entriesOf(rows: Buffer): Iterable<SegmentEntry> {
  for (let at = 0; at + footerRowBytes <= rows.length; at += footerRowBytes) {
    // The row is the head with its offset in the place of the magic number.
    const record = recordOf(rows.subarray(at, at + footerRowBytes));
    if (record !== undefined) yield { ...record, offset: rows.readUInt32BE(at) };
  }
}

function recordOf(head: Buffer): SegmentRecord | undefined {
  const kind = kinds[(head[kindAt] ?? 0) - 1];
  const length = head.readUInt32BE(lengthAt);
  if (kind === undefined || length > sealedChunkBytesMax) return undefined;
  const id = chunkId(toHex(head.subarray(idAt, idAt + 32)));
  if (kind === 'chunk') return { kind, id, length };
  const target = { segment: head.readUInt32BE(targetSegmentAt), offset: head.readUInt32BE(targetOffsetAt) };
  return { kind, id, target };
}

assert(segmentBytesMax < 2 ** 32, 'an offset in a segment has 32 bits');
assert(
  segmentHeadBytes + recordHeadBytes * 2 + sealedChunkBytesMax + footerRowBytes + trailerBytes <
    segmentBytesMax,
  'a segment has room for the largest chunk',
);
