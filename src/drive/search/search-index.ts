/**
 * The table of one opened drive: built when it is first asked for, then kept up with every change. What it
 * says only proposes matches; whether the asker may see one is asked of the tree itself.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { sleep, type Timer } from '../../model/clock.ts';
import type { CatalogChange } from '../../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { searchBuildWaitMs, searchedEntriesMax, searchIdleMs } from '../../model/limits.ts';
import { hlcTicksPerMs } from '../../model/records.ts';
import { isLive } from '../keys/live.ts';
import { marksOf } from '../tree/entry-view.ts';
import { type Entry, givenName, openEntry, type Tree } from '../tree/tree.ts';
import { EntryTable, type SearchedEntry } from './entry-table.ts';
import { foldText } from './folding.ts';

/** Entries that are opened before others have their turn. */
const entriesAtOnce = 32;

/** Of drives that somebody searches in; the one that was not used for longest goes first. */
const indexesKept = 16;

const indexes = new LRUCache<Tree, SearchIndex>({ max: indexesKept, dispose: (index) => index.stop() });

/** The table of a tree, with everything taken in that changed until now. @throws `not-ready` while it is built */
export async function searchTableOf(tree: Tree): Promise<EntryTable> {
  const table = await indexOf(tree).tableWithin(searchBuildWaitMs);
  if (table) return table;
  throw new PeerstorError('not-ready', 'Your files are being made ready for search; try again soon.', {
    details: { retryAfterS: 5 },
  });
}

/** The same, for who can do without it; undefined while it is built for longer than `waitMs`. */
export function searchTableWithin(tree: Tree, waitMs: number): Promise<EntryTable | undefined> {
  return indexOf(tree).tableWithin(waitMs);
}

function indexOf(tree: Tree): SearchIndex {
  let index = indexes.get(tree);
  if (!index) {
    index = new SearchIndex(tree, () => indexes.delete(tree));
    indexes.set(tree, index);
  }
  return index;
}

class SearchIndex {
  readonly #tree: Tree;
  readonly #drop: () => void;
  readonly #stopWatching: () => void;
  readonly #table = new EntryTable();
  readonly #built: Promise<void>;
  #isBuilt = false;
  /** Entries that must be looked at again. */
  readonly #dirty = new Set<EntryId>();
  /** Entries that did not open; a key may come. */
  readonly #unopened = new Set<EntryId>();
  /** A folder moved or went: others may effectively be elsewhere now. */
  #foldersMoved = false;
  #refreshing: Promise<void> | undefined;
  #usedAtMs = 0;
  #idle: Timer | undefined;

