/** Faults. Each one starts, says what it did, and returns a function that ends it. */
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Random } from '../../src/model/clock.ts';
import {
  bytesOnDisk,
  damageHead,
  type FoundChunk,
  flipOnDisk,
  heldChunks,
  rotOnDisk,
} from '../store/segments-on-disk.ts';
import type { ChaosCluster } from './cluster.ts';

export interface Trouble {
  sentence: string;
  /** Since this time, only this device may know what was written to it. */
  forgets?: { device: string; sinceMs: number };
  /** Ends the fault; recovering from it is up to the device. */
  end(): Promise<void>;
}

export interface Nemesis {
  name: string;
  /** True for a fault that destroys copies for good: at most one device of a schedule has one. */
  destroys?: boolean;
  /** Needs a disk of its own under the volume. */
  needsDisk?: boolean;
  begin(cluster: ChaosCluster, device: number, random: Random): Promise<Trouble>;
}

const dayMs = 24 * 3_600_000;
const slowBytesPerSecond = 100 * 1024;

export const nemeses: readonly Nemesis[] = [
  { name: 'kill', begin: kill },
  { name: 'pause', begin: pause },
  { name: 'partition', begin: partition },
  { name: 'black hole', begin: blackHole },
  { name: 'reset', begin: reset },
  { name: 'slow link', begin: slowLink },
  { name: 'wrong clock', begin: wrongClock },
  { name: 'full disk', needsDisk: true, begin: fullDisk },
  { name: 'read-only disk', needsDisk: true, begin: readOnlyDisk },
  { name: 'deleted volume', destroys: true, begin: deletedVolume },
  { name: 'damaged chunks', destroys: true, begin: damagedChunks },
  { name: 'rolled-back home', destroys: true, begin: rolledBackHome },
];

const noEnd = async () => undefined;

async function restart(cluster: ChaosCluster, index: number): Promise<void> {
  const device = deviceAt(cluster, index);
  await device.start();
  await cluster.signIn(device);
}

async function kill(cluster: ChaosCluster, index: number): Promise<Trouble> {
  const device = deviceAt(cluster, index);
  await device.stop('SIGKILL');
  return { sentence: `${device.name} is killed`, end: () => restart(cluster, index) };
}

async function pause(cluster: ChaosCluster, index: number): Promise<Trouble> {
  const device = deviceAt(cluster, index);
  device.signal('SIGSTOP');
  return { sentence: `${device.name} hangs`, end: async () => device.signal('SIGCONT') };
}

/** Splits the devices in two parts: nothing passes between them, and no connection is closed. */
async function partition(cluster: ChaosCluster, index: number, random: Random): Promise<Trouble> {
  const inside = [...cluster.devices.keys()].filter((other) => other === index || random.next() < 0.4);
  const cut = inside.flatMap((one) =>
    [...cluster.devices.keys()]
      .filter((other) => !inside.includes(other))
      .flatMap((other) => cluster.links.between(one, other)),
  );
  for (const link of cut) link.blackHole(true);
  const names = inside.map((one) => deviceAt(cluster, one).name).join(', ');
  return {
    sentence: `${names} are cut off from the others`,
    async end() {
      for (const link of cut) link.blackHole(false);
    },
  };
}

/** Two devices cannot reach each other, while both reach all others. */
async function blackHole(cluster: ChaosCluster, index: number, random: Random): Promise<Trouble> {
  const others = [...cluster.devices.keys()].filter((other) => other !== index);
  const other = others[Math.floor(random.next() * others.length)] ?? index;
  const links = cluster.links.between(index, other);
  for (const link of links) link.blackHole(true);
  return {
    sentence: `${deviceAt(cluster, index).name} and ${deviceAt(cluster, other).name} do not reach each other`,
    async end() {
      for (const link of links) link.blackHole(false);
    },
  };
}

/** Every connection of the device is reset, and new ones are refused. */
async function reset(cluster: ChaosCluster, index: number): Promise<Trouble> {
  const links = cluster.links.of(index);
  for (const link of links) link.cut({ refuse: true });
  return {
    sentence: `${deviceAt(cluster, index).name} is refused by all`,
    async end() {
      for (const link of links) link.accept();
    },
  };
}

async function slowLink(cluster: ChaosCluster, index: number): Promise<Trouble> {
  const links = cluster.links.of(index);
  for (const link of links) {
    link.setRate(slowBytesPerSecond);
    link.setDelay(50);
  }
  return {
    sentence: `${deviceAt(cluster, index).name} has 100 KiB/s`,
    async end() {
      for (const link of links) {
        link.setRate(Number.POSITIVE_INFINITY);
        link.setDelay(0);
      }
    },
  };
}

