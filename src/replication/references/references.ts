/**
 * Keeps the reference index equal to the catalog's live versions. It reads the manifests of new versions in the
 * background, from here or from other devices, and retries an unreachable one when a device connects.
 */
import { readReferences } from '../../crypto/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import { idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import type { LiveVersions } from '../../model/contracts/replication.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId, type VersionId, versionId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import { noHolders } from '../database/holder-mask.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { KeyReference, ReferenceIndex } from './reference-index.ts';
import type { WrittenManifest, WrittenManifests } from './written-manifests.ts';

const readsAtOnce = 4;
/** Unread manifests remembered at once; with more, all versions are walked again later. */
const unreadMax = 100_000;
/** Unreachable manifests are requested again after this long if no device connects before. */
const againMs = 60_000;

export interface ReferencesParts {
  versions: LiveVersions;
  index: ReferenceIndex;
  inventory: Inventory;
  /** Reads a chunk from this device or from others. */
  read: (id: ChunkId, signal: AbortSignal) => Promise<Uint8Array>;
  /** What was stored here a moment ago, and need not be read. */
  written: WrittenManifests;
  /** Called when everything that was read has been forgotten and is read again. */
  cleared: () => void;
  clock: Clock;
  log: Log;
}

interface NamedVersion {
  id: VersionId;
  manifest: ChunkId;
}

export class References {
  readonly #parts: ReferencesParts;
  /** Manifests, of versions or below others, that have not been read; with a version that asked for it, if one did. */
  readonly #unread = new Map<ChunkKey, VersionId | undefined>();
  /** The unread manifests that are to be read now. */
  readonly #due = new Set<ChunkKey>();
  /** Chunks that are not valid manifests: reading them again would not help. */
  readonly #broken = new Set<ChunkKey>();
  readonly #stopping = new AbortController();
  /** Changes of versions are applied one after another. */
  #changes: Promise<void> = Promise.resolve();
  #changesWaiting = 0;
  /** True when the index and the catalog have the same versions. */
  #compared = false;
  #reading = 0;
  #unreadOverflowed = false;
  #timer: Timer | undefined;
  #stopListening: (() => void)[] = [];

  constructor(parts: ReferencesParts) {
    this.#parts = parts;
  }

