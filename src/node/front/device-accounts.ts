/** The accounts of the network as this device serves them, whichever network it is in. */
import { join } from 'node:path';
import { writeGenesis } from '../../catalog/index.ts';
import { type AccountsRoom, createAccounts, type Founding } from '../../drive/index.ts';
import { systemRandom } from '../../model/clock.ts';
import type { CatalogAuthor } from '../../model/contracts/catalog.ts';
import type { MediaMaker } from '../../model/contracts/media/media-maker.ts';
import { type OrderedStore, withPrefix } from '../../model/contracts/ordered-store.ts';
import { deviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import { HomeFreeSpace } from '../home/home-free-space.ts';
import { createSealedFiles, searchFolder } from '../home/sealed-files.ts';
import { deviceSealingKey, ownRecord } from '../settings/own-record.ts';
import type { DeviceParts } from './device-parts.ts';

export function createDeviceAccounts(
  device: DeviceParts,
  given: {
    media: MediaMaker;
    index: OrderedStore;
    foundNetwork: (founding: Founding) => Promise<CatalogAuthor>;
    log: Log;
  },
): AccountsRoom {
  const room = new HomeFreeSpace(device.config.home);
  return createAccounts({
    catalog: () => device.network()?.catalog,
    network: () => device.network()?.chunks,
    reservations: () => device.network()?.reservations,
    uploadCopies: () => device.network()?.uploadCopies,
    foundNetwork: given.foundNetwork,
    makeGenesis: (body, root) => writeGenesis(body, root).bytes,
    // The id changes after this device was removed and has a new key.
    get device() {
      return deviceId(device.identity.principal);
    },
    deviceBody: (network) => ownRecord(device.identity, device.settings(), network, device.clock.wallMs()),
    // Known from the moment of joining, before the catalog has arrived.
    storageOnly: () => device.network()?.removal.ownBody()?.storageOnly ?? false,
    isFilling: () => device.network()?.catalog.isFilling ?? false,
    audit: device.audit,
    sessions: withPrefix(given.index, 'sessions/'),
    trashAges: withPrefix(given.index, 'trash/'),
    recordAges: withPrefix(given.index, 'record-ages/'),
    recoveryAges: withPrefix(given.index, 'recovery-ages/'),
    deviceKeys: () => ({
      signer: device.identity,
      sealingSecret: deviceSealingKey(device.identity).secretKey,
    }),
    passwordTries: withPrefix(given.index, 'password-tries/'),
    quotaCounts: withPrefix(given.index, 'quota-counts/'),
    media: given.media,
    files: createSealedFiles(join(device.config.home, searchFolder), () => room.mustHave()),
    uploads: withPrefix(given.index, 'uploads/'),
    clock: device.agreedClock,
    random: systemRandom,
    tunables: device.config.tunables,
    log: given.log,
  });
}
