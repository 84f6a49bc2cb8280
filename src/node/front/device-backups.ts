/** The backups of this device, with their files in its home. */
import { chmod, readdir, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AdoptedChunks, BackupService, type ProfileFolder } from '../../backup/index.ts';
import { type Clock, systemRandom } from '../../model/clock.ts';
import type { Accounts } from '../../model/contracts/drive.ts';
import { type OrderedStore, withPrefix } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { makeFolders } from '../../store/index.ts';
import { type Home, replaceFile } from '../home/home.ts';
import { isMetered } from '../process/metered.ts';
import type { DeviceParts } from './device-parts.ts';

/** The part of the index that backups and adopted folders share. */
const backupRows = 'backup/';
/** A file that was written within this time is still being written. */
const settleMs = 2000;

/** Before anybody asks what this device has. */
export async function openAdopted(index: OrderedStore, clock: Clock): Promise<AdoptedChunks> {
  const adopted = new AdoptedChunks({ rows: withPrefix(index, backupRows), clock });
  await adopted.start();
  return adopted;
}

export async function startDeviceBackups(
  device: DeviceParts,
  given: { home: Home; index: OrderedStore; accounts: Pick<Accounts, 'resume'>; log: Log },
): Promise<BackupService> {
  const { home, accounts, log } = given;
  const service = new BackupService({
    resume: (token) => resumed(accounts, token),
    folder: profilesIn(home),
    rows: withPrefix(given.index, backupRows),
    adopted: device.adopted,
    volumes: device.store,
    isOnBattery: () => device.own.battery.isOn,
    isMetered,
    makeFolders,
    hasOtherCopy: (id) =>
      device
        .network()
        ?.chunks.holders(id)
        .some((holder) => holder !== device.identity.principal) ?? false,
    clock: device.clock,
    random: systemRandom,
    log,
    settleMs,
    never: () =>
      [home.folder, ...device.store.usage().volumes.map(({ path }) => path)].map((path) => resolve(path)),
    isDriveComplete: () => device.network()?.catalog.isCaughtUp() ?? false,
    audit: device.audit,
    deviceName: () => device.settings().name,
    changed: () => device.tell('health'),
  });
  await service.start();
  return service;
}

/** Without a network there is no drive to save to. */
async function resumed(accounts: Pick<Accounts, 'resume'>, token: string) {
  try {
    return await accounts.resume(token);
  } catch (error) {
    if (isPeerstorError(error, 'no-network')) return undefined;
    throw error;
  }
}

function profilesIn(home: Home): ProfileFolder {
  const folder = home.file('backups');
  return {
    async names() {
      try {
        return await readdir(folder);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
        throw error;
      }
    },
    read: (name) => readFile(home.file('backups', name), 'utf8'),
    async write(name, text) {
      if ((await makeFolders(folder)) !== undefined) await chmod(folder, 0o700);
      await replaceFile(home.file('backups', name), text, 0o600);
    },
    remove: (name) => rm(home.file('backups', name), { force: true }),
  };
}
