/**
 * Which chunks the live versions need: the manifests' contents, inverted, so that one lookup by chunk tells
 * whether and for which manifests it is needed. It is rebuilt from the manifests when it is lost (I7).
 */
import { afterPrefix, idKey } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { VersionId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import type { WriteBehind } from '../database/write-behind.ts';

/**
 * First characters of keys:
 * V ‖ manifest ‖ version → nothing; which versions name a manifest
 * M ‖ manifest → number u32 ‖ 1 if its references are manifests ‖ (id ‖ size u32)*
 * P ‖ chunk → size u32 ‖ (number u32)*; the manifests that need a chunk, a manifest itself among them
 */
const versionPrefix = 'V';
const manifestPrefix = 'M';
const chunkPrefix = 'P';
const nextNumberKey = 'm';
const referenceBytes = 36;

export interface KeyReference {
  key: ChunkKey;
  /** Sealed bytes. */
  size: number;
}

/** A manifest as the index keeps it. */
export interface KnownManifest {
  /** Stands for the manifest in the rows of chunks: 4 bytes instead of 32. Never reused. */
  number: number;
  /** Its references are manifests. */
  isIndex: boolean;
  references: KeyReference[];
}

type UnusedManifest = Pick<KnownManifest, 'number' | 'references'> & { key: ChunkKey };

/** A chunk became needed, or is no longer needed. */
export interface NeedChange extends KeyReference {
  needed: boolean;
  /** True when a user deleted the version that needed it; false when this device only found that nothing does. */
  wasDeleted: boolean;
}

export class ReferenceIndex {
  readonly #index: WriteBehind;
  readonly #log: Log;
  readonly #listeners = new Set<(change: NeedChange) => void>();
  #nextNumber = 1;
  #damaged: (() => void) | undefined;

  constructor(parts: { index: WriteBehind; log: Log }) {
    this.#index = parts.index;
    this.#log = parts.log;
  }

  start(): void {
    const value = this.#read(nextNumberKey);
    if (value) this.#nextNumber = Buffer.from(value).readUInt32BE();
  }

  /** Called in the turn in which a chunk becomes needed or stops being needed. Returns the unsubscriber. */
  onChange(listener: (change: NeedChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called once when a damaged row was found; the listener is expected to call `clear`. */
  onDamage(listener: () => void): void {
    this.#damaged = listener;
  }

  /** Forgets all manifests and what they need, without calling listeners; versions stay. */
  async clear(): Promise<void> {
    for (const prefix of [manifestPrefix, chunkPrefix]) {
      for await (const page of this.#index.pages(prefix, afterPrefix(prefix))) {
        for (const [key] of page) {
          this.#index.set(key, null);
        }
        await this.#index.room();
      }
    }
  }

  addVersion(manifest: ChunkKey, version: VersionId): void {
    this.#index.set(versionPrefix + manifest + idKey(version), new Uint8Array(0));
  }

  /**
   * The version no longer needs its manifest. If no other version does, the manifest's chunks are not needed
   * either. All in one batch: a manifest without a version would be kept for ever.
   * @param wasDeleted a record deleted the version; false where the version was only missing
   */
  async removeVersion(manifest: ChunkKey, version: VersionId, wasDeleted: boolean): Promise<void> {
    const unused = new Map<number, UnusedManifest>();
    if (!(await this.#hasOtherVersion(manifest, idKey(version)))) await this.#gatherUnused(manifest, unused);
    this.#index.set(versionPrefix + manifest + idKey(version), null);
    for (const { key, references, number } of unused.values()) {
      this.#index.set(manifestPrefix + key, null);
      for (const reference of needsOf(key, 0, references)) this.#release(reference.key, number, wasDeleted);
    }
  }

  /** Yields every version with its manifest, in pages. */
  async *versions(): AsyncIterable<{ manifest: ChunkKey; version: string }[]> {
    for await (const page of this.#index.pages(versionPrefix, afterPrefix(versionPrefix))) {
      yield page.map(([key]) => ({ manifest: key.slice(1, 33), version: key.slice(33) }));
    }
  }

  manifest(key: ChunkKey): KnownManifest | undefined {
    const value = this.#read(manifestPrefix + key);
    if (!value) return undefined;
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    const references: KeyReference[] = [];
    for (let at = 5; at + referenceBytes <= bytes.length; at += referenceBytes) {
      references.push({ key: bytes.toString('latin1', at, at + 32), size: bytes.readUInt32BE(at + 32) });
    }
    return { number: bytes.readUInt32BE(), isIndex: bytes[4] === 1, references };
  }

  knows(manifest: ChunkKey): boolean {
    return this.#read(manifestPrefix + manifest) !== undefined;
  }

  /** Records the references of a manifest of `size` sealed bytes; all its rows go into one batch. */
  addManifest(manifest: ChunkKey, size: number, isIndex: boolean, references: readonly KeyReference[]): void {
    if (this.knows(manifest)) return;
    const number = this.#nextNumber++;
    const next = Buffer.alloc(4);
    next.writeUInt32BE(this.#nextNumber);
    this.#index.set(nextNumberKey, next);
    const value = Buffer.alloc(5 + references.length * referenceBytes);
    value.writeUInt32BE(number);
    value[4] = isIndex ? 1 : 0;
    references.forEach(({ key, size: sealed }, position) => {
      const at = 5 + position * referenceBytes;
      value.write(key, at, 'latin1');
      value.writeUInt32BE(sealed, at + 32);
    });
    this.#index.set(manifestPrefix + manifest, value);
    for (const reference of needsOf(manifest, size, references)) this.#need(reference, number);
  }

  /** Sealed bytes of a needed chunk and the numbers of the manifests that need it. */
  needOf(key: ChunkKey): { size: number; by: number[] } | undefined {
    const row = this.#chunk(key);
    return row && { size: row.readUInt32BE(), by: numbersIn(row) };
  }

  /** Does this very version name the manifest? */
  isNamedBy(manifest: ChunkKey, version: VersionId): boolean {
    return this.#read(versionPrefix + manifest + idKey(version)) !== undefined;
  }

  hasVersion(manifest: ChunkKey): Promise<boolean> {
    return this.#hasOtherVersion(manifest, '');
  }

  /** Yields every needed chunk in order, in pages; each page contains what was needed when it was read. */
  async *chunks(): AsyncIterable<ChunkKey[]> {
    for await (const page of this.#index.pages(chunkPrefix, afterPrefix(chunkPrefix))) {
      yield page.map(([key]) => key.slice(1));
    }
  }

  async #hasOtherVersion(manifest: ChunkKey, version: string): Promise<boolean> {
    const first = versionPrefix + manifest;
    for await (const page of this.#index.pages(first, first.padEnd(50, '\xff'))) {
      if (page.some(([key]) => key !== first + version)) return true;
    }
    return false;
  }

  /** Collects the manifest and those below it that nothing needs once it is gone; `unused` are gone already. */
  async #gatherUnused(key: ChunkKey, unused: Map<number, UnusedManifest>): Promise<void> {
    const known = this.manifest(key);
    if (!known) return;
    const { number, references, isIndex } = known;
    const isNeeded = this.needOf(key)?.by.some((other) => other !== number && !unused.has(other));
    if (isNeeded) return;
    unused.set(number, { key, number, references });
    if (!isIndex) return;
    for (const child of references) {
      if (!(await this.hasVersion(child.key))) await this.#gatherUnused(child.key, unused);
    }
  }

  #need({ key, size }: KeyReference, number: number): void {
    const row = this.#chunk(key);
    const value = Buffer.alloc((row?.length ?? 4) + 4);
    if (row) value.set(row);
    else value.writeUInt32BE(size);
    value.writeUInt32BE(number, value.length - 4);
    this.#index.set(chunkPrefix + key, value);
    if (!row) this.#tell({ key, size, needed: true, wasDeleted: false });
  }

  #release(key: ChunkKey, number: number, wasDeleted: boolean): void {
    const row = this.#chunk(key);
    if (!row) return;
    const numbers = numbersIn(row).filter((one) => one !== number);
    const value = Buffer.alloc(4 + numbers.length * 4);
    row.copy(value, 0, 0, 4);
    numbers.forEach((one, at) => {
      value.writeUInt32BE(one, 4 + at * 4);
    });
    this.#index.set(chunkPrefix + key, numbers.length === 0 ? null : value);
    if (numbers.length === 0) this.#tell({ key, size: row.readUInt32BE(), needed: false, wasDeleted });
  }

  #chunk(key: ChunkKey): Buffer | undefined {
    const value = this.#read(chunkPrefix + key);
    return value && Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  #read(key: string): Uint8Array | undefined {
    try {
      return this.#index.get(key);
    } catch (error) {
      if (!isPeerstorError(error, 'index-corrupt')) throw error;
      this.#log.warn({ error }, 'A row of the references was damaged; all are read again');
      this.#index.set(key, null);
      this.#damaged?.();
      return undefined;
    }
  }

  #tell(change: NeedChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** What a manifest needs, each chunk once: itself and its references. */
function needsOf(manifest: ChunkKey, size: number, references: readonly KeyReference[]): KeyReference[] {
  const needs = new Map<ChunkKey, KeyReference>([[manifest, { key: manifest, size }]]);
  for (const reference of references) needs.set(reference.key, reference);
  return [...needs.values()];
}

function numbersIn(row: Buffer): number[] {
  const numbers: number[] = [];
  for (let at = 4; at < row.length; at += 4) numbers.push(row.readUInt32BE(at));
  return numbers;
}
