/**
 * Stores a few small parts as one content whose chunks end where the parts end: reading one part reads no byte of the
 * others. Thumbnails are stored like this.
 */
import { chunkBuffers } from '../../model/chunk-buffers.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import type { ChunkId } from '../../model/ids.ts';
import { chunkBytesMax, inlineBytesMax, manifestReferencesMax } from '../../model/limits.ts';
import { copyInto } from '../../model/memory.ts';
import { ManifestWriter } from './manifest-writer.ts';
import { contentAt } from './payload-buffers.ts';
import { type StoredChunk, storeChunk } from './store-chunk.ts';

/** Named in the manifest (FORMAT, section 4). */
const partsCutter = 'parts/1';

export interface PartsOptions {
  parts: readonly Uint8Array[];
  dedupeSecret: Uint8Array;
  /** Seals the manifest. */
  entryKey: Uint8Array;
  upload: Pick<ChunkUpload, 'put'>;
  signal: AbortSignal;
}

export interface WrittenParts {
  /** Durable on this device, as all that it names (I1). */
  manifest: ChunkId;
  sealedBytes: number;
}

/** @throws the signal's reason, what `upload.put` throws */
export async function writeParts(options: PartsOptions): Promise<WrittenParts> {
  const { parts, dedupeSecret, entryKey, upload, signal } = options;
  const manifests = new ManifestWriter({
    entryKey,
    put: (id, bytes) => upload.put(id, bytes),
    referencesMax: manifestReferencesMax,
    cutter: partsCutter,
  });
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  if (size <= inlineBytesMax) {
    const manifest = await manifests.inline(new Uint8Array(Buffer.concat(parts)));
    return { manifest, sealedBytes: manifests.sealedBytes };
  }
  const chunks: StoredChunk[] = [];
  for (const part of parts) {
    for (let at = 0; at < part.length; at += chunkBytesMax) {
      const piece = part.subarray(at, at + chunkBytesMax);
      const buffer = chunkBuffers.take();
      copyInto(buffer, contentAt, piece);
      chunks.push(await storeChunk({ buffer, size: piece.length }, dedupeSecret, upload, signal));
    }
  }
  await manifests.leaf(chunks);
  const chunkBytes = chunks.reduce((sum, { reference }) => sum + reference.size, 0);
  return { manifest: await manifests.finish(), sealedBytes: chunkBytes + manifests.sealedBytes };
}
