/** What devices say of their network: its secret, its members, who is connected. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceView, Page } from '../../src/model/api.ts';
import { until } from '../support/until.ts';
import type { DeviceProcess } from './device-process.ts';

export function three(devices: DeviceProcess[]): [DeviceProcess, DeviceProcess, DeviceProcess] {
  const [a, b, c] = devices;
  assert.ok(a && b && c);
  return [a, b, c];
}

export interface Healthz {
  networkId: string | null;
  deviceId: string;
  deviceName: string;
}

export function healthz(device: DeviceProcess): Promise<Healthz> {
  return device.must('GET', '/healthz', { anonymous: true });
}

export async function devicesOf(device: DeviceProcess): Promise<DeviceView[]> {
  return (await device.must<Page<DeviceView>>('GET', '/api/v1/devices')).items;
}

export async function onlineAt(device: DeviceProcess): Promise<string[]> {
  return (await devicesOf(device)).filter(({ online }) => online).map(({ name }) => name);
}

export async function allConnectedSeenBy(device: DeviceProcess, count: number): Promise<void> {
  await until(`${count} devices are online`, async () => {
    const online = await onlineAt(device);
    return online.length === count || online.join(' ');
  });
}

export async function epochOf({ home }: DeviceProcess): Promise<number> {
  return JSON.parse(await readFile(join(home, 'network.key'), 'utf8')).epoch;
}

export async function runFacts({ home }: DeviceProcess): Promise<{ localSecret: string; setupCode: string }> {
  return JSON.parse(await readFile(join(home, 'run.json'), 'utf8'));
}
