/** The first records of a new network: its genesis, its admin, its first device, the admin's drive. */
import { newSigningKey } from '../../crypto/index.ts';
import type { Clock, Random } from '../../model/clock.ts';
import type { CatalogAuthor, Draft, Signer } from '../../model/contracts/catalog.ts';
import type { DeviceId, NetworkId } from '../../model/ids.ts';
import type { DeviceBody, GenesisBody, UserBody } from '../../model/records.ts';
import { type KdfCost, newBundle, newUserKeys, type UserKeys } from '../keys/user-keys.ts';
import { rootEntry } from '../tree/entry-drafts.ts';

/** A new network, as its first device is asked to make it. */
export interface Founding {
  /** The genesis record's bytes, as `makeGenesis` gave them. */
  genesis: Uint8Array;
  /**
   * Writes the first records (admin, bundle, this device, root folder) into the new catalog. The device may
   * store its membership only after this has resolved: nobody could ever open a network without
   * its admin's bundle.
   */
  populate(catalog: CatalogAuthor): Promise<void>;
}

export interface FoundingParts {
  /** Makes and starts the catalog of a new network, populates it, then stores the membership. */
  foundNetwork(founding: Founding): Promise<CatalogAuthor>;
  makeGenesis(body: GenesisBody, root: Signer): Uint8Array;
  device: DeviceId;
  /** This device's record in a network: its settings, and its proof for that network. */
  deviceBody(networkId: NetworkId): DeviceBody;
  clock: Clock;
  random: Random;
  /** Only tests lower it. */
  kdfCost?: KdfCost;
}

export interface Founded {
  catalog: CatalogAuthor;
  keys: UserKeys;
  /** Returned once and stored nowhere. It opens the admin's bundle and the network's root key. */
  recoveryCode: string;
}

/** @param username and `password` were checked against the rules */
export async function found(parts: FoundingParts, username: string, password: string): Promise<Founded> {
  const { random, clock, device } = parts;
  const root = newSigningKey();
  const { keys, sealingKey } = newUserKeys(random);
  const options = { sealingKey, cost: parts.kdfCost, rootSeed: root.seed };
  const { bundle, recoveryCode } = await newBundle(keys, password, options);
  const createdAt = clock.wallMs();
  const admin = keys.user;
  const body = { root: root.principal, admin, device, createdAt, random: random.bytes(32) };
  const genesis = parts.makeGenesis(body, root);
  const user: UserBody = { username, role: 'admin', sealingKey, disabled: false, quotaBytes: null };
  const populate = async (catalog: CatalogAuthor) => {
    const drafts: Draft[] = [
      { table: 'user', id: admin, body: user },
      { table: 'bundle', id: admin, body: bundle },
      { table: 'device', id: device, body: parts.deviceBody(catalog.networkId) },
      rootEntry(keys.root, admin, random.bytes(32), keys.rootEntryKey, createdAt),
    ];
    await catalog.author(drafts, keys.signing);
  };
  const catalog = await parts.foundNetwork({ genesis, populate });
  return { catalog, keys, recoveryCode };
}
