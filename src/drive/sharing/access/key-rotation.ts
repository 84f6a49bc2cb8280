/**
 * New keys for entries. A grantee who lost access to a folder still knows its former keys. So revoking a
 * grant gives the folder a new key, and each entry under it gets one before anything new is sealed in it. An entry is stale when its key is not wrapped under the present keys around it: that follows from
 * the records alone, so nothing needs to remember how far a walk through a folder had come.
 */
import type { LockKey } from '../../../concurrency/index.ts';
import type { Draft } from '../../../model/contracts/catalog.ts';
import { isPeerstorError, PeerstorError } from '../../../model/errors.ts';
import { type EntryId, entryId, type GrantId } from '../../../model/ids.ts';
import type { EntryBody } from '../../../model/records.ts';
import { isLive } from '../../keys/live.ts';
import { openName, openWithAny, sealName, sealOldKeys } from '../../keys/sealed-parts.ts';
import { baseOf, bodyWithoutProof, changedEntry, placedIn, wrapsIn } from '../../tree/entry-drafts.ts';
import { ancestors, author, type Entry, openEntry, type Tree } from '../../tree/tree.ts';
import { renewedGrants } from './grant-drafts.ts';

/** Other devices may rotate keys meanwhile. After so many tries the work runs with stale keys; upkeep rotates them later. */
const triesMax = 4;

/**
 * The entry under a new key, and the grants on it, if the owner writes it: others cannot renew them.
 * @param options.folder where it goes; by default it stays
 * @param options.name given plain
 * @param options.without a grant that ends in the same batch
 */
export async function rekeyed(
  tree: Tree,
  entry: Entry,
  options: { change?: Partial<EntryBody>; folder?: Entry; name?: string; without?: GrantId } = {},
): Promise<Draft[]> {
  const key = tree.random.bytes(32);
  const keys = tree.cache.keys.keysOf(entry.id);
  const keyVersion = keys.keyVersion + 1;
  const name = options.name ?? openWithAny(entry.keys, (one) => openName(one, entry.body.name));
  const { wrappedFor, ...before } = bodyWithoutProof(entry.body);
  const body: EntryBody = {
    ...before,
    ...options.change,
    ...wrapsIn(tree, entry, options.folder, key),
    name: sealName(key, name),
    keyVersion,
    oldKeys: sealOldKeys(key, keys.all),
  };
  const draft: Draft = { table: 'entry', id: entry.id, body, ...baseOf(tree, entry.id) };
  return [draft, ...(await renewedGrants(tree, entry.id, { key, keyVersion }, options.without))];
}

/** The entry in another folder: under a new key where that takes it out of somebody's reach. */
export async function moved(
  tree: Tree,
  entry: Entry,
  folder: Entry,
  options: { change?: Partial<EntryBody>; name?: string } = {},
): Promise<Draft[]> {
  const kept = new Set<EntryId>([folder.id, ...[...ancestors(tree, folder.id)].map(({ id }) => id)]);
  const left = [...ancestors(tree, entry.id)].filter(({ id }) => !kept.has(id));
  if (left.some(({ id }) => tree.grants.on(id).length > 0)) {
    return rekeyed(tree, entry, { ...options, folder });
  }
  const renamed = options.name === undefined ? {} : { name: sealName(entry.key, options.name) };
  return [changedEntry(tree, entry, { ...options.change, ...renamed, ...placedIn(tree, entry, folder) })];
}

/**
 * Gives stale entries from the top down to `id` new keys. Nothing to do is the rule, and cheap.
 * @returns how many got one
 */
export async function rotate(tree: Tree, id: EntryId): Promise<number> {
  if (isFreshOrClosed(tree, id)) return 0;
  const path = [id, ...[...ancestors(tree, id)].map((folder) => folder.id)];
  const top = path.indexOf(tree.root);
  let count = 0;
  for (const at of path.slice(0, top + 1).reverse()) count += await rotateOne(tree, at);
  return count;
}

/** The folders above it must be fresh already. */
async function rotateOne(tree: Tree, id: EntryId): Promise<0 | 1> {
  if (isFreshOrClosed(tree, id)) return 0;
  const parent = tree.catalog.placeOf(id)?.parent ?? id;
  return tree.locks.run([parent], async () => {
    if (isFreshOrClosed(tree, id)) return 0;
    await author(tree, await rekeyed(tree, openEntry(tree, id)));
    return 1;
  });
}

/**
 * Runs `work` under locks when everything that it seals in is fresh.
 * @param ids entries that something new is sealed in, or who finds them; absent ones are left to `work`
 * to refuse
 * @param work is given a function that says of one more entry that it must be fresh: for an entry that
 * is only found under the lock. It may throw; then `work` runs again from its beginning, so nothing may
 * be written before.
 */
export async function runRotating<Result>(
  tree: Tree,
  locks: readonly LockKey[],
  ids: readonly EntryId[],
  work: (requireFresh: (id: EntryId) => void) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const sealedIn = new Set(ids);
  for (let tries = 1; ; tries += 1) {
    for (const id of sealedIn) await rotate(tree, id);
    const requireFresh = (id: EntryId) => {
      sealedIn.add(id);
      if (tries < triesMax && !isFreshOrClosed(tree, id)) throw new StaleKey();
    };
    try {
      return await tree.locks.run(
        locks,
        async () => {
          for (const id of ids) requireFresh(id);
          return work(requireFresh);
        },
        signal,
      );
    } catch (error) {
      if (!(error instanceof StaleKey)) throw error;
    }
  }
}

/** Only ever caught by `runRotating`, which gives the entry a new key and runs the work again. */
class StaleKey extends Error {}

/** Rotates the keys of every entry under `id`, parents first. @returns how many got a new key */
export async function rotateBranch(tree: Tree, id: EntryId, isOver: () => boolean): Promise<number> {
  let count = await orLeft(tree, rotate(tree, id));
  const folders = [id];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const children: EntryId[] = [];
    for await (const child of tree.catalog.children(folder)) {
      if (isLive(child) && child.body.owner === tree.user) children.push(entryId(child.id));
    }
    for (const child of children) {
      if (isOver()) return count;
      count += await orLeft(tree, rotateOne(tree, child));
      if (tree.catalog.get('entry', child)?.body?.kind === 'folder') folders.push(child);
    }
  }
  return count;
}

/** Skips an entry that is damaged or was deleted meanwhile, so that the others get their keys. */
async function orLeft(tree: Tree, work: Promise<number>): Promise<number> {
  try {
    return await work;
  } catch (error) {
    const isItsOwn = ['bad-record', 'forbidden', 'not-found'].some(
      (code) => error instanceof PeerstorError && error.code === code,
    );
    if (!isItsOwn) throw error;
    tree.log.debug({ error }, 'An entry could not be given a new key.');
    return 0;
  }
}

/** True also for an entry that is missing or does not open: it cannot be renewed. */
function isFreshOrClosed(tree: Tree, id: EntryId): boolean {
  try {
    return tree.cache.keys.isFresh(id);
  } catch (error) {
    if (isPeerstorError(error, 'not-found') || isPeerstorError(error, 'forbidden')) return true;
    throw error;
  }
}
