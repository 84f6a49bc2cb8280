/**
 * Opens a user's drive by the recovery words alone, over a catalog that no device runs: for rescue. Call only
 * methods that read.
 */
import type { Clock, Random } from '../../model/clock.ts';
import type { Catalog } from '../../model/contracts/catalog.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import { noSealedFiles } from '../../model/contracts/files/sealed-files.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { ChunkNetwork } from '../../model/contracts/replication.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { userId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { Sealed } from '../../model/records.ts';
import { createDrive } from '../drive.ts';
import { openSecretsByRecovery, sealingKeyOf, type UserKeys } from '../keys/user-keys.ts';
import { openOwnTree } from '../sharing/access/open-trees.ts';
import { openNetworkDrives } from '../tree/network-drives.ts';
import { createRecordAges } from '../tree/record-ages.ts';
import { createTrashAges } from '../tree/trash-ages.ts';

export interface RecoveryParts {
  catalog: Catalog;
  network: ChunkNetwork;
  /** An empty store that keeps nothing. */
  scratch: OrderedStore;
  clock: Clock;
  random: Random;
  tunables: Tunables;
  log: Log;
}

export interface RecoveredDrive {
  username: string;
  drive: Drive;
  close(): void;
}

/** A user in the keyring of a volume, which the recovery words open. */
export interface RecoverableUser {
  /** As `BundleBody.byRecovery`. */
  byRecovery: Sealed;
  /** X25519 public key, to which others seal for this user. */
  sealingKey: Uint8Array;
}

/** Enabled users with the part of their bundle that only recovery words open, ordered by id. */
export async function recoverableUsers(catalog: Catalog): Promise<RecoverableUser[]> {
  const users: RecoverableUser[] = [];
  for await (const { id, body } of catalog.list('bundle')) {
    const sealingKey = sealingKeyOf(catalog, userId(id));
    const account = catalog.get('user', id)?.body;
    if (body && sealingKey && account && !account.disabled)
      users.push({ byRecovery: body.byRecovery, sealingKey });
  }
  return users;
}

/**
 * The X25519 secret of a user, by the recovery words.
 * @throws `bad-input` if the words are not a recovery code, `forbidden` if they belong to another user
 */
export function sealingSecretByWords(byRecovery: Sealed, words: string): Uint8Array {
  return openSecretsByRecovery(byRecovery, words).sealingSecret;
}

/** @throws `bad-input` if the words are not a recovery code, `wrong-password` if they belong to no user here */
export async function openByWords(parts: RecoveryParts, words: string): Promise<RecoveredDrive> {
  const { catalog, clock, tunables } = parts;
  const keys = await keysOf(catalog, words);
  const drives = await openNetworkDrives({ catalog, clock, tunables });
  const trashAges = createTrashAges(parts.scratch, clock);
  const recordAges = createRecordAges(parts.scratch, clock);
  const network = () => parts.network;
  const kept = { trashAges, recordAges, media: undefined, files: noSealedFiles };
  const tree = openOwnTree({ ...parts, ...kept, network }, drives, keys);
  return {
    username: catalog.get('user', keys.user)?.body?.username ?? '',
    drive: createDrive(tree, () => () => undefined),
    close() {
      tree.cache.close();
      drives.stop();
    },
  };
}

async function keysOf(catalog: Catalog, words: string): Promise<UserKeys> {
  for await (const { id, body } of catalog.list('bundle')) {
    if (!body) continue;
    try {
      const keys = openSecretsByRecovery(body.byRecovery, words);
      if (keys.user === id) return keys;
    } catch (error) {
      if (!isPeerstorError(error, 'forbidden')) throw error;
    }
  }
  throw new PeerstorError('wrong-password', 'These recovery words belong to no account that is known here.');
}
