/** What lies in the segments of a volume, read without the store and without touching anything. */
import { open, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChunkId } from '../../src/model/ids.ts';
import { nodeFiles } from '../../src/store/files/disk-files.ts';
import {
  decodeSegmentHead,
  RecordCodec,
  recordBytes,
  recordHeadBytes,
  type SegmentEntry,
  segmentHeadBytes,
} from '../../src/store/segments/segment-format.ts';
import { scanSegment } from '../../src/store/segments/segment-scan.ts';

/** A chunk's record. */
export interface FoundChunk {
  id: ChunkId;
  /** Of the segment. */
  path: string;
  /** Where the record's head begins. */
  offset: number;
  /** Of the chunk in bytes, without the head. */
  length: number;
  codec: RecordCodec;
  state: 'held' | 'trashed' | 'dead';
}

export async function segmentPaths(volume: string): Promise<string[]> {
  const folder = join(volume, 'segments');
  const names = await readdir(folder).catch((): string[] => []);
  return names
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => join(folder, name));
}

/** Every record of every segment, in the order of the log. */
async function entriesOf(
  path: string,
): Promise<{ codec: RecordCodec; segment: number; entries: SegmentEntry[] }> {
  const file = await nodeFiles.open(path, 'read');
  try {
    const head = Buffer.alloc(segmentHeadBytes);
    await file.read([head], 0);
    const facts = decodeSegmentHead(head);
    if (facts === undefined) throw new Error(`${path} is no segment`);
    const codec = new RecordCodec(facts);
    const entries: SegmentEntry[] = [];
    await scanSegment(file, codec, await file.size(), (entry) => entries.push(entry));
    return { codec, segment: facts.number, entries };
  } finally {
    await file.close();
  }
}

/** Every chunk's record, with what its last mark says. */
export async function chunkRecords(volume: string): Promise<FoundChunk[]> {
  const found = new Map<string, FoundChunk>();
  for (const path of await segmentPaths(volume)) {
    const { codec, segment, entries } = await entriesOf(path);
    for (const entry of entries) {
      if (entry.kind === 'chunk') {
        const { id, offset, length } = entry;
        found.set(`${segment}:${offset}`, { id, path, offset, length, codec, state: 'held' });
      } else {
        const target = found.get(`${entry.target.segment}:${entry.target.offset}`);
        if (target) target.state = entry.kind === 'kept' ? 'held' : entry.kind;
      }
    }
  }
  return [...found.values()];
}

/** The chunks that a volume holds: of each its last record. */
export async function heldChunks(volume: string): Promise<Map<ChunkId, FoundChunk>> {
  const held = (await chunkRecords(volume)).filter(({ state }) => state === 'held');
  return new Map(held.map((chunk) => [chunk.id, chunk]));
}

export async function chunkOnDisk(volume: string, id: ChunkId): Promise<FoundChunk> {
  const found = (await chunkRecords(volume))
    .filter((chunk) => chunk.id === id && chunk.state !== 'dead')
    .at(-1);
  if (!found) throw new Error(`${id} is not on ${volume}`);
  return found;
}

/** The sealed bytes that are in the record now. */
export async function bytesOnDisk({ path, offset, length }: FoundChunk): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    await file.read(bytes, 0, length, offset + recordHeadBytes);
    return bytes;
  } finally {
    await file.close();
  }
}

/**
 * Puts other bytes in the place of a chunk's: its record says that it has so many, under the same id, and
 * checks. What does not fit into the old record's place is left out.
 */
export async function rotOnDisk(found: FoundChunk, bytes: Uint8Array): Promise<void> {
  const head = Buffer.alloc(recordHeadBytes);
  found.codec.encode(head, { kind: 'chunk', id: found.id, length: bytes.length }, found.offset);
  const file = await open(found.path, 'r+');
  try {
    await file.write(head, 0, head.length, found.offset);
    const fitting = bytes.subarray(0, found.length);
    if (fitting.length > 0) await file.write(fitting, 0, fitting.length, found.offset + recordHeadBytes);
  } finally {
    await file.close();
  }
}

/** Flips a bit in the middle of a chunk. */
export async function flipOnDisk(found: FoundChunk): Promise<void> {
  const bytes = await bytesOnDisk(found);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await rotOnDisk(found, bytes);
}

/** Damages the head of a record, so that nobody can tell any more that there is one. */
export async function damageHead({ path, offset }: FoundChunk): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.write(Buffer.alloc(recordHeadBytes, 0xff), 0, recordHeadBytes, offset);
  } finally {
    await file.close();
  }
}

/** Takes the footer from the last segment of a volume: a killed process never wrote it. */
export async function cutLastFooter(volume: string): Promise<void> {
  const path = (await segmentPaths(volume)).at(-1);
  if (path === undefined) return;
  const { entries } = await entriesOf(path);
  const ends = entries.map((entry) => entry.offset + recordBytes(entry));
  await truncate(path, ends.at(-1) ?? segmentHeadBytes);
}
