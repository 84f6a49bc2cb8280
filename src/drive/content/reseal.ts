/** A version's manifest under another entry's key. No chunk of the content is read or stored again. */
import { type Manifest, openManifest, type Reference, sealManifest } from '../../crypto/index.ts';
import type { ChunkNetwork, ChunkUpload } from '../../model/contracts/replication.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { openWithAny } from '../keys/sealed-parts.ts';

export interface ResealOptions {
  manifest: ChunkId;
  /** Of the entry that it is sealed for, the likeliest first. */
  fromKeys: readonly Uint8Array[];
  toKey: Uint8Array;
  network: ChunkNetwork;
  upload: ChunkUpload;
  signal?: AbortSignal | undefined;
}

/** Levels of index manifests over leaves: two name more bytes than any disk has. */
const levelsMax = 4;

/**
 * @returns the new root manifest, durable on this device (I1)
 * @throws `chunk-missing`, `chunk-corrupt`, and what `upload.put` throws
 */
export async function resealManifest(options: ResealOptions, level = 1): Promise<ChunkId> {
  return (await resealOne(options, options.manifest, level)).id;
}

async function resealOne(options: ResealOptions, id: ChunkId, level: number): Promise<Reference> {
  const { network, fromKeys, toKey, upload, signal } = options;
  if (level > levelsMax) throw new PeerstorError('chunk-corrupt', 'This manifest is nested too deep.');
  const bytes = await network.read(id, signal ? { signal } : {});
  const manifest = openWithAny(fromKeys, (key) => openManifest(key, bytes));
  const resealed = sealManifest(toKey, await withChildren(options, manifest, level));
  signal?.throwIfAborted();
  await upload.put(resealed.id, resealed.bytes);
  return { id: resealed.id, size: resealed.bytes.length };
}

/** The manifest as it is, or with its child manifests resealed; one after the other bounds memory. */
async function withChildren(options: ResealOptions, manifest: Manifest, level: number): Promise<Manifest> {
  if (manifest.kind !== 'index') return manifest;
  const references: Reference[] = [];
  for (const child of manifest.references) references.push(await resealOne(options, child.id, level + 1));
  return { ...manifest, references };
}
