/**
 * The trash. A mark on one entry hides everything under it, so trashing a folder and restoring it each
 * write one record. An entry with a mark of its own is an item of its own, wherever its folder is: it is
 * listed, it expires by its own age, and it outlives its folder. Purging writes tombstones, which free the
 * bytes on every device in time (I4). Purging looks again, under the lock of the branch, right before it
 * destroys; restoring takes the same lock.
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
 * Names of the locks of the branches that an entry is in: its own, and that of the nearest folder around
 * it that is in the trash. Whoever purges a branch holds its lock. They are taken before any lock of a
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

/** What was put into the trash, and not what only lies in a folder that was. */
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

/** Entries with a trash mark of their own. */
async function marked(tree: Tree): Promise<Entry[]> {
  const ids = await tree.cache.trash.all();
  return ids.map((id) => openOrUndefined(tree, id)).filter((entry) => entry !== undefined);
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

/** Does nothing to what is not in the trash. @throws `not-found` when it was purged meanwhile */
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

/** Where it was, if that is there; else the root. */
function restoreTarget(tree: Tree, entry: Entry): Entry {
  const before = entry.parent === null ? undefined : openEntry(tree, entry.parent);
  return before && trashedAt(tree, before) === null ? before : requireEntry(tree, tree.root);
}

/**
 * Deletes for ever: the entry, everything in it that has no trash mark of its own, and every version.
 * What was trashed before its folder stays in the trash, and is restored to the root.
 */
export async function purge(tree: Tree, id: EntryId): Promise<void> {
  const found = await requireEntryOrConflict(tree, id);
  if (isConflict(found)) return purgeConflict(tree, found);
  requireNotRoot(tree, found);
  await tree.locks.run(branchesOf(tree, id), async () => {
    // Hidden at once, and marked as what goes. Not a file: it goes in one batch, and an edit that another
    // device makes meanwhile brings it back with the mark that it has now, which must not hide the edit.
    if (found.body.kind === 'folder') await mark(tree, openEntry(tree, id));
    await purgeBranch(tree, id, markOf(tree, id));
  });
}

/** Purges an entry unless it was restored, or restored and trashed again, since `trashedAt` was read. */
async function purgeMarked(tree: Tree, { id, body: { trashedAt } }: Entry): Promise<boolean> {
  return tree.locks.run(branchesOf(tree, id), () => purgeBranch(tree, id, trashedAt));
}

/**
 * From the leaves up, because a child without its folder would show at the root. The caller holds the lock
 * of the branch. Another device may have restored it meanwhile, so each batch looks again.
 * @returns false when not all of it is gone, because it is not in the trash by this mark any more
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

/** When this very entry was put into the trash; null where it was not, or is gone. */
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
  return purgeAll(tree, await marked(tree));
}

/**
 * Purges what has been in the trash for `trashKeepMs`. Both must say so: the date on it, which may come
 * from another device, and the time that surely passed since this device saw it there first.
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
