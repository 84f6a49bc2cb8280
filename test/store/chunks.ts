/** Chunks to store. */
import { createHash } from 'node:crypto';
import type { ChunkId } from '../../src/model/ids.ts';
import { chunkId } from '../../src/model/ids.ts';

export interface TestChunk {
  id: ChunkId;
  bytes: Uint8Array;
}

/** A chunk that no other seed gives, of `size` bytes. */
export function testChunk(seed: string | number, size = 1000): TestChunk {
  const head = Buffer.from(`chunk ${seed} `);
  const bytes = new Uint8Array(Buffer.alloc(size, head));
  return { id: idOf(bytes), bytes };
}

export function testChunks(count: number, size?: number): TestChunk[] {
  return Array.from({ length: count }, (_, seed) => testChunk(seed, size));
}

export function idOf(bytes: Uint8Array): ChunkId {
  return chunkId(createHash('sha256').update(bytes).digest('hex'));
}

export function byId(a: { id: ChunkId }, b: { id: ChunkId }): number {
  return a.id < b.id ? -1 : 1;
}
