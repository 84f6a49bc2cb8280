/**
 * How fast content becomes durable, against `dd conv=fsync` of the same bytes on the same disk.
 *
 *   node bench/pipeline.bench.ts [--mib 1024] [--rounds 3] [--dir DIR] [--objects 200000] [--raw]
 *
 * Needs Linux's dd, and in DIR (default: the temporary folder) room for 3 × rounds + 1 copies. Rounds
 * take turns and the medians are compared, because a disk's speed drifts; on a virtual machine dd is
 * five times as fast when the page cache gets memory that the host has given before. Nothing is
 * deleted before the end: ext4 searches long for an inode while many were freed a moment ago.
 * `objects` are kept alive meanwhile, as in a running device, because they decide what a garbage
 * collection costs.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createCipheriv, createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { findCut, looksCompressible } from '../src/chunking/index.ts';
import { contentKeys } from '../src/drive/content/content-keys.ts';
import { readContent } from '../src/drive/content/content-reader.ts';
import { type WrittenContent, writeContent } from '../src/drive/content/content-writer.ts';
import { chunkBytesMax } from '../src/model/limits.ts';
import { releaseMemory } from '../src/model/memory.ts';
import { MiB, machine, median, numberFlag } from './measure.ts';
import { openSink, type Sink } from './pipeline-sink.ts';

const pieceBytes = 64 * 1024;
const entryKey = new Uint8Array(32).fill(1);
const keys = contentKeys(new Uint8Array(32).fill(2));

interface Cost {
  name: string;
  wallS: number;
  userS: number;
  sysS: number;
  /** Share of the time in which the event loop had work. */
  loop: number;
}

async function measure(name: string, work: () => Promise<void> | void): Promise<Cost> {
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  const start = performance.now();
  await work();
  const wallS = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { utilization } = performance.eventLoopUtilization(loop);
  return { name, wallS, userS: user / 1e6, sysS: system / 1e6, loop: utilization };
}

function makeSource(path: string, mib: number): void {
  const file = openSync(path, 'w');
  const block = Buffer.allocUnsafeSlow(MiB);
  for (let i = 0; i < mib; i += 1) writeSync(file, randomFillSync(block));
  fsyncSync(file);
  closeSync(file);
}

/** The writer has copied a piece when it asks for the next one, so whoever made it can give it back. */
async function* released(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    yield piece;
    releaseMemory(piece);
  }
}

