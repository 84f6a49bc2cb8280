/**
 * The users who are signed in on this device, each with one open tree that all of their sessions
 * share. When the last session of a user ends, the user is closed and their keys leave the memory.
 */
import type { KeyedLock } from '../../concurrency/index.ts';
import type { Audit } from '../../model/contracts/audit.ts';
import type { Drive, Sharing } from '../../model/contracts/drive.ts';
import type { Photos } from '../../model/contracts/media/photos.ts';
import type { RestorableUser } from '../../model/contracts/restoring.ts';
import type { ResumableUploads } from '../../model/contracts/uploads.ts';
import type { UserId } from '../../model/ids.ts';
import { createDrive } from '../drive.ts';
import type { KdfCost, UserKeys } from '../keys/user-keys.ts';
import { createPhotos } from '../photos/photos.ts';
import { openOwnTree, type TreeParts } from '../sharing/access/open-trees.ts';
import { openSharedDrives, uniteDrives } from '../sharing/shared-drives.ts';
import { createSharing } from '../sharing/sharing.ts';
import type { NetworkDrives } from '../tree/network-drives.ts';
import { createResumableUploads } from '../uploads/resumable.ts';
import type { UploadTable } from '../uploads/upload-table.ts';
import type { PasswordQueue } from '../users/password-queue.ts';
import { startBackgroundTasks } from './upkeep/background-tasks.ts';
import { startNetworkAuthority } from './upkeep/network-authority.ts';
import { createRestoring } from './upkeep/restoring.ts';

export interface OpenUsers {
  /** Opens the user's drive. It stays open until `close` was called as often as `open`. */
  open(keys: UserKeys, drives: NetworkDrives): Unlocked;
  close(user: UserId): void;
  closeAll(): void;
  /** The users who are open now. */
  restorable(): RestorableUser[];
}

export interface Unlocked {
  /** Their own drive, and the entries that others share with them. */
  drive: Drive;
  sharing: Sharing;
  photos: Photos;
  uploads: ResumableUploads;
}

export interface OpenUsersParts extends TreeParts {
  uploads: UploadTable;
  audit: Audit;
  kdfCost: KdfCost | undefined;
  passwordQueue: PasswordQueue;
  /** Held while a user's record is changed. */
  userLocks: KeyedLock;
}

type Listener = (ids: string[]) => void;

interface OpenUser extends Unlocked {
  drives: NetworkDrives;
  restoring: RestorableUser;
  holds: number;
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

  function openUser(keys: UserKeys, drives: NetworkDrives): OpenUser {
    const tree = openOwnTree(parts, drives, keys);
    const shared = openSharedDrives(parts, drives, keys);
    const backgroundTasks = startBackgroundTasks(tree);
    const restoring = createRestoring(tree);
    const { catalog } = drives;
    const { clock, random, log, userLocks } = parts;
    const authority = startNetworkAuthority({ catalog, keys, userLocks, clock, random, log });
    const listeners = new Set<Listener>();
    const unsubscribe = drives.onChange((changes) => {
      const ids = [...tree.cache.apply(changes)];
      backgroundTasks.apply(changes);
      authority.apply(changes);
      if (ids.length > 0) tell(ids);
    });
    const tell = (ids: string[]) => {
      for (const listener of [...listeners]) listener(ids);
    };
    tree.cache.onRecount(tell);
    const own = createDrive(tree, (listener) => {
      // A listener keeps the user open; otherwise it would hear nothing after the last session ended.
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
    const { audit, kdfCost, passwordQueue, uploads: table } = parts;
    const drive = uniteDrives(tree, shared, own);
    const open: OpenUser = {
      drive,
      photos: createPhotos(tree),
      uploads: createResumableUploads({ table, dedupeSecret: keys.dedupeSecret, drive, tree }),
      sharing: createSharing({ tree, shared, audit, kdfCost, passwordQueue }),
      drives,
      restoring,
      holds: 0,
      stop() {
        unsubscribe();
        backgroundTasks.stop();
        authority.stop();
        restoring.stop();
        shared.stop();
        tree.cache.close();
      },
    };
    return open;
  }

  return {
    open(keys, drives) {
      let open = users.get(keys.user);
      if (open && open.drives !== drives) {
        open.stop();
        open = undefined;
      }
      if (!open) {
        open = openUser(keys, drives);
        users.set(keys.user, open);
      }
      open.holds += 1;
      return open;
    },
    close(user) {
      const open = users.get(user);
      if (open) release(user, open);
    },
    closeAll() {
      for (const open of users.values()) open.stop();
      users.clear();
    },
    restorable: () => [...users.values()].map(({ restoring }) => restoring),
  };
}
