/** What people say about the folders and limits of a device, as the device wants it said, and back. */
import type { BandwidthView, VolumeState, VolumeView } from '../../src/model/api.ts';
import type { DeviceSettings } from '../../src/model/contracts/device.ts';

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

export const volumeWords: Readonly<Record<VolumeState, { label: string; tone: 'ok' | 'warn' | 'danger' }>> = {
  ok: { label: 'in use', tone: 'ok' },
  full: { label: 'full', tone: 'warn' },
  draining: { label: 'being emptied', tone: 'warn' },
  missing: { label: 'not there', tone: 'warn' },
  failed: { label: 'does not work', tone: 'danger' },
  failing: { label: 'loses data', tone: 'danger' },
};

/** A folder that was emptied to the end. */
export const emptied = { label: 'empty: it can be taken back', tone: 'ok' } as const;

/** Both ends as a time field gives them, or neither for always. @throws Error with a sentence */
export function scheduleFrom(from: string, to: string): BandwidthView['schedule'] {
  if (from === '' && to === '') return null;
  if (from !== '' && to !== '') return { from, to };
  throw new Error('Give both hours, such as 08:00 and 22:00, or neither.');
}
