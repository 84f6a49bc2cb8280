/** Walks the source folder of a profile: every file and folder with its facts, reading no content. */
import { isUtf8 } from 'node:buffer';
import type { BigIntStats } from 'node:fs';
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { foldName } from '../../model/fold-name.ts';
import { nameBytesMax } from '../../model/limits.ts';
import type { LeavesOut } from './patterns.ts';

/** What tells without reading whether a file has changed. */
export interface FileFacts {
  size: number;
  mtimeMs: number;
  ctimeMs: number;
  /** 0 where the disk has none. */
  ino: bigint;
  /** Absent where the system has no such mark. */
  executable?: boolean;
}

export interface Found {
  kind: 'file' | 'folder';
  /** From the source folder on, joined by `/`. */
  path: string;
  facts: FileFacts;
}

export interface Scan {
  /** Folders before what is in them. */
  found: Found[];
  /** What is left out because it cannot be saved, with the reason. */
  failed: { path: string; error: unknown }[];
  /** Folders that could not be read: nothing is concluded about what is in them. */
  unread: string[];
  /** Folders of `never` that were met. */
  own: string[];
}

export interface ScanOptions {
  leavesOut: LeavesOut;
  /** Absolute paths of folders that are never saved: the home and the volumes of this device. */
  never: readonly string[];
  signal: AbortSignal;
}

const statsAtOnce = 64;

/** @throws `not-found` when the source folder is not there, and for one that cannot be read; `forbidden` for one of `never` */
export async function scanSource(folder: string, options: ScanOptions): Promise<Scan> {
  await requireFolder(folder);
  const scan: Scan = { found: [], failed: [], unread: [], own: [] };
  // Compared by their real paths: a link above the folder must not hide the keys of this device from the rule.
  const real = await realOf(folder);
  const never = await Promise.all(options.never.map(realOf));
  requireForeign(folder, real, never);
  await scanFolder(real, [], scan, { ...options, never });
  const [unread] = scan.unread;
  if (unread === '') throw new PeerstorError('not-found', `The folder ${folder} cannot be read.`);
  return scan;
}

/**
 * Refuses what is never saved: peerstor's own keys, database and chunks.
 * @throws `forbidden` for a folder that is one of `never` or lies in one
 */
export async function refuseOwnFolder(folder: string, never: readonly string[]): Promise<void> {
  requireForeign(folder, await realOf(folder), await Promise.all(never.map(realOf)));
}

function requireForeign(folder: string, real: string, never: readonly string[]): void {
  if (!never.some((own) => real === own || real.startsWith(own.endsWith(sep) ? own : own + sep))) return;
  throw new PeerstorError(
    'forbidden',
    `${folder} belongs to peerstor itself: it holds this device's keys or copies. Choose another folder.`,
  );
}

/** @throws `not-found` for what is not there, or no folder */
export async function requireFolder(folder: string): Promise<void> {
  const top = await lstat(folder).catch((cause: unknown) => {
    throw new PeerstorError('not-found', `The folder ${folder} cannot be read: ${sentenceOf(cause)}.`, {
      cause,
    });
  });
  if (!top.isDirectory()) throw new PeerstorError('not-found', `${folder} is no folder.`);
}

/** Of what is not there, the path as it is. */
async function realOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

/** Whether a path is, or lies in, a folder of `never` that the scan met. On some disks `HOME` is `home`. */
export function isOwn({ own }: Pick<Scan, 'own'>, path: string): boolean {
  const folded = `${foldName(path)}/`;
  return own.some((folder) => folded.startsWith(`${foldName(folder)}/`));
}

export function factsOf(stats: BigIntStats): FileFacts {
  return {
    size: Number(stats.size),
    // Whole milliseconds with a fraction, as precise as a double holds.
    mtimeMs: Number(stats.mtimeNs) / 1e6,
    ctimeMs: Number(stats.ctimeNs) / 1e6,
    ino: stats.ino,
    ...(process.platform !== 'win32' && { executable: (stats.mode & 0o100n) !== 0n }),
  };
}

export function sameFacts(left: FileFacts, right: FileFacts): boolean {
  return sameContentFacts(left, right) && left.ctimeMs === right.ctimeMs;
}

/** The same file as far as its content goes: a rename changes `ctime` only. */
export function sameContentFacts(left: FileFacts, right: FileFacts): boolean {
  return left.size === right.size && left.mtimeMs === right.mtimeMs && left.ino === right.ino;
}

async function scanFolder(path: string, names: string[], scan: Scan, options: ScanOptions): Promise<void> {
  const { leavesOut, never, signal } = options;
  signal.throwIfAborted();
  let dirents: Awaited<ReturnType<typeof readNames>>;
  try {
    dirents = await readNames(path);
  } catch (error) {
    const shown = names.join('/');
    scan.unread.push(shown);
    // One that was moved or deleted meanwhile is no failure; the next look knows more.
    if (shown === '' || !isGone(error)) scan.failed.push({ path: shown, error });
    return;
  }
  const taken = new Map<string, string>();
  const folders: string[] = [];
  const files: string[] = [];
  for (const { name, bytes, kind } of dirents) {
    const below = [...names, name];
    const shown = below.join('/');
    if (never.includes(join(path, name))) {
      scan.own.push(shown);
      continue;
    }
    if (kind === 'other' || leavesOut(below, kind === 'folder')) continue;
    const twin = taken.get(foldName(name));
    taken.set(foldName(name), name);
    const refusal = refusalOf(name, bytes, twin);
    if (refusal) scan.failed.push({ path: shown, error: refusal });
    else if (kind === 'folder') folders.push(name);
    else files.push(name);
  }
  for (let at = 0; at < files.length; at += statsAtOnce) {
    const part = files.slice(at, at + statsAtOnce);
    await Promise.all(part.map((name) => noteFile(join(path, name), [...names, name].join('/'), scan)));
    signal.throwIfAborted();
  }
  for (const name of folders) {
    const below = [...names, name];
    const facts = { size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0n };
    scan.found.push({ kind: 'folder', path: below.join('/'), facts });
    await scanFolder(join(path, name), below, scan, options);
  }
}

async function noteFile(path: string, shown: string, scan: Scan): Promise<void> {
  try {
    const stats = await lstat(path, { bigint: true });
    if (stats.isFile()) scan.found.push({ kind: 'file', path: shown, facts: factsOf(stats) });
  } catch (error) {
    // Deleted meanwhile: the next look sees it.
    if (!isGone(error)) {
      scan.failed.push({ path: shown, error });
      scan.unread.push(shown);
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Symbolic links, pipes, sockets and devices are `other`: they are not saved. */
async function readNames(path: string) {
  const dirents = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  const named = dirents.map((dirent) => {
    const kind = dirent.isFile() ? 'file' : dirent.isDirectory() ? 'folder' : 'other';
    return { name: dirent.name.toString('utf8'), bytes: dirent.name, kind } as const;
  });
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function refusalOf(name: string, bytes: Buffer, twin: string | undefined): PeerstorError | undefined {
  if (!isUtf8(bytes)) return new PeerstorError('bad-name', 'its name is not UTF-8; rename it');
  if (bytes.length > nameBytesMax || /\p{Cc}/u.test(name))
    return new PeerstorError('bad-name', 'the drive cannot hold its name; rename it');
  if (twin === undefined) return undefined;
  return new PeerstorError(
    'name-taken',
    `the drive takes this name and "${twin}" beside it for the same; rename one of them`,
  );
}
