/**
 * From a stream of plain bytes to durable chunks and their manifest:
 * cut → compress if it pays → seal → put, several chunks at a time; then the manifests (I1).
 */
import { compressInPlace, looksCompressible, rawCodec, zstdCodec } from '../../chunking/index.ts';
import { BoundedTasks } from '../../concurrency/index.ts';
import { type SealedFromBuffer, sealingThread, sha256Async } from '../../crypto/index.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import type { ChunkId } from '../../model/ids.ts';
import { inlineBytesMax, manifestReferencesMax, uploadChunksInFlight } from '../../model/limits.ts';
import { releaseMemory } from '../../model/memory.ts';
import { ContentDigest } from './content-digest.ts';
import type { ContentKeys } from './content-keys.ts';
import { ManifestWriter, type WrittenChunk } from './manifest-writer.ts';
import { payloadBuffers } from './payload-buffers.ts';
import { type PlainChunk, plainChunks } from './plain-chunks.ts';
import { untilStopped } from './until-stopped.ts';

export interface WriteOptions {
  content: AsyncIterable<Uint8Array>;
  keys: ContentKeys;
  /** Key of the entry whose version this is: seals the manifests. */
  entryKey: Uint8Array;
  upload: Pick<ChunkUpload, 'put'>;
  signal?: AbortSignal | undefined;
  limits?: Partial<WriteLimits>;
}

/** Settable for tests. */
export interface WriteLimits {
  chunksInFlight: number;
  manifestReferencesMax: number;
}

export interface WrittenContent {
  /** Root manifest; it and everything below it is durable on this device. */
  manifest: ChunkId;
  /** Plain bytes. */
  size: number;
  /** See `ContentDigest` for what it says and what not. */
  contentDigest: Uint8Array;
  /** Chunks and manifests; a chunk that occurs twice counts twice. */
  sealedBytes: number;
  /** Chunks; 0 for content inside the manifest. */
  references: number;
}

const defaultLimits: WriteLimits = { chunksInFlight: uploadChunksInFlight, manifestReferencesMax };

/** A chunk on its way to a manifest. */
export interface DigestedChunk extends WrittenChunk {
  /** SHA-256(0x00 ‖ plain bytes). */
  plainHash: Uint8Array;
}

/**
 * Stores a stream. When it rejects, no put of it is under way any more; chunks that were put are
 * garbage unless another version names them.
 * @throws the signal's reason, the content's own error, what `upload.put` throws (`disk-full`, …),
 * `too-large` beyond 8192 × 8192 chunks
 */
export async function writeContent(options: WriteOptions): Promise<WrittenContent> {
  const limits = { ...defaultLimits, ...options.limits };
  const broken = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, broken.signal]) : broken.signal;
  const tasks = new BoundedTasks(limits.chunksInFlight, (error) => broken.abort(error));
  try {
    return await writeChunks({ ...options, signal }, limits, tasks);
  } catch (error) {
    // Chunks that are not put yet need not be.
    broken.abort(error);
    throw error;
  } finally {
    await tasks.settled();
  }
}

async function writeChunks(
  options: WriteOptions & { signal: AbortSignal },
  limits: WriteLimits,
  tasks: BoundedTasks,
): Promise<WrittenContent> {
  const { content, keys, entryKey, upload, signal } = options;
  const manifests = new ManifestWriter({
    entryKey,
    put: async (id, bytes) => {
      signal.throwIfAborted();
      await upload.put(id, bytes);
    },
    referencesMax: limits.manifestReferencesMax,
  });
  const digest = new ContentDigest();
  const total = { size: 0, sealedBytes: 0, references: 0 };
  let pending: Promise<DigestedChunk>[] = [];

  const closeLeaf = async () => {
    const chunks = await Promise.all(pending);
    pending = [];
    for (const { reference, plainHash } of chunks) {
      digest.add(plainHash);
      total.sealedBytes += reference.size;
    }
    await manifests.leaf(chunks);
  };
  const written = (manifest: ChunkId): WrittenContent => ({
    manifest,
    ...total,
    sealedBytes: total.sealedBytes + manifests.sealedBytes,
    contentDigest: digest.digest(),
  });

  for await (const chunk of plainChunks(untilStopped(content, signal), keys.gear, payloadBuffers)) {
    total.size += chunk.size;
    if (total.size <= inlineBytesMax) {
      // The cutter makes no chunk as small as this one unless it is the last.
      digest.add(await plainHashOf(chunk));
      const manifest = await manifests.inline(chunk.buffer.subarray(1, 1 + chunk.size));
      payloadBuffers.give(chunk.buffer);
      return written(manifest);
    }
    if (pending.length === limits.manifestReferencesMax) await closeLeaf();
    await tasks.room();
    signal.throwIfAborted();
    total.references += 1;
    pending.push(tasks.start(() => storeChunk(chunk, keys.dedupeSecret, upload, signal)));
  }
  if (total.references === 0) return written(await manifests.inline(new Uint8Array(0)));
  await closeLeaf();
  return written(await manifests.finish());
}

/** @returns when the chunk is durable on this device; its buffer is given back */
export async function storeChunk(
  chunk: PlainChunk,
  dedupeSecret: Uint8Array,
  upload: Pick<ChunkUpload, 'put'>,
  signal: AbortSignal,
): Promise<DigestedChunk> {
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

async function sealPlain(
  chunk: PlainChunk,
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
async function plainHashOf({ buffer, size }: PlainChunk): Promise<Uint8Array> {
  buffer[0] = rawCodec;
  return await sha256Async(buffer.subarray(0, 1 + size));
}
