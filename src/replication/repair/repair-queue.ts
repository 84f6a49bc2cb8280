/** Chunks that wait for a new copy: those with the fewest copies first, in bounded memory. */
import type { ChunkKey } from '../database/bucket-digest.ts';

/** About 10 MiB; the next walk finds chunks that did not fit. */
const queuedMax = 50_000;

export interface QueuedChunk {
  key: ChunkKey;
  /** Sealed bytes. */
  bytes: number;
  copies: number;
}

export class RepairQueue {
  /** Indexed by number of copies. */
  #chunks: QueuedChunk[][] = [];
  #length = 0;
  #bytes = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a chunk. When the queue is full, the chunks with the most copies are dropped. */
  add(chunk: QueuedChunk): void {
    while (this.#chunks.length <= chunk.copies) this.#chunks.push([]);
    this.#chunks[chunk.copies]?.push(chunk);
    this.#count(chunk, 1);
    if (this.#length > queuedMax) this.#count(this.#chunks.findLast((level) => level.length > 0)?.pop(), -1);
  }

  take(): QueuedChunk | undefined {
    const chunk = this.#chunks.find((level) => level.length > 0)?.pop();
    this.#count(chunk, -1);
    return chunk;
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
    this.#bytes = 0;
  }

  #count(chunk: QueuedChunk | undefined, by: 1 | -1): void {
    if (!chunk) return;
    this.#length += by;
    this.#bytes += by * chunk.bytes;
  }
}
