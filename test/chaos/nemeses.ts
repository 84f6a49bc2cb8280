/** What can go wrong. Each begins, says what it did, and gives back how it ends. */
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
  /** What was written at this device since then may be known to nobody else. */
  forgets?: { device: string; sinceMs: number };
  /** Undoes what the world did to the device; what the device must do about it is its own business. */
  end(): Promise<void>;
}

export interface Nemesis {
  name: string;
  /** Takes copies away for good: at most one device of a schedule has such a thing. */
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

/** Splits the devices in two: nothing passes between the parts, and nobody is told. */
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

/** One device and one other hear nothing of each other, while both hear of all the others. */
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

/** ENOSPC for everything that the device writes beside what is there. */
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
      // A volume that failed to write is believed again by a new process only.
      await device.stop('SIGTERM');
      await restart(cluster, index);
    },
  };
}

/** Everything that the device lent is gone while it was off. */
async function deletedVolume(cluster: ChaosCluster, index: number): Promise<Trouble> {
  const device = deviceAt(cluster, index);
  await device.stop('SIGKILL');
  await rm(volumeAt(cluster, index), { recursive: true, force: true });
  await restart(cluster, index);
  return {
    sentence: `the volume of ${device.name} is deleted`,
    async end() {
      // Its owner puts an empty one there: until then it is missing, as an unplugged drive is.
      await device.stop('SIGTERM');
      await mkdir(volumeAt(cluster, index));
      await restart(cluster, index);
    },
  };
}

/** The home, but not the volume, is what it was when the trouble began: a backup was put back. */
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

/** Bits flip, files are cut short, and two chunks change places. */
async function damagedChunks(cluster: ChaosCluster, index: number, random: Random): Promise<Trouble> {
  const chunks = await chunksOn(volumeAt(cluster, index));
  const some = () => chunks[Math.floor(random.next() * chunks.length)];
  const hit = Math.min(10, Math.ceil(chunks.length / 10));
  for (let done = 0; done < hit; done += 1) {
    const [chunk, other] = [some(), some()];
    if (!chunk || !other) break;
    // A chunk may be deleted under our hands.
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
  // A segment may be deleted under our hands.
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
