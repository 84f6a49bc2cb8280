/**
 * A small real drive in memory, for tests of what stands in front of a drive. It keeps trees, versions and
 * a trash; it has no cryptography, no devices and one user. `test/contract/drive.contract.ts` holds it to
 * what the real drive does.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { changedProperties } from '../../src/drive/folders/properties.ts';
import { EntryTable } from '../../src/drive/search/entry-table.ts';
import { findMatches } from '../../src/drive/search/finding.ts';
import { foldText, wordsOf } from '../../src/drive/search/folding.ts';
import { checkName, foldName, freeName } from '../../src/drive/tree/listing/names.ts';
import { comparison, pageOf, type Sortable } from '../../src/drive/tree/listing/paging.ts';
import type { EntryView, FoundView, Page } from '../../src/model/api.ts';
import type {
  ContentFacts,
  Drive,
  EntryPatch,
  ListOptions,
  OpenContent,
  OpenRendition,
  OpenThumbnail,
  SearchQuery,
  UploadOptions,
  UploadOutcome,
  UploadSource,
} from '../../src/model/contracts/drive.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import {
  type EntryId,
  entryId,
  type UserId,
  userId,
  type VersionId,
  versionId,
} from '../../src/model/ids.ts';
import { type FakeContent, FakeTransfers, sizeOf } from './fake-transfers.ts';

interface Version {
  id: VersionId;
  content: FakeContent;
  mime: string;
  executable: boolean;
  attributes: Readonly<Record<string, string>>;
  modifiedAt: string;
  name: string | null;
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
  properties: Readonly<Record<string, string>>;
  /** Newest first; empty for a folder. */
  versions: Version[];
}

const cursorKey = new Uint8Array(32);
const defaultMime = 'application/octet-stream';

export class FakeDrive extends FakeTransfers implements Drive {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(ids: string[]) => void>();
  readonly #root: Entry;
  #lastId = 0;

  constructor() {
    super();
    this.#root = this.#add(null, '', 'folder');
  }

