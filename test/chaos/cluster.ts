/** The paired processes of one chaos run, with links and disks that can be broken. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceView, HealthzView } from '../../src/model/api.ts';
import { DeviceProcess, pair } from '../cluster/device-process.ts';
import { until } from '../support/until.ts';
import { freePort, Links } from './links.ts';

/** Waits of days take seconds here, waits of minutes take moments. */
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
  auditEveryMs: 10_000,
  fullBeliefMs: 3000,
  peerRestMs: 2000,
  excuseMs: 3000,
  holdMs: 5000,
  repairAgainMs: 1000,
  catchUpAgainMs: 2000,
};
const diskBytes = '256m';
/** Long, so that a busy machine fails no promise. */
const patienceMs = 300_000;

export class ChaosCluster {
  readonly devices: DeviceProcess[] = [];
  links!: Links;
  /** The folder that each device lends. */
  readonly volumes: string[] = [];
  /** Undefined if each device has a mounted disk of its own, else the reason why not. */
  withoutDisks: string | undefined;
  /** Removed at the end. */
  readonly folder: string;
  /** Mounted disks, the latest last. */
  readonly #mounts: string[] = [];
  readonly #unregister = onEnding(() => this.#endNow());

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(count: number): Promise<ChaosCluster> {
    const cluster = new ChaosCluster(await mkdtemp(join(tmpdir(), 'peerstor-chaos-')));
    try {
      await cluster.#startAll(count);
      await cluster.#pairAll();
      return cluster;
    } catch (error) {
      await cluster.close();
      throw error;
    }
  }

  async #startAll(count: number): Promise<void> {
    const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
    this.links = await Links.open(ports, (index) => this.devices[index]?.pid ?? 0);
    for (const [index, port] of ports.entries()) {
      const disk = join(this.folder, `disk${index}`);
      await mkdir(disk);
      this.withoutDisks ??= this.#mount(disk, '-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs');
      this.volumes.push(join(disk, 'volume'));
      const args = [
        '--p2p-port',
        `${port}`,
        '--announce',
        this.links.announced(index),
        '--log-level',
        'warn',
      ];
      const name = String.fromCharCode(97 + index);
      args.push('--storage', `${join(disk, 'volume')}=200M`);
      this.devices.push(await DeviceProcess.start({ name, tune, args, env: {} }));
    }
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
    await until(`${device.name} can sign in`, () => this.#trySignIn(device), patienceMs);
  }

