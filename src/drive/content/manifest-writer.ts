/** Manifests of one version: a leaf for each 8192 chunks, and an index over them if there are several. */
import { cutterId } from '../../chunking/index.ts';
import { type ChunkSlot, type Manifest, type Reference, sealManifest } from '../../crypto/index.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';

/** One chunk that is durable here. */
export interface WrittenChunk {
  reference: Reference;
  slot: ChunkSlot;
}

export interface ManifestWriterOptions {
  entryKey: Uint8Array;
  /** Resolves when the bytes are durable here. */
  put(id: ChunkId, bytes: Uint8Array): Promise<void>;
  referencesMax: number;
  /** Who cut the content: `fastcdc/1` by default. A reader does not need it. */
  cutter?: string;
}

export class ManifestWriter {
  readonly #options: ManifestWriterOptions;
  readonly #leaves: Reference[] = [];
  readonly #leafSizes: number[] = [];
  #sealedBytes = 0;

  constructor(options: ManifestWriterOptions) {
    this.#options = options;
  }

  /** Sealed bytes of all manifests so far. */
  get sealedBytes(): number {
    return this.#sealedBytes;
  }

  /** Writes a leaf. Its chunks are durable before this is called (I1). */
  async leaf(chunks: readonly WrittenChunk[]): Promise<void> {
    if (this.#leaves.length === this.#options.referencesMax) {
      throw new PeerstorError('too-large', 'This file is too large for peerstor. Store it in parts.');
    }
    const reference = await this.#put({
      kind: 'leaf',
      cutter: this.#options.cutter ?? cutterId,
      references: chunks.map(({ reference }) => reference),
      slots: chunks.map(({ slot }) => slot),
    });
    this.#leaves.push(reference);
    this.#leafSizes.push(chunks.reduce((size, { slot }) => size + slot.size, 0));
  }

  /** Writes content of ≤ 4 KiB as the only manifest. @returns its id */
  async inline(content: Uint8Array): Promise<ChunkId> {
    return (await this.#put({ kind: 'inline', content })).id;
  }

  /** @returns id of the root: the only leaf, or an index over all of them */
  async finish(): Promise<ChunkId> {
    const [only, ...others] = this.#leaves;
    if (only && others.length === 0) return only.id;
    const index = await this.#put({
      kind: 'index',
      cutter: this.#options.cutter ?? cutterId,
      references: this.#leaves,
      sizes: this.#leafSizes,
    });
    return index.id;
  }

  async #put(manifest: Manifest): Promise<Reference> {
    const { id, bytes } = sealManifest(this.#options.entryKey, manifest);
    await this.#options.put(id, bytes);
    this.#sealedBytes += bytes.length;
    return { id, size: bytes.length };
  }
}
