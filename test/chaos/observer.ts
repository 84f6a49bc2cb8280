/** Checks what must hold when everything is healed: by answers and disks, not by what devices believe. */
import { createHash } from 'node:crypto';
import type { EntryView } from '../../src/model/api.ts';
import type { GarbageReport } from '../../src/model/contracts/health.ts';
import type { DeviceProcess } from '../cluster/device-process.ts';
import { bytesOnDisk } from '../store/segments-on-disk.ts';
import type { ChaosCluster } from './cluster.ts';
import { chunksOn } from './nemeses.ts';
import type { WrittenFile } from './workload.ts';

const copiesWanted = 3;
const memoryBytesMax = 300_000_000;

/** @returns one sentence for each broken promise */
export async function observe(cluster: ChaosCluster, files: readonly WrittenFile[]): Promise<string[]> {
  const broken: string[] = [];
  const check = async (what: () => Promise<string[] | undefined>) => {
    try {
      broken.push(...((await what()) ?? []));
    } catch (error) {
      broken.push((error as Error).message);
    }
  };
  await check(() => cluster.allConnected().then(() => undefined));
  await check(() => sameDrives(cluster));
  await check(() => cluster.removeOldKeys().then(() => undefined));
  await check(() => wholeCopies(cluster));
  for (const device of cluster.devices) await check(() => readable(device, files));
  await check(() => noOldGarbage(cluster));
  for (const device of cluster.devices) await check(() => sound(cluster, device));
  return broken;
}

/** All devices list the same drive. */
async function sameDrives(cluster: ChaosCluster): Promise<undefined> {
  await cluster.untilHealed('all devices list the same drive', async () => {
    const drives = await Promise.all(cluster.devices.map((device) => drive(device)));
    const other = drives.findIndex((listing) => listing !== drives[0]);
    return other < 0 || difference(drives[0] ?? '', drives[other] ?? '');
  });
  return undefined;
}

function difference(left: string, right: string): string {
  const [ours, theirs] = [left.split('\n'), right.split('\n')];
  const missing = ours.filter((line) => !theirs.includes(line));
  const more = theirs.filter((line) => !ours.includes(line));
  return `${missing.length} lines missing, ${more.length} more: ${[...missing, ...more].slice(0, 4).join(' | ')}`;
}

async function drive(device: DeviceProcess): Promise<string> {
  const lines: string[] = [];
  const root = await device.must<EntryView>('GET', '/api/v1/entries/root');
  const walk = async (folder: string, path: string): Promise<void> => {
    for (const { id, name, kind, size, version } of await device.children(folder)) {
      lines.push(`${path}/${name} ${kind} ${size} ${version}`);
      if (kind === 'folder') await walk(id, `${path}/${name}`);
    }
  };
  await walk(root.id, '');
  return lines.sort().join('\n');
}

/** Every chunk that the devices need lies on three disks with the right bytes. */
async function wholeCopies(cluster: ChaosCluster): Promise<undefined> {
  await cluster.untilHealed('everything that is needed has three sound copies on disks', async () => {
    for (const device of cluster.devices) {
      const { chunks } = await device.health();
      const thin = Object.entries(chunks.byCopies).filter(
        ([n, count]) => Number(n) < copiesWanted && count > 0,
      );
      if (thin.length > 0) return `${device.name} counts ${JSON.stringify(chunks)}`;
    }
    const { chunks } = await cluster.devices[0]!.health();
    const sound = await soundCopies(cluster);
    const whole = [...sound.values()].filter((copies) => copies >= copiesWanted).length;
    return whole >= chunks.total || `${whole} of ${chunks.total} chunks are whole on disks`;
  });
  return undefined;
}

/**
 * No unneeded chunk is kept past its grace. A version whose only copy was destroyed rightly stops the
 * collection on all devices until somebody deletes it (`waitsFor`): then it is not judged.
 */
async function noOldGarbage(cluster: ChaosCluster): Promise<undefined> {
  await cluster.untilHealed('what nothing needs is gone when its grace is over', async () => {
    for (const device of cluster.devices) {
      const report = await device.must<GarbageReport>('GET', '/api/v1/health/garbage');
      if (report.stopped) await device.must('POST', '/api/v1/health/garbage/confirm', { json: {} });
      if (report.dueChunks > 0 && report.waitsFor === null)
        return `${device.name} keeps ${report.dueChunks} chunks`;
    }
    return true;
  });
  return undefined;
}

/** chunk → disks on which its bytes hash to its name. */
async function soundCopies(cluster: ChaosCluster): Promise<Map<string, number>> {
  const copies = new Map<string, number>();
  for (const volume of cluster.volumes) {
    for (const chunk of await chunksOn(volume)) {
      const { id } = chunk;
      const bytes = await bytesOnDisk(chunk).catch(() => undefined);
      if (bytes && createHash('sha256').update(bytes).digest('hex') === id) {
        copies.set(id, (copies.get(id) ?? 0) + 1);
      }
    }
  }
  return copies;
}

/** Every acknowledged file can be read on this device, with the right bytes. */
async function readable(device: DeviceProcess, files: readonly WrittenFile[]): Promise<string[]> {
  const broken: string[] = [];
  for (const { possible, survives } of files) {
    if (!survives) continue;
    const found: string[] = [];
    for (const { path, hash } of possible) {
      const is = await device.hashAt(path).then(
        ({ sha256 }) => sha256,
        (error: Error) => error.message,
      );
      if (is === hash || (hash === null && is.includes('answered 404'))) break;
      found.push(`${path}: ${is.slice(0, 200)}`);
    }
    if (found.length === possible.length) broken.push(`on ${device.name} ${found.join('; ')}`);
  }
  return broken;
}

async function sound(cluster: ChaosCluster, device: DeviceProcess): Promise<string[]> {
  const broken: string[] = [];
  const memoryBytes = await cluster.memoryBytes(device);
  if (memoryBytes > memoryBytesMax)
    broken.push(`${device.name} takes ${Math.round(memoryBytes / 2 ** 20)} MiB`);
  const stray = /unhandled|uncaught|ERR_UNHANDLED/i.exec(device.stderr);
  if (stray) broken.push(`${device.name} says: ${device.stderr.slice(stray.index, stray.index + 300)}`);
  return broken;
}
