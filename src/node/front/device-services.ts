/** What stands between the gateway and the parts of this device: accounts, media, backups, and the front over them. */
import { join } from 'node:path';
import type { AccountsRoom, Founding } from '../../drive/index.ts';
import { createMediaMaker } from '../../media/index.ts';
import type { Catalog } from '../../model/contracts/catalog.ts';
import type { DeviceFront } from '../../model/contracts/device.ts';
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import type { Log } from '../../model/log.ts';
import type { Home } from '../home/home.ts';
import { openRenditionFiles, renditionsFolder } from '../home/rendition-folder.ts';
import { createDeviceAccounts } from './device-accounts.ts';
import { startDeviceBackups } from './device-backups.ts';
import { createDeviceFront } from './device-front.ts';
import type { DeviceParts } from './device-parts.ts';

export interface DeviceServices {
  accounts: AccountsRoom;
  front: DeviceFront;
  stop(): Promise<void>;
}

export async function startDeviceServices(
  device: DeviceParts,
  given: {
    home: Home;
    index: OrderedStore;
    foundNetwork: (founding: Founding) => Promise<Catalog>;
    log: Log;
  },
): Promise<DeviceServices> {
  const renditions = await openRenditionFiles(join(given.home.folder, renditionsFolder));
  const media = createMediaMaker({ clock: device.clock, log: given.log, renditions });
  const accounts = createDeviceAccounts(device, { ...given, media });
  const backups = await startDeviceBackups(device, { ...given, accounts });
  return {
    accounts,
    front: createDeviceFront(device, accounts, backups),
    async stop() {
      await backups.stop();
      accounts.stop();
      await media.stop();
    },
  };
}
