/** Settings of the storage folders and speed limits of a device, between form fields and requests. */
import type { BandwidthView, VolumeState, VolumeView } from '../../../src/model/api.ts';
import type { DeviceSettings } from '../../../src/model/contracts/device.ts';
import type { FolderCheckView } from '../../../src/model/views/topology.ts';
import { type PlainPhrase, t } from '../../words/words.ts';
import { formatSize } from './format.ts';

export type VolumeWish = NonNullable<DeviceSettings['volumes']>[number];

/** The whole list, with one folder as it is wished, or without it. */
export function volumesWith(
  volumes: readonly VolumeView[],
  path: string,
  wish: Omit<VolumeWish, 'path'> | null,
): VolumeWish[] {
  const others = volumes.map((volume) => ({ path: volume.path }));
  if (wish === null) return others.filter((volume) => volume.path !== path);
  if (!others.some((volume) => volume.path === path)) return [...others, { path, ...wish }];
  return others.map((volume) => (volume.path === path ? { path, ...wish } : volume));
}

/** What is unusual about a folder that is to be lent, in sentences; none where nothing is. */
export function folderDoubts(path: string, check: FolderCheckView, limitBytes: number | null): string[] {
  const { missing, sharesDiskWith, onSystemDisk, freeBytes, totalBytes } = check;
  const doubts: string[] = [];
  if (missing) doubts.push(t('The folder {path} does not exist. It would be made.', { path }));
  if (onSystemDisk) {
    doubts.push(
      t('It is on the disk of the operating system: when that is full, this machine may stop working.'),
    );
  }
  if (sharesDiskWith.length > 0) {
    doubts.push(
      t('It is on the same disk as {folders}: if that disk fails, both are lost.', {
        folders: sharesDiskWith.join(', '),
      }),
    );
  }
  if (limitBytes !== null && limitBytes > freeBytes) {
    doubts.push(
      t('Only {free} of {total} are free there.', {
        free: formatSize(freeBytes),
        total: formatSize(totalBytes),
      }),
    );
  }
  return doubts;
}

export const volumeWords: Readonly<
  Record<VolumeState, { label: PlainPhrase; tone: 'ok' | 'warn' | 'danger' }>
> = {
  ok: { label: 'in use', tone: 'ok' },
  full: { label: 'full^disk', tone: 'warn' },
  draining: { label: 'moving copies', tone: 'warn' },
  missing: { label: 'not found', tone: 'warn' },
  failed: { label: 'not working', tone: 'danger' },
  failing: { label: 'losing data', tone: 'danger' },
};

/** A folder that was emptied to the end. */
export const emptied = { label: 'empty', tone: 'ok' } as const;

/** Both ends as a time field gives them, or neither for always. @throws Error with a sentence */
export function scheduleFrom(from: string, to: string): BandwidthView['schedule'] {
  if (from === '' && to === '') return null;
  if (from !== '' && to !== '') return { from, to };
  throw new Error(t('Enter both times, for example 08:00 and 22:00, or neither.'));
}
