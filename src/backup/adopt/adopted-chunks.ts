/**
 * The chunks that plain files of adopted folders stand for: where each one's plain bytes lie, and how they were sealed, so that
 * the sealed bytes can be made again. They are a copy that somebody may edit at any time: every read is checked
 * against the file's size and time and against the id (I3), and nothing that is given up elsewhere rests on it (decision 0090).
 */
import { join } from 'node:path';
import { KeyedLock } from '../../concurrency/index.ts';
import type { Clock, Timer } from '../../model/clock.ts';
import type { ChunkChange } from '../../model/contracts/chunk-store.ts';
import { afterPrefix, idKey, idOfKey, type OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId } from '../../model/ids.ts';
import { type AdoptedFile, nameKeyOf, readFileRow, writeFileRow } from './adopted-file.ts';
import { type ChunkSource, readChunkRow, writeChunkRow } from './chunk-source.ts';
import { isThere } from './presence.ts';
import { resealed } from './resealed.ts';

/** Between two looks whether the folders are there. */
export const presenceEveryMs = 15_000;

const chunkPrefix = 'ac';
const filePrefix = 'af';
const profilePrefix = 'ap';

/** A profile that adopted a folder. */
interface Adopted {
  folder: string;
  /** Opens the names of its files; undefined until the profile was read. */
  nameKey: Uint8Array | undefined;
  isPresent: boolean;
}

export interface AdoptedChunksParts {
  rows: OrderedStore;
  clock: Clock;
  everyMs?: number;
}

