/** device rename, set, drain, impact, remove; audit. */
import type { AuditView, DeviceView, ImpactView, Page } from '../../model/api.ts';
import type { DeviceSettings } from '../../model/contracts/device.ts';
import { PeerstorError } from '../../model/errors.ts';
import { parseSize } from '../../node/index.ts';
import { Client, type GlobalOptions } from '../client/client.ts';
import { called, onlyOne } from '../lookup.ts';
import { formatSize, formatTime, printJson, printLine, printTable } from '../terminal/output.ts';

async function find(client: Client, which: string): Promise<DeviceView> {
  const { items } = await client.json<Page<DeviceView>>('/api/v1/devices');
  return onlyOne(called(items, which), 'device', which);
}

export async function rename(which: string, name: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await find(client, which);
  const device = await client.json<DeviceView>(`/api/v1/devices/${id}`, { method: 'PATCH', json: { name } });
  if (options.json) return printJson(device);
  printLine(`Device ${which} is now called ${device.name}.`);
}

interface SetOptions extends GlobalOptions {
  upLimit?: string;
  downLimit?: string;
  schedule?: { from: string; to: string } | 'none';
  limitLan?: 'yes' | 'no';
  wire?: 'sealed' | 'noise';
  class?: DeviceView['class'];
  place?: string;
}

/** @param which absent: the device that answers */
export async function set(which: string | undefined, options: SetOptions): Promise<void> {
  const { upLimit, downLimit, schedule, limitLan, wire, class: kind, place } = options;
  const change: DeviceSettings = {
    ...(upLimit !== undefined && { upLimit: limitOf(upLimit) }),
    ...(downLimit !== undefined && { downLimit: limitOf(downLimit) }),
    ...(schedule !== undefined && { schedule: schedule === 'none' ? null : schedule }),
    ...(limitLan !== undefined && { limitLan: limitLan === 'yes' }),
    ...(wire !== undefined && { wire }),
    ...(kind !== undefined && { class: kind }),
    ...(place !== undefined && { place }),
  };
  if (Object.keys(change).length === 0) {
    const flags = '--up-limit, --down-limit, --schedule, --limit-lan, --wire, --class or --place';
    throw new PeerstorError('bad-input', `Say what to change: ${flags}.`);
  }
  const client = await Client.connect(options);
  const { id } = await (which === undefined ? findSelf(client) : find(client, which));
  const device = await client.json<DeviceView>(`/api/v1/devices/${id}`, { method: 'PATCH', json: change });
  if (options.json) return printJson(device);
  const where = device.place === '' ? '' : `, in ${device.place}`;
  printLine(`${device.name}: ${device.class}${where}.`);
  if (device.bandwidth) printLine(bandwidthLine(device.bandwidth));
}

async function findSelf(client: Client): Promise<DeviceView> {
  const { items } = await client.json<Page<DeviceView>>('/api/v1/devices');
  const self = items.find((device) => device.self);
  if (self) return self;
  throw new PeerstorError('no-network', 'This device has no network yet.');
}

function limitOf(text: string): number | null {
  return text === 'none' ? null : parseSize(text);
}

function bandwidthLine(bandwidth: NonNullable<DeviceView['bandwidth']>): string {
  const { upLimit, downLimit, schedule, limitLan } = bandwidth;
  if (upLimit === null && downLimit === null) return 'No bandwidth limit.';
  const rate = (limit: number | null) => (limit === null ? 'no limit' : `${formatSize(limit)}/s`);
  const hours = schedule === null ? 'always' : `from ${schedule.from} to ${schedule.to}`;
  const lan = limitLan ? 'in the local network too' : 'not in the local network';
  return `Up ${rate(upLimit)}, down ${rate(downLimit)}, ${hours}, ${lan}.`;
}

export async function drain(which: string, options: GlobalOptions & { stop?: boolean }): Promise<void> {
  const client = await Client.connect(options);
  const { id } = await find(client, which);
  const method = options.stop ? 'DELETE' : 'POST';
  const device = await client.json<DeviceView>(`/api/v1/devices/${id}/drain`, { method });
  if (options.json) return printJson(device);
  printLine(
    options.stop
      ? `${device.name} accepts copies again.`
      : `${device.name} accepts no new copies, and the other devices copy what it has. "peerstor device impact ${device.name}" says how much is left.`,
  );
}

export async function impact(which: string, options: GlobalOptions): Promise<void> {
  const client = await Client.connect(options);
  const device = await find(client, which);
  const view = await client.json<ImpactView>(`/api/v1/devices/${device.id}/impact`);
  if (options.json) return printJson(view);
  printImpact(device, view);
}

export async function remove(which: string, options: GlobalOptions & { lost?: boolean }): Promise<void> {
  const client = await Client.connect(options);
  const device = await find(client, which);
  const view = await client.json<ImpactView>(`/api/v1/devices/${device.id}/impact`);
  if (!options.json) printImpact(device, view);
  // The device that answers decides whether this may be: it refuses where last copies would go.
  await client.json(`/api/v1/devices/${device.id}?lost=${options.lost === true}`, { method: 'DELETE' });
  if (options.json) return printJson({ removed: device.id, impact: view });
  printLine(`${device.name} was removed from the network.`);
}

function printImpact({ name, state }: DeviceView, view: ImpactView): void {
  const { lostChunks, lostBytes, lostVersions, thinChunks, thinBytes, bytesLeft } = view;
  printLine(
    lostChunks === 0
      ? `If ${name} died now, nothing would be lost.`
      : `If ${name} died now, ${lostChunks} chunks (${formatSize(lostBytes)}) of ${lostVersions} versions would be lost.`,
  );
  if (thinChunks > 0) {
    printLine(`${thinChunks} more chunks (${formatSize(thinBytes)}) would have fewer copies than wanted.`);
  }
  if (state === 'draining') {
    printLine(
      bytesLeft === 0
        ? 'It is drained: the other devices have a copy of everything it has.'
        : `${formatSize(bytesLeft)} must still be copied to other devices.`,
    );
  }
  for (const entry of view.entries) printLine(`  ${entry.name}`);
}

interface AuditOptions extends GlobalOptions {
  limit: number;
  event?: string;
  user?: string;
  words?: string;
  from?: string;
  to?: string;
  csv?: boolean;
}

export async function audit(options: AuditOptions): Promise<void> {
  const client = await Client.connect(options);
  const { limit, event, user, words, from, to, csv } = options;
  const asked = { limit: csv ? undefined : String(limit), event, username: user, q: words, from, to };
  const given = Object.entries({ ...asked, format: csv ? 'csv' : undefined }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const path = `/api/v1/audit?${new URLSearchParams(Object.fromEntries(given))}`;
  if (csv) {
    const pieces = await (await client.send(path)).body.toArray();
    const lines = Buffer.concat(pieces).toString().trimEnd().split('\r\n');
    for (const row of lines) printLine(row);
    return;
  }
  const page = await client.json<Page<AuditView>>(path);
  if (options.json) return printJson(page);
  printTable(
    ['WHEN', 'DEVICE', 'USER', 'EVENT', ''],
    page.items.map((item) => [
      formatTime(item.at),
      item.deviceName,
      item.username ?? '',
      item.event,
      item.sentence,
    ]),
  );
}
