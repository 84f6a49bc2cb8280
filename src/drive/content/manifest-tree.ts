/** A version's manifests, opened: what its content is made of. */
import { type Offsets, offsetsOf, sizeOf } from '../../chunking/index.ts';
import { type ChunkSlot, openManifest, type Reference } from '../../crypto/index.ts';
import type { ChunkNetwork } from '../../model/contracts/replication.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { openWithAny } from '../keys/sealed-parts.ts';

export type ManifestTree = { /** Plain bytes. */ size: number } & (
  | { kind: 'inline'; content: Uint8Array }
  | ManifestLeaf
  | { kind: 'index'; references: Reference[]; offsets: Offsets }
);

/** The chunks of one leaf: references[i] is opened by slots[i] and begins at offsets[i]. */
export interface ManifestLeaf {
  kind: 'leaf';
  references: Reference[];
  slots: ChunkSlot[];
  offsets: Offsets;
}

export interface OpenTreeOptions {
  manifest: ChunkId;
  /** Key of the entry whose version this is. */
  entryKey: Uint8Array;
  /** Keys that the entry had before, or beside it: tried where the first does not fit. */
  otherKeys?: readonly Uint8Array[] | undefined;
  network: Pick<ChunkNetwork, 'read'>;
  signal: AbortSignal;
}

/**
 * Reads and opens one manifest; the children of an index stay closed until they are needed.
 * @throws `chunk-missing`, `chunk-corrupt`, `unsupported-format`, `forbidden` for a wrong key
 */
export async function openManifestTree(options: OpenTreeOptions): Promise<ManifestTree> {
  const { manifest: id, entryKey, otherKeys = [], network, signal } = options;
  // Hashed, unlike chunks: a manifest is small, and a wrong key would look like a damaged copy.
  const bytes = await network.read(id, { signal, verify: true });
  const manifest = openWithAny([entryKey, ...otherKeys], (key) => openManifest(key, bytes));
  switch (manifest.kind) {
    case 'inline':
      return { kind: 'inline', size: manifest.content.length, content: manifest.content };
    case 'leaf': {
      const { references, slots } = manifest;
      const offsets = offsetsOf(slots.map(({ size }) => size));
      return { kind: 'leaf', size: sizeOf(offsets), references, slots, offsets };
    }
    case 'index': {
      const { references, sizes } = manifest;
      const offsets = offsetsOf(sizes);
      return { kind: 'index', size: sizeOf(offsets), references, offsets };
    }
  }
}

/**
 * The leaf under an index, which has exactly the size that the index says.
 * @throws `chunk-corrupt` for anything else
 */
export async function openLeaf(size: number, options: OpenTreeOptions): Promise<ManifestLeaf> {
  const tree = await openManifestTree(options);
  if (tree.kind === 'leaf' && tree.size === size) return tree;
  throw new PeerstorError('chunk-corrupt', 'The list of chunks of this file is damaged.');
}
