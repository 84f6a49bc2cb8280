/** The disks below the home and the lent folders: what they are, how full, how quick. */
import { execFile } from 'node:child_process';
import { lstat, open, readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { formatSize } from '../terminal/output.ts';
import { isSystemError, localCause } from '../transfer/disk-facts.ts';
import { type Finding, note, ok, problem } from './finding.ts';

export interface FolderFacts {
  path: string;
  /** Of the home, or of a lent folder. */
  isHome: boolean;
  freeBytes: number;
  totalBytes: number;
  /** undefined where the file system has no fixed number of them. */
  freeInodes: number | undefined;
  /** `statfs` number of the file system. */
  type: number;
  /** Why nothing could be written, in plain words. */
  refused: string | undefined;
  writeBytesPerS: number | undefined;
  /** Longest of some small synced writes. */
  syncMs: number | undefined;
}

const MiB = 1024 * 1024;
const probeBytes = 32 * MiB;
const smallWrites = 10;
const slowBytesPerS = 15 * MiB;
const slowSyncMs = 250;
const freeBytesMin = 2 * 1024 * MiB;
const freeShareMin = 0.05;
const inodesMin = 10_000;

/** File systems by their number on Linux (`man 2 statfs`). */
const fileSystems: Readonly<
  Record<number, { name: string; isNetwork?: boolean; isMemory?: boolean; isFat?: boolean }>
> = {
  61267: { name: 'ext4' },
  2435016766: { name: 'btrfs' },
  1481003842: { name: 'xfs' },
  801189825: { name: 'zfs' },
  16914836: { name: 'tmpfs', isMemory: true },
  2240043254: { name: 'ramfs', isMemory: true },
  19780: { name: 'FAT', isFat: true },
  538032816: { name: 'exFAT', isFat: true },
  26985: { name: 'NFS', isNetwork: true },
  4283649346: { name: 'CIFS', isNetwork: true },
  4266872130: { name: 'SMB', isNetwork: true },
};

export async function lookAtFolder(path: string, isHome: boolean): Promise<FolderFacts | Finding> {
  try {
    const { bavail, blocks, bsize, ffree, files, type } = await statfs(path);
    const space = { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    const facts = { path, isHome, ...space, freeInodes: files > 0 ? ffree : undefined, type };
    if (space.freeBytes < 2 * probeBytes)
      return { ...facts, refused: undefined, writeBytesPerS: undefined, syncMs: undefined };
    return { ...facts, ...(await tryWriting(path)) };
  } catch (error) {
    return problem(
      'folder',
      `${path} cannot be looked at: ${localCause(error) ?? String(error)}.`,
      'Is its disk plugged in and mounted? Then restart the device, or take the folder away with "peerstor volume remove".',
    );
  }
}

export function judgeFolder(facts: FolderFacts): Finding[] {
  const { path, isHome, freeBytes, totalBytes, freeInodes, type, refused, writeBytesPerS, syncMs } = facts;
  const findings: Finding[] = [];
  if (refused !== undefined)
    findings.push(
      problem(
        'read-only',
        `Nothing can be written to ${path}: ${refused}.`,
        'Check its permissions, and that the disk is mounted for writing (a disk with errors is often mounted read-only).',
      ),
    );
  if (freeBytes < Math.min(freeBytesMin, totalBytes * freeShareMin)) {
    const what = isHome ? 'Changes are refused when it is full.' : 'It takes no further copies.';
    findings.push(
      problem(
        'free-space',
        `The disk of ${path} has ${formatSize(freeBytes)} free of ${formatSize(totalBytes)}. ${what}`,
        'Free some space, or lend another folder.',
      ),
    );
  } else
    findings.push(ok('free-space', `${path}: ${formatSize(freeBytes)} free of ${formatSize(totalBytes)}.`));
  if (freeInodes !== undefined && freeInodes < inodesMin)
    findings.push(
      problem(
        'inodes',
        `The disk of ${path} has room for ${freeInodes} more files only, however small.`,
        'Delete many small files there, or lend another folder.',
      ),
    );
  const system = fileSystems[type];
  if (system?.isMemory)
    findings.push(
      problem(
        'file-system',
        `${path} lies in memory (${system.name}): it is empty after a restart of the machine.`,
        'Choose a folder on a disk.',
      ),
    );
  if (system?.isNetwork)
    findings.push(
      note(
        'file-system',
        `${path} lies on another machine (${system.name}): when that is off, so is this folder.`,
        'Better run peerstor on that machine.',
      ),
    );
  if (system?.isFat && isHome)
    findings.push(
      problem(
        'file-system',
        `The home ${path} is on ${system.name}, which keeps no permissions: everybody on this machine can read its keys.`,
        'Choose a --home on another file system.',
      ),
    );
  if (writeBytesPerS !== undefined && writeBytesPerS < slowBytesPerS)
    findings.push(
      note(
        'disk-speed',
        `${path} writes ${formatSize(writeBytesPerS)} a second, which is slow.`,
        'A USB stick, a full SSD or a failing disk does that. Look at its health.',
      ),
    );
  else if (writeBytesPerS !== undefined)
    findings.push(ok('disk-speed', `${path} writes ${formatSize(writeBytesPerS)} a second.`));
  if (syncMs !== undefined && syncMs > slowSyncMs)
    findings.push(
      note(
        'disk-sync',
        `A small write to ${path} took ${Math.round(syncMs)} ms to be safe: every upload waits for that.`,
        'Disks that sleep, and cards, do that. Put the home on a quicker disk.',
      ),
    );
  return findings;
}

/** Keys and credentials are for their owner alone. */
export async function judgePermissions(home: string, platform: NodeJS.Platform): Promise<Finding[]> {
  if (platform === 'win32') return [];
  const open: string[] = [];
  for (const name of ['identity.key', 'network.key', 'credentials.json', 'run.json']) {
    const facts = await lstat(join(home, name)).catch(() => undefined);
    if (facts && (facts.mode & 0o077) !== 0) open.push(name);
  }
  if (open.length === 0) return [];
  return [
    problem(
      'permissions',
      `Others on this machine can read ${open.join(', ')} in ${home}.`,
      `Run: chmod 700 ${home}; chmod 600 ${open.map((name) => join(home, name)).join(' ')}`,
    ),
  ];
}

/** What S.M.A.R.T. says of all disks, where `smartctl` is there and may ask. */
export async function judgeSmart(run = runProgram): Promise<Finding[]> {
  const scan = parsed(await run('smartctl', ['--scan', '--json']).catch(() => ''));
  if (scan === undefined)
    return [
      note(
        'smart',
        'The health of the disks is not known: smartctl is not installed.',
        'Install smartmontools, and run this as root once.',
      ),
    ];
  const devices = Array.isArray(scan.devices) ? scan.devices : [];
  const findings: Finding[] = [];
  for (const one of devices.slice(0, 32)) {
    const name: unknown = Object(one).name;
    if (typeof name !== 'string') continue;
    const answer = parsed(await run('smartctl', ['--health', '--json', name]).catch(() => ''));
    const passed: unknown = Object(answer?.smart_status).passed;
    if (passed === false)
      findings.push(
        problem(
          'smart',
          `The disk ${name} says that it is failing.`,
          'Copy what is on it: "peerstor volume drain" for a lent folder. Replace the disk.',
        ),
      );
    else if (passed === true) findings.push(ok('smart', `The disk ${name} says that it is well.`));
  }
  if (findings.length === 0)
    return [
      note(
        'smart',
        'The disks did not say how they are: asking them needs root.',
        'Run "sudo smartctl --health /dev/…" to know.',
      ),
    ];
  return findings;
}

export function isFinding(value: FolderFacts | Finding): value is Finding {
  return 'check' in value;
}

async function tryWriting(
  folder: string,
): Promise<Pick<FolderFacts, 'refused' | 'writeBytesPerS' | 'syncMs'>> {
  const path = join(folder, `.peerstor-doctor-${process.pid}`);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      const piece = Buffer.alloc(MiB, 'peerstor');
      let syncMs = 0;
      for (let n = 0; n < smallWrites; n += 1) {
        const atMs = performance.now();
        await file.write(piece, 0, 4096, n * 4096);
        await file.datasync();
        syncMs = Math.max(syncMs, performance.now() - atMs);
      }
      const begunMs = performance.now();
      for (let at = 0; at < probeBytes; at += MiB) await file.write(piece, 0, MiB, at);
      await file.datasync();
      const writeBytesPerS = probeBytes / Math.max(0.001, (performance.now() - begunMs) / 1000);
      return { refused: undefined, writeBytesPerS, syncMs };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isSystemError(error, 'ENOSPC'))
      return { refused: undefined, writeBytesPerS: undefined, syncMs: undefined };
    return { refused: localCause(error) ?? String(error), writeBytesPerS: undefined, syncMs: undefined };
  } finally {
    await rm(path, { force: true });
  }
}

export function runProgram(name: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    // smartctl says by its exit code what it found, and prints its answer all the same.
    execFile(name, [...words], { timeout: 10_000 }, (error, stdout) => {
      if (error && stdout === '') reject(error);
      else resolve(stdout);
    });
  });
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Of the config of a home: its lent folders. */
export async function lentFolders(home: string): Promise<string[]> {
  const config = parsed(await readFile(join(home, 'config.json'), 'utf8').catch(() => ''));
  const volumes = Array.isArray(config?.volumes) ? config.volumes : [];
  return volumes.flatMap((volume: unknown) => {
    const path: unknown = Object(volume).path;
    return typeof path === 'string' ? [path] : [];
  });
}
