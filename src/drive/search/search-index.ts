/**
 * The table of one opened drive: read from the file where it was kept, or built, when it is first asked for, then kept up
 * with every change. What it says only proposes matches; whether the asker may see one is asked of the tree itself.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { sleep, type Timer } from '../../model/clock.ts';
import type { CatalogChange, CatalogMark, CatalogReader } from '../../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../../model/errors.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import {
  searchBuildWaitMs,
  searchedEntriesMax,
  searchIdleMs,
  searchKeepEveryMs,
} from '../../model/limits.ts';
import { type CatalogRecord, hlcTicksPerMs } from '../../model/records.ts';
import { isLive } from '../keys/live.ts';
import { marksOf } from '../tree/entry-view.ts';
import { type Entry, givenName, openEntry, type Tree } from '../tree/tree.ts';
import { EntryTable, type SearchedEntry } from './entry-table.ts';
import { foldText } from './folding.ts';
import { readKept, writeKept } from './kept-index.ts';

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

/**
 * The same, for who can do without it; undefined while it is built for longer than `waitMs`. Then the listeners of the
 * drive are told once it is there.
 */
export async function searchTableWithin(tree: Tree, waitMs: number): Promise<EntryTable | undefined> {
  const index = indexOf(tree);
  const table = await index.tableWithin(waitMs);
  if (!table) index.tellWhenBuilt();
  return table;
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
  #table = new EntryTable();
  readonly #built: Promise<void>;
  #isBuilt = false;
  /** Entries that must be looked at again. */
  readonly #dirty = new Set<EntryId>();
  /** Entries that did not open; a key may come. */
  readonly #unopened = new Set<EntryId>();
  /** A folder moved or went: others may effectively be elsewhere now. */
  #foldersMoved = false;
  #refreshing: Promise<void> | undefined;
  /** More entries than can be searched: what is here is not all. */
  #isCut = false;
  #isKeeping = false;
  #isTelling = false;
  #isStopped = false;
  /** Revision of the table that the file has. */
  #keptRevision = -1;
  #usedAtMs = 0;
  #idle: Timer | undefined;

  constructor(tree: Tree, drop: () => void) {
    this.#tree = tree;
    this.#drop = drop;
    // Before it is built: what changes meanwhile is looked at again afterwards.
    this.#stopWatching = tree.cache.watch((changes, touched) => this.#note(changes, touched), drop);
    this.#built = this.#fill().then(() => {
      this.#isBuilt = true;
      void this.#keepInBackground();
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

  /** Many lists may have come without sums: one word is enough for all. */
  tellWhenBuilt(): void {
    if (this.#isTelling || this.#isBuilt) return;
    this.#isTelling = true;
    const { cache, root } = this.#tree;
    // A failure gives the index up; the next question begins another one.
    this.#built.then(() => cache.recounted([root])).catch(() => undefined);
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
      if (!this.#isBuilt || this.#mayBeFolder(record)) this.#foldersMoved = true;
    }
  }

  #mayBeFolder({ id, body }: CatalogRecord): boolean {
    const row = this.#table.rowOf(entryId(id));
    return row < 0 ? bodyOf(body)?.kind === 'folder' : this.#table.isFolder(row);
  }

  /** From the file, and what changed since; anew where there is none that helps. */
  async #fill(): Promise<void> {
    const kept = await readKept(this.#tree);
    if (kept) {
      this.#table = kept.table;
      this.#keptRevision = kept.table.revision;
      for (const id of kept.state.unopened) if (isEntryId(id)) this.#dirty.add(id);
      if (await this.#noteSince(kept.state.mark)) return;
      this.#table = new EntryTable();
    }
    await this.#build();
  }

  /** @returns false where what changed cannot be told */
  async #noteSince(mark: CatalogMark): Promise<boolean> {
    const { catalog, user } = this.#tree;
    const records = catalog.changedSince(mark);
    if (!records) return false;
    let seen = 0;
    for await (const record of records) {
      seen += 1;
      if (seen % entriesAtOnce === 0) await breathe();
      const id = entryOf(catalog, record);
      if (id === 'unknown') return false;
      if (id === undefined) continue;
      this.#dirty.add(id);
      if (record.table !== 'entry' || record.base.length === 0 || !this.#mayBeFolder(record)) continue;
      const isBack = this.#table.rowOf(id) < 0 && catalog.get('entry', id)?.body?.owner === user;
      // What lay in a folder that was deleted and came back lies elsewhere here.
      if (isBack) return false;
      this.#foldersMoved = true;
    }
    return true;
  }

  /** Now, and later whenever something changed. */
  #keepInBackground(): Promise<void> {
    return this.#keep().catch((error: unknown) => {
      this.#tree.log.warn({ error: sentenceOf(error) }, 'The index for search could not be kept.');
    });
  }

  async #keep(): Promise<void> {
    if (this.#isKeeping || this.#isCut || this.#keptRevision === this.#table.revision) return;
    this.#isKeeping = true;
    try {
      do {
        await this.#refresh();
        // It hears of no changes any more: a mark of now would cover some that it lacks.
        if (this.#isStopped) return;
      } while (this.#isBehind());
      // All in one step: the columns have everything that the mark covers.
      const state = { mark: this.#tree.catalog.mark(), unopened: [...this.#unopened] };
      const { revision } = this.#table;
      await writeKept(this.#tree, this.#table.columns(), state);
      this.#keptRevision = revision;
    } finally {
      this.#isKeeping = false;
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
    this.#isCut = true;
    this.#tree.log.warn({ entries: this.#table.size }, 'A drive has more entries than can be searched.');
  }

  /** Also while somebody else looks: what they look at is not in the table yet. */
  #isBehind(): boolean {
    return this.#refreshing !== undefined || this.#dirty.size > 0 || this.#foldersMoved;
  }

  async #refresh(): Promise<void> {
    while (this.#isBehind()) {
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

  /** Nobody searches for a while: the memory is given back. Until then the file follows from time to time. */
  #watchIdle(): void {
    this.#idle = this.#tree.clock.after(searchKeepEveryMs, () => {
      const isIdle = this.#tree.clock.monotonicMs() - this.#usedAtMs >= searchIdleMs;
      const kept = this.#isBuilt ? this.#keepInBackground() : Promise.resolve();
      if (isIdle) void kept.then(this.#drop);
      else this.#watchIdle();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#idle?.cancel();
    this.#stopWatching();
  }
}

/** The entry that a record changes; undefined where it changes none. */
function entryOf(
  catalog: CatalogReader,
  { table, id, body }: CatalogRecord,
): EntryId | 'unknown' | undefined {
  if ((table === 'entry' || table === 'facts') && isEntryId(id)) return id;
  if (table !== 'version') return undefined;
  const version = body ?? catalog.lastLive('version', id)?.body;
  const entry =
    typeof version === 'object' && version !== null && 'entry' in version ? version.entry : undefined;
  return typeof entry === 'string' && isEntryId(entry) ? entry : 'unknown';
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