  constructor(tree: Tree, drop: () => void) {
    this.#tree = tree;
    this.#drop = drop;
    // Before it is built: what changes meanwhile is looked at again afterwards.
    this.#stopWatching = tree.cache.watch((changes, touched) => this.#note(changes, touched), drop);
    this.#built = this.#build().then(() => {
      this.#isBuilt = true;
    });
    this.#built.catch(drop);
    this.#watchIdle();
  }

  async tableWithin(waitMs: number): Promise<EntryTable | undefined> {
    this.#usedAtMs = this.#tree.clock.monotonicMs();
    if (!this.#isBuilt && !(await this.#builtWithin(waitMs))) return undefined;
    await this.#refresh();
    return this.#table;
  }

  async #builtWithin(waitMs: number): Promise<boolean> {
    const { clock } = this.#tree;
    const waiting = new AbortController();
    const late = sleep(clock, waitMs, waiting.signal).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([this.#built.then(() => false), late]);
    waiting.abort();
    return !isLate;
  }

  #note(changes: readonly CatalogChange[], touched: ReadonlySet<string>): void {
    if (changes.length === 0) {
      // Of a grant: also what may be shown may have changed.
      if (this.#tree.granted) return this.#drop();
      for (const id of this.#unopened) this.#dirty.add(id);
    }
    for (const id of touched) if (isEntryId(id)) this.#dirty.add(id);
    for (const { record, local } of changes) {
      if (record.table !== 'entry' || (local && record.base.length === 0) || !isEntryId(record.id)) continue;
      const row = this.#table.rowOf(record.id);
      if (row < 0 ? bodyOf(record.body)?.kind === 'folder' : this.#table.isFolder(row)) {
        this.#foldersMoved = true;
      }
    }
  }

  /** Folder by folder from the top, so that each key is opened once. */
  async #build(): Promise<void> {
    const { catalog, root, user } = this.#tree;
    await this.#look(root);
    const folders = [root];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for await (const record of catalog.children(folder)) {
        if (!isLive(record) || record.body.owner !== user) continue;
        if (this.#table.size >= searchedEntriesMax) return this.#tooMany();
        const id = entryId(record.id);
        await this.#look(id);
        if (record.body.kind === 'folder') folders.push(id);
        if (this.#table.size % entriesAtOnce === 0) await breathe();
      }
    }
  }

  #tooMany(): void {
    this.#tree.log.warn({ entries: this.#table.size }, 'A drive has more entries than can be searched.');
  }

  async #refresh(): Promise<void> {
    while (this.#dirty.size > 0 || this.#foldersMoved) {
      this.#refreshing ??= this.#lookAgain().finally(() => {
        this.#refreshing = undefined;
      });
      await this.#refreshing;
    }
  }

  async #lookAgain(): Promise<void> {
    const { catalog, root } = this.#tree;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const [index, id] of dirty.entries()) {
      await this.#look(id);
      if (index % entriesAtOnce === 0) await breathe();
    }
    // A parent may have come after its child.
    for (const id of dirty) this.#place(id);
    if (!this.#foldersMoved) return;
    this.#foldersMoved = false;
    for (let row = 0; row < this.#table.rows; row += 1) {
      if (!this.#table.isUsed(row)) continue;
      const parent = this.#table.parentOf(row);
      const isOrphan = parent >= 0 && !this.#table.isUsed(parent);
      if (!isOrphan && !this.#table.isFolder(row)) continue;
      const id = this.#table.idOf(row);
      if (id !== root) this.#table.setParent(row, catalog.placeOf(id)?.parent ?? null);
    }
  }

  #place(id: EntryId): void {
    const row = this.#table.rowOf(id);
    if (row < 0 || id === this.#tree.root) return;
    this.#table.setParent(row, this.#tree.catalog.placeOf(id)?.parent ?? null);
  }

  async #look(id: EntryId): Promise<void> {
    const entry = this.#open(id);
    if (entry) this.#table.set(id, await described(this.#tree, entry));
    else this.#table.delete(id);
  }

  #open(id: EntryId): Entry | undefined {
    try {
      const entry = openEntry(this.#tree, id);
      // The name must open too.
      givenName(entry);
      this.#unopened.delete(id);
      return entry;
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      if (error.code === 'not-found') this.#unopened.delete(id);
      else this.#unopened.add(id);
      return undefined;
    }
  }

  /** Nobody searches for a while: the memory is given back. */
  #watchIdle(): void {
    this.#idle = this.#tree.clock.after(searchIdleMs, () => {
      if (this.#tree.clock.monotonicMs() - this.#usedAtMs >= searchIdleMs) this.#drop();
      else this.#watchIdle();
    });
  }

  stop(): void {
    this.#idle?.cancel();
    this.#stopWatching();
  }
}

async function described(tree: Tree, entry: Entry): Promise<SearchedEntry> {
  const { body, record } = entry;
  const changedAtMs = Math.floor(record.hlc / hlcTicksPerMs);
  const winner = body.kind === 'file' ? (await tree.cache.heads.of(entry.id, entry.keys)).winner : undefined;
  const { tags, starred } = marksOf(tree, entry);
  return {
    parent: entry.parent,
    kind: body.kind,
    name: foldText(givenName(entry)),
    size: winner?.size ?? 0,
    modifiedAtMs: winner?.modifiedAt ?? changedAtMs,
    changedAtMs: winner?.writtenAtMs ?? changedAtMs,
    mime: winner?.mime ?? '',
    starred,
    trashed: body.trashedAt !== null,
    tags: tags.map(foldText),
  };
}

function isEntryId(id: string): id is EntryId {
  return /^[0-9a-f]{32}$/.test(id);
}

function bodyOf(body: unknown): { kind: unknown } | undefined {
  return typeof body === 'object' && body !== null && 'kind' in body ? body : undefined;
}
