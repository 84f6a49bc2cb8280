/** One plain chunk on its way to this device's disk: compress if it pays, seal, put. */
import { compressInPlace, looksCompressible, rawCodec, zstdCodec } from '../../chunking/index.ts';
import { type SealedFromBuffer, sealingThread, sha256Async } from '../../crypto/index.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import { releaseMemory } from '../../model/memory.ts';
import type { WrittenChunk } from './manifest-writer.ts';
import { payloadBuffers } from './payload-buffers.ts';
import type { PlainChunk } from './plain-chunks.ts';

/** A chunk that is durable on this device, with all that a manifest and the digest of the content need. */
export interface StoredChunk extends WrittenChunk {
  /** SHA-256(0x00 ‖ plain bytes). */
  plainHash: Uint8Array;
}

/** What a chunk is made of. */
type FilledBuffer = Pick<PlainChunk, 'buffer' | 'size'>;

/**
 * @param chunk its buffer goes back to `payloadBuffers`
 * @returns when the chunk is durable on this device
 */
export async function storeChunk(
  chunk: FilledBuffer,
  dedupeSecret: Uint8Array,
  upload: Pick<ChunkUpload, 'put'>,
  signal: AbortSignal,
): Promise<StoredChunk> {
  const { size } = chunk;
  const { sealed, plainHash, buffer } = await sealPlain(chunk, dedupeSecret);
  const { id, key, bytes } = sealed;
  payloadBuffers.give(buffer);
  signal.throwIfAborted();
  const reference = { id, size: bytes.length };
  await upload.put(id, bytes);
  releaseMemory(bytes);
  return { reference, slot: { key, size }, plainHash };
}

/** The same for bytes that no cutter cut. @param rest no more than the longest chunk has */
export async function storeRest(
  rest: Uint8Array,
  dedupeSecret: Uint8Array,
  upload: Pick<ChunkUpload, 'put'>,
): Promise<StoredChunk> {
  const buffer = payloadBuffers.take();
  buffer.set(rest, 1);
  return storeChunk({ buffer, size: rest.length }, dedupeSecret, upload, new AbortController().signal);
}

async function sealPlain(
  chunk: FilledBuffer,
  dedupeSecret: Uint8Array,
): Promise<SealedFromBuffer & { plainHash: Uint8Array }> {
  const { buffer, size } = chunk;
  const content = buffer.subarray(1, 1 + size);
  if (looksCompressible(content)) {
    const plainHash = await plainHashOf(chunk);
    const compressedSize = await compressInPlace(content);
    if (compressedSize > 0) {
      buffer[0] = zstdCodec;
      return { ...(await sealingThread.seal(dedupeSecret, buffer, 1 + compressedSize)), plainHash };
    }
  }
  buffer[0] = rawCodec;
  const made = await sealingThread.seal(dedupeSecret, buffer, 1 + size);
  return { ...made, plainHash: made.sealed.payloadHash };
}

/** SHA-256(0x00 ‖ plain bytes): what the payload's hash would be if it stayed raw. */
export async function plainHashOf({ buffer, size }: FilledBuffer): Promise<Uint8Array> {
  buffer[0] = rawCodec;
  return await sha256Async(buffer.subarray(0, 1 + size));
}