  /** @returns true, or the reason why not */
  async #trySignIn(device: DeviceProcess): Promise<true | string> {
    if (device.session && (await device.api('GET', '/api/v1/auth/me')).status === 200) return true;
    const answer = await device.login();
    return answer.status === 200 || `${answer.status} ${JSON.stringify(answer.body)}`;
  }

  async allConnected(): Promise<void> {
    await this.untilHealed('all devices see each other', async () => {
      for (const device of this.devices) {
        const { items } = await device.must<{ items: { online: boolean }[] }>('GET', '/api/v1/devices');
        const online = items.filter((other) => other.online).length;
        if (online !== this.devices.length) return `${device.name} sees ${online}`;
      }
      return true;
    });
  }

  /**
   * Waits while people do their part. Every wait for something to heal is this one: a device that was put back to an
   * old home may find that out long after it connected, and then needs somebody who lets it in again.
   */
  async untilHealed(what: string, check: () => Promise<true | string>): Promise<void> {
    const tended = async () => {
      await this.#tend();
      return check();
    };
    await until(what, tended, patienceMs);
  }

  /** Does what people do when a device asks for them: lets it in again, confirms that its disk is sound. */
  async #tend(): Promise<void> {
    for (const device of this.devices) {
      const { body } = await device.api<HealthzView>('GET', '/healthz');
      if (body.networkId === null) await this.#letInAgain(device);
      else if ((await this.#trySignIn(device)) === true) await trustDisk(device);
    }
  }

  /** It has a new key, because its home was an old copy. */
  async #letInAgain(device: DeviceProcess): Promise<void> {
    const member = this.devices.find((other) => other !== device);
    if (!member) return;
    await device.stop('SIGTERM');
    await device.start();
    await pair(member, device);
    await this.signIn(device);
  }

  /** Removes the former keys of devices that were let in again. */
  async removeOldKeys(): Promise<void> {
    const [first] = this.devices;
    if (!first) return;
    await this.untilHealed('keys that were replaced are removed', async () => {
      const views = this.devices.map((device) => device.api<HealthzView>('GET', '/healthz'));
      const keys = (await Promise.all(views)).map(({ body }) => body.deviceId);
      const { items } = await first.must<{ items: DeviceView[] }>('GET', '/api/v1/devices');
      const old = items.filter(({ id, state }) => state !== 'removed' && !keys.includes(id));
      for (const { id } of old) await first.must('DELETE', `/api/v1/devices/${id}`);
      return old.length === 0 || `${old.length} are left`;
    });
  }

  /** @returns the reason why the disk could not be made read-only, or undefined */
  makeReadOnly(device: number): string | undefined {
    const disk = this.#disk(device);
    const view = join(this.folder, `view${device}`);
    mkdirSync(view, { recursive: true });
    // Mounts a read-only view over the disk. The mount itself cannot become read-only while a file on
    // it is open for writing, and one nearly always is.
    const refused = this.#mount(view, '--bind', disk);
    if (refused !== undefined) return refused;
    const failed = run('mount', '-o', 'remount,bind,ro', view) ?? this.#mount(disk, '--bind', view);
    this.#unmount(view);
    return failed;
  }

  /** Ends `makeReadOnly`. */
  makeWritable(device: number): void {
    const disk = this.#disk(device);
    if (this.#mounts.filter((mounted) => mounted === disk).length > 1) this.#unmount(disk);
  }

  #disk(device: number): string {
    return join(this.folder, `disk${device}`);
  }

  /** @returns why it could not be done, or undefined */
  #mount(disk: string, ...how: string[]): string | undefined {
    const refused = run('mount', ...how, disk);
    if (refused === undefined) this.#mounts.push(disk);
    return refused;
  }

  #unmount(disk: string): void {
    this.#mounts.splice(this.#mounts.lastIndexOf(disk), 1);
    // Lazy, so that it takes effect at once even while a file is open.
    run('umount', '--lazy', disk);
  }

  /** Resident memory of a running device. */
  async memoryBytes(device: DeviceProcess): Promise<number> {
    const status = await readFile(`/proc/${device.pid}/status`, 'utf8').catch(() => '');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  }

  async close(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.remove()));
    await this.links?.close();
    this.#unregister();
    for (const disk of this.#mounts.toReversed()) this.#unmount(disk);
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Called when this process ends in the middle: leaves nothing running or mounted. */
  #endNow(): void {
    for (const device of this.devices) device.signal('SIGKILL');
    for (const disk of this.#mounts.toReversed()) this.#unmount(disk);
    for (const folder of [this.folder, ...this.devices.map(({ home }) => home)]) {
      // A process that is being killed may still write to it.
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  }
}

/** Calls `end` when this process exits or is told to end. @returns a function that undoes this */
function onEnding(end: () => void): () => void {
  const leave = () => process.exit(1);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  process.once('exit', end);
  for (const signal of signals) process.once(signal, leave);
  return () => {
    process.off('exit', end);
    for (const signal of signals) process.off(signal, leave);
  };
}

/** Confirms that the disk is sound, in the role of whoever damaged its chunks. */
async function trustDisk(device: DeviceProcess): Promise<void> {
  const { items } = await device.must<{ items: DeviceView[] }>('GET', '/api/v1/devices');
  const own = items.find(({ self }) => self);
  if (!own?.volumes.some(({ state }) => state === 'failing')) return;
  const volumes = own.volumes.map(({ path, limitBytes }) => ({ path, limitBytes, state: 'active' }));
  await device.must('PATCH', `/api/v1/devices/${own.id}`, { json: { volumes } });
}

/** @returns what went wrong, or undefined */
function run(command: string, ...args: string[]): string | undefined {
  try {
    execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}
