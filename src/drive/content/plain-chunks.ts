/** Cuts a stream into chunks, each in one buffer in which it can be sealed. */
import { findCut, type GearTable } from '../../chunking/index.ts';
import type { ChunkBuffers } from '../../model/chunk-buffers.ts';
import { chunkBytesMax } from '../../model/limits.ts';
import { copyInto } from '../../model/memory.ts';
import { contentAt } from './payload-buffers.ts';

export interface PlainChunk {
  /** From `ChunkBuffers`; whoever takes the chunk gives it back. */
  buffer: Uint8Array;
  /** Bytes of content, which begins at `contentAt`. */
  size: number;
  /** False for what is left over at the end of the stream: more bytes would move its end. */
  isCut: boolean;
}

/**
 * Bytes that are copied and looked at in one go: they are still in the processor's first cache when
 * the cutter reads them, and few of them lie behind a cut and are copied again.
 */
const strideBytes = 16 * 1024;

/**
 * @param pieces in any sizes; each is copied before the next is asked for, so its memory may be reused
 * @returns chunks in order. Nothing for empty content; content of ≤ 256 KiB is one chunk.
 */
export async function* plainChunks(
  pieces: AsyncIterable<Uint8Array>,
  gear: GearTable,
  buffers: ChunkBuffers,
): AsyncGenerator<PlainChunk> {
  let buffer = buffers.take();
  let content = buffer.subarray(contentAt);
  let size = 0;
  for await (const piece of pieces) {
    for (let offset = 0; offset < piece.length; ) {
      const stride = Math.min(strideBytes, piece.length - offset, chunkBytesMax - size);
      copyInto(content, size, piece, offset, offset + stride);
      const cut = findCut(gear, content, size, size + stride);
      if (cut === 0) {
        offset += stride;
        size += stride;
        continue;
      }
      offset += cut - size;
      yield { buffer, size: cut, isCut: true };
      buffer = buffers.take();
      content = buffer.subarray(contentAt);
      size = 0;
    }
  }
  if (size > 0) yield { buffer, size, isCut: false };
  else buffers.give(buffer);
}
