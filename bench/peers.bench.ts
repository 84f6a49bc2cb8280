/**
 * peerstor beside programs that people use for the same, in turns on the same disk:
 *
 *   npm run bench -- --only peers [--mib 1024] [--files 5000] [--rounds 3] [--dir DIR]
 *
 * Then what only peerstor does: uploads answered at *safe* by two devices and at *full* by three, and 16 at once.
 *
 * What is not installed is left out, saying so. `+ sync` is the peer's time until its bytes are on disk too, which peerstor
 * waits for before it answers. DIR (default: the temporary folder) needs room for rounds + 3 copies.
 */
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomStream } from '../test/cluster/device-process.ts';
import {
  ddSeconds,
  MiB,
  machine,
  median,
  memoryMiB,
  numberFlag,
  printRows,
  runQuietly,
  seconds,
  textFlag,
} from './measure.ts';
import { startDevicePeer } from './peers/device-peer.ts';
import { startNginx } from './peers/nginx-peer.ts';
import { copyRows, manyUploadsRows } from './peers/own-rows.ts';
import type { Peer } from './peers/peer.ts';
import { startSamba } from './peers/samba-peer.ts';
import { syncsOf } from './peers/syncs.ts';

const mib = numberFlag('mib', 1024);
const files = numberFlag('files', 5000);
const rounds = numberFlag('rounds', 3);
const connections = 16;
const fileBytes = 4096;

/** What was seen of one peer doing one thing, over the rounds. */
interface Seen {
  took: number[];
  /** With the sync of what the peer had not synced. */
  synced: number[];
  cpu: number[];
}
type Task = 'up' | 'down' | 'small up' | 'small down';
const tasks: readonly Task[] = ['up', 'down', 'small up', 'small down'];
const seen = new Map<string, Seen>();

function seenOf(name: string, task: Task): Seen {
  const key = `${task} ${name}`;
  const found = seen.get(key) ?? { took: [], synced: [], cpu: [] };
  seen.set(key, found);
  return found;
}

async function measure(
  peer: Peer,
  task: Task,
  work: () => Promise<void>,
  sync?: () => Promise<void>,
): Promise<void> {
  const { took, synced, cpu } = seenOf(peer.name, task);
  const before = await peer.cpu();
  const workS = await seconds(work);
  cpu.push((await peer.cpu()) - before);
  took.push(workS);
  synced.push(workS + (sync ? await seconds(sync) : 0));
  // What this one left unwritten must not be written while the next one is looked at.
  await runQuietly('sync', []);
}

async function oneRound(peers: readonly Peer[], folder: string, round: number): Promise<void> {
  const source = join(folder, 'source');
  await writeRandom(source, `large ${round} ${Date.now()}`);
  const folders = await writeSmall(join(folder, 'small'), `small ${round} ${Date.now()}`);
  const shared = await mkdtemp(join(await memoryFolder(folder), 'peerstor-bench-'));
  const [large, small] = [`large-${round}`, `small-${round}`];
  try {
    await runQuietly('sync', []);
    seenOf('dd conv=fsync', 'up').synced.push(await ddSeconds(source, join(folder, 'dd')));
    await rm(join(folder, 'dd'));
    for (const peer of peers)
      await measure(
        peer,
        'up',
        () => peer.up(source, large),
        () => peer.sync(large, false),
      );
    for (const peer of peers) await measure(peer, 'down', () => peer.down(large));
    for (const peer of peers)
      await measure(
        peer,
        'small up',
        () => peer.upFolders(folders, small),
        () => peer.sync(small, true),
      );
    for (const peer of peers) {
      const into = join(shared, peer.name.replaceAll(/\W/g, ''));
      await mkdir(into);
      await measure(peer, 'small down', () => peer.downFolders(folders, small, into));
      await rm(into, { recursive: true });
    }
    for (const peer of peers) for (const path of [large, small]) await peer.forget(path);
  } finally {
    await rm(shared, { recursive: true, force: true });
    await rm(source, { force: true });
    await rm(join(folder, 'small'), { recursive: true, force: true });
  }
}

async function writeRandom(path: string, seed: string): Promise<void> {
  const file = await open(path, 'w');
  for await (const piece of randomStream(mib * MiB, seed)) await file.write(piece);
  await file.sync();
  await file.close();
}

