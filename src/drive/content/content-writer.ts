/**
 * From a stream of plain bytes to durable chunks and their manifest:
 * cut → compress if it pays → seal → put, several chunks at a time; then the manifests (I1).
 */

import { untilStopped } from '../../concurrency/index.ts';
import { chunkBuffers } from '../../model/chunk-buffers.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import type { SealedPart, UploadOptions } from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { inlineBytesMax, manifestReferencesMax, uploadChunksInFlight } from '../../model/limits.ts';
import { ChunkTasks } from './chunk-tasks.ts';
import { ContentDigest } from './content-digest.ts';
import type { ContentKeys } from './content-keys.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { contentAt } from './payload-buffers.ts';
import { plainChunks } from './plain-chunks.ts';
import { plainHashOf, type StoredChunk, storeChunk } from './store-chunk.ts';

export interface WriteOptions {
  /** Chunks that were stored before, in order: the content begins with them. */
  kept?: AsyncIterable<StoredChunk> | undefined;
  content: AsyncIterable<Uint8Array>;
  keys: ContentKeys;
  /** Key of the entry whose version this is: seals the manifests. */
  entryKey: Uint8Array;
  upload: Pick<ChunkUpload, 'put' | 'adopt'>;
  signal?: AbortSignal | undefined;
  onChunk?: UploadOptions['onChunk'];
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
  /** The first plain bytes, `headBytes` at most; undefined where they came in an earlier request. */
  head: Uint8Array | undefined;
}

/** Enough to tell what a content is. */
const headBytes = 64;

const defaultLimits: WriteLimits = { chunksInFlight: uploadChunksInFlight, manifestReferencesMax };

/**
 * Stores a stream. When it rejects, no put of it is under way any more; chunks that were put are
 * garbage unless another version names them.
 * @throws the signal's reason, the content's own error, what `upload.put` throws (`disk-full`, …),
 * `too-large` beyond 8192 × 8192 chunks, `chunk-missing` when a kept chunk is on no device that can be reached
 */
export async function writeContent(options: WriteOptions): Promise<WrittenContent> {
  const limits = { ...defaultLimits, ...options.limits };
  const broken = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, broken.signal]) : broken.signal;
  const tasks = new ChunkTasks(limits.chunksInFlight, (error) => broken.abort(error));
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
  tasks: ChunkTasks,
): Promise<WrittenContent> {
  const { kept = nothing(), content, keys, entryKey, upload, signal } = options;
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
  let head: Uint8Array | undefined;
  let pending: (StoredChunk | Promise<StoredChunk>)[] = [];

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
    head,
  });

  const add = async (size: number, store: () => StoredChunk | Promise<StoredChunk>) => {
    if (pending.length === limits.manifestReferencesMax) await closeLeaf();
    total.size += size;
    total.references += 1;
    pending.push(store());
  };

  for await (const chunk of kept) {
    signal.throwIfAborted();
    if (!(await upload.adopt(chunk.reference.id))) throw keptIsMissing(chunk.reference.id);
    await add(chunk.slot.size, () => chunk);
  }
  for await (const chunk of plainChunks(untilStopped(content, signal), keys.gear, chunkBuffers)) {
    if (total.references === 0)
      head = chunk.buffer.slice(contentAt, contentAt + Math.min(chunk.size, headBytes));
    if (total.size + chunk.size <= inlineBytesMax) {
      total.size += chunk.size;
      // The cutter makes no chunk as small as this one unless it is the last.
      digest.add(await plainHashOf(chunk));
      const manifest = await manifests.inline(chunk.buffer.subarray(contentAt, contentAt + chunk.size));
      chunkBuffers.give(chunk.buffer);
      return written(manifest);
    }
    await tasks.room();
    signal.throwIfAborted();
    const start = total.size;
    const { onChunk } = options;
    const before = onChunk && ((sealed: Omit<SealedPart, 'start'>) => onChunk({ ...sealed, start }));
    await add(chunk.size, () =>
      tasks.start(() => storeChunk(chunk, keys.dedupeSecret, upload, signal, before)),
    );
  }
  if (total.references === 0) return written(await manifests.inline(new Uint8Array(0)));
  await closeLeaf();
  return written(await manifests.finish());
}

async function* nothing(): AsyncGenerator<never> {}

function keptIsMissing(chunk: ChunkId): PeerstorError {
  return new PeerstorError('chunk-missing', 'A part of what was sent before is not there any more.', {
    details: { chunk },
  });
}
