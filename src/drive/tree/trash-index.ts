/**
 * The entries of a user that carry a trash mark. The catalog has no index for them, so the first question
 * scans all entries; after that, changes keep the index current. It holds ids, no names.
 */
import type { CatalogReader } from '../../model/contracts/catalog.ts';
import { type EntryId, entryId, type UserId } from '../../model/ids.ts';

export interface TrashIndex {
  all(): Promise<EntryId[]>;
  entryChanged(id: EntryId): void;
  /** Clears and disables the index: it hears of no changes after this. */
  close(): void;
}

export function createTrashIndex(catalog: CatalogReader, user: UserId): TrashIndex {
  let trashed: Set<EntryId> | undefined;
  let scan: Promise<Set<EntryId>> | undefined;
  /** Entries that changed during a scan, which may have seen their old state. */
  let changed = new Set<EntryId>();
  let closed = false;

  function look(into: Set<EntryId>, id: EntryId): void {
    const body = catalog.get('entry', id)?.body;
    if (body && body.owner === user && body.trashedAt !== null) into.add(id);
    else into.delete(id);
  }

  async function scanAll(): Promise<Set<EntryId>> {
    const found = new Set<EntryId>();
    changed = new Set();
    for await (const { id, body } of catalog.list('entry')) {
      if (body?.owner === user && body.trashedAt !== null) found.add(entryId(id));
    }
    for (const id of changed) look(found, id);
    if (!closed) trashed = found;
    return found;
  }

  return {
    async all() {
      if (trashed) return [...trashed];
      scan ??= scanAll().finally(() => {
        scan = undefined;
      });
      return [...(await scan)];
    },
    entryChanged(id) {
      if (trashed) look(trashed, id);
      if (scan) changed.add(id);
    },
    close() {
      closed = true;
      trashed = undefined;
    },
  };
}