export class AdoptedChunks {
  readonly #parts: AdoptedChunksParts;
  readonly #profiles = new Map<string, Adopted>();
  readonly #listeners = new Set<(change: ChunkChange) => void>();
  readonly #locks = new KeyedLock();
  /** On their way out of the index: nobody is told any more that they are here. */
  readonly #going = new Set<ChunkId>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(parts: AdoptedChunksParts) {
    this.#parts = parts;
  }

  /** Before anybody asks what this device has. */
  async start(): Promise<void> {
    for await (const [key, row] of this.#parts.rows.range(within(profilePrefix))) {
      const folder = Buffer.from(row).toString();
      const id = idOfKey(key.slice(profilePrefix.length));
      this.#profiles.set(id, { folder, nameKey: undefined, isPresent: await isThere(folder) });
    }
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** A profile of this device is known; the first time, it begins. */
  async open({ id, folder, salt }: { id: string; folder: string; salt: string }): Promise<void> {
    const known = this.#profiles.get(id);
    const nameKey = nameKeyOf(salt);
    this.#profiles.set(id, { folder, nameKey, isPresent: known?.isPresent ?? (await isThere(folder)) });
    const value = Buffer.from(folder);
    if (!known) await this.#parts.rows.batch([{ key: profilePrefix + idKey(id), value }], { sync: true });
    this.#schedule();
  }

  /** Whether the folder of a profile is there. */
  isPresent(profile: string): boolean {
    return this.#profiles.get(profile)?.isPresent ?? false;
  }

  onChange(listener: (change: ChunkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  has(id: ChunkId): boolean {
    return this.sizeOf(id) !== undefined;
  }

  /** Sealed bytes. */
  sizeOf(id: ChunkId): number | undefined {
    const source = this.#sourceOf(id);
    return source && this.isPresent(source.profile) ? source.sealedBytes : undefined;
  }

  /** In the order of the ids, those of folders that are there. */
  async *list(after?: ChunkId): AsyncGenerator<{ id: ChunkId; size: number }> {
    if (this.#profiles.size === 0) return;
    // Keys have one length, so this is the first one behind it.
    const gte = after === undefined ? chunkPrefix : `${chunkPrefix}${idKey(after)}\0`;
    for await (const [key, row] of this.#parts.rows.range({ ...within(chunkPrefix), gte })) {
      const source = readChunkRow(row);
      if (!source || !this.isPresent(source.profile)) continue;
      yield { id: chunkId(idOfKey(key.slice(chunkPrefix.length))), size: source.sealedBytes };
    }
  }

  /** The chunks of one profile, whether its folder is there or not. */
  async *chunksOf(profile: string): AsyncGenerator<ChunkId> {
    for await (const [key, row] of this.#parts.rows.range(within(chunkPrefix)))
      if (readChunkRow(row)?.profile === profile) yield chunkId(idOfKey(key.slice(chunkPrefix.length)));
  }

  /**
   * The sealed bytes, made again from the plain file and hashed.
   * @throws `chunk-missing` when the file is gone or changed: then none of its chunks is here any more
   */
  async read(id: ChunkId, signal?: AbortSignal): Promise<Uint8Array> {
    const source = this.#sourceOf(id);
    const adopted = source && this.#profiles.get(source.profile);
    if (!source || !adopted?.nameKey || !adopted.isPresent) throw missing(id);
    const file = this.#fileOf(source.profile, source.file, adopted.nameKey);
    const path = file && join(adopted.folder, file.path);
    const bytes = file && path !== undefined ? await resealed(id, source, path, file) : undefined;
    signal?.throwIfAborted();
    if (bytes) return bytes;
    // A drive that was pulled says nothing about its files.
    if (await this.#look(source.profile)) {
      if (file) await this.dropFile(source.profile, source.file, file);
      await this.forget(id);
    }
    throw missing(id);
  }

  /** A file is about to be read: its chunks follow. Durable when it resolves. */
  async beginFile(profile: string, file: string, facts: Omit<AdoptedFile, 'chunks'>): Promise<void> {
    await this.#writeFile(profile, file, { ...facts, chunks: [] });
  }

  /** Durable when it resolves (I2): from then on this device has the chunk. */
  async note(id: ChunkId, source: ChunkSource): Promise<void> {
    const change = { key: chunkPrefix + idKey(id), value: writeChunkRow(source) };
    await this.#parts.rows.batch([change], { sync: true });
    if (this.isPresent(source.profile)) this.#tell({ kind: 'added', id, size: source.sealedBytes });
  }

  /** All chunks of the file were noted: those that it had before are not here any more. */
  async endFile(profile: string, file: string, row: AdoptedFile, before: readonly ChunkId[]): Promise<void> {
    await this.#writeFile(profile, file, row);
    const kept = new Set(row.chunks);
    await this.#drop(
      profile,
      file,
      before.filter((id) => !kept.has(id)),
    );
  }

  /** Whether a file is a source, as far as the index says. */
  hasFile(profile: string, file: string): boolean {
    return this.#parts.rows.get(fileKey(profile, file)) !== undefined;
  }

  /** @returns undefined for a file that is no source, or none any more */
  fileOf(profile: string, file: string): AdoptedFile | undefined {
    const nameKey = this.#profiles.get(profile)?.nameKey;
    return nameKey && this.#fileOf(profile, file, nameKey);
  }

  /**
   * The file was changed or is gone: what it stood for is not here any more.
   * @param seen as it was when that was found: nothing happens when it was read again since
   */
  async dropFile(profile: string, file: string, seen?: AdoptedFile): Promise<void> {
    await this.#locks.hold(profile + file, async () => {
      const row = this.fileOf(profile, file);
      if (!row || (seen && (row.size !== seen.size || row.mtimeMs !== seen.mtimeMs))) return;
      await this.#parts.rows.batch([{ key: fileKey(profile, file), value: null }]);
      await this.#drop(profile, file, row.chunks);
    });
  }

  /** One chunk. @param quietly when the store has it by now */
  async forget(id: ChunkId, { quietly = false } = {}): Promise<void> {
    if (!this.#sourceOf(id)) return;
    await this.#remove([id]);
    if (!quietly) this.#tell({ kind: 'lost', id, reason: 'deleted' });
  }

  /** The whole profile: its folder is no source any more. */
  async close(profile: string): Promise<void> {
    const ids: ChunkId[] = [];
    for await (const id of this.chunksOf(profile)) ids.push(id);
    for (const id of ids) await this.forget(id);
    const files: string[] = [];
    for await (const [key] of this.#parts.rows.range(within(filePrefix + idKey(profile)))) files.push(key);
    await this.#parts.rows.batch(files.map((key) => ({ key, value: null })));
    await this.#parts.rows.batch([{ key: profilePrefix + idKey(profile), value: null }], { sync: true });
    this.#profiles.delete(profile);
  }

  /** Looks whether the folders are there: a drive may have been pulled, or plugged in again. */
  async checkAll(): Promise<void> {
    for (const id of this.#profiles.keys()) await this.#look(id);
  }

  async #look(profile: string): Promise<boolean> {
    return this.#locks.hold(profile, async () => {
      const adopted = this.#profiles.get(profile);
      if (!adopted) return false;
      const isPresent = await isThere(adopted.folder);
      if (isPresent === adopted.isPresent) return isPresent;
      adopted.isPresent = isPresent;
      for await (const id of this.chunksOf(profile)) {
        const size = this.#sourceOf(id)?.sealedBytes ?? 0;
        this.#tell(isPresent ? { kind: 'added', id, size } : { kind: 'lost', id, reason: 'missing' });
      }
      return isPresent;
    });
  }

  async #drop(profile: string, file: string, ids: readonly ChunkId[]): Promise<void> {
    // Another file may have taken over a chunk that both have.
    const own = ids.filter((id) => {
      const source = this.#sourceOf(id);
      return source?.profile === profile && source.file === file;
    });
    await this.#remove(own);
    for (const id of own) this.#tell({ kind: 'lost', id, reason: 'missing' });
  }

  async #remove(ids: readonly ChunkId[]): Promise<void> {
    for (const id of ids) this.#going.add(id);
    try {
      await this.#parts.rows.batch(ids.map((id) => ({ key: chunkPrefix + idKey(id), value: null })));
    } finally {
      for (const id of ids) this.#going.delete(id);
    }
  }

  #schedule(): void {
    if (this.#timer || this.#stopped || this.#profiles.size === 0) return;
    const { clock, everyMs = presenceEveryMs } = this.#parts;
    this.#timer = clock.after(everyMs, () => {
      void this.checkAll()
        .catch(() => undefined)
        .then(() => {
          this.#timer = undefined;
          this.#schedule();
        });
    });
  }

  async #writeFile(profile: string, file: string, row: AdoptedFile): Promise<void> {
    const nameKey = this.#profiles.get(profile)?.nameKey;
    if (!nameKey) throw new PeerstorError('not-ready', 'The adopted folder is not open yet.');
    const change = { key: fileKey(profile, file), value: writeFileRow(row, nameKey) };
    await this.#parts.rows.batch([change], { sync: true });
  }

  #sourceOf(id: ChunkId): ChunkSource | undefined {
    if (this.#profiles.size === 0 || this.#going.has(id)) return undefined;
    return readChunkRow(this.#parts.rows.get(chunkPrefix + idKey(id)));
  }

  #fileOf(profile: string, file: string, nameKey: Uint8Array): AdoptedFile | undefined {
    return readFileRow(this.#parts.rows.get(fileKey(profile, file)), nameKey);
  }

  #tell(change: ChunkChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** @param file the key of its row among `KnownFiles` */
function fileKey(profile: string, file: string): string {
  return filePrefix + idKey(profile) + file;
}

function within(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: afterPrefix(prefix.replace(/\xff+$/, '')) };
}

function missing(id: ChunkId): PeerstorError {
  return new PeerstorError('chunk-missing', 'The adopted file that has this chunk is gone or was changed.', {
    details: { chunk: id },
  });
}