async function wrongClock(cluster: ChaosCluster, index: number, random: Random): Promise<Trouble> {
  const device = deviceAt(cluster, index);
  const skewMs = random.next() < 0.5 ? -dayMs : dayMs;
  const env = device.settings.env ?? {};
  device.settings.env = env;
  await device.stop('SIGTERM');
  env.PEERSTOR_TEST_SKEW_MS = String(skewMs);
  env.NODE_OPTIONS = `--import ${new URL('./skewed-clock.mjs', import.meta.url).href}`;
  await device.start();
  return {
    sentence: `${device.name} starts with a clock that is ${skewMs > 0 ? 'ahead' : 'behind'} by a day`,
    async end() {
      await device.stop('SIGTERM');
      delete env.PEERSTOR_TEST_SKEW_MS;
      delete env.NODE_OPTIONS;
      await restart(cluster, index);
    },
  };
}

/** Every further write of the device gets ENOSPC. */
async function fullDisk(cluster: ChaosCluster, index: number): Promise<Trouble> {
  const ballast = join(dirname(volumeAt(cluster, index)), 'ballast');
  const piece = Buffer.alloc(1024 * 1024);
  try {
    for (;;) await writeFile(ballast, piece, { flag: 'a' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
  return {
    sentence: `the disk of ${deviceAt(cluster, index).name} is full`,
    end: () => rm(ballast, { force: true }),
  };
}

async function readOnlyDisk(cluster: ChaosCluster, index: number): Promise<Trouble> {
  const device = deviceAt(cluster, index);
  const refused = cluster.makeReadOnly(index);
  return {
    sentence: refused ?? `the disk of ${device.name} takes no writes`,
    async end() {
      cluster.makeWritable(index);
      // Only a new process trusts a volume again after a failed write.
      await device.stop('SIGTERM');
      await restart(cluster, index);
    },
  };
}

/** The device's volume vanishes while the device is off. */
async function deletedVolume(cluster: ChaosCluster, index: number): Promise<Trouble> {
  const device = deviceAt(cluster, index);
  await device.stop('SIGKILL');
  await rm(volumeAt(cluster, index), { recursive: true, force: true });
  await restart(cluster, index);
  return {
    sentence: `the volume of ${device.name} is deleted`,
    async end() {
      // Its owner creates an empty one: until then it is missing, like an unplugged drive.
      await device.stop('SIGTERM');
      await mkdir(volumeAt(cluster, index));
      await restart(cluster, index);
    },
  };
}

/** Restores the home, but not the volume, from a backup of when the fault began. */
async function rolledBackHome(cluster: ChaosCluster, index: number, random: Random): Promise<Trouble> {
  const device = deviceAt(cluster, index);
  const copy = join(cluster.folder, 'home before');
  const takenMs = performance.now();
  await device.stop(random.next() < 0.5 ? 'SIGTERM' : 'SIGKILL');
  await cp(device.home, copy, { recursive: true });
  await restart(cluster, index);
  return {
    sentence: `${device.name} is put back to an old copy of its home`,
    forgets: { device: device.name, sinceMs: takenMs },
    async end() {
      await device.stop('SIGKILL');
      await rm(device.home, { recursive: true, force: true });
      await rename(copy, device.home);
      await device.start();
    },
  };
}

/** Flips bits, truncates files, and swaps two chunks. */
async function damagedChunks(cluster: ChaosCluster, index: number, random: Random): Promise<Trouble> {
  const chunks = await chunksOn(volumeAt(cluster, index));
  const some = () => chunks[Math.floor(random.next() * chunks.length)];
  const hit = Math.min(10, Math.ceil(chunks.length / 10));
  for (let done = 0; done < hit; done += 1) {
    const [chunk, other] = [some(), some()];
    if (!chunk || !other) break;
    // The device may delete a chunk at the same time.
    await damage(chunk, other, random).catch(() => undefined);
  }
  return { sentence: `${hit} chunks of ${deviceAt(cluster, index).name} are damaged`, end: noEnd };
}

async function damage(chunk: FoundChunk, other: FoundChunk, random: Random): Promise<void> {
  const dice = random.next();
  if (dice < 0.4) await flipOnDisk(chunk);
  else if (dice < 0.7) await damageHead(chunk);
  else await rotOnDisk(chunk, await bytesOnDisk(other));
}

/** Chunks that a volume holds, by id. */
export async function chunksOn(volume: string): Promise<FoundChunk[]> {
  // The device may delete a segment at the same time.
  const held = await heldChunks(volume).catch(() => new Map<string, FoundChunk>());
  return [...held.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function deviceAt(cluster: ChaosCluster, index: number) {
  const device = cluster.devices[index];
  if (!device) throw new Error(`there is no device ${index}`);
  return device;
}

function volumeAt(cluster: ChaosCluster, index: number): string {
  const volume = cluster.volumes[index];
  if (!volume) throw new Error(`there is no device ${index}`);
  return volume;
}