/** Fresh pieces as a socket gives them, without the socket. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = openSync(path, 'r');
  for (;;) {
    const piece = Buffer.allocUnsafeSlow(pieceBytes);
    const read = readSync(file, piece, 0, pieceBytes, null);
    if (read === 0) break;
    yield piece.subarray(0, read);
  }
  closeSync(file);
}

const store = (content: AsyncIterable<Uint8Array>, sink: Sink) =>
  writeContent({ content: released(content), keys, entryKey, upload: sink });

/** A client in a process of its own sends the file to a server in this one. */
async function overHttp(source: string, sink: Sink): Promise<void> {
  const server = createServer((incoming, reply) => {
    store(incoming, sink).then(
      () => reply.end('stored'),
      (error: unknown) => reply.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const client = spawn(process.execPath, [
    fileURLToPath(import.meta.url),
    '--send-to',
    `${port}`,
    '--source',
    source,
  ]);
  client.stderr.pipe(process.stderr);
  const [code] = await once(client, 'exit');
  server.close();
  if (code !== 0) throw new Error('the client failed');
}

async function sendFile(port: number, source: string): Promise<void> {
  const sending = request({ port, host: '127.0.0.1', method: 'PUT' });
  createReadStream(source, { highWaterMark: MiB }).pipe(sending);
  const [reply] = await once(sending, 'response');
  reply.resume();
  await once(reply, 'end');
}

function dd(source: string, target: string): void {
  execFileSync('dd', [`if=${source}`, `of=${target}`, 'bs=1M', 'conv=fsync', 'status=none']);
}

function print(costs: Cost[], mib: number, against?: number): void {
  for (const name of new Set(costs.map((cost) => cost.name))) {
    const rows = costs.filter((cost) => cost.name === name);
    const of = (pick: (cost: Cost) => number) => median(rows.map(pick));
    const wallS = of((cost) => cost.wallS);
    const parts = [
      name.padEnd(34),
      `${(mib / wallS).toFixed(0).padStart(6)} MiB/s`,
      `user ${((of((cost) => cost.userS) * 1024) / mib).toFixed(2)}`,
      `sys ${((of((cost) => cost.sysS) * 1024) / mib).toFixed(2)} s/GiB`,
      `loop ${(of((cost) => cost.loop) * 100).toFixed(0).padStart(3)} %`,
      `each ${rows.map((cost) => cost.wallS.toFixed(2)).join(' ')} s`,
    ];
    if (against !== undefined) parts.push(`= ${(against / wallS).toFixed(2)} of dd`);
    console.log(parts.join('  '));
  }
}

async function uploads(dir: string, mib: number, rounds: number): Promise<void> {
  const source = join(dir, 'source');
  makeSource(source, mib);
  const costs: Cost[] = [];
  let last: { written: WrittenContent; sink: Sink } | undefined;
  for (let round = 0; round < rounds; round += 1) {
    const at = (name: string) => {
      const path = join(dir, `${name}-${round}`);
      mkdirSync(path);
      return path;
    };
    costs.push(await measure('dd conv=fsync', () => dd(source, join(at('dd'), 'copy'))));
    const fileSink = await openSink(at('file'));
    costs.push(
      await measure('writeContent from a file', async () => {
        last = { written: await store(piecesOf(source), fileSink), sink: fileSink };
      }),
    );
    const httpSink = await openSink(at('http'));
    costs.push(await measure('writeContent from an HTTP client', () => overHttp(source, httpSink)));
    await httpSink.stop();
    if (round + 1 < rounds) await fileSink.stop();
  }
  const rssMb = process.resourceUsage().maxRSS / 1000;
  const ddS = median(costs.filter((cost) => cost.name === 'dd conv=fsync').map((cost) => cost.wallS));
  print(costs, mib, ddS);
  console.log(`peak RSS after the uploads: ${rssMb.toFixed(0)} MB`);
  if (last) await downloads(last.written, last.sink, mib, rounds);
}

async function downloads(written: WrittenContent, sink: Sink, mib: number, rounds: number): Promise<void> {
  const costs: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) {
    costs.push(
      await measure('readContent', async () => {
        let size = 0;
        const content = readContent({ manifest: written.manifest, entryKey, network: sink });
        for await (const piece of content) size += piece.length;
        if (size !== written.size) throw new Error('the content came back with another size');
      }),
    );
  }
  print(costs, mib);
  console.log(
    `chunks: ${written.references}, ${(written.size / written.references / 1024).toFixed(0)} KiB on average`,
  );
  await sink.stop();
}

/** What each pass over the bytes costs by itself, on this thread. */
async function rawCosts(): Promise<void> {
  const mib = 64;
  const bytes = new Uint8Array(mib * MiB);
  for (let offset = 0; offset < bytes.length; offset += MiB) randomFillSync(bytes, offset, MiB);
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += MiB / 2)
    chunks.push(bytes.subarray(offset, offset + MiB / 2));
  const target = new Uint8Array(MiB);
  const passes: Record<string, () => Promise<void> | void> = {
    'copy into a used buffer': () => chunks.forEach((chunk) => void target.set(chunk)),
    FastCDC: () => {
      for (let start = 0; start < bytes.length; ) {
        const rest = bytes.subarray(start, start + chunkBytesMax);
        start += findCut(keys.gear, rest, 0, rest.length) || rest.length;
      }
    },
    'SHA-256': () => chunks.forEach((chunk) => void createHash('sha256').update(chunk).digest()),
    'AES-256-GCM': () =>
      chunks.forEach(
        (chunk) => void createCipheriv('aes-256-gcm', entryKey, new Uint8Array(12)).update(chunk),
      ),
    'compression probe': () => chunks.forEach((chunk) => void looksCompressible(chunk)),
  };
  const costs: Cost[] = [];
  for (const [name, pass] of Object.entries(passes)) {
    await pass();
    for (let round = 0; round < 3; round += 1) costs.push(await measure(name, pass));
  }
  print(costs, mib);
}

function textFlag(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

async function main(): Promise<void> {
  const sendTo = textFlag('send-to');
  if (sendTo !== undefined) return await sendFile(Number(sendTo), textFlag('source') ?? '');
  if (!process.argv.includes('--raw')) {
    const mib = numberFlag('mib', 1024);
    const objects = numberFlag('objects', 200_000);
    const alive = new Map(Array.from({ length: objects }, (_, i) => [`key ${i}`, { i, text: `${i}` }]));
    console.log(`${machine()}; ${mib} MiB, ${alive.size} live objects`);
    const dir = await mkdtemp(join(textFlag('dir') ?? tmpdir(), 'peerstor-bench-'));
    try {
      await uploads(dir, mib, numberFlag('rounds', 3));
    } finally {
      rmSync(dir, { recursive: true });
    }
  }
  await rawCosts();
}

await main();