/** What is compared with one device alone, in the same run. */
async function reportOwn(folder: string): Promise<void> {
  const aloneRate = mib / median(seenOf('peerstor', 'up').took);
  const fileOf = async (number: number) => {
    const path = join(folder, `own-${number}`);
    await writeRandom(path, `own ${number} ${Date.now()}`);
    return path;
  };
  const source = { fileOf, mib, rounds, aloneRate };
  const rows = [
    ...(await copyRows('safe', 2, source)),
    ...(await copyRows('full', 3, source)),
    ...(await manyUploadsRows(source)),
  ];
  printRows('what only peerstor does', rows);
}

/** Small files in one folder for each connection. @returns the folders */
async function writeSmall(parent: string, seed: string): Promise<string[]> {
  const folders = Array.from({ length: connections }, (_, at) => join(parent, `c${at}`));
  for (const folder of folders) await mkdir(folder, { recursive: true });
  let number = 0;
  for await (const piece of randomStream(files * fileBytes, seed)) {
    for (let at = 0; at + fileBytes <= piece.length; at += fileBytes, number += 1) {
      await writeFile(
        join(folders[number % connections] ?? parent, `${number}.bin`),
        piece.subarray(at, at + fileBytes),
      );
    }
  }
  return folders;
}

/** Where clients put what they got, so that it costs no disk. */
async function memoryFolder(fallback: string): Promise<string> {
  return (await import('node:fs')).existsSync('/dev/shm') ? '/dev/shm' : fallback;
}

function report(peers: readonly Peer[]): void {
  const rate = (task: Task, tookS: number) =>
    task.startsWith('small') ? `${(files / tookS).toFixed(0)} files/s` : `${(mib / tookS).toFixed(0)} MiB/s`;
  const perUnit = (task: Task, cpuS: number) =>
    task.startsWith('small')
      ? `${((cpuS * 1000) / files).toFixed(2)} ms a file`
      : `${((cpuS * 1024) / mib).toFixed(2)} s/GiB`;
  for (const task of tasks) {
    const title = task.startsWith('small')
      ? `${files} files of 4 KiB, ${connections} connections`
      : `${mib} MiB`;
    console.log(`\n${task.replace('small ', '')}: ${title}`);
    const ours = seenOf('peerstor', task);
    const ratios = (name: string, kind: 'took' | 'synced') => {
      const theirs = seenOf(name, task)[kind];
      return median(ours.synced.map((own, round) => (theirs[round] ?? Number.NaN) / own)).toFixed(2);
    };
    const dd = task === 'up' ? [{ name: 'dd conv=fsync' }] : [];
    for (const { name } of [...dd, ...peers]) {
      const { took, synced, cpu } = seenOf(name, task);
      const isUp = task.endsWith('up');
      const parts = [
        name.padEnd(18),
        took.length > 0 ? rate(task, median(took)).padStart(13) : ''.padStart(13),
        isUp ? `+ sync ${rate(task, median(synced)).padStart(13)}` : '',
        cpu.length > 0 ? `CPU ${perUnit(task, median(cpu))}`.padEnd(20) : ''.padEnd(20),
        name === 'peerstor' ? '' : `peerstor is ${took.length > 0 ? `${ratios(name, 'took')}` : ''}`,
        name === 'peerstor' || !isUp ? '' : `${ratios(name, 'synced')} + sync`,
      ];
      console.log(`  ${parts.filter((part) => part !== '').join('  ')}`.trimEnd());
    }
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(
    join(textFlag('dir') ?? process.env.PEERSTOR_BENCH_DIR ?? tmpdir(), 'peerstor-bench-'),
  );
  const peers: Peer[] = [];
  try {
    console.log(
      `${machine()}; load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores before the run`,
    );
    const device = await startDevicePeer(join(folder, 'peerstor'));
    peers.push(device);
    const idle = await memoryMiB(device.device.pid);
    for (const start of [startSamba, startNginx]) {
      const peer = await start(join(folder, start.name));
      if (typeof peer === 'string') console.log(`left out: ${peer}`);
      else peers.push(peer);
    }
    console.log('left out: copyparty, which is a Python program without a package here.');
    for (let round = 0; round < rounds; round += 1) await oneRound(peers, folder, round);
    report(peers);
    const { peak } = await memoryMiB(device.device.pid);
    console.log(`\nmemory of the device: ${idle.now} MiB after its start, ${peak} MiB at most`);
    console.log(await syncsOf(device, device.device.pid, folder));
    await Promise.all(peers.splice(0).map((peer) => peer.stop()));
    await reportOwn(folder);
    console.log(`load ${loadavg()[0]?.toFixed(1)} after the run`);
  } finally {
    for (const peer of peers) await peer.stop().catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
