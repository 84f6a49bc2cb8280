/**
 * A small real drive in memory, for tests of what stands in front of a drive. It keeps trees,
 * versions and a trash; it has no cryptography, no devices and one user.
 */
import { createHash } from 'node:crypto';
import type { EntryView, Page } from '../../src/model/api.ts';
import type {
  Drive,
  EntryPatch,
  ListOptions,
  OpenContent,
  UploadOptions,
  UploadOutcome,
} from '../../src/model/contracts/drive.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import { type EntryId, entryId, type VersionId, versionId } from '../../src/model/ids.ts';

interface Version {
  id: VersionId;
  /** Content of this size, made up while it is read, where it would not fit into memory. */
  bytes: Uint8Array | { size: number; fill: Uint8Array };
  mime: string;
  modifiedAt: string;
}

interface Entry {
  id: EntryId;
  parentId: EntryId | null;
  kind: 'file' | 'folder';
  name: string;
  createdAt: string;
  revision: string;
  tags: string[];
  starred: boolean;
  trashedAt: string | null;
  /** Newest last; empty for a folder. */
  versions: Version[];
}

const sizeOf = ({ bytes }: Version) => (bytes instanceof Uint8Array ? bytes.length : bytes.size);

export class FakeDrive implements Drive {
  /** Bytes that uploads have taken so far, finished or not. */
  receivedBytes = 0;
  /** What the sources of failed uploads threw. */
  readonly uploadErrors: unknown[] = [];
  /** Options of the last upload. */
  lastUpload: UploadOptions | undefined;
  /** Reads that were left before their end. */
  cancelledReads = 0;
  /** Reads fail once this many bytes were given. */
  readFailsAfterBytes = Number.POSITIVE_INFINITY;
  capacityBytes = Number.POSITIVE_INFINITY;
  readPieceBytes = 64 * 1024;

  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(ids: string[]) => void>();
  readonly #root: Entry;
  #lastId = 0;
  #onBytes: (() => void) | undefined;

  constructor() {
    this.#root = this.#add(null, '', 'folder');
  }

  /** Resolves once uploads have taken this many bytes. */
  async received(bytes: number): Promise<void> {
    while (this.receivedBytes < bytes) {
      await new Promise<void>((resolve) => {
        this.#onBytes = resolve;
      });
    }
  }

