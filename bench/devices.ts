/** Real devices of one network for benches, on loopback, each with a home in one scratch folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, Links } from '../test/chaos/links.ts';
import { allConnected, DeviceProcess, pair, type StartSettings } from '../test/cluster/device-process.ts';
import { until } from '../test/support/until.ts';

export interface DevicesSettings {
  count: number;
  tune?: Record<string, number>;
  env?: Record<string, string>;
  /** Connections go over links that can be slowed; `spare` more of them for devices that come later. */
  linked?: boolean;
  spare?: number;
}

export interface Devices {
  /** The first was set up; all are signed in and connected. */
  devices: DeviceProcess[];
  links: Links | undefined;
  /** For `addDevice` of the device with this place in the list. */
  argsOf(index: number): string[];
  /** Their homes are in it. */
  readonly folder: string;
}

/** Runs `use` with devices that are removed afterwards. */
export async function withDevices<Result>(
  settings: DevicesSettings,
  use: (started: Devices) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(process.env.PEERSTOR_BENCH_DIR ?? tmpdir(), 'peerstor-bench-'));
  const started: Devices = { devices: [], links: undefined, argsOf: () => [], folder };
  try {
    await start(settings, started);
    return await use(started);
  } finally {
    await Promise.all(started.devices.map((device) => device.remove()));
    await started.links?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function start({ count, tune, env, linked, spare = 0 }: DevicesSettings, into: Devices): Promise<void> {
  const { devices, folder } = into;
  if (linked) {
    const ports = await Promise.all(Array.from({ length: count + spare }, () => freePort()));
    const links = await Links.open(ports, (index) => devices[index]?.pid ?? 0);
    into.links = links;
    into.argsOf = (index) => ['--p2p-port', `${ports[index]}`, '--announce', links.announced(index)];
  }
  for (let index = 0; index < count; index += 1) {
    const args = into.argsOf(index);
    await addDevice(devices, { folder, args, ...(tune && { tune }), ...(env && { env }) });
  }
  await allConnected(devices);
}

/** One more device, paired with the first and signed in. */
export async function addDevice(
  devices: DeviceProcess[],
  { folder, args = [], tune = {}, env = {} }: Omit<StartSettings, 'name' | 'home'> & { folder?: string },
): Promise<DeviceProcess> {
  const name = String.fromCharCode(97 + devices.length);
  const device = await DeviceProcess.start({
    name,
    tune,
    args,
    env,
    ...(folder !== undefined && { home: join(folder, name) }),
  });
  devices.push(device);
  const [first] = devices;
  if (!first || first === device) await device.setup();
  else {
    await pair(first, device);
    await until(`${name} can sign in`, async () => (await device.login()).status === 200);
  }
  return device;
}

/** A figure of a device's `/metrics`; 0 when it has none of that name. */
export async function metric(device: DeviceProcess, name: string): Promise<number> {
  const text = await device.must<string>('GET', '/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}

/** Looks often; @returns seconds until `check` held. @throws after `timeoutSeconds` */
export async function secondsUntil(
  what: string,
  check: () => Promise<boolean>,
  timeoutSeconds = 600,
): Promise<number> {
  const startedMs = performance.now();
  const tookSeconds = () => (performance.now() - startedMs) / 1000;
  while (!(await check())) {
    if (tookSeconds() > timeoutSeconds) throw new Error(`not within ${timeoutSeconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return tookSeconds();
}
