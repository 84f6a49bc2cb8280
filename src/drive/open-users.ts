/**
 * The users who are signed in on this device, each with one opened tree that all of their sessions
 * share. A user whose last session ended is closed, and their keys leave the memory.
 */
import type { Clock, Random, Timer } from '../model/clock.ts';
import type { Catalog } from '../model/contracts/catalog.ts';
import type { Drive } from '../model/contracts/drive.ts';
import type { ChunkNetwork } from '../model/contracts/replication.ts';
import { PeerstorError, sentenceOf } from '../model/errors.ts';
import { shortId, type UserId } from '../model/ids.ts';
import type { Tunables } from '../model/limits.ts';
import type { Log } from '../model/log.ts';
import { contentKeys } from './content/index.ts';
import { createDrive } from './drive.ts';
import { KeyedLock } from './keyed-lock.ts';
import { expireTrash } from './trash.ts';
import type { Tree } from './tree.ts';
import { createTreeCache } from './tree-cache.ts';
import type { UserKeys } from './user-keys.ts';

/** Late enough that signing in is not slowed, often enough that "30 days" is true to the hour. */
const expireFirstMs = 60_000;
const expireEveryMs = 3_600_000;

export interface OpenUsers {
  /** The user's drive, kept open until `close` was called as often. */
  open(keys: UserKeys, catalog: Catalog): Drive;
  close(user: UserId): void;
  closeAll(): void;
}

export interface OpenUsersParts {
  network(): ChunkNetwork | undefined;
  clock: Clock;
  random: Random;
  tunables: Tunables;
  log: Log;
}

type Listener = (ids: string[]) => void;

interface OpenUser {
  tree: Tree;
  drive: Drive;
  holds: number;
  listeners: Set<Listener>;
  stop(): void;
}

export function createOpenUsers(parts: OpenUsersParts): OpenUsers {
  const users = new Map<UserId, OpenUser>();

  function release(user: UserId, open: OpenUser): void {
    open.holds -= 1;
    if (open.holds > 0) return;
    open.stop();
    if (users.get(user) === open) users.delete(user);
  }

  function openUser(keys: UserKeys, catalog: Catalog): OpenUser {
    const tree = treeOf(parts, keys, catalog);
    const listeners = new Set<Listener>();
    const unsubscribe = catalog.onChange((changes) => {
      const ids = [...tree.cache.apply(changes)];
      if (ids.length > 0) for (const listener of [...listeners]) listener(ids);
    });
    const stopExpiring = keepExpiring(tree);
    const drive = createDrive(tree, (listener) => {
      // Whoever listens keeps the user open, or they would hear nothing after the last session ended.
      listeners.add(listener);
      open.holds += 1;
      let listening = true;
      return () => {
        if (!listening) return;
        listening = false;
        listeners.delete(listener);
        release(keys.user, open);
      };
    });
    const open: OpenUser = {
      tree,
      drive,
      holds: 0,
      listeners,
      stop() {
        unsubscribe();
        stopExpiring();
        tree.cache.close();
      },
    };
    return open;
  }

  return {
    open(keys, catalog) {
      let open = users.get(keys.user);
      if (open && open.tree.catalog !== catalog) {
        open.stop();
        open = undefined;
      }
      if (!open) {
        open = openUser(keys, catalog);
        users.set(keys.user, open);
      }
      open.holds += 1;
      return open.drive;
    },
    close(user) {
      const open = users.get(user);
      if (open) release(user, open);
    },
    closeAll() {
      for (const open of users.values()) open.stop();
      users.clear();
    },
  };
}

function treeOf(parts: OpenUsersParts, keys: UserKeys, catalog: Catalog): Tree {
  const { clock, random, tunables, log } = parts;
  const { user, root, rootEntryKey, dedupeSecret, signing } = keys;
  return {
    user,
    root,
    signer: signing,
    contentKeys: contentKeys(dedupeSecret),
    catalog,
    get network() {
      const network = parts.network();
      if (network) return network;
      throw new PeerstorError('not-ready', 'This device is still starting; try again in a moment.', {
        details: { retryAfterS: 1 },
      });
    },
    cache: createTreeCache({ catalog, user, root, rootEntryKey, log }),
    locks: new KeyedLock(),
    clock,
    random,
    tunables,
    log,
  };
}

/** Purges what has been in the trash for too long, now and then while the user is signed in. */
function keepExpiring(tree: Tree): () => void {
  let timer: Timer;
  let stopped = false;
  const schedule = (ms: number) => {
    timer = tree.clock.after(ms, () => void run());
  };
  async function run(): Promise<void> {
    try {
      const count = await expireTrash(tree);
      if (count > 0)
        tree.log.info({ user: shortId(tree.user), count }, 'Old entries of the trash were purged.');
    } catch (error) {
      tree.log.warn({ user: shortId(tree.user) }, `The trash could not be cleared: ${sentenceOf(error)}`);
    }
    if (!stopped) schedule(expireEveryMs);
  }
  schedule(expireFirstMs);
  return () => {
    stopped = true;
    timer.cancel();
  };
}