  /** Puts a file of `size` bytes that repeat `fill` into the root. */
  addLarge(name: string, size: number, fill: Uint8Array): EntryView {
    const entry = this.#add(this.#root.id, name, 'file');
    entry.versions.push(this.#version({ size, fill }, 'application/octet-stream', undefined));
    return this.#view(entry);
  }

  /** Names in the root, for assertions. */
  names(): string[] {
    return this.#childrenOf(this.#root.id).map((entry) => entry.name);
  }

  async root(): Promise<EntryView> {
    return this.#view(this.#root);
  }

  async entry(id: EntryId): Promise<EntryView> {
    return this.#view(this.#find(id));
  }

  async children(id: EntryId, options: ListOptions): Promise<Page<EntryView>> {
    return page(
      this.#childrenOf(this.#find(id).id).map((entry) => this.#view(entry)),
      options,
    );
  }

  async ancestors(id: EntryId): Promise<EntryView[]> {
    const views: EntryView[] = [];
    for (let at = this.#parentOf(this.#find(id)); at !== undefined; at = this.#parentOf(at)) {
      views.unshift(this.#view(at));
    }
    return views;
  }

  async resolve(names: readonly string[], from: EntryId = this.#root.id): Promise<EntryView> {
    let entry = this.#find(from);
    for (const name of names) {
      const child = this.#childNamed(entry.id, name);
      if (child === undefined) throw new PeerstorError('not-found', `There is no "${name}" here.`);
      entry = child;
    }
    return this.#view(entry);
  }

  /** True for the entry itself and all that is in it. */
  isBelow(id: string, root: EntryId): boolean {
    for (let at = this.#entries.get(id); at !== undefined; at = this.#parentOf(at)) {
      if (at.id === root) return true;
    }
    return false;
  }

  async createFolder(parent: EntryId, name: string): Promise<EntryView> {
    this.#refuseTaken(parent, name);
    return this.#changed(this.#add(this.#find(parent).id, name, 'folder'));
  }

  async ensureFolder(names: readonly string[], from: EntryId = this.#root.id): Promise<EntryView> {
    let folder = this.#find(from);
    for (const name of names) {
      const found = this.#childNamed(folder.id, name);
      if (found?.kind === 'file') throw new PeerstorError('name-taken', `"${name}" is a file.`);
      folder = found ?? this.#add(folder.id, name, 'folder');
    }
    return this.#view(folder);
  }

  async patch(id: EntryId, change: EntryPatch, ifMatch?: string): Promise<EntryView> {
    const entry = this.#find(id);
    this.#refuseOther(entry, ifMatch);
    const { name = entry.name, parentId = entry.parentId } = change;
    const there = this.#childNamed(parentId ?? '', name);
    if (there !== undefined && there !== entry) this.#refuseTaken(parentId, name);
    if (parentId !== null && this.isBelow(parentId, entry.id)) {
      throw new PeerstorError('would-make-a-cycle', 'A folder cannot go into itself.');
    }
    Object.assign(entry, change, { revision: this.#newId() });
    return this.#changed(entry);
  }

  async copy(id: EntryId, parent: EntryId, name?: string): Promise<EntryView> {
    const source = this.#find(id);
    this.#refuseTaken(parent, name ?? source.name);
    const target = this.#add(this.#find(parent).id, name ?? source.name, source.kind);
    target.versions.push(...source.versions.slice(-1));
    return this.#changed(target);
  }

  async trash(id: EntryId, ifMatch?: string): Promise<void> {
    const entry = this.#find(id);
    this.#refuseOther(entry, ifMatch);
    entry.trashedAt = now();
    this.#changed(entry);
  }

  async trashed(options: ListOptions): Promise<Page<EntryView>> {
    const trashed = [...this.#entries.values()].filter((entry) => entry.trashedAt !== null);
    return page(
      trashed.map((entry) => this.#view(entry)),
      options,
    );
  }

  async restore(id: EntryId): Promise<EntryView> {
    const entry = this.#find(id);
    entry.trashedAt = null;
    return this.#changed(entry);
  }

  async purge(id: EntryId): Promise<void> {
    this.#entries.delete(this.#find(id).id);
  }

  async emptyTrash(): Promise<number> {
    const trashed = [...this.#entries.values()].filter((entry) => entry.trashedAt !== null);
    for (const entry of trashed) this.#entries.delete(entry.id);
    return trashed.length;
  }

  async upload(
    parent: EntryId,
    name: string,
    content: AsyncIterable<Uint8Array>,
    options: UploadOptions,
  ): Promise<UploadOutcome> {
    this.lastUpload = options;
    this.#refuseFull(options.sizeHint ?? 0);
    let found = this.#childNamed(this.#find(parent).id, name);
    if (found !== undefined && options.onConflict === 'rename') {
      name = `${name} (2)`;
      found = undefined;
    }
    if (found?.kind === 'folder') throw new PeerstorError('name-taken', `"${name}" is a folder.`);
    if (found !== undefined && options.onConflict === 'skip')
      return { entry: this.#view(found), created: false };
    this.#refuseUnless(options.ifMatch, found);
    const bytes = await this.#take(content);
    const entry = found ?? this.#add(parent, name, 'file');
    entry.versions.push(
      this.#version(bytes, options.mime ?? 'application/octet-stream', options.modifiedAtMs),
    );
    return { entry: this.#changed(entry), created: found === undefined };
  }

  async uploadTo(
    file: EntryId,
    content: AsyncIterable<Uint8Array>,
    options: Omit<UploadOptions, 'onConflict'>,
  ): Promise<UploadOutcome> {
    const { kind, name, parentId } = this.#find(file);
    if (kind === 'folder' || parentId === null) throw new PeerstorError('not-found', 'This is a folder.');
    return this.upload(parentId, name, content, options);
  }

  async open(id: EntryId, version?: VersionId): Promise<OpenContent> {
    const entry = this.#find(id);
    const chosen =
      version === undefined ? entry.versions.at(-1) : entry.versions.find((known) => known.id === version);
    if (chosen === undefined) throw new PeerstorError('not-found', 'There is no such content.');
    return {
      name: entry.name,
      size: sizeOf(chosen),
      mime: chosen.mime,
      etag: chosen.id,
      modifiedAtMs: Date.parse(chosen.modifiedAt),
      read: (range, signal) => this.#read(chosen, range, signal),
    };
  }

  async checksum(id: EntryId, options: { version?: VersionId; signal?: AbortSignal } = {}) {
    const { size, read } = await this.open(id, options.version);
    const hash = createHash('sha256');
    const { signal = new AbortController().signal } = options;
    for await (const piece of read({ start: 0, end: size }, signal)) hash.update(piece);
    return { sha256: hash.digest('hex') };
  }

  async versions(id: EntryId) {
    const { versions } = this.#find(id);
    return versions.map((version) => ({
      id: version.id,
      size: sizeOf(version),
      modifiedAt: version.modifiedAt,
      current: version === versions.at(-1),
    }));
  }

  /** For assertions. */
  currentVersionOf(id: string): string | undefined {
    return this.#find(id).versions.at(-1)?.id;
  }

  async removeVersion(id: EntryId, version: VersionId): Promise<void> {
    const entry = this.#find(id);
    const at = entry.versions.findIndex((known) => known.id === version);
    if (at < 0) throw new PeerstorError('not-found', 'There is no such version.');
    if (at === entry.versions.length - 1) throw new PeerstorError('conflict', 'This version is current.');
    entry.versions.splice(at, 1);
    this.#changed(entry);
  }

  async restoreVersion(id: EntryId, version: VersionId): Promise<EntryView> {
    const entry = this.#find(id);
    const old = entry.versions.find((known) => known.id === version);
    if (old === undefined) throw new PeerstorError('not-found', 'There is no such version.');
    entry.versions.push({ ...old, id: versionId(this.#newId()) });
    return this.#changed(entry);
  }

  onChange(listener: (ids: string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #take(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let taken = 0;
    try {
      for await (const piece of content) {
        taken += piece.length;
        this.#refuseFull(taken);
        pieces.push(piece);
        this.receivedBytes += piece.length;
        this.#onBytes?.();
      }
    } catch (error) {
      this.uploadErrors.push(error);
      throw error;
    }
    return Buffer.concat(pieces);
  }

  async *#read({ bytes }: Version, range: { start: number; end: number }, signal: AbortSignal) {
    let finished = false;
    try {
      for (let start = range.start; start < range.end; start += this.readPieceBytes) {
        await Promise.resolve();
        signal.throwIfAborted();
        if (start - range.start >= this.readFailsAfterBytes) {
          throw new PeerstorError('chunk-missing', 'The only device with this chunk is off.', {
            details: { retryAfterS: 30, deviceId: 'd'.repeat(64) },
          });
        }
        const end = Math.min(range.end, start + this.readPieceBytes);
        yield bytes instanceof Uint8Array ? bytes.subarray(start, end) : repeat(bytes.fill, start, end);
      }
      finished = true;
    } finally {
      if (!finished) this.cancelledReads += 1;
    }
  }

  #add(parentId: EntryId | null, name: string, kind: Entry['kind']): Entry {
    const entry: Entry = {
      id: entryId(this.#newId()),
      parentId,
      kind,
      name,
      createdAt: now(),
      revision: this.#newId(),
      tags: [],
      starred: false,
      trashedAt: null,
      versions: [],
    };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  #version(bytes: Version['bytes'], mime: string, modifiedAtMs = Date.now()): Version {
    return { id: versionId(this.#newId()), bytes, mime, modifiedAt: new Date(modifiedAtMs).toISOString() };
  }

  #newId(): string {
    this.#lastId += 1;
    return this.#lastId.toString(16).padStart(32, '0');
  }

  #find(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new PeerstorError('not-found', 'There is no such file or folder.');
    return entry;
  }

  #childrenOf(id: string): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.parentId === id && entry.trashedAt === null);
  }

  #childNamed(id: string, name: string): Entry | undefined {
    return this.#childrenOf(id).find((entry) => fold(entry.name) === fold(name));
  }

  #parentOf({ parentId }: Entry): Entry | undefined {
    return this.#entries.get(parentId ?? '');
  }

  #refuseTaken(parentId: string | null, name: string): void {
    if (this.#childNamed(parentId ?? '', name) !== undefined) {
      throw new PeerstorError('name-taken', `There is a "${name}" already.`);
    }
  }

  #refuseOther(entry: Entry | undefined, ifMatch: string | undefined): void {
    if (ifMatch === undefined) return;
    if (entry === undefined || ifMatch !== this.#view(entry).version) {
      throw new PeerstorError('precondition-failed', 'It has changed meanwhile.');
    }
  }

  /** The conditions of an upload. */
  #refuseUnless(condition: string | undefined, found: Entry | undefined): void {
    if (condition === 'none' ? found === undefined : condition === '*' && found !== undefined) return;
    this.#refuseOther(found, condition);
  }

  #refuseFull(bytes: number): void {
    if (bytes > this.capacityBytes) throw new PeerstorError('disk-full', 'No device has room for this.');
  }

  #changed(entry: Entry): EntryView {
    for (const listener of this.#listeners) listener([entry.id]);
    return this.#view(entry);
  }

  #view(entry: Entry): EntryView {
    const { versions, revision, ...rest } = entry;
    const current = versions.at(-1);
    const file = entry.kind === 'file' && current !== undefined;
    return {
      ...rest,
      size: file ? sizeOf(current) : 0,
      mime: file ? current.mime : null,
      modifiedAt: current?.modifiedAt ?? entry.createdAt,
      version: current?.id ?? revision,
      safety: file ? { level: 'accepted', copies: 1, wanted: 3 } : null,
      thumbnail: null,
      media: null,
    };
  }
}

/** Names that differ only in case are equal, as in the real drive. */
const fold = (name: string) => name.normalize('NFC').toLowerCase();

/** The cursor is the number of entries before the page. */
function page(views: EntryView[], { sort, order, limit, cursor }: ListOptions): Page<EntryView> {
  const sign = order === 'asc' ? 1 : -1;
  const sorted = views.sort((one, other) => (one[sort] < other[sort] ? -sign : sign));
  const from = Number(cursor ?? 0);
  const items = sorted.slice(from, from + limit);
  return { items, nextCursor: from + limit < sorted.length ? String(from + limit) : null };
}

function repeat(fill: Uint8Array, start: number, end: number): Uint8Array {
  const offset = start % fill.length;
  if (offset + end - start <= fill.length) return fill.subarray(offset, offset + end - start);
  return Uint8Array.from({ length: end - start }, (_, index) => fill[(start + index) % fill.length] ?? 0);
}

function now(): string {
  return new Date().toISOString();
}
