/** One plain chunk on its way to this device's disk: compress if it pays, seal, put. */
import { compressInPlace, looksCompressible, rawCodec, zstdCodec } from '../../chunking/index.ts';
import { payloadAt, sealingThread } from '../../crypto/index.ts';
import { chunkBuffers } from '../../model/chunk-buffers.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import type { SealedPart } from '../../model/contracts/uploads.ts';
import { copyInto } from '../../model/memory.ts';
import type { WrittenChunk } from './manifest-writer.ts';
import { contentAt, setCodec } from './payload-buffers.ts';
import type { PlainChunk } from './plain-chunks.ts';

/** A chunk that is durable on this device, with all that a manifest and the digest of the content need. */
export interface StoredChunk extends WrittenChunk {
  /** SHA-256(0x00 ‖ plain bytes). */
  plainHash: Uint8Array;
}

/** What a chunk is made of. */
type FilledBuffer = Pick<PlainChunk, 'buffer' | 'size'>;

/**
 * @param chunk its buffer goes back to `chunkBuffers`; not when this rejects, as nobody knows who still reads it
 * @returns when the chunk is durable on this device
 */
export async function storeChunk(
  chunk: FilledBuffer,
  dedupeSecret: Uint8Array,
  upload: Pick<ChunkUpload, 'put'>,
  signal: AbortSignal,
  beforePut?: (sealed: Omit<SealedPart, 'start'>) => Promise<void>,
): Promise<StoredChunk> {
  const { buffer, size } = chunk;
  const { payloadBytes, plainHash } = await compressed(chunk);
  const sealed = await sealingThread.seal(dedupeSecret, buffer, payloadBytes);
  signal.throwIfAborted();
  const reference = { id: sealed.id, size: sealed.size };
  // A plain hash of its own is known where the payload is not the plain bytes.
  const facts = { plainBytes: size, sealedBytes: sealed.size, isCompressed: plainHash !== undefined };
  await beforePut?.({ id: sealed.id, key: sealed.key, ...facts });
  await upload.put(sealed.id, buffer.subarray(0, sealed.size));
  chunkBuffers.give(buffer);
  return { reference, slot: { key: sealed.key, size }, plainHash: plainHash ?? sealed.payloadHash };
}

/** The same for bytes that no cutter cut. @param rest no more than the longest chunk has */
export async function storeRest(
  rest: Uint8Array,
  dedupeSecret: Uint8Array,
  upload: Pick<ChunkUpload, 'put'>,
): Promise<StoredChunk> {
  const buffer = chunkBuffers.take();
  copyInto(buffer, contentAt, rest);
  return storeChunk({ buffer, size: rest.length }, dedupeSecret, upload, new AbortController().signal);
}

/** @returns the plain hash where it is not that of the payload */
async function compressed(chunk: FilledBuffer): Promise<{ payloadBytes: number; plainHash?: Uint8Array }> {
  const { buffer, size } = chunk;
  const content = buffer.subarray(contentAt, contentAt + size);
  if (looksCompressible(content)) {
    const plainHash = await plainHashOf(chunk);
    const compressedSize = await compressInPlace(content);
    if (compressedSize > 0) {
      setCodec(buffer, zstdCodec);
      return { payloadBytes: 1 + compressedSize, plainHash };
    }
  }
  setCodec(buffer, rawCodec);
  return { payloadBytes: 1 + size };
}

/** SHA-256(0x00 ‖ plain bytes): what the payload's hash would be if it stayed raw. */
export async function plainHashOf({ buffer, size }: FilledBuffer): Promise<Uint8Array> {
  setCodec(buffer, rawCodec);
  return await sealingThread.hash(buffer.subarray(payloadAt, payloadAt + 1 + size));
}
