/** volume list, add, limit, drain, remove: the folders that the device which answers lends. */
import { resolve } from 'node:path';
import type { DeviceView, Page, VolumeView } from '../../model/api.ts';
import type { DeviceSettings } from '../../model/contracts/device.ts';
import { PeerstorError } from '../../model/errors.ts';
import { parseSize } from '../../node/index.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { formatSize, printJson, printLine, printTable } from '../terminal/output.ts';

type VolumeWish = NonNullable<DeviceSettings['volumes']>[number];

export async function list(options: GlobalOptions): Promise<void> {
  const { self } = await open(options);
  if (options.json) return printJson({ items: self.volumes, nextCursor: null });
  printVolumes(self);
}

export async function add(folder: string, options: GlobalOptions & { adopt?: boolean }): Promise<void> {
  const cut = folder.lastIndexOf('=');
  const path = resolve(cut < 0 ? folder : folder.slice(0, cut));
  const limit = cut < 0 ? {} : { limitBytes: parseSize(folder.slice(cut + 1)) };
  await change(options, (volumes) => {
    if (volumes.some((volume) => volume.path === path)) {
      throw new PeerstorError(
        'conflict',
        `${path} is a storage folder already: "peerstor volume limit" changes its size limit.`,
      );
    }
    return [...volumes.map(asItIs), { path, ...limit, ...(options.adopt && { adopt: true }) }];
  });
}

export async function limit(folder: string, size: string, options: GlobalOptions): Promise<void> {
  const limitBytes = parseSize(size);
  await changeOne(folder, options, (volume) => [{ ...asItIs(volume), limitBytes }]);
}

export async function drain(folder: string, options: GlobalOptions & { stop?: boolean }): Promise<void> {
  const state = options.stop ? 'active' : 'draining';
  await changeOne(folder, options, (volume) => [{ ...asItIs(volume), state }]);
}

export async function remove(folder: string, options: GlobalOptions): Promise<void> {
  await changeOne(folder, options, () => []);
}

function asItIs({ path }: VolumeView): VolumeWish {
  return { path };
}

async function open(options: GlobalOptions): Promise<{ client: Client; self: DeviceView }> {
  const client = await Client.connect(options);
  const { items } = await client.json<Page<DeviceView>>('/api/v1/devices');
  const self = items.find((device) => device.self);
  if (self === undefined) throw new PeerstorError('no-network', 'This device has no network yet.');
  return { client, self };
}

function changeOne(
  folder: string,
  options: GlobalOptions,
  wishOf: (volume: VolumeView) => VolumeWish[],
): Promise<void> {
  const path = resolve(folder);
  return change(options, (volumes) => {
    if (!volumes.some((volume) => volume.path === path)) {
      const known = volumes.map((volume) => volume.path).join(', ');
      throw new PeerstorError(
        'not-found',
        `${path} is not a storage folder of this device; these are: ${known || 'none'}.`,
      );
    }
    return volumes.flatMap((volume) => (volume.path === path ? wishOf(volume) : [asItIs(volume)]));
  });
}

async function change(
  options: GlobalOptions,
  wishOf: (volumes: readonly VolumeView[]) => VolumeWish[],
): Promise<void> {
  const { client, self } = await open(options);
  const json = { volumes: wishOf(self.volumes) };
  const device = await client.json<DeviceView>(`/api/v1/devices/${self.id}`, { method: 'PATCH', json });
  if (options.json) return printJson(device);
  printVolumes(device);
}

function printVolumes({ volumes }: DeviceView): void {
  printTable(
    ['FOLDER', 'STATE', 'USED', 'LENDS'],
    volumes.map(({ path, state, usedBytes, limitBytes }) => [
      path,
      state,
      formatSize(usedBytes),
      formatSize(limitBytes),
    ]),
  );
  for (const { path, problem } of volumes) if (problem) printLine(`${path}: ${problem}`);
}
