/** What the system tells of the machine. Linux tells most of it; elsewhere a reading is null rather than guessed. */
import { readdir, readFile, stat, statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** Milliseconds of all cores since the machine started. */
export interface CpuTimes {
  busyMs: number;
  allMs: number;
}

/** Bytes of all real interfaces since the machine started. */
export interface NetworkCounts {
  receivedBytes: number;
  sentBytes: number;
}

export interface DiskReading {
  /** Folders of this device that lie on it. */
  paths: string[];
  totalBytes: number;
  usedBytes: number;
  /** What this program may still write. */
  freeBytes: number;
}

export function readCpuTimes(): CpuTimes {
  let [busyMs, allMs] = [0, 0];
  for (const { times } of cpus()) {
    const busy = times.user + times.nice + times.sys + times.irq;
    busyMs += busy;
    allMs += busy + times.idle;
  }
  return { busyMs, allMs };
}

/** Inside the machine: loopback, and the ends of virtual networks, whose bytes pass a real interface too or none. */
const insideInterface = /^(?:lo|veth|docker|br-|virbr|tap|dummy)/;

/** @param text of /proc/net/dev */
export function parseNetworkCounts(text: string): NetworkCounts {
  const counts = { receivedBytes: 0, sentBytes: 0 };
  for (const line of text.split('\n')) {
    const [, name = '', figures = ''] = /^\s*([^\s:]+):(.*)$/.exec(line) ?? [];
    if (name === '' || insideInterface.test(name)) continue;
    const columns = figures.trim().split(/\s+/).map(Number);
    counts.receivedBytes += columns[0] ?? 0;
    counts.sentBytes += columns[8] ?? 0;
  }
  return counts;
}

/** null where the system does not tell. */
export async function readNetworkCounts(file = '/proc/net/dev'): Promise<NetworkCounts | null> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? null : parseNetworkCounts(text);
}

/** Outside of these a sensor is broken or absent. */
const [plausibleMin, plausibleMax] = [1, 125];

/** The hottest sensor in degrees Celsius; null where there is none. */
export async function readTemperature(root = '/sys/class'): Promise<number | null> {
  const zones = await filesIn(join(root, 'thermal'), /^thermal_zone/, () => ['temp']);
  const sensors = await filesIn(join(root, 'hwmon'), /^hwmon/, (names) =>
    names.filter((name) => /^temp\d+_input$/.test(name)),
  );
  const texts = await Promise.all(
    [...zones, ...sensors].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const degrees = texts
    .map((text) => Number.parseInt(text, 10) / 1000)
    .filter((value) => value >= plausibleMin && value <= plausibleMax);
  const hottest = degrees.reduce((max, value) => Math.max(max, value), 0);
  return hottest === 0 ? null : Math.round(hottest * 10) / 10;
}

async function filesIn(
  folder: string,
  wanted: RegExp,
  choose: (names: readonly string[]) => readonly string[],
): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const found = names
    .filter((name) => wanted.test(name))
    .map(async (name) => {
      const inside = await readdir(join(folder, name)).catch(() => []);
      return choose(inside).map((file) => join(folder, name, file));
    });
  return (await Promise.all(found)).flat();
}

/** The file systems of these folders, each once; a folder that is gone is left out. */
export async function readDisks(folders: readonly string[]): Promise<DiskReading[]> {
  const disks = new Map<number, DiskReading>();
  for (const folder of folders) {
    try {
      const { dev } = await stat(folder);
      const known = disks.get(dev);
      if (known) {
        if (!known.paths.includes(folder)) known.paths.push(folder);
        continue;
      }
      const { bsize, blocks, bfree, bavail } = await statfs(folder);
      const totalBytes = bsize * blocks;
      disks.set(dev, {
        paths: [folder],
        totalBytes,
        usedBytes: totalBytes - bsize * bfree,
        freeBytes: bsize * bavail,
      });
    } catch {
      // Health says that a volume is gone; this only measures those that are there.
    }
  }
  return [...disks.values()];
}
