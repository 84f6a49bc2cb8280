/** Listing folders. */
import type { EntryView, Page } from '../../model/api.ts';
import type { ListOptions } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { EntryId } from '../../model/ids.ts';
import { viewOf } from '../tree/entry-view.ts';
import type { FolderListing, Row } from '../tree/listing/listing.ts';
import { comparison, pageOf, type Sortable } from '../tree/listing/paging.ts';
import {
  ancestors,
  type Conflict,
  type Entry,
  isConflict,
  requireEntry,
  requireEntryOrConflict,
  type Tree,
  trashedAt,
} from '../tree/tree.ts';

/**
 * A page of a folder: entries that are not in the trash, and views of conflicting versions. A folder
 * in the trash can be looked into too.
 */
export async function children(tree: Tree, id: EntryId, options: ListOptions): Promise<Page<EntryView>> {
  const folder = requireEntry(tree, id);
  if (folder.body.kind !== 'folder') throw new PeerstorError('not-found', 'This is a file, not a folder.');
  const listing = await tree.cache.listings.withConflicts(id);
  const page = pageOf(await sorted(tree, listing, options), options, folder.key);
  const known = { trashedAt: trashedAt(tree, folder) };
  const views = page.items.map((item) =>
    viewOf(tree, shown(tree, listing, item), { ...known, name: item.name }),
  );
  return { items: await Promise.all(views), nextCursor: page.nextCursor };
}

/** The folders around an entry, from the root down. */
export async function ancestorViews(tree: Tree, id: EntryId): Promise<EntryView[]> {
  const found = await requireEntryOrConflict(tree, id);
  const entry = isConflict(found) ? found.file : found;
  const folders: EntryId[] = [];
  if (entry.id !== tree.root) {
    for (const folder of ancestors(tree, entry.id)) {
      folders.unshift(folder.id);
      if (folder.id === tree.root) break;
    }
  }
  return Promise.all(folders.map((folder) => viewOf(tree, requireEntry(tree, folder))));
}

/** The whole folder in order, kept with the listing until that changes. */
async function sorted(tree: Tree, listing: FolderListing, options: ListOptions): Promise<Sortable[]> {
  const name = `${options.sort} ${options.order}`;
  const kept = listing.sorted.get(name);
  if (kept?.revision === listing.revision) return kept.items;
  const { revision } = listing;
  const items = new Map<EntryId, Sortable>();
  for (const row of [...listing.rows.values()]) {
    items.set(row.id, await sortable(tree, listing, row, options));
  }
  for (const [id, { size, modifiedAt: modifiedAtMs }] of listing.conflicts) {
    items.set(id, { id, kind: 'file', name: listing.names.nameOf(id) ?? '', size, modifiedAtMs });
  }
  // Starts from the old order: sorting an almost sorted list takes a tenth of the time.
  const arranged: Sortable[] = [];
  for (const { id } of kept?.items ?? []) {
    const item = items.get(id);
    if (item && items.delete(id)) arranged.push(item);
  }
  // One by one: a folder may hold more than a call takes arguments.
  for (const item of items.values()) arranged.push(item);
  arranged.sort(comparison(options));
  listing.sorted.set(name, { revision, items: arranged });
  return arranged;
}

async function sortable(
  tree: Tree,
  listing: FolderListing,
  row: Row,
  { sort }: ListOptions,
): Promise<Sortable> {
  const { id, kind, writtenAtMs } = row;
  const item = { id, kind, name: listing.names.nameOf(id) ?? '', size: 0, modifiedAtMs: writtenAtMs };
  // Opening the version of every file is slow, so this happens only where the order depends on it.
  if (kind === 'folder' || sort === 'name' || sort === 'kind') return item;
  const { heads, keys } = tree.cache;
  const { winner } = heads.known(id) ?? (await heads.of(id, keys.keysOf(id).all));
  return winner ? { ...item, size: winner.size, modifiedAtMs: winner.modifiedAt } : item;
}

function shown(tree: Tree, listing: FolderListing, { id }: Sortable): Entry | Conflict {
  const version = listing.conflicts.get(id);
  return version ? { id, version, file: requireEntry(tree, version.entry) } : requireEntry(tree, id);
}
