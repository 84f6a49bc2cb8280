/**
 * The doors of one device beside each other and beside other programs, in turns on the same disk:
 *
 *   npm run bench -- --only doors [--mib 512] [--files 5000] [--entries 10000] [--rounds 3] [--dir DIR]
 *
 * Uploads of one file by PUT and by tus against dd, Samba and nginx; TLS against plain; 64 downloads at once; small files
 * by each door; listings; 1000 unfinished uploads. Beside each: processor time and the most memory of the device meanwhile.
 */
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { randomStream } from '../test/cluster/device-process.ts';
import { type DoorClients, openDoors, smallDoors } from './doors/door-clients.ts';
import {
  cpuSeconds,
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
  textFlag,
} from './measure.ts';
import { startDevicePeer } from './peers/device-peer.ts';
import { startNginx } from './peers/nginx-peer.ts';
import type { Peer } from './peers/peer.ts';
import { startSamba } from './peers/samba-peer.ts';

const mib = numberFlag('mib', 512);
const files = numberFlag('files', 5000);
const entries = numberFlag('entries', 10_000);
const rounds = numberFlag('rounds', 3);
const connections = 16;
const downloads = 64;
const unfinished = 1000;
const fileBytes = 4096;

type OwnPeer = Awaited<ReturnType<typeof startDevicePeer>>;

interface Seen {
  took: number[];
  cpu: number[];
  peakMiB: number;
}

class Bench {
  readonly device: OwnPeer['device'];
  readonly #seen = new Map<string, Seen>();

  constructor(device: OwnPeer['device']) {
    this.device = device;
  }

  async time(what: string, work: () => Promise<unknown>): Promise<void> {
    const { pid } = this.device;
    const seen = this.#seen.get(what) ?? { took: [], cpu: [], peakMiB: 0 };
    this.#seen.set(what, seen);
    // The most memory since now, and not since the start.
    await writeFile(`/proc/${pid}/clear_refs`, '5');
    const before = await cpuSeconds(pid);
    seen.took.push(await seconds(work));
    seen.cpu.push((await cpuSeconds(pid)) - before);
    seen.peakMiB = Math.max(seen.peakMiB, (await memoryMiB(pid)).peak);
    await runQuietly('sync', []);
  }

  took(what: string): number[] {
    return this.#seen.get(what)?.took ?? [];
  }

  /** The ratio is that of each round, so that a disk that drifts says nothing. */
  row(what: string, say: (tookS: number) => string, against: string, isOwn = true): Row {
    const { took, cpu, peakMiB } = this.#seen.get(what) ?? { took: [], cpu: [], peakMiB: 0 };
    const ratios = took.map((own, round) => (this.took(against)[round] ?? Number.NaN) / own);
    const own = isOwn ? `, CPU ${median(cpu).toFixed(2)} s, at most ${peakMiB} MiB` : '';
    const ratio = what === against ? '' : `${median(ratios).toFixed(2)} of ${against}`;
    return { what, value: say(median(took)) + own, ratio };
  }
}

async function large(
  bench: Bench,
  doors: DoorClients,
  peers: readonly Peer[],
  folder: string,
): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const source = join(folder, 'source');
    const write = () => writeRandom(source, `${round} ${Math.random()}`);
    const id = async (name: string) => (await bench.device.entryAt(`/${name}`)).id;
    await write();
    await bench.time('dd conv=fsync', () => ddSeconds(source, join(folder, 'dd')));
    await rm(join(folder, 'dd'));
    for (const peer of peers) {
      await bench.time(`${peer.name}, synced`, async () => {
        await peer.up(source, `large-${round}`);
        await peer.sync(`large-${round}`, false);
      });
      await peer.forget(`large-${round}`);
    }
    await bench.time('PUT', () => doors.put(source, `put-${round}`));
    const plain = await id(`put-${round}`);
    await write();
    await bench.time('tus', () => doors.tus(source, mib * MiB, `tus-${round}`));
    await write();
    await bench.time('PUT over TLS', () => doors.put(source, `tls-${round}`, 'https'));
    await bench.time('GET', () => doors.get(plain));
    await bench.time('GET over TLS', () => doors.get(plain, 'https'));
    await rm(source);
  }
  const rate = (tookS: number) => `${(mib / tookS).toFixed(0)} MiB/s`;
  printRows(`one file of ${mib} MiB`, [
    bench.row('dd conv=fsync', rate, 'PUT', false),
    ...peers.map(({ name }) => bench.row(`${name}, synced`, rate, 'PUT', false)),
    bench.row('PUT', rate, 'PUT'),
    bench.row('tus', rate, 'PUT'),
    bench.row('PUT over TLS', rate, 'PUT'),
    bench.row('GET', rate, 'GET'),
    bench.row('GET over TLS', rate, 'GET'),
  ]);
}

async function manyDownloads(bench: Bench, doors: DoorClients, folder: string): Promise<void> {
  const each = Math.max(1, Math.floor((mib * 2) / downloads));
  const source = join(folder, 'part');
  const ids: string[] = [];
  for (let at = 0; at < downloads; at += 1) {
    await writeRandom(source, `part ${at}`, each);
    await doors.put(source, `part-${at}`);
    ids.push((await bench.device.entryAt(`/part-${at}`)).id);
  }
  for (let round = 0; round < rounds; round += 1) {
    await bench.time('one after another', async () => {
      for (const id of ids) await doors.get(id);
    });
    await bench.time('64 at once', () => doors.getAll(ids));
  }
  const rate = (tookS: number) => `${((each * downloads) / tookS).toFixed(0)} MiB/s`;
  printRows(`${downloads} downloads of ${each} MiB`, [
    bench.row('one after another', rate, 'one after another'),
    bench.row('64 at once', rate, 'one after another'),
  ]);
}

