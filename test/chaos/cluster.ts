/** The processes of one chaos run, paired, with links and disks that can be broken. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceProcess, pair, until } from '../cluster/device-process.ts';
import { freePort, Links } from './links.ts';

/** Days in seconds. */
const tune = {
  heartbeatMs: 500,
  peerSuspectMs: 1500,
  peerDropMs: 3000,
  presenceStableMs: 500,
  repairOneCopyMs: 1000,
  repairTwoCopiesMs: 2000,
  repairTwoCopiesSleeperMs: 4000,
  inventoryDigestMs: 3000,
  catalogDigestMs: 3000,
  scrubPeriodMs: 5000,
  trimAfterMs: 3000,
  garbageGraceMs: 5000,
  garbageTrashMs: 2000,
  garbageEveryMs: 2000,
  transferStallMs: 1500,
  redialMinMs: 200,
  redialMaxMs: 1000,
};
const diskBytes = '256m';

export class ChaosCluster {
  readonly devices: DeviceProcess[];
  readonly links: Links;
  /** The folder that each device lends. */
  readonly volumes: readonly string[];
  /** Undefined when disks of their own could be mounted, else why not. */
  readonly withoutDisks: string | undefined;
  readonly #folder: string;

  private constructor(
    devices: DeviceProcess[],
    links: Links,
    disks: { volumes: string[]; withoutDisks: string | undefined; folder: string },
  ) {
    this.devices = devices;
    this.links = links;
    this.volumes = disks.volumes;
    this.withoutDisks = disks.withoutDisks;
    this.#folder = disks.folder;
  }

  static async start(count: number): Promise<ChaosCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'peerstor-chaos-'));
    const devices: DeviceProcess[] = [];
    const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
    const links = await Links.open(ports, (index) => devices[index]?.pid ?? 0);
    const volumes: string[] = [];
    let withoutDisks: string | undefined;
    for (const [index, port] of ports.entries()) {
      const disk = join(folder, `disk${index}`);
      await mkdir(disk);
      withoutDisks = mountDisk(disk);
      volumes.push(join(disk, 'volume'));
      const args = ['--p2p-port', `${port}`, '--announce', links.announced(index), '--log-level', 'warn'];
      const name = String.fromCharCode(97 + index);
      args.push('--storage', `${join(disk, 'volume')}=200M`);
      devices.push(await DeviceProcess.start({ name, tune, args, env: {} }));
    }
    const cluster = new ChaosCluster(devices, links, { volumes, withoutDisks, folder });
    await cluster.#pairAll();
    return cluster;
  }

  async #pairAll(): Promise<void> {
    const [first, ...others] = this.devices;
    if (!first) return;
    await first.setup();
    for (const other of others) await pair(first, other);
    for (const device of this.devices) await this.signIn(device);
    await this.allConnected();
  }

  async signIn(device: DeviceProcess): Promise<void> {
    await until(`${device.name} can sign in`, async () => {
      if (device.secret && (await device.api('GET', '/api/v1/auth/me')).status === 200) return true;
      const answer = await device.login();
      return answer.status === 200 || `${answer.status} ${JSON.stringify(answer.body)}`;
    });
  }

  async allConnected(timeoutMs = 60_000): Promise<void> {
    await until(
      'all devices see each other',
      async () => {
        for (const device of this.devices) {
          const { items } = await device.must<{ items: { online: boolean }[] }>('GET', '/api/v1/devices');
          const online = items.filter((other) => other.online).length;
          if (online !== this.devices.length) return `${device.name} sees ${online}`;
        }
        return true;
      },
      timeoutMs,
    );
  }

  /** Resident memory of a running device. */
  async memoryBytes(device: DeviceProcess): Promise<number> {
    const status = await readFile(`/proc/${device.pid}/status`, 'utf8').catch(() => '');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  async close(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.remove()));
    await this.links.close();
    for (const index of this.devices.keys()) {
      if (this.withoutDisks === undefined) run('umount', join(this.#folder, `disk${index}`));
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** @returns why it could not be done, or undefined */
function mountDisk(folder: string): string | undefined {
  return run('mount', '-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', folder);
}

/** @returns what went wrong, or undefined */
export function run(command: string, ...args: string[]): string | undefined {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}
