/**
 * A user's drive opened by the recovery words alone, over a catalog that no device runs: for rescue. Only what
 * reads may be called.
 */
import type { Clock, Random } from '../../model/clock.ts';
import type { Catalog } from '../../model/contracts/catalog.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { ChunkNetwork } from '../../model/contracts/replication.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import { userId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { Sealed } from '../../model/records.ts';
import { openOwnTree } from '../access/open-trees.ts';
import { createDrive } from '../drive.ts';
import { openSecretsByRecovery, sealingKeyOf, type UserKeys } from '../keys/user-keys.ts';
import { openNetworkDrives } from '../tree/network-drives.ts';
import { createRecordAges } from '../tree/record-ages.ts';
import { createTrashAges } from '../tree/trash-ages.ts';

export interface RecoveryParts {
  catalog: Catalog;
  network: ChunkNetwork;
  /** Holds nothing that is kept. */
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

/** What recovery words open in the keyring of a volume, and what must be in one. */
export interface RecoverableUser {
  /** `BundleBody.byRecovery`. */
  byRecovery: Sealed;
  /** X25519: what is sealed to this user. */
  sealingKey: Uint8Array;
}

/** Enabled users with the part of their bundle that no password opens, in the order of their ids. */
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
 * @throws `bad-input` for words that are no recovery code, `forbidden` for another user's
 */
export function sealingSecretByWords(byRecovery: Sealed, words: string): Uint8Array {
  return openSecretsByRecovery(byRecovery, words).sealingSecret;
}

/** @throws `bad-input` for words that are no recovery code, `wrong-password` when they are of no user here */
export async function openByWords(parts: RecoveryParts, words: string): Promise<RecoveredDrive> {
  const { catalog, clock, tunables } = parts;
  const keys = await keysOf(catalog, words);
  const drives = await openNetworkDrives({ catalog, clock, tunables });
  const trashAges = createTrashAges(parts.scratch, clock);
  const recordAges = createRecordAges(parts.scratch, clock);
  const network = () => parts.network;
  const tree = openOwnTree({ ...parts, network, trashAges, recordAges, media: undefined }, drives, keys);
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