async function smallFiles(bench: Bench, doors: DoorClients, folder: string): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    for (const door of smallDoors) {
      const folders = await writeSmall(join(folder, 'small'), `${door} ${round} ${Math.random()}`);
      // WebDAV makes no parents, and S3 no bucket.
      await makeFolders(bench.device, `small-${round}-${door}`, folders);
      await bench.time(`small files by ${door}`, () =>
        doors.smallBy(door, folders, `small-${round}-${door}`),
      );
      await rm(join(folder, 'small'), { recursive: true });
    }
  }
  const rate = (tookS: number) => `${(files / tookS).toFixed(0)} files/s`;
  printRows(
    `${files} files of 4 KiB, ${connections} connections`,
    smallDoors.map((door) => bench.row(`small files by ${door}`, rate, 'small files by PUT')),
  );
}

async function makeFolders(
  device: OwnPeer['device'],
  name: string,
  folders: readonly string[],
): Promise<void> {
  const make = (parentId: string, made: string) =>
    device.must<{ id: string }>('POST', '/api/v1/entries', {
      json: { parentId, name: made, kind: 'folder' },
    });
  const { id } = await make('root', name);
  for (const folder of folders) await make(id, basename(folder));
}

async function listings(bench: Bench, doors: DoorClients): Promise<void> {
  const { device } = bench;
  const folder = await device.must<{ id: string }>('POST', '/api/v1/entries', {
    json: { parentId: 'root', name: 'many', kind: 'folder' },
  });
  for (let at = 0; at < entries; at += connections) {
    const names = Array.from(
      { length: Math.min(connections, entries - at) },
      (_, index) => `file ${at + index}.txt`,
    );
    await Promise.all(
      names.map((name) =>
        device.must('PUT', `/api/v1/entries/${folder.id}/path/${encodeURIComponent(name)}?wait=0`, {
          body: Buffer.alloc(1),
        }),
      ),
    );
  }
  const kinds = ['API', 'WebDAV', 'S3'] as const;
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of kinds) await bench.time(`list by ${kind}`, () => doors.list(kind, 'many'));
  }
  const ms = (tookS: number) => `${(tookS * 1000).toFixed(0)} ms`;
  printRows(
    `a folder of ${entries} files, listed to its end`,
    kinds.map((kind) => bench.row(`list by ${kind}`, ms, 'list by API')),
  );
}

async function unfinishedUploads(bench: Bench): Promise<void> {
  const { device } = bench;
  const headers = {
    'tus-resumable': '1.0.0',
    'upload-length': '10000000',
    'content-type': 'application/offset+octet-stream',
  };
  const body = Buffer.alloc(100_000, 7);
  await bench.time('unfinished', async () => {
    for (let at = 0; at < unfinished; at += connections) {
      const begun = Array.from({ length: Math.min(connections, unfinished - at) }, (_, index) => {
        const metadata = `filename ${Buffer.from(`u${at + index}`).toString('base64')}`;
        return device.api('POST', '/api/v1/uploads', {
          headers: { ...headers, 'upload-metadata': metadata },
          body,
        });
      });
      for (const { status } of await Promise.all(begun))
        if (status !== 201) throw new Error(`answered ${status}`);
    }
  });
  const row = bench.row('unfinished', (tookS) => `${(unfinished / tookS).toFixed(0)} a second`, 'unfinished');
  printRows(`${unfinished} unfinished uploads of which 100 kB came`, [row]);
}

async function writeRandom(path: string, seed: string, sizeMiB = mib): Promise<void> {
  const file = await open(path, 'w');
  for await (const piece of randomStream(sizeMiB * MiB, seed)) await file.write(piece);
  await file.sync();
  await file.close();
}

async function writeSmall(parent: string, seed: string): Promise<string[]> {
  const folders = Array.from({ length: connections }, (_, at) => join(parent, `c${at}`));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  let number = 0;
  for await (const piece of randomStream(files * fileBytes, seed)) {
    for (let at = 0; at + fileBytes <= piece.length; at += fileBytes, number += 1) {
      const path = join(folders[number % connections] ?? parent, `${number}.bin`);
      await writeFile(path, piece.subarray(at, at + fileBytes));
    }
  }
  return folders;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(
    join(textFlag('dir') ?? process.env.PEERSTOR_BENCH_DIR ?? tmpdir(), 'peerstor-bench-'),
  );
  const peers: Peer[] = [];
  const own = await startDevicePeer(join(folder, 'peerstor'));
  try {
    console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)} before the run`);
    for (const start of [startSamba, startNginx]) {
      const peer = await start(join(folder, start.name));
      if (typeof peer === 'string') console.log(`left out: ${peer}`);
      else peers.push(peer);
    }
    const bench = new Bench(own.device);
    const doors = await openDoors(own.device, join(folder, 'curl'));
    await large(bench, doors, peers, folder);
    await manyDownloads(bench, doors, folder);
    await smallFiles(bench, doors, folder);
    await listings(bench, doors);
    await unfinishedUploads(bench);
    console.log(`\nload ${loadavg()[0]?.toFixed(1)} after the run`);
  } finally {
    for (const peer of [own, ...peers]) await peer.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