  /** Walks all versions in the background. @returns a promise that resolves when the walk is done */
  start(): Promise<void> {
    const { versions, inventory, index } = this.#parts;
    index.start();
    this.#stopListening = [
      versions.onChange(({ added, removed }) => {
        void this.#inTurn(async () => {
          for (const version of added) this.#add(version);
          for (const { id, manifest, wasDeleted } of removed) {
            await this.#remove(idKey(manifest), id, wasDeleted);
          }
        });
      }),
      inventory.onChange(({ key }) => {
        if (this.#unread.has(key)) this.#readSoon(key);
      }),
    ];
    index.onDamage(() => void this.#inTurn(() => this.#rebuild()));
    this.#again();
    return this.#inTurn(() => this.#compare());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    for (const stop of this.#stopListening) stop();
    await this.#changes;
  }

  /** Number of manifests whose references are not known: their devices are off, or the manifests are damaged. */
  get unknown(): number {
    return this.#unread.size + this.#broken.size;
  }

  /** True when every version of the catalog was walked and every manifest was read. */
  get isComplete(): boolean {
    return this.#compared && this.#changesWaiting === 0 && this.unknown === 0 && !this.#unreadOverflowed;
  }

  /** Devices connected: reads the manifests that were unreachable. */
  retry(): void {
    for (const key of this.#unread.keys())
      if (this.#parts.inventory.maskOf(key) !== noHolders) this.#readSoon(key);
  }

  /** Makes the index's versions equal to the catalog's. */
  async #compare(): Promise<void> {
    const { versions, index } = this.#parts;
    this.#compared = false;
    const live = new Set<string>();
    for await (const version of versions.list()) {
      if (this.#stopping.signal.aborted) return;
      live.add(idKey(version.manifest) + idKey(version.id));
      this.#add(version);
    }
    for await (const page of index.versions()) {
      for (const { manifest, version } of page) {
        if (this.#stopping.signal.aborted) return;
        if (!live.has(manifest + version)) await this.#remove(manifest, versionId(idOfKey(version)), false);
      }
    }
    this.#compared = true;
  }

  #add({ id, manifest }: NamedVersion): void {
    const key = idKey(manifest);
    this.#parts.index.addVersion(key, id);
    this.#want(key, { version: id });
  }

  async #remove(manifest: ChunkKey, version: VersionId, wasDeleted: boolean): Promise<void> {
    await this.#parts.index.removeVersion(manifest, version, wasDeleted);
    if (!(await this.#isNeeded(manifest)))
      for (const set of [this.#unread, this.#broken]) set.delete(manifest);
  }

  async #isNeeded(manifest: ChunkKey): Promise<boolean> {
    const { index } = this.#parts;
    // Looking through all versions of a manifest takes an iterator: the one that asked for it is asked about first.
    const version = this.#unread.get(manifest);
    if (version !== undefined && index.isNamedBy(manifest, version)) return true;
    return index.needOf(manifest) !== undefined || (await index.hasVersion(manifest));
  }

  #want(key: ChunkKey, { version, isChild = false }: { version?: VersionId; isChild?: boolean } = {}): void {
    const known = this.#parts.index.manifest(key);
    if (known?.isIndex && !isChild)
      for (const child of known.references) this.#want(child.key, { isChild: true });
    if (known || this.#broken.has(key)) return;
    const written = this.#parts.written.take(key);
    if (written) return this.#learn(key, written);
    if (this.#unread.size >= unreadMax) {
      this.#unreadOverflowed = true;
      return;
    }
    this.#unread.set(key, version ?? this.#unread.get(key));
    this.#readSoon(key);
  }

  #readSoon(key: ChunkKey): void {
    this.#due.add(key);
    this.#pump();
  }

  #pump(): void {
    for (const key of this.#due) {
      if (this.#reading >= readsAtOnce || this.#stopping.signal.aborted) return;
      this.#due.delete(key);
      this.#reading += 1;
      this.#readOne(key)
        .catch((error: unknown) => this.#explain(key, error))
        .finally(() => {
          this.#reading -= 1;
          this.#pump();
        });
    }
    if (this.#reading > 0 || !this.#unreadOverflowed || this.#unread.size >= unreadMax) return;
    this.#unreadOverflowed = false;
    void this.#inTurn(() => this.#compare());
  }

  async #readOne(key: ChunkKey): Promise<void> {
    const bytes = await this.#parts.read(chunkId(idOfKey(key)), this.#stopping.signal);
    const { kind, references } = readReferences(bytes);
    const keys = references.map(({ id, size }) => ({ key: idKey(id), size }));
    await this.#inTurn(async () => {
      // The manifest's last version may have gone while the manifest was being read.
      const isNeeded = await this.#isNeeded(key);
      this.#unread.delete(key);
      if (isNeeded) this.#learn(key, { size: bytes.length, isIndex: kind === 'index', references: keys });
    });
  }

  /** What a manifest that is needed refers to is known now. */
  #learn(key: ChunkKey, { size, isIndex, references }: WrittenManifest): void {
    this.#unread.delete(key);
    this.#due.delete(key);
    if (isIndex && this.#isNested(key, references)) return this.#explain(key, tooDeep());
    this.#parts.index.addManifest(key, size, isIndex, references);
    this.#want(key);
  }

  /**
   * FORMAT allows one index over leaves: no writer makes an index below an index, and following one might never
   * end.
   */
  #isNested(key: ChunkKey, references: readonly KeyReference[]): boolean {
    const { index } = this.#parts;
    return index.needOf(key) !== undefined || references.some((child) => index.manifest(child.key)?.isIndex);
  }

  #explain(key: ChunkKey, error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    const { log } = this.#parts;
    const manifest = idOfKey(key);
    if (isPeerstorError(error, 'bad-record') || isPeerstorError(error, 'unsupported-format')) {
      this.#unread.delete(key);
      this.#broken.add(key);
      log.warn({ error, manifest }, 'A manifest cannot be read; its chunks are not counted');
    } else {
      log.debug({ error, manifest }, 'A manifest is out of reach');
    }
  }

  #again(): void {
    this.#timer = this.#parts.clock.after(againMs, () => {
      void this.#inTurn(() => this.#retryAll());
      this.#again();
    });
  }

  async #retryAll(): Promise<void> {
    for (const key of [...this.#unread.keys()]) {
      if (await this.#isNeeded(key)) this.#readSoon(key);
      else this.#unread.delete(key);
    }
    for (const key of [...this.#broken]) if (!(await this.#isNeeded(key))) this.#broken.delete(key);
  }

  /** Forgets everything that was read: a damaged row means that the rest cannot be trusted (I7). */
  async #rebuild(): Promise<void> {
    await this.#parts.index.clear();
    this.#parts.cleared();
    await this.#compare();
  }

  /** Resolves when the change was tried; errors are logged. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    this.#changesWaiting += 1;
    const tried = this.#changes.then(change).catch((error: unknown) => {
      this.#compared = false;
      this.#parts.log.warn(
        { error },
        'References of versions could not be kept; the next start compares them',
      );
    });
    this.#changes = tried.finally(() => {
      this.#changesWaiting -= 1;
    });
    return this.#changes;
  }
}

function tooDeep(): PeerstorError {
  return new PeerstorError('bad-record', 'A manifest lists manifests that list manifests.');
}
