/**
 * The trash. A mark on one entry hides everything under it, so putting a folder there and taking it
 * back is one record. Purging writes tombstones, which free the bytes on every device in time (I4).
 */
import type { EntryView, Page } from '../../model/api.ts';
import type { Draft } from '../../model/contracts/catalog.ts';
import type { ListOptions } from '../../model/contracts/drive.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { moved, rekeyed, runRotating } from '../access/key-rotation.ts';
import { isLive } from '../keys/live.ts';
import { sealName } from '../keys/sealed-parts.ts';
import { freeName } from '../listing/names.ts';
import { comparison, pageOf, type Sortable } from '../listing/paging.ts';
import { changedEntry } from '../tree/entry-drafts.ts';
import { viewOf } from '../tree/entry-view.ts';
import { currentVersion, requireMatch } from '../tree/preconditions.ts';
import {
  author,
  type Entry,
  givenName,
  isConflict,
  openEntry,
  requireEntry,
  requireEntryOrConflict,
  requireNotRoot,
  type Tree,
  trashedAt,
} from '../tree/tree.ts';
import { purgeConflict, settleConflict } from '../versions/conflicts.ts';

/** Records in one batch while a whole branch is purged. */
const draftsPerBatch = 300;

/** Does nothing to what is in the trash already. @throws `precondition-failed`, `forbidden` for the root */
export async function trash(tree: Tree, id: EntryId, ifMatch?: string): Promise<void> {
  const found = await requireEntryOrConflict(tree, id);
  if (isConflict(found)) {
    requireMatch(ifMatch, found.version.id);
    return settleConflict(tree, found);
  }
  requireNotRoot(tree, found);
  await runRotating(tree, [found.parent ?? id], [id], async () => {
    const entry = openEntry(tree, id);
    if (ifMatch !== undefined) requireMatch(ifMatch, await currentVersion(tree, entry));
    if (entry.body.trashedAt !== null) return;
    await author(tree, [changedEntry(tree, entry, { trashedAt: tree.clock.wallMs() })]);
  });
}

/** What lies in the trash itself: not what is in a folder that does. */
export async function trashed(tree: Tree, options: ListOptions): Promise<Page<EntryView>> {
  const root = requireEntry(tree, tree.root);
  const items: (Sortable & { entry: Entry })[] = [];
  for (const entry of await topmost(tree)) {
    const { winner } = await tree.cache.heads.of(entry.id, entry.keys);
    items.push({
      id: entry.id,
      kind: entry.body.kind,
      name: givenName(entry),
      size: winner?.size ?? 0,
      modifiedAtMs: winner?.modifiedAt ?? entry.body.createdAt,
      entry,
    });
  }
  items.sort(comparison(options));
  const page = pageOf(items, options, root.key);
  const views = page.items.map(({ entry, name }) => viewOf(tree, entry, { name }));
  return { items: await Promise.all(views), nextCursor: page.nextCursor };
}

async function topmost(tree: Tree): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const id of await tree.cache.trash.all()) {
    const entry = openOrUndefined(tree, id);
    const around = entry?.parent ? openOrUndefined(tree, entry.parent) : undefined;
    if (entry && !(around && trashedAt(tree, around) !== null)) entries.push(entry);
  }
  return entries;
}

/** An entry that cannot be opened has no name to show; it stays until its time is over. */
function openOrUndefined(tree: Tree, id: EntryId): Entry | undefined {
  try {
    return openEntry(tree, id);
  } catch (error) {
    tree.log.debug({ entry: id.slice(0, 8), error }, 'An entry of the trash cannot be opened.');
    return undefined;
  }
}

/** Does nothing to what is not in the trash. */
export async function restore(tree: Tree, id: EntryId): Promise<EntryView> {
  const found = openEntry(tree, id);
  if (trashedAt(tree, found) !== null) {
    const target = restoreTarget(tree, found);
    await runRotating(tree, [target.id, found.parent ?? id], [target.id, id], async () => {
      const entry = openEntry(tree, id);
      const { names } = await tree.cache.listings.of(target.id);
      const given = givenName(entry);
      const isTaken = (name: string) => ![undefined, id].includes(names.find(name));
      const name = freeName(given, entry.body.kind, isTaken);
      const change = { trashedAt: null };
      const renamed = name === given ? {} : { name };
      if (target.id !== entry.parent) {
        const folder = requireEntry(tree, target.id);
        return author(tree, await moved(tree, entry, folder, { change, ...renamed }));
      }
      const sealed = name === given ? {} : { name: sealName(entry.key, name) };
      return author(tree, [changedEntry(tree, entry, { ...change, ...sealed })]);
    });
  }
  return viewOf(tree, requireEntry(tree, id));
}

/** Where it was, if that is there; else the root. */
function restoreTarget(tree: Tree, entry: Entry): Entry {
  const before = entry.parent === null ? undefined : openEntry(tree, entry.parent);
  return before && trashedAt(tree, before) === null ? before : requireEntry(tree, tree.root);
}

/** For ever: the entry, everything in it, and every version. */
export async function purge(tree: Tree, id: EntryId): Promise<void> {
  const found = await requireEntryOrConflict(tree, id);
  if (isConflict(found)) return purgeConflict(tree, found);
  requireNotRoot(tree, found);
  // Hidden at once; then from the leaves up, because a child without its folder would show at the root.
  if (found.body.kind === 'folder') await trash(tree, id);
  let batch: Draft[] = [];
  for await (const gone of tombstones(tree, id)) {
    for (const draft of gone) batch.push(draft);
    if (batch.length < draftsPerBatch) continue;
    await author(tree, batch);
    batch = [];
  }
  if (batch.length > 0) await author(tree, batch);
}

/** Tombstones of each entry under and including `id`, children before their folder. */
async function* tombstones(tree: Tree, id: EntryId): AsyncGenerator<Draft[]> {
  const children: EntryId[] = [];
  for await (const { id: child, body } of tree.catalog.children(id)) {
    if (body?.owner === tree.user) children.push(entryId(child));
  }
  for (const child of children) yield* tombstones(tree, child);
  const versions = await tree.catalog.versions(id);
  const drafts: Draft[] = versions
    .filter(({ body }) => body?.owner === tree.user)
    .map((version) => ({ table: 'version', id: version.id, body: null }));
  if (isLive(tree.catalog.get('facts', id))) drafts.push({ table: 'facts', id, body: null });
  yield [...drafts, ...(await mergedKeys(tree, id)), { table: 'entry', id, body: null }];
}

/**
 * What a tombstone replaces still opens versions that its writer did not know of. Of several heads the
 * keys are brought together first: the catalog shows only one of them afterwards.
 */
async function mergedKeys(tree: Tree, id: EntryId): Promise<Draft[]> {
  if (tree.catalog.heads('entry', id).length < 2) return [];
  const entry = openOrUndefined(tree, id);
  return entry ? rekeyed(tree, entry) : [];
}

/** @returns how many entries that lay in the trash went, those inside them not counted */
export async function emptyTrash(tree: Tree): Promise<number> {
  const entries = await topmost(tree);
  for (const { id } of entries) await purge(tree, id);
  return entries.length;
}

/** Purges what has been in the trash for `trashKeepMs`. */
export async function expireTrash(tree: Tree): Promise<number> {
  const before = tree.clock.wallMs() - tree.tunables.trashKeepMs;
  const over = (await topmost(tree)).filter(({ body }) => (body.trashedAt ?? Infinity) <= before);
  for (const { id } of over) await purge(tree, id);
  return over.length;
}
