/**
 * The trash. A mark on one entry hides everything under it, so trashing a folder and restoring it each
 * write one record. An entry with its own mark is an item of the trash, wherever its folder is: it is
 * listed, it expires by its own age, and it outlives its folder. Purging writes tombstones, which eventually
 * free the bytes on every device (I4). Purging checks the mark again, under the lock of the branch, right before it
 * destroys; restoring takes the same lock.
 */
import type { EntryView, Page } from '../../model/api.ts';
import type { Draft } from '../../model/contracts/catalog.ts';
import type { ListOptions } from '../../model/contracts/drive.ts';
import { type EntryId, entryId } from '../../model/ids.ts';
import { isLive } from '../keys/live.ts';
import { sealName } from '../keys/sealed-parts.ts';
import { moved, rekeyed, runRotating } from '../sharing/access/key-rotation.ts';
import { changedEntry } from '../tree/entry-drafts.ts';
import { viewOf } from '../tree/entry-view.ts';
import { freeName } from '../tree/listing/names.ts';
import { comparison, pageOf, type Sortable } from '../tree/listing/paging.ts';
import { currentVersion, requireMatch } from '../tree/preconditions.ts';
import {
  ancestors,
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

/** Records in one batch of the purge of a branch. */
const draftsPerBatch = 300;

/** Idempotent. @throws `precondition-failed`; `forbidden` for the root */
export async function trash(tree: Tree, id: EntryId, ifMatch?: string): Promise<void> {
  const found = await requireEntryOrConflict(tree, id);
  if (isConflict(found)) {
    requireMatch(ifMatch, found.version.id);
    return settleConflict(tree, found);
  }
  requireNotRoot(tree, found);
  await tree.locks.run(branchesOf(tree, id), () => mark(tree, found, ifMatch));
}

async function mark(tree: Tree, found: Entry, ifMatch?: string): Promise<void> {
  const { id } = found;
  await runRotating(tree, [found.parent ?? id], [id], async () => {
    const entry = openEntry(tree, id);
    if (ifMatch !== undefined) requireMatch(ifMatch, await currentVersion(tree, entry));
    if (entry.body.trashedAt !== null) return;
    await author(tree, [changedEntry(tree, entry, { trashedAt: tree.clock.wallMs() })]);
    await tree.trashAges.begin(tree.user, openEntry(tree, id));
  });
}

/**
 * Names of the locks of an entry's branches: its own, and that of the nearest enclosing folder
 * that is in the trash. A purge holds the lock of its branch. Take these locks before any lock of a
 * folder.
 */
function branchesOf(tree: Tree, id: EntryId): string[] {
  for (const around of ancestors(tree, id)) {
    if (around.trashedAt !== null) return [branchLock(id), branchLock(around.id)];
  }
  return [branchLock(id)];
}

function branchLock(id: EntryId): string {
  return `branch ${id}`;
}

/** Lists entries that were put into the trash, without those that merely lie in a trashed folder. */
export async function trashed(tree: Tree, options: ListOptions): Promise<Page<EntryView>> {
  const root = requireEntry(tree, tree.root);
  const items: (Sortable & { entry: Entry })[] = [];
  for (const entry of await marked(tree)) {
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

/** Entries with their own trash mark. */
async function marked(tree: Tree): Promise<Entry[]> {
  const ids = await tree.cache.trash.all();
  return ids.map((id) => openOrUndefined(tree, id)).filter((entry) => entry !== undefined);
}

/** Leaves out an entry that cannot be opened: it has no name to show. It stays until it expires. */
function openOrUndefined(tree: Tree, id: EntryId): Entry | undefined {
  try {
    return openEntry(tree, id);
  } catch (error) {
    tree.log.debug({ entry: id.slice(0, 8), error }, 'An entry of the trash cannot be opened.');
    return undefined;
  }
}

/** Idempotent. @throws `not-found` when it was purged in the meantime */
export async function restore(tree: Tree, id: EntryId): Promise<EntryView> {
  await tree.locks.run(branchesOf(tree, id), () => unmark(tree, id));
  return viewOf(tree, requireEntry(tree, id));
}

async function unmark(tree: Tree, id: EntryId): Promise<void> {
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
}

/** The folder that it was in, if it still exists; else the root. */
function restoreTarget(tree: Tree, entry: Entry): Entry {
  const before = entry.parent === null ? undefined : openEntry(tree, entry.parent);
  return before && trashedAt(tree, before) === null ? before : requireEntry(tree, tree.root);
}

/**
 * Deletes for ever: the entry, everything in it without its own trash mark, and all versions of these.
 * An entry that was trashed before its folder stays in the trash, and is restored to the root.
 */
export async function purge(tree: Tree, id: EntryId): Promise<void> {
  const found = await requireEntryOrConflict(tree, id);
  if (isConflict(found)) return purgeConflict(tree, found);
  requireNotRoot(tree, found);
  await tree.locks.run(branchesOf(tree, id), async () => {
    // Marks a folder, so that it is hidden at once and the purge knows it by this mark. Not a file: it goes in one
    // batch, and an edit on another device brings it back with its present mark, which must not hide the edit.
    if (found.body.kind === 'folder') await mark(tree, openEntry(tree, id));
    await purgeBranch(tree, id, markOf(tree, id));
  });
}

/** Purges an entry unless it was restored, or restored and trashed again, since `trashedAt` was read. */
async function purgeMarked(tree: Tree, { id, body: { trashedAt } }: Entry): Promise<boolean> {
  return tree.locks.run(branchesOf(tree, id), () => purgeBranch(tree, id, trashedAt));
}

/**
 * Works from the leaves up, because a child without its folder would show at the root. The caller holds the lock
 * of the branch. Another device may restore the entry in the meantime, so each batch checks the mark again.
 * @returns false when some entries remain, because the entry is no longer in the trash by this mark
 */
async function purgeBranch(tree: Tree, id: EntryId, trashedAt: number | null): Promise<boolean> {
  const isStillTrashed = () => tree.catalog.get('entry', id)?.body != null && markOf(tree, id) === trashedAt;
  let batch: Draft[] = [];
  for await (const gone of tombstones(tree, id)) {
    for (const draft of gone) batch.push(draft);
    if (batch.length < draftsPerBatch) continue;
    if (!isStillTrashed()) return false;
    await author(tree, batch);
    batch = [];
  }
  if (!isStillTrashed()) return false;
  await author(tree, batch);
  return true;
}

/** When this entry itself was put into the trash; null if it was not, or does not exist. */
function markOf(tree: Tree, id: EntryId): number | null {
  return tree.catalog.get('entry', id)?.body?.trashedAt ?? null;
}

/** Tombstones of each entry under and including `id`, children before their folder. */
async function* tombstones(tree: Tree, id: EntryId): AsyncGenerator<Draft[]> {
  const children: EntryId[] = [];
  for await (const { id: child, body } of tree.catalog.children(id)) {
    if (body?.owner === tree.user && body.trashedAt === null) children.push(entryId(child));
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
 * The record under a tombstone still opens versions that the tombstone's writer did not know of. If an entry has
 * several heads, this first merges their keys: afterwards the catalog shows only one of them.
 */
async function mergedKeys(tree: Tree, id: EntryId): Promise<Draft[]> {
  if (tree.catalog.heads('entry', id).length < 2) return [];
  const entry = openOrUndefined(tree, id);
  return entry ? rekeyed(tree, entry) : [];
}

/** @returns how many items of the trash were purged, not counting entries inside them */
export async function emptyTrash(tree: Tree): Promise<number> {
  return purgeAll(tree, await marked(tree));
}

/**
 * Purges items that have been in the trash for `trashKeepMs`. Two clocks must agree: the date of the mark, which may
 * come from another device, and the time that surely passed since this device first saw the mark.
 */
export async function expireTrash(tree: Tree): Promise<number> {
  const { trashKeepMs } = tree.tunables;
  const entries = await marked(tree);
  const ages = await tree.trashAges.of(tree.user, entries);
  const trashedByMs = tree.clock.wallMs() - trashKeepMs;
  const isOver = ({ id, body: { trashedAt } }: Entry) =>
    trashedAt !== null && trashedAt <= trashedByMs && (ages.get(id) ?? 0) >= trashKeepMs;
  return purgeAll(tree, entries.filter(isOver));
}

async function purgeAll(tree: Tree, entries: readonly Entry[]): Promise<number> {
  let count = 0;
  for (const entry of entries) if (await purgeMarked(tree, entry)) count += 1;
  return count;
}