  /** Puts a file of `size` bytes that repeat `fill` into the root. */
  addLarge(name: string, size: number, fill: Uint8Array): EntryView {
    const entry = this.#add(this.#root.id, name, 'file');
    entry.versions.push(this.#version({ size, fill }, {}));
    return this.#view(entry);
  }

  /** Names in the root, for assertions. */
  names(): string[] {
    return this.#childrenOf(this.#root.id).map((entry) => entry.name);
  }

  /** For assertions. */
  currentVersionOf(id: string): string | undefined {
    return this.#find(id).versions[0]?.id;
  }

  /** True for the entry itself and all that is in it. */
  isBelow(id: string, root: EntryId): boolean {
    for (let at = this.#entries.get(id); at !== undefined; at = this.#parentOf(at)) {
      if (at.id === root) return true;
    }
    return false;
  }

  /** True for an entry in the trash, or in a folder that is. */
  isTrashed(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && this.#trashedAt(entry) !== null;
  }

  async root(): Promise<EntryView> {
    return this.#view(this.#root);
  }

  async entry(id: EntryId): Promise<EntryView> {
    return this.#view(this.#find(id));
  }

  async children(id: EntryId, options: ListOptions): Promise<Page<EntryView>> {
    const folder = this.#find(id);
    if (folder.kind === 'file') throw noFolder();
    return this.#page(this.#childrenOf(folder.id), options);
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
    this.#refuseTrashed(entry);
    for (const name of names) {
      const child = this.#childNamed(entry.id, name);
      if (child === undefined) throw new PeerstorError('not-found', `There is no "${name}" here.`);
      entry = child;
    }
    return this.#view(entry);
  }

  async search(query: SearchQuery): Promise<Page<FoundView>> {
    const table = new EntryTable();
    for (const { id } of this.#entries.values()) table.set(id, await this.#searched(id));
    const { q, type, limit, cursor, fromMs, toMs, minSize, maxSize, under, starred } = query;
    const wish = {
      words: wordsOf(q, 16),
      ...(type === 'file' || type === 'folder' ? { kind: type as 'file' | 'folder' } : {}),
      ...(type?.includes('/') ? { mimes: [type] } : {}),
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(toMs === undefined ? {} : { toMs }),
      ...(minSize === undefined ? {} : { minSize }),
      ...(maxSize === undefined ? {} : { maxSize }),
      ...(under === undefined ? {} : { under }),
      ...(starred === undefined ? {} : { starred }),
      ...(query.tag === undefined ? {} : { tag: foldText(query.tag) }),
    };
    const from = Number(cursor ?? 0);
    if (!Number.isInteger(from)) throw new PeerstorError('bad-input', 'This cursor is none.');
    const matches = findMatches(table, wish, from + limit + 1).slice(from);
    const items = await Promise.all(
      matches.slice(0, limit).map(async ({ id }) => {
        const names = (await this.ancestors(id)).slice(1).map(({ name }) => name);
        const view = this.#view(this.#find(id));
        return { ...view, path: `/${[...names, view.name].join('/')}` };
      }),
    );
    return { items, nextCursor: matches.length > limit ? `${from + limit}` : null };
  }

  async #searched(id: EntryId) {
    const entry = this.#find(id);
    const { parentId: parent, kind, name, starred, trashedAt } = entry;
    const { size, mime, modifiedAt } = this.#view(entry);
    const modifiedAtMs = Date.parse(modifiedAt);
    return {
      parent,
      kind,
      name: foldText(name),
      size,
      modifiedAtMs,
      changedAtMs: Number.parseInt(entry.revision, 16),
      mime: mime ?? '',
      starred,
      trashed: trashedAt !== null,
      tags: entry.tags.map(foldText),
    };
  }

  async createFolder(parent: EntryId, name: string): Promise<EntryView> {
    checkName(name);
    const folder = this.#folder(parent);
    this.#refuseTaken(parent, name);
    return this.#changed(this.#add(folder.id, name, 'folder'));
  }

  async ensureFolder(names: readonly string[], from: EntryId = this.#root.id): Promise<EntryView> {
    for (const name of names) checkName(name);
    let folder = this.#folder(from);
    for (const name of names) {
      const found = this.#childNamed(folder.id, name);
      if (found?.kind === 'file') throw new PeerstorError('name-taken', `"${name}" is a file.`);
      folder = found ?? this.#add(folder.id, name, 'folder');
    }
    return this.#view(folder);
  }

  async patch(id: EntryId, change: EntryPatch, ifMatch?: string): Promise<EntryView> {
    const { name, parentId } = change;
    if (name !== undefined) checkName(name);
    const entry = this.#find(id);
    this.#refuseRoot(entry);
    this.#refuseTrashed(entry);
    this.#refuseOther(entry, ifMatch);
    const parent = parentId === undefined ? entry.parentId : this.#folder(parentId).id;
    if (parent !== null && entry.kind === 'folder' && this.isBelow(parent, entry.id)) {
      throw new PeerstorError('would-make-a-cycle', 'A folder cannot go into itself.');
    }
    this.#refuseTaken(parent, name ?? entry.name, entry);
    Object.assign(entry, change, { revision: this.#newId() });
    return this.#changed(entry);
  }

  async copy(id: EntryId, parent: EntryId, name?: string): Promise<EntryView> {
    if (name !== undefined) checkName(name);
    const source = this.#find(id);
    this.#refuseRoot(source);
    const folder = this.#folder(parent);
    if (name !== undefined) this.#refuseTaken(parent, name);
    if (source.kind === 'folder' && this.isBelow(parent, source.id)) {
      throw new PeerstorError('would-make-a-cycle', 'A folder cannot be copied into itself.');
    }
    return this.#changed(this.#copied(source, folder.id, name ?? this.#freeName(source, folder.id)));
  }

  async properties(id: EntryId) {
    return this.#find(id).properties;
  }

  async setProperties(id: EntryId, change: Readonly<Record<string, string | null>>): Promise<void> {
    const entry = this.#find(id);
    entry.properties = changedProperties(entry.properties, change);
  }

  async touch(id: EntryId, change: ContentFacts): Promise<EntryView> {
    const entry = this.#find(id);
    const [current] = entry.versions;
    if (current === undefined) throw noFolder();
    this.#refuseTrashed(entry);
    const { modifiedAtMs = Date.parse(current.modifiedAt), ...said } = change;
    if (Number.isNaN(new Date(modifiedAtMs).getTime())) throw new PeerstorError('bad-input', 'No date.');
    const modifiedAt = new Date(modifiedAtMs).toISOString();
    entry.versions[0] = { ...current, ...said, id: versionId(this.#newId()), modifiedAt };
    return this.#changed(entry);
  }

  /** For tests: what `quota` says. */
  quotaNow: { usedBytes: number; quotaBytes: number } | undefined;

  async quota(id: EntryId) {
    this.#find(id);
    return this.quotaNow;
  }

  async trash(id: EntryId, ifMatch?: string): Promise<void> {
    const entry = this.#find(id);
    this.#refuseRoot(entry);
    this.#refuseOther(entry, ifMatch);
    entry.trashedAt ??= now();
    this.#changed(entry);
  }

  async trashed(options: ListOptions): Promise<Page<EntryView>> {
    return this.#page(this.#topmostTrashed(), options);
  }

  /** @param top where an entry comes back whose folder is in the trash */
  async restore(id: EntryId, top: EntryId = this.#root.id): Promise<EntryView> {
    const entry = this.#find(id);
    if (!this.isBelow(id, top)) throw new PeerstorError('not-found', 'There is no such file or folder.');
    if (this.#trashedAt(entry) === null) return this.#view(entry);
    const parent = this.#parentOf(entry);
    const target = parent && this.#trashedAt(parent) === null ? parent.id : top;
    const isTaken = (name: string) => ![undefined, entry].includes(this.#childNamed(target, name));
    entry.name = freeName(entry.name, entry.kind, isTaken);
    entry.parentId = target;
    entry.trashedAt = null;
    return this.#changed(entry);
  }

  async purge(id: EntryId): Promise<void> {
    const entry = this.#find(id);
    this.#refuseRoot(entry);
    for (const other of [...this.#entries.values()]) {
      if (this.isBelow(other.id, entry.id) && other !== entry) this.#entries.delete(other.id);
    }
    this.#entries.delete(entry.id);
  }

  async emptyTrash(): Promise<number> {
    const trashed = this.#topmostTrashed();
    for (const { id } of trashed) await this.purge(id);
    return trashed.length;
  }

  async ownerForUploads(parent: EntryId): Promise<UserId> {
    this.#folder(parent);
    return userId('a'.repeat(64));
  }

  async upload(
    parent: EntryId,
    name: string,
    content: UploadSource,
    options: UploadOptions,
  ): Promise<UploadOutcome> {
    this.lastUpload = options;
    checkName(name);
    this.refuseFull(options.sizeHint ?? 0);
    this.#folder(parent);
    let found = this.#childNamed(parent, name);
    if (found !== undefined && options.onConflict === 'rename') {
      name = freeName(name, 'file', (other) => this.#childNamed(parent, other) !== undefined);
      found = undefined;
    }
    if (found?.kind === 'folder') throw new PeerstorError('name-taken', `"${name}" is a folder.`);
    this.#refuseUnless(options.ifMatch, found);
    if (found !== undefined && options.onConflict === 'skip') {
      return { entry: this.#view(found), created: false };
    }
    const bytes = await this.take(content);
    const file = found ?? this.#add(parent, name, 'file');
    this.#addVersion(file, bytes, options);
    return { entry: this.#changed(file), created: found === undefined };
  }

  async uploadTo(
    file: EntryId,
    content: UploadSource,
    options: Omit<UploadOptions, 'onConflict'>,
  ): Promise<UploadOutcome> {
    const entry = this.#find(file);
    if (entry.kind === 'folder') throw new PeerstorError('not-found', 'This is a folder.');
    this.#refuseTrashed(entry);
    this.#refuseUnless(options.ifMatch, entry);
    this.#addVersion(entry, await this.take(content), options);
    return { entry: this.#changed(entry), created: false };
  }

  async open(id: EntryId, version?: VersionId): Promise<OpenContent> {
    const entry = this.#find(id);
    const chosen =
      version === undefined ? entry.versions[0] : entry.versions.find((known) => known.id === version);
    if (chosen === undefined) throw new PeerstorError('not-found', 'There is no such content.');
    const size = sizeOf(chosen.content);
    return {
      name: entry.name,
      size,
      mime: chosen.mime,
      etag: chosen.id,
      modifiedAtMs: Date.parse(chosen.modifiedAt),
      attributes: chosen.attributes,
      read: (range, signal) => {
        if (range.start < 0 || range.end < range.start || range.end > size) {
          throw new PeerstorError('bad-range', `This file has ${size} bytes.`);
        }
        return this.read(chosen.content, range, signal);
      },
    };
  }

  /** What `thumbnail` gives of an entry; none by default. */
  readonly thumbnails = new Map<string, OpenThumbnail>();

  async thumbnail(id: EntryId): Promise<OpenThumbnail> {
    const { id: found } = this.#find(id);
    const thumbnail = this.thumbnails.get(found);
    if (thumbnail) return thumbnail;
    throw new PeerstorError('no-thumbnail', 'There is no thumbnail of this.');
  }

  /** Pictures that were set for films. */
  readonly posters = new Map<string, Uint8Array>();
  /** What `rendition` gives of an entry; none by default. */
  readonly renditions = new Map<string, OpenRendition>();

  async setPoster(id: EntryId, picture: Uint8Array): Promise<EntryView> {
    this.posters.set(this.#find(id).id, picture);
    return this.entry(id);
  }

  async motion(id: EntryId): Promise<OpenContent> {
    return this.open(id);
  }

  async rendition(id: EntryId): Promise<OpenRendition> {
    const rendition = this.renditions.get(this.#find(id).id);
    if (rendition) return rendition;
    throw new PeerstorError('no-rendition', 'There is no smaller film of this yet: ask for one with POST.');
  }

  async makeRendition(id: EntryId): Promise<OpenRendition> {
    const { id: found } = this.#find(id);
    const rendition = this.renditions.get(found) ?? { state: 'making' as const, progress: 0 };
    this.renditions.set(found, rendition);
    return rendition;
  }

  async checksum(id: EntryId, options: { version?: VersionId; signal?: AbortSignal } = {}) {
    const { size, read } = await this.open(id, options.version);
    const hash = createHash('sha256');
    const { signal = new AbortController().signal } = options;
    for await (const piece of read({ start: 0, end: size }, signal)) hash.update(piece);
    return { sha256: hash.digest('hex') };
  }

  async versions(id: EntryId) {
    const { versions, kind } = this.#find(id);
    if (kind === 'folder') throw new PeerstorError('not-found', 'This is a folder.');
    return versions.map((version) => ({
      id: version.id,
      size: sizeOf(version.content),
      modifiedAt: version.modifiedAt,
      current: version === versions[0],
      name: version.name,
      executable: version.executable,
    }));
  }

  async nameVersion(id: EntryId, version: VersionId, name: string | null): Promise<void> {
    const named = this.#find(id).versions.find((known) => known.id === version);
    if (named === undefined) throw new PeerstorError('not-found', 'There is no such version.');
    if (name?.trim() === '') throw new PeerstorError('bad-input', 'A name shows something.');
    named.name = name;
  }

  async removeVersion(id: EntryId, version: VersionId): Promise<void> {
    const entry = this.#find(id);
    const at = entry.versions.findIndex((known) => known.id === version);
    if (at < 0) throw new PeerstorError('not-found', 'There is no such version.');
    if (at === 0) throw new PeerstorError('conflict', 'This version is current.');
    entry.versions.splice(at, 1);
    this.#changed(entry);
  }

  async restoreVersion(id: EntryId, version: VersionId): Promise<EntryView> {
    const entry = this.#find(id);
    const old = entry.versions.find((known) => known.id === version);
    if (old === undefined) throw new PeerstorError('not-found', 'There is no such version.');
    if (old !== entry.versions[0])
      entry.versions.unshift({ ...old, name: null, id: versionId(this.#newId()) });
    return this.#changed(entry);
  }

  onChange(listener: (ids: string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
      properties: {},
      versions: [],
    };
    this.#entries.set(entry.id, entry);
    return entry;
  }

  #copied(source: Entry, parent: EntryId, name: string): Entry {
    const target = this.#add(parent, name, source.kind);
    target.tags = [...source.tags];
    target.properties = source.properties;
    target.versions.push(
      ...source.versions.slice(0, 1).map((one) => ({ ...one, id: versionId(this.#newId()) })),
    );
    for (const child of this.#childrenOf(source.id)) this.#copied(child, target.id, child.name);
    return target;
  }

  #addVersion(file: Entry, bytes: Uint8Array, options: UploadOptions): void {
    const [current] = file.versions;
    const { mime, modifiedAtMs, executable = current?.executable } = options;
    const attributes = options.attributes?.();
    const isSame = current?.content instanceof Uint8Array && Buffer.compare(current.content, bytes) === 0;
    const saysOther =
      (mime !== undefined && mime !== current?.mime) ||
      executable !== current?.executable ||
      (attributes !== undefined && !isDeepStrictEqual(attributes, current?.attributes)) ||
      (modifiedAtMs !== undefined && modifiedAtMs !== Date.parse(current?.modifiedAt ?? ''));
    if (isSame && !saysOther) return;
    if (isSame) file.versions.shift();
    file.versions.unshift(this.#version(bytes, { mime, modifiedAtMs, executable, attributes }));
  }

  #version(
    content: FakeContent,
    {
      mime = defaultMime,
      modifiedAtMs = Date.now(),
      executable = false,
      attributes = {},
    }: Partial<Record<'mime', string | undefined>> & {
      executable?: boolean | undefined;
      attributes?: Version['attributes'] | undefined;
      modifiedAtMs?: number | undefined;
    },
  ): Version {
    const modifiedAt = new Date(modifiedAtMs).toISOString();
    return { id: versionId(this.#newId()), content, mime, executable, attributes, modifiedAt, name: null };
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

  /** A folder that something can be put into. */
  #folder(id: string): Entry {
    const folder = this.#find(id);
    if (folder.kind === 'file') throw noFolder();
    this.#refuseTrashed(folder);
    return folder;
  }

  #childrenOf(id: string): Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.parentId === id && entry.trashedAt === null);
  }

  #childNamed(id: string, name: string): Entry | undefined {
    return this.#childrenOf(id).find((entry) => foldName(entry.name) === foldName(name));
  }

  #freeName({ name, kind }: Entry, parent: EntryId): string {
    return freeName(name, kind, (other) => this.#childNamed(parent, other) !== undefined);
  }

  #parentOf({ parentId }: Entry): Entry | undefined {
    return this.#entries.get(parentId ?? '');
  }

  #trashedAt(entry: Entry): string | null {
    for (let at: Entry | undefined = entry; at; at = this.#parentOf(at))
      if (at.trashedAt) return at.trashedAt;
    return null;
  }

  #topmostTrashed(): Entry[] {
    return [...this.#entries.values()].filter((entry) => {
      const parent = this.#parentOf(entry);
      return entry.trashedAt !== null && (parent === undefined || this.#trashedAt(parent) === null);
    });
  }

  #refuseTaken(parentId: string | null, name: string, except?: Entry): void {
    const there = this.#childNamed(parentId ?? '', name);
    if (there === undefined || there === except) return;
    throw new PeerstorError('name-taken', `There is a "${name}" already.`);
  }

  #refuseTrashed(entry: Entry): void {
    if (this.#trashedAt(entry) !== null) throw new PeerstorError('gone', 'This is in the trash.');
  }

  #refuseRoot(entry: Entry): void {
    if (entry === this.#root) throw new PeerstorError('forbidden', 'The top folder cannot be changed.');
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

  #changed(entry: Entry): EntryView {
    for (const listener of this.#listeners) listener([entry.id]);
    return this.#view(entry);
  }

  #page(entries: readonly Entry[], options: ListOptions): Page<EntryView> {
    const items = entries.map((entry): Sortable & { view: EntryView } => {
      const view = this.#view(entry);
      const { id, kind, name } = entry;
      return { id, kind, name, size: view.size, modifiedAtMs: Date.parse(view.modifiedAt), view };
    });
    const page = pageOf(items.sort(comparison(options)), options, cursorKey);
    return { items: page.items.map(({ view }) => view), nextCursor: page.nextCursor };
  }

  #view(entry: Entry): EntryView {
    const { versions, revision, properties: _, ...rest } = entry;
    const [current] = versions;
    return {
      ...rest,
      tags: [...rest.tags],
      trashedAt: this.#trashedAt(entry),
      size: current ? sizeOf(current.content) : 0,
      mime: current?.mime ?? null,
      executable: current?.executable ?? false,
      modifiedAt: current?.modifiedAt ?? entry.createdAt,
      version: current?.id ?? revision,
      safety: current ? { level: 'accepted', copies: 1, wanted: 3 } : null,
      thumbnail: this.thumbnails.has(entry.id) ? `/api/v1/entries/${entry.id}/thumbnail` : null,
      media: null,
      rights: null,
      owner: null,
      ...(entry.kind === 'folder' ? this.#totals(entry.id) : { totalSize: null, totalCount: null }),
    };
  }

  /** A fake may walk. */
  #totals(folder: EntryId): { totalSize: number; totalCount: number } {
    let [totalSize, totalCount] = [0, 0];
    for (const child of this.#childrenOf(folder)) {
      const inside =
        child.kind === 'folder'
          ? this.#totals(child.id)
          : { totalSize: this.#view(child).size, totalCount: 1 };
      totalSize += inside.totalSize;
      totalCount += inside.totalCount;
    }
    return { totalSize, totalCount };
  }
}

function noFolder(): PeerstorError {
  return new PeerstorError('not-found', 'This is a file, not a folder.');
}

function now(): string {
  return new Date().toISOString();
}
