/** Chunks that wait for a new copy: those with the fewest first, and no more than memory bears. */
import type { ChunkKey } from '../database/bucket-digest.ts';

/** About 10 MiB; what is left out is found by the next walk. */
const queuedMax = 50_000;

export interface QueuedChunk {
  key: ChunkKey;
  /** Sealed bytes. */
  bytes: number;
  copies: number;
}

export class RepairQueue {
  /** By number of copies. */
  #chunks: QueuedChunk[][] = [];
  #length = 0;
  #bytes = 0;

  get length(): number {
    return this.#length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Where there is no room, the chunks with most copies give way. */
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
