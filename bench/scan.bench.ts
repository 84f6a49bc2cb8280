/**
 * A run of a backup over very many files of which none has changed: processor time, and memory.
 *
 *   npm run bench -- --only scan [--files 200000] [--rounds 3] [--dir DIR]
 *
 * The rows are written as if the files had been saved, and the drive is one that refuses everything, so a run that
 * sends or deletes anything fails. Every round is a process of its own.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { KnownFiles } from '../src/backup/profiles/known-files.ts';
import { choicesOf, type Profile } from '../src/backup/profiles/profile.ts';
import { BackupRun } from '../src/backup/runs/run.ts';
import { leavesOut } from '../src/backup/source/patterns.ts';
import { scanSource } from '../src/backup/source/scanner.ts';
import { systemClock } from '../src/model/clock.ts';
import type { Drive } from '../src/model/contracts/drive.ts';
import { entryId, grantId, userId, versionId } from '../src/model/ids.ts';
import { LevelStore } from '../src/store/index.ts';
import { machine, median, memoryMiB, numberFlag, printRows, textFlag } from './measure.ts';

const files = numberFlag('files', 200_000);
const rounds = numberFlag('rounds', 3);
const filesInFolder = 100;
const foldersInFolder = 100;
const signal = new AbortController().signal;

function makeFiles(top: string): void {
  for (let folder = 0; folder * filesInFolder < files; folder += 1) {
    const path = join(top, `year-${Math.floor(folder / foldersInFolder)}`, `folder-${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < filesInFolder; file += 1)
      writeFileSync(join(path, `IMG_${folder * filesInFolder + file}.jpg`), '');
  }
}

function profileOf(folder: string): Profile {
  const choices = choicesOf({ folder, target: '/Backups' });
  const id = '00'.repeat(16);
  return {
    ...choices,
    ...{ id, folder, salt: id, token: '' },
    owner: userId(id + id),
    target: entryId(id),
    grant: grantId(id),
  };
}

/** As if a run had saved everything. */
async function noteAll(rows: LevelStore, profile: Profile): Promise<void> {
  const known = new KnownFiles(rows, profile);
  const rules = leavesOut(profile.presets, profile.exclude);
  const scan = await scanSource(profile.folder, { leavesOut: rules, never: [], signal });
  for (const { kind, path, facts } of scan.found) {
    const version = kind === 'file' ? versionId(randomBytes(16).toString('hex')) : undefined;
    const entry = entryId(randomBytes(16).toString('hex'));
    await known.set(known.keyOf(path), { kind, ...facts, entry, version });
  }
}

/** A drive with one snapshot, so that nothing has to be written. */
const drive = new Proxy({} as Drive, {
  get: (_, method) => async () => {
    if (method === 'resolve') return { id: '11'.repeat(16) };
    const snapshot = { id: '22'.repeat(16), kind: 'file', name: '2026-11-30T10-00-00-000Z.jsonl' };
    if (method === 'children') return { items: [snapshot], nextCursor: null };
    throw new Error(`the run asked the drive for ${String(method)}`);
  },
});

interface Measured {
  cpuSeconds: number;
  /** Names and `lstat` of the same files, one after the other, and nothing else. */
  bareSeconds: number;
  wallSeconds: number;
  peakMiB: number;
}

function cpuSince(before?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function walkBarely(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) walkBarely(join(path, entry.name));
    else lstatSync(join(path, entry.name), { bigint: true });
  }
}

async function measureRun(home: string, profile: Profile): Promise<Measured> {
  const rows = await LevelStore.open(home);
  const known = new KnownFiles(rows, profile);
  const before = process.cpuUsage();
  const started = performance.now();
  const run = new BackupRun({
    ...{ profile, drive, known, clock: systemClock, settleMs: 0, never: [], losses: [], watcher: undefined },
    ...{ consent: false, checkTarget: false, dryRun: false, signal, onProgress: () => undefined },
  });
  const { counts, failures } = await run.run();
  const cpuSeconds = cpuSince(before);
  const wallSeconds = (performance.now() - started) / 1000;
  if (counts.unchanged !== files || failures > 0) throw new Error(JSON.stringify({ counts, failures }));
  const { peak } = await memoryMiB(process.pid);
  await rows.close();
  const bare = process.cpuUsage();
  walkBarely(profile.folder);
  return { cpuSeconds, bareSeconds: cpuSince(bare), wallSeconds, peakMiB: peak };
}

async function main(): Promise<void> {
  const top = await mkdtemp(join(textFlag('dir') ?? tmpdir(), 'peerstor-bench-'));
  try {
    console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)}`);
    const source = join(top, 'source');
    makeFiles(source);
    const rows = await LevelStore.open(join(top, 'rows'));
    await noteAll(rows, profileOf(source));
    await rows.close();
    const runs: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const answer = join(top, `round-${round}`);
      const words = [process.argv[1] ?? '', '--files', String(files), '--round', answer, '--in', top];
      const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
      if (status !== 0) throw new Error(`a round ended with ${status}`);
      runs.push(JSON.parse(await readFile(answer, 'utf8')));
    }
    const of = (what: keyof Measured) => median(runs.map((one) => one[what]));
    printRows(`${files} unchanged files`, [
      {
        what: 'processor time',
        value: `${of('cpuSeconds').toFixed(2)} s`,
        ratio: `${(of('cpuSeconds') / of('bareSeconds')).toFixed(1)} of a bare walk`,
        aim: '≤ 3 s',
      },
      { what: 'time', value: `${of('wallSeconds').toFixed(2)} s`, aim: '≤ 3 s' },
      { what: 'memory of the process, at most', value: `${of('peakMiB')} MiB`, aim: '≤ 200 MiB' },
    ]);
    console.log(`load ${loadavg()[0]?.toFixed(1)} after the run`);
  } finally {
    await rm(top, { recursive: true, force: true });
  }
}

const answer = textFlag('round');
if (answer === undefined) await main();
else {
  const top = textFlag('in') ?? '';
  await writeFile(
    answer,
    JSON.stringify(await measureRun(join(top, 'rows'), profileOf(join(top, 'source')))),
  );
}
