/**
 * The pictures and films of one open drive, in memory: read once, then kept up with every change. What is in the trash
 * stays in it, hidden, so that restoring a folder costs nothing.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import type { CatalogChange } from '../../../model/contracts/catalog.ts';
import { isPeerstorError } from '../../../model/errors.ts';
import { type EntryId, entryId } from '../../../model/ids.ts';
import { givenName, openEntry, type Tree, trashedAt } from '../../tree/tree.ts';
import { type Photo, readPhoto } from './photo-row.ts';
import { type Arranged, arrange } from './stacks.ts';

/** Entries that are opened before others have their turn. */
const entriesAtOnce = 32;

interface Row extends Photo {
  isHidden: boolean;
}

const indexes = new WeakMap<Tree, PhotoIndex>();

export function photoIndexOf(tree: Tree): PhotoIndex {
  let index = indexes.get(tree);
  if (!index) {
    index = new PhotoIndex(tree, () => indexes.delete(tree));
    indexes.set(tree, index);
  }
  return index;
}

export class PhotoIndex {
  readonly #tree: Tree;
  readonly #rows = new Map<EntryId, Row>();
  /** Entries that must be looked at again. */
  readonly #dirty = new Set<EntryId>();
  /** A folder moved, went to the trash or came back. */
  #foldersMoved = false;
  #isBuilt = false;
  #refreshing: Promise<void> | undefined;
  #sorted: readonly Photo[] | undefined;
  #arranged: { of: readonly Photo[]; how: Arranged } | undefined;
  readonly #places = async () => this.#tree.media?.places();

  constructor(tree: Tree, drop: () => void) {
    this.#tree = tree;
    // Before it is built: what changes meanwhile is looked at again afterwards.
    tree.cache.watch((changes, touched) => this.#note(changes, touched), drop);
  }

  /** Everything outside the trash, newest first. */
  async photos(): Promise<readonly Photo[]> {
    while (this.#refreshing || !this.#isBuilt || this.#dirty.size > 0 || this.#foldersMoved) {
      this.#refreshing ??= this.#refresh().finally(() => {
        this.#refreshing = undefined;
      });
      await this.#refreshing;
    }
    this.#sorted ??= [...this.#rows.values()].filter(({ isHidden }) => !isHidden).sort(newestFirst);
    return this.#sorted;
  }

  /** What is shown, newest first, and what stands behind each. */
  async arranged(): Promise<Arranged> {
    const photos = await this.photos();
    if (this.#arranged?.of !== photos) this.#arranged = { of: photos, how: arrange(photos) };
    return this.#arranged.how;
  }

  /** undefined for what is no picture, or is in the trash. */
  async photo(id: EntryId): Promise<Photo | undefined> {
    await this.photos();
    const row = this.#rows.get(id);
    return row?.isHidden ? undefined : row;
  }

  #note(changes: readonly CatalogChange[], touched: ReadonlySet<string>): void {
    // Keys came: what did not open may open now.
    if (changes.length === 0) this.#isBuilt = false;
    for (const id of touched) if (isEntryId(id)) this.#dirty.add(id);
    for (const { record, local } of changes) {
      const isNewHere = local && record.base.length === 0;
      if (record.table === 'entry' && !isNewHere && isFolder(record.body)) this.#foldersMoved = true;
    }
  }

  async #refresh(): Promise<void> {
    if (!this.#isBuilt) {
      this.#isBuilt = true;
      await this.#build();
    }
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const [at, id] of dirty.entries()) {
      await this.#look(id);
      if (at % entriesAtOnce === 0) await breathe();
    }
    if (!this.#foldersMoved) return;
    this.#foldersMoved = false;
    let looked = 0;
    for (const [id, row] of this.#rows) {
      const entry = this.#open(id);
      const isHidden = !entry || trashedAt(this.#tree, entry) !== null;
      if (isHidden !== row.isHidden) this.#sorted = undefined;
      row.isHidden = isHidden;
      looked += 1;
      if (looked % entriesAtOnce === 0) await breathe();
    }
  }

  async #build(): Promise<void> {
    const { catalog, user } = this.#tree;
    let looked = 0;
    for await (const { body } of catalog.list('media')) {
      if (body?.owner !== user) continue;
      const id = entryId(body.entry);
      if (this.#rows.has(id)) continue;
      await this.#look(id);
      looked += 1;
      if (looked % entriesAtOnce === 0) await breathe();
    }
  }

  async #look(id: EntryId): Promise<void> {
    const row = await this.#read(id);
    if (!row && !this.#rows.has(id)) return;
    this.#sorted = undefined;
    if (row) this.#rows.set(id, row);
    else this.#rows.delete(id);
  }

  async #read(id: EntryId): Promise<Row | undefined> {
    const entry = this.#open(id);
    const photo = entry && (await readPhoto(this.#tree, entry, this.#places));
    return photo && { ...photo, isHidden: trashedAt(this.#tree, entry) !== null };
  }

  #open(id: EntryId) {
    try {
      const entry = openEntry(this.#tree, id);
      // The name must open too.
      givenName(entry);
      return entry;
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      return undefined;
    }
  }
}

/** By the local time, as people remember it; equal ones in an order that every device has. */
function newestFirst(left: Photo, right: Photo): number {
  if (left.local !== right.local) return left.local < right.local ? 1 : -1;
  return left.id < right.id ? 1 : -1;
}

function isEntryId(id: string): id is EntryId {
  return /^[0-9a-f]{32}$/.test(id);
}

function isFolder(body: unknown): boolean {
  // A tombstone may be that of a folder.
  if (body === null) return true;
  return typeof body === 'object' && 'kind' in body && body.kind === 'folder';
}
