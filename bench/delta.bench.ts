/**
 * 1 MiB of a large file changes: how many chunks a device makes anew, and how many bytes, beside rsync.
 *
 *   npm run bench -- --only delta [--mib 1024] [--rounds 3] [--secrets 400] [--dir DIR]
 *
 * The device saves the file by a backup, so it is the whole way from the disk to the store. What the cutter alone does is counted
 * over many secrets, since each user cuts elsewhere: in how many chunks the changed megabyte itself lies, and
 * how many more there are until the old cuts are met again (decision 0089).
 */
import { execFile } from 'node:child_process';
import { randomBytes, randomFillSync } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { findCut, gearTable, gearTableBytes } from '../src/chunking/fastcdc.ts';
import type { BackupRunView, BackupView } from '../src/model/backups/backup-views.ts';
import { DeviceProcess } from '../test/cluster/device-process.ts';
import { until } from '../test/support/until.ts';
import { cpuSeconds, MiB, machine, median, numberFlag, printRows, textFlag } from './measure.ts';

const run = promisify(execFile);
const mib = numberFlag('mib', 1024);
const rounds = numberFlag('rounds', 3);
const secrets = numberFlag('secrets', 400);

interface Spread {
  chunks: number;
  touched: number;
  bytes: number;
}

/** The cutter alone, on random bytes of which 1 MiB changed. */
function cutOnce(content: Buffer): Spread {
  const gear = gearTable(randomBytes(gearTableBytes));
  const before = new Set(chunksOf(gear, content).map(([start, end]) => `${start} ${end}`));
  const at = 4 * MiB + Math.floor(Math.random() * 2 * MiB);
  randomFillSync(content, at, MiB);
  const isTouched = ([start, end]: readonly [number, number]) => start < at + MiB && end > at;
  const fresh = chunksOf(gear, content).filter(
    (chunk) => isTouched(chunk) || !before.has(`${chunk[0]} ${chunk[1]}`),
  );
  const bytes = fresh.reduce((sum, [start, end]) => sum + end - start, 0);
  return { chunks: fresh.length, touched: fresh.filter(isTouched).length, bytes };
}

function chunksOf(gear: Int32Array, bytes: Buffer): (readonly [number, number])[] {
  const chunks: (readonly [number, number])[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = findCut(gear, bytes.subarray(at), 0, bytes.length - at) || bytes.length - at;
    chunks.push([at, at + length]);
    at += length;
  }
  return chunks;
}

function shares(numbers: number[]): string {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  const sorted = [...counts].sort(([left], [right]) => left - right);
  return sorted
    .map(([number, count]) => `${number}: ${Math.round((100 * count) / numbers.length)} %`)
    .join(', ');
}

function spread(): void {
  const content = randomBytes(24 * MiB);
  const all = Array.from({ length: secrets }, () => cutOnce(content));
  printRows(`The cutter, 1 MiB changed, ${secrets} secrets`, [
    { what: 'chunks that the changed MiB lies in', value: shares(all.map(({ touched }) => touched)) },
    { what: 'chunks that are new', value: shares(all.map(({ chunks }) => chunks)), aim: '≤ 3' },
    { what: 'MiB that are new, median', value: (median(all.map(({ bytes }) => bytes)) / MiB).toFixed(2) },
  ]);
}

async function runBackup(device: DeviceProcess, id: string): Promise<BackupRunView> {
  const begun = await device.must<BackupRunView>('POST', `/api/v1/backups/${id}/run`, { json: {} });
  let ended = begun;
  await until(
    'the backup ends',
    async () => {
      const { items } = await device.must<{ items: BackupRunView[] }>('GET', `/api/v1/backups/${id}/runs`);
      ended = items.find((one) => one.id === begun.id) ?? begun;
      return ended.state !== 'running';
    },
    600_000,
  );
  return ended;
}

async function changeSomewhere(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(randomBytes(MiB), 0, MiB, Math.floor(Math.random() * (mib - 1) * MiB));
  await file.close();
}

/** Bytes of content that rsync sends, by its own count, and processor seconds of both its ends. */
async function rsync(from: string, to: string): Promise<{ bytes: number; cpu: number }> {
  const words = ['--no-whole-file', '--inplace', '--stats', '--ignore-times', from, to];
  const { stdout, stderr } = await run('bash', [
    '-c',
    'TIMEFORMAT="%U %S"; time rsync "$@"',
    'rsync',
    ...words,
  ]);
  const [user = 0, system = 0] = stderr.trim().split(/\s+/).slice(-2).map(Number);
  const literal = /Literal data: ([\d,.]+)/.exec(stdout)?.[1] ?? '0';
  return { bytes: Number(literal.replaceAll(/[,.]/g, '')), cpu: user + system };
}

async function main(): Promise<void> {
  console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)}`);
  spread();
  const top = await mkdtemp(join(textFlag('dir') ?? tmpdir(), 'peerstor-bench-'));
  const device = await DeviceProcess.start({
    name: 'bench',
    home: join(top, 'home'),
    args: ['--p2p-port', '0'],
  });
  try {
    await device.setup();
    const source = join(top, 'source');
    await mkdir(source);
    const path = join(source, 'disk.img');
    await pipeline(
      Readable.from(Array.from({ length: mib }, () => 0)).map(() => randomBytes(MiB)),
      createWriteStream(path),
    );
    const there = join(top, 'copy.img');
    await copyFile(path, there);
    const json = { folder: source, target: '/Backups/bench' };
    const { id } = await device.must<BackupView>('POST', '/api/v1/backups', { json });
    await runBackup(device, id);
    const figures = { chunks: [] as number[], mib: [] as number[], cpu: [] as number[] };
    const theirs = { mib: [] as number[], cpu: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      await changeSomewhere(path);
      const [before, cpu] = [await device.health(), await cpuSeconds(device.pid)];
      const { changed, sentence } = await runBackup(device, id);
      if (changed !== 1) throw new Error(sentence);
      const after = await device.health();
      figures.cpu.push((await cpuSeconds(device.pid)) - cpu);
      figures.chunks.push(after.chunks.total - before.chunks.total);
      figures.mib.push((after.bytes - before.bytes) / MiB);
      const other = await rsync(path, there);
      theirs.mib.push(other.bytes / MiB);
      theirs.cpu.push(other.cpu);
    }
    printRows(`1 MiB of ${mib} MiB changed, ${rounds} times`, [
      { what: 'chunks, with manifests and the snapshot', value: figures.chunks.join(', ') },
      {
        what: 'MiB that are new, median',
        value: median(figures.mib).toFixed(2),
        ratio: `${(median(figures.mib) / median(theirs.mib)).toFixed(1)} of rsync (${median(theirs.mib).toFixed(2)})`,
      },
      {
        what: 'processor time',
        value: `${median(figures.cpu).toFixed(1)} s`,
        ratio: `${(median(figures.cpu) / median(theirs.cpu)).toFixed(1)} of rsync, both ends (${median(theirs.cpu).toFixed(1)} s)`,
      },
    ]);
    console.log(`load ${loadavg()[0]?.toFixed(1)} after the run`);
  } finally {
    await device.remove();
    await rm(top, { recursive: true, force: true });
  }
}

await main();
