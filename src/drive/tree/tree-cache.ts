/** The caches of one open tree, and how changes of the catalog invalidate them. */
import type { CatalogChange, CatalogReader } from '../../model/contracts/catalog.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type EntryId, entryId, type UserId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { createKeyTree, type KeyTree, type KeyTreeTop } from '../keys/key-tree.ts';
import { createHeadsCache, type HeadsCache } from './listing/heads.ts';
import { createListings, type Listings } from './listing/listing.ts';
import { createTrashIndex, type TrashIndex } from './trash-index.ts';

export interface TreeCache {
  readonly keys: KeyTree;
  readonly heads: HeadsCache;
  readonly listings: Listings;
  readonly trash: TrashIndex;
  /** @returns ids of the entries whose view may have changed, folders whose content did included */
  apply(changes: readonly CatalogChange[]): Set<string>;
  /** Takes in own records that are durable now, where `apply` has not brought them already. */
  catchUp(records: readonly CatalogRecord[]): void;
  /**
   * Calls back after changes were taken in, until the cache is closed.
   * @param listener is given the changes and the ids that `apply` returns; nothing of both when keys changed
   * @param onClose called once when the cache is closed
   */
  watch(listener: TreeWatcher, onClose: () => void): () => void;
  /** Calls back with ids of entries whose view changed without a record: sums that are known now. */
  onRecount(listener: (ids: string[]) => void): () => void;
  /** Call this when sums are known that were asked for before. */
  recounted(ids: string[]): void;
  /** Call this when the key of the topmost entry changed. */
  keysChanged(): void;
  /** Clears and disables the caches: they hear of no changes after this. */
  close(): void;
}

export type TreeWatcher = (changes: readonly CatalogChange[], touched: ReadonlySet<string>) => void;

export interface TreeCacheParts {
  catalog: CatalogReader;
  /** Whose drive it is. */
  user: UserId;
  top: KeyTreeTop;
  log: Log;
}

export function createTreeCache({ catalog, user, top, log }: TreeCacheParts): TreeCache {
  const keys = createKeyTree(catalog, top);
  const heads = createHeadsCache(catalog, log);
  const listings = createListings({ catalog, user, keys, heads, log });
  const trash = createTrashIndex(catalog, user);

  const { tell, watch, closeAll } = createWatchers();

  function applyOne({ record, local }: CatalogChange, touched: Set<string>): void {
    switch (record.table) {
      case 'entry': {
        const id = entryId(record.id);
        touched.add(id);
        for (const folder of listings.foldersOf(id)) touched.add(folder);
        keys.forget(id);
        heads.keysChanged();
        listings.entryChanged(record, local);
        trash.entryChanged(id);
        const place = catalog.placeOf(id);
        if (place) touched.add(place.parent);
        return;
      }
      case 'version': {
        const entry = entryOfVersion(record.body) ?? heads.entryOf(record.id);
        // A conflicting version shows as an entry of its own, under the version's id.
        touched.add(record.id);
        if (entry === undefined) return;
        touched.add(entry);
        heads.forget(entry);
        listings.versionChanged(entry);
        trash.entryChanged(entry);
        return;
      }
      case 'facts':
      case 'album':
        touched.add(record.id);
        return;
      case 'media': {
        const entry = entryOfVersion(record.body);
        if (entry !== undefined) touched.add(entry);
        return;
      }
      case 'device':
        listings.deviceChanged();
    }
  }

  const heard = new WeakSet<CatalogRecord>();
  function apply(changes: readonly CatalogChange[]): Set<string> {
    const touched = new Set<string>();
    for (const change of changes) {
      heard.add(change.record);
      if (!concerns(change.record, user)) continue;
      try {
        applyOne(change, touched);
      } catch (error) {
        // Somebody wrote a record with a malformed id. No entry of this user depends on it.
        if (!isPeerstorError(error, 'bad-id')) throw error;
        log.warn({ table: change.record.table }, `A record is ignored: ${error.message}`);
      }
    }
    if (touched.size > 0) tell(changes, touched);
    return touched;
  }

  return {
    keys,
    heads,
    listings,
    trash,
    apply,
    catchUp(records) {
      apply(records.filter((record) => !heard.has(record)).map((record) => ({ record, local: true })));
    },
    watch,
    ...createRecounts(),
    keysChanged() {
      keys.clear();
      heads.keysChanged();
      listings.forgetAll();
      tell([], new Set());
    },
    close() {
      closeAll();
      keys.clear();
      heads.close();
      listings.close();
      trash.close();
    },
  };
}

function createWatchers() {
  const watchers = new Map<TreeWatcher, () => void>();
  return {
    tell(changes: readonly CatalogChange[], touched: ReadonlySet<string>): void {
      for (const watcher of [...watchers.keys()]) watcher(changes, touched);
    },
    watch(listener: TreeWatcher, onClose: () => void): () => void {
      watchers.set(listener, onClose);
      return () => watchers.delete(listener);
    },
    closeAll(): void {
      for (const onClose of [...watchers.values()]) onClose();
      watchers.clear();
    },
  };
}

function createRecounts(): Pick<TreeCache, 'onRecount' | 'recounted'> {
  const listeners = new Set<(ids: string[]) => void>();
  return {
    onRecount(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    recounted(ids) {
      for (const listener of [...listeners]) listener(ids);
    },
  };
}

function concerns({ principal, body, table }: CatalogRecord, user: UserId): boolean {
  return principal === user || ownerOf(body) === user || table === 'device';
}

function ownerOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'owner' in body ? body.owner : undefined;
}

function entryOfVersion(body: unknown): EntryId | undefined {
  if (typeof body !== 'object' || body === null || !('entry' in body)) return undefined;
  return typeof body.entry === 'string' ? entryId(body.entry) : undefined;
}
