/**
 * What manifests that were just stored here refer to: their version becomes known a moment later, and then they need not be
 * read back from the disk. Only a shortcut: what is not here is read.
 */
import { manifestFormat, readReferences } from '../../crypto/index.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { ChunkId } from '../../model/ids.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import type { KeyReference } from './reference-index.ts';

/** Manifests without a version, and the references of all of them: some 4 MiB at most. */
const manifestsMax = 4096;
const referencesMax = 32_768;

export interface WrittenManifest {
  /** Sealed bytes. */
  size: number;
  isIndex: boolean;
  references: KeyReference[];
}

export class WrittenManifests {
  /** The oldest first. */
  readonly #manifests = new Map<ChunkKey, WrittenManifest>();
  #references = 0;

  /** @param bytes of a chunk that was stored, so that they are those of its id; most chunks are no manifests */
  note(id: ChunkId, bytes: Uint8Array): void {
    if (bytes[0] !== manifestFormat) return;
    const manifest = readWritten(bytes);
    if (manifest === undefined) return;
    const key = idKey(id);
    this.take(key);
    this.#manifests.set(key, manifest);
    this.#references += manifest.references.length;
    for (const oldest of this.#manifests.keys()) {
      if (this.#manifests.size <= manifestsMax && this.#references <= referencesMax) return;
      this.take(oldest);
    }
  }

  /** @returns what is known of a manifest, and forgets it */
  take(key: ChunkKey): WrittenManifest | undefined {
    const manifest = this.#manifests.get(key);
    if (manifest === undefined) return undefined;
    this.#manifests.delete(key);
    this.#references -= manifest.references.length;
    return manifest;
  }
}

/** Undefined where it is no manifest that this version can read: whoever needs it says so. */
function readWritten(bytes: Uint8Array): WrittenManifest | undefined {
  try {
    const { kind, references } = readReferences(bytes);
    const keys = references.map(({ id, size }) => ({ key: idKey(id), size }));
    return { size: bytes.length, isIndex: kind === 'index', references: keys };
  } catch {
    return undefined;
  }
}
