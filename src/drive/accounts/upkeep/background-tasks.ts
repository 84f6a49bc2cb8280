/**
 * Background work on a user's drive while the user is signed in: purges old items of the trash, thins histories,
 * gives new keys to entries in folders that somebody lost access to, takes over files that guests dropped, and renews
 * grants whose key two devices changed at once. All of it follows from the records, so interrupted work is found
 * again.
 */
import type { Timer } from '../../../model/clock.ts';
import type { CatalogChange } from '../../../model/contracts/catalog.ts';
import { sentenceOf } from '../../../model/errors.ts';
import { type EntryId, entryId, shortId } from '../../../model/ids.ts';
import { isLive } from '../../keys/live.ts';
import { startMediaUpkeep } from '../../photos/media-upkeep.ts';
import { renewedGrant } from '../../sharing/access/grant-drafts.ts';
import { rotateBranch, runRotating } from '../../sharing/access/key-rotation.ts';
import { type Grant, stateOfGrant } from '../../sharing/grants/grants.ts';
import { expireTrash } from '../../trash/trash.ts';
import { author, type Tree } from '../../tree/tree.ts';
import { startHistoryUpkeep } from './history-upkeep.ts';

/** Late enough not to slow a sign-in, often enough that "30 days" is true to the hour. */
const expireFirstMs = 60_000;
const expireEveryMs = 3_600_000;
const expireAgainMinMs = 1_000;
/** Delay after a change, with a random part: gathers changes, and two devices rarely start at once. */
const tendFirstMs = 1_000;
const tendSpreadMs = 4_000;
/** After a failure, such as a full disk. */
const tendAgainMs = 60_000;

export interface BackgroundTasks {
  apply(changes: readonly CatalogChange[]): void;
  stop(): void;
}

export function startBackgroundTasks(tree: Tree): BackgroundTasks {
  let stopped = false;
  let renewal: Timer | undefined;
  let expiry: Timer | undefined;
  /** Everything that was ever shared is examined at the start, and when a grant changed. */
  let everything = true;
  const branches = new Set<EntryId>();
  let renewing = false;

  async function guarded(what: string, work: () => Promise<number>): Promise<void> {
    try {
      const count = await work();
      if (count > 0) tree.log.info({ user: shortId(tree.user), count }, `${what}: done.`);
    } catch (error) {
      if (!stopped) tree.log.warn({ user: shortId(tree.user) }, `${what} failed: ${sentenceOf(error)}`);
    }
  }

  // The first pass only notes what is in the trash, so with a short `trashKeepMs` the second must not wait an hour.
  const expireAgainMs = Math.min(expireEveryMs, Math.max(expireAgainMinMs, tree.tunables.trashKeepMs));

  function scheduleExpiry(ms: number): void {
    expiry = tree.clock.after(ms, () => {
      void guarded('Purging old items of the trash', () => expireTrash(tree)).then(() => {
        if (!stopped) scheduleExpiry(expireAgainMs);
      });
    });
  }

  function scheduleRenewal(firstMs = tendFirstMs): void {
    if (renewal || stopped) return;
    renewal = tree.clock.after(firstMs + Math.floor(tree.random.next() * tendSpreadMs), () => {
      renewal = undefined;
      void guarded('Renewing keys', renew);
    });
  }

  async function renew(): Promise<number> {
    if (renewing) {
      scheduleRenewal();
      return 0;
    }
    renewing = true;
    try {
      const granted = everything ? tree.grants.by(tree.user).map(({ body }) => body.entry) : [];
      const entries = new Set([...granted, ...branches]);
      everything = false;
      branches.clear();
      return await renewAll(tree, entries, () => stopped);
    } catch (error) {
      everything = true;
      scheduleRenewal(tendAgainMs);
      throw error;
    } finally {
      renewing = false;
    }
  }

  scheduleExpiry(expireFirstMs);
  const histories = startHistoryUpkeep(tree, guarded);
  const media = startMediaUpkeep(tree);
  scheduleRenewal();
  return {
    apply(changes) {
      histories.apply(changes);
      media.apply(changes);
      for (const { record, local } of changes) {
        if (record.table === 'grant') {
          everything = true;
          scheduleRenewal();
          continue;
        }
        const body = record.table === 'entry' ? tree.catalog.get('entry', record.id)?.body : undefined;
        if (body?.owner !== tree.user) continue;
        const byOwner = record.principal === tree.user;
        // A first key replaces none; and this task's own changes are already being followed down the tree.
        if (byOwner && (body.keyVersion === 1 || (local && renewing))) continue;
        branches.add(entryId(record.id));
        scheduleRenewal();
      }
    },
    stop() {
      stopped = true;
      renewal?.cancel();
      expiry?.cancel();
      histories.stop();
      media.stop();
    },
  };
}

/** @returns how many entries and grants were renewed */
async function renewAll(tree: Tree, entries: ReadonlySet<EntryId>, isOver: () => boolean): Promise<number> {
  let count = 0;
  for (const entry of entries) {
    if (isOver()) return count;
    if (isLive(tree.catalog.get('entry', entry))) count += await rotateBranch(tree, entry, isOver);
  }
  return count + (await renewGrants(tree));
}

async function renewGrants(tree: Tree): Promise<number> {
  let count = 0;
  for (const { id, body } of tree.grants.by(tree.user).filter((grant) => isStale(tree, grant))) {
    const { entry } = body;
    await runRotating(tree, [tree.catalog.placeOf(entry)?.parent ?? entry], [entry], async () => {
      const grant = tree.grants.get(id);
      if (!grant || !isStale(tree, grant)) return;
      const { present: key, keyVersion } = tree.cache.keys.keysOf(entry);
      const draft = await renewedGrant(tree, grant, { key, keyVersion });
      if (!draft) return;
      await author(tree, [draft]);
      count += 1;
    });
  }
  return count;
}

/** Does a grant in force hold a key other than the present one? */
function isStale({ catalog, cache, clock }: Tree, grant: Grant): boolean {
  const { rights, entry, keyVersion } = grant.body;
  if (rights === 'upload' || stateOfGrant(grant, clock.wallMs()) !== 'live') return false;
  if (!isLive(catalog.get('entry', entry))) return false;
  return keyVersion !== cache.keys.keysOf(entry).keyVersion || grant.sealedKeys.length > 1;
}
