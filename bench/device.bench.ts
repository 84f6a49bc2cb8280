/**
 * One real device over HTTP, and two that copy to each other. Clients are other processes (curl), so
 * that the load does not share the device's event loop.
 */
import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allConnected, DeviceProcess, pair, randomStream } from '../test/cluster/device-process.ts';
import { until } from '../test/support/until.ts';
import {
  ddSeconds,
  MiB,
  machine,
  median,
  memoryMiB,
  numberFlag,
  printRows,
  type Row,
  runQuietly,
  seconds,
} from './measure.ts';

const sizeMiB = numberFlag('mib', 1024);
const smallFiles = numberFlag('small', 2000);
const rounds = numberFlag('rounds', 3);
const bytes = sizeMiB * MiB;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(process.env.PEERSTOR_BENCH_DIR ?? tmpdir(), 'peerstor-bench-'));
  try {
    console.log(machine());
    const source = join(folder, 'random.bin');
    await writeRandom(source);
    printRows(`one device, ${sizeMiB} MiB`, await oneDevice(folder, source));
    printRows(`two devices, ${sizeMiB} MiB`, await twoDevices(folder, source));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeRandom(path: string): Promise<void> {
  const file = await open(path, 'w');
  for await (const piece of randomStream(bytes, 'bench')) await file.write(piece);
  await file.sync();
  await file.close();
}

async function oneDevice(folder: string, source: string): Promise<Row[]> {
  await mkdir(join(folder, 'one'));
  const device = await DeviceProcess.start({
    name: 'bench',
    home: join(folder, 'one'),
    tune: { safeWaitMs: 0 },
  });
  try {
    await device.setup();
    // A device is idle most of its life: as it is after a start, not right after making an account.
    await device.stop();
    await device.start();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const idle = await memoryMiB(device.pid);

    const uploadRatios: number[] = [];
    let uploadSpeed = 0;
    for (let round = 0; round < rounds; round++) {
      const dd = await ddSeconds(source, join(folder, 'dd.bin'));
      await rm(join(folder, 'dd.bin'));
      const upload = await seconds(() =>
        curl(device, ['-T', source, `http://${device.address}/api/v1/path/up-${round}.bin`]),
      );
      uploadRatios.push(dd / upload);
      uploadSpeed = Math.max(uploadSpeed, sizeMiB / upload);
      if (round < rounds - 1) await forget(device, folder, round);
    }
    const busy = await memoryMiB(device.pid);

    const entry = await device.entryAt(`/up-${rounds - 1}.bin`);
    const bare = await bareServer(source);
    const downloadRatios: number[] = [];
    let downloadSpeed = 0;
    for (let round = 0; round < rounds; round++) {
      const plain = await seconds(() => runQuietly('curl', ['-sf', '-o', '/dev/null', bare.url]));
      const ours = await seconds(() =>
        curl(device, [`http://${device.address}/api/v1/entries/${entry.id}/content`]),
      );
      downloadRatios.push(plain / ours);
      downloadSpeed = Math.max(downloadSpeed, sizeMiB / ours);
    }
    bare.stop();

    const small = await smallFilesPerSecond(device);
    return [
      {
        what: 'upload against dd conv=fsync',
        value: `${uploadSpeed.toFixed(0)} MiB/s`,
        ratio: median(uploadRatios).toFixed(2),
        aim: '≥ 0.45',
      },
      {
        what: 'download against bare node:http',
        value: `${downloadSpeed.toFixed(0)} MiB/s`,
        ratio: median(downloadRatios).toFixed(2),
        aim: '≥ 300 MiB/s, ≥ 0.30',
      },
      {
        what: `${smallFiles} files of 4 KiB, 16 at once`,
        value: `${small.toFixed(0)} files/s`,
        aim: '≥ 300',
      },
      { what: 'memory, idle', value: `${idle.now} MiB`, aim: '≤ 120' },
      { what: 'memory, most while uploading', value: `${busy.peak} MiB`, aim: '≤ 350' },
    ];
  } finally {
    await device.remove();
  }
}

/** Same bytes again would only be found there: start over with an empty volume. */
async function forget(device: DeviceProcess, _folder: string, round: number): Promise<void> {
  const entry = await device.entryAt(`/up-${round}.bin`);
  await device.must('DELETE', `/api/v1/entries/${entry.id}?permanent=true`);
  await device.stop();
  await rm(join(device.home, 'volume', 'segments'), { recursive: true, force: true });
  await rm(join(device.home, 'db', 'index'), { recursive: true, force: true });
  await device.start();
  await device.login();
}

function curl(device: DeviceProcess, args: string[]): Promise<void> {
  const headers = Object.entries(device.session ?? {}).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  return runQuietly('curl', ['-sf', '-o', '/dev/null', ...headers, ...args]);
}

/** A bare node:http server in a process of its own that streams the file: what Node can do at most. */
async function bareServer(source: string): Promise<{ url: string; stop(): void }> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--serve', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) =>
    child.stdout.once('data', (line: Buffer) => resolve(line.toString().trim())),
  );
  return { url, stop: () => child.kill() };
}

function serveBare(source: string): void {
  const server = createServer((_request, response) => createReadStream(source).pipe(response));
  server.listen(0, '127.0.0.1', () =>
    console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
  );
}

async function smallFilesPerSecond(device: DeviceProcess): Promise<number> {
  const numbers = Array.from({ length: smallFiles }, (_, n) => n).values();
  const worker = async () => {
    for (const n of numbers) await device.put(`/small/${n}.bin`, Buffer.alloc(4096, n));
  };
  await device.put('/small/first.bin', Buffer.from('first'));
  return smallFiles / (await seconds(() => Promise.all(Array.from({ length: 16 }, worker))));
}

async function twoDevices(folder: string, source: string): Promise<Row[]> {
  await mkdir(join(folder, 'a'));
  await mkdir(join(folder, 'b'));
  const a = await DeviceProcess.start({ name: 'a', home: join(folder, 'a') });
  const b = await DeviceProcess.start({ name: 'b', home: join(folder, 'b') });
  try {
    await a.setup();
    await pair(a, b);
    await until('b can sign in', async () => (await b.login()).status === 200);
    await allConnected([a, b]);
    const upload = await seconds(() =>
      curl(a, ['-T', source, `http://${a.address}/api/v1/path/safe.bin?copies=safe&wait=600`]),
    );
    const { safety } = await a.entryAt('/safe.bin');
    const memory = [await memoryMiB(a.pid), await memoryMiB(b.pid)];
    return [
      {
        what: `upload answered at ${safety?.level} with two devices`,
        value: `${(sizeMiB / upload).toFixed(0)} MiB/s`,
      },
      {
        what: 'memory, most, sender and receiver',
        value: memory.map(({ peak }) => `${peak} MiB`).join(', '),
        aim: '≤ 350',
      },
    ];
  } finally {
    await a.remove();
    await b.remove();
  }
}

const serve = process.argv.indexOf('--serve');
if (serve > 0) serveBare(process.argv[serve + 1] ?? '');
else await main();
