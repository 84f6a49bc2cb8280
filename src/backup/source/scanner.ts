/**
 * Walks the source folder of a profile, folder by folder: every file and folder with its facts, reading no content.
 * Nothing is held of a folder that was passed, so a million files cost no memory.
 */
import { isUtf8 } from 'node:buffer';
import { type BigIntStats, type Dirent, lstat as lstatCallback } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { foldName } from '../../model/fold-name.ts';
import { nameBytesMax } from '../../model/limits.ts';
import { OwnFolders, realOf } from './own-folders.ts';
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

/** What is directly in one folder, in the order of the names. */
export interface ScannedFolder {
  /** From the source folder on, joined by `/`; empty for that folder itself. */
  path: string;
  folders: readonly string[];
  files: readonly { name: string; facts: FileFacts }[];
}

/** What a scan met on its way, beside what it found. */
export interface ScanNotes {
  /** What is left out because it cannot be saved, with the reason. */
  failed: { path: string; error: unknown }[];
  /** Folders that could not be read: nothing is concluded about what is in them. */
  unread: string[];
  /** Folders of `never` that were met. */
  own: string[];
  /** Symbolic links, which are left out. */
  links: number;
}

export interface ScanOptions {
  leavesOut: LeavesOut;
  /** Absolute paths of folders that are never saved: the home and the volumes of this device. */
  never: readonly string[];
  watcher?: ScanWatcher | undefined;
  signal: AbortSignal;
}

/** Hears which folders there are (`source/watcher.ts`). */
export interface ScanWatcher {
  begin(): void;
  /** Before the folder is read. */
  see(path: string): void;
  end(): void;
}

const statsAtOnce = 64;

export const newNotes = (): ScanNotes => ({ failed: [], unread: [], own: [], links: 0 });

/** All of a source at once, for one that is not large. Folders come before what is in them. */
export async function scanSource(
  folder: string,
  options: ScanOptions,
): Promise<ScanNotes & { found: Found[] }> {
  const notes = newNotes();
  const found: Found[] = [];
  const facts = { size: 0, mtimeMs: 0, ctimeMs: 0, ino: 0n };
  for await (const { path, folders, files } of scanFolders(folder, notes, options)) {
    for (const file of files) found.push({ kind: 'file', path: below(path, file.name), facts: file.facts });
    for (const name of folders) found.push({ kind: 'folder', path: below(path, name), facts });
  }
  return { ...notes, found };
}

/**
 * Folders come before what is in them.
 * @param notes are whole when the last folder has come
 * @throws `not-found` when the source folder is not there, and for one that cannot be read; `forbidden` for one of `never`
 */
export async function* scanFolders(
  folder: string,
  notes: ScanNotes,
  options: ScanOptions,
): AsyncGenerator<ScannedFolder> {
  await requireFolder(folder);
  // Compared by their real paths: a link above the folder must not hide the keys of this device from the rule.
  const real = await realOf(folder);
  const own = await OwnFolders.of(options.never);
  await own.refuse(folder, real);
  options.watcher?.begin();
  const waiting = [''];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    options.signal.throwIfAborted();
    options.watcher?.see(path);
    const scanned = await scanFolder(real, path, notes, { ...options, own });
    if (scanned === undefined && path === '')
      throw new PeerstorError('not-found', `The folder ${folder} cannot be read.`);
    if (scanned === undefined) continue;
    for (const name of scanned.folders.toReversed()) waiting.push(below(path, name));
    yield scanned;
  }
  options.watcher?.end();
}

/** The path of what is in a folder. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
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

/** Whether a path is, or lies in, a folder of `never` that the scan met. On some disks `HOME` is `home`. */
export function isOwn({ own }: Pick<ScanNotes, 'own'>, path: string): boolean {
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

/** @returns undefined for a folder that cannot be read */
async function scanFolder(
  top: string,
  folder: string,
  notes: ScanNotes,
  { leavesOut, own, signal }: Pick<ScanOptions, 'leavesOut' | 'signal'> & { own: OwnFolders },
): Promise<ScannedFolder | undefined> {
  const path = folder === '' ? top : join(top, folder);
  let dirents: Awaited<ReturnType<typeof readNames>>;
  try {
    dirents = await readNames(path);
  } catch (error) {
    notes.unread.push(folder);
    // One that was moved or deleted meanwhile is no failure; the next look knows more.
    if (folder === '' || !isGone(error)) notes.failed.push({ path: folder, error });
    return undefined;
  }
  const taken = new Map<string, string>();
  const folders: string[] = [];
  const names: string[] = [];
  for (const { name, bytes, kind } of dirents) {
    const shown = below(folder, name);
    if (own.hasPath(path, name)) {
      notes.own.push(shown);
      continue;
    }
    if (kind === 'other' || leavesOut(shown, kind === 'folder')) continue;
    if (kind === 'link') {
      notes.links += 1;
      continue;
    }
    const folded = foldName(name);
    const refusal = refusalOf(name, bytes, taken.get(folded));
    taken.set(folded, name);
    if (refusal) notes.failed.push({ path: shown, error: refusal });
    else if (kind === 'folder') folders.push(name);
    else names.push(name);
  }
  const foreign = await withoutOwn(folders, path, own);
  for (const name of folders) if (!foreign.includes(name)) notes.own.push(below(folder, name));
  const files: { name: string; facts: FileFacts }[] = [];
  for (let at = 0; at < names.length; at += statsAtOnce) {
    const part = names.slice(at, at + statsAtOnce);
    const stats = await statsOf(part.map((name) => join(path, name)));
    for (const [index, name] of part.entries()) {
      const stat = stats[index];
      if (stat instanceof Error) {
        // Deleted meanwhile: the next look sees it.
        if (isGone(stat)) continue;
        notes.failed.push({ path: below(folder, name), error: stat });
        notes.unread.push(below(folder, name));
      } else if (stat?.isFile()) files.push({ name, facts: factsOf(stat) });
    }
    signal.throwIfAborted();
  }
  return { path: folder, folders: foreign, files };
}

/** Without folders that are mounted from one of ours. */
async function withoutOwn(names: string[], path: string, own: OwnFolders): Promise<string[]> {
  if (own.isEmpty || names.length === 0) return names;
  const stats = await statsOf(names.map((name) => join(path, name)));
  return names.filter((_, index) => {
    const stat = stats[index];
    return stat === undefined || stat instanceof Error || !own.has(stat);
  });
}

/** By callbacks: promises cost four times the processor time, which counts with many files. */
function statsOf(paths: readonly string[]): Promise<(BigIntStats | Error)[]> {
  return new Promise((resolve) => {
    const found: (BigIntStats | Error)[] = new Array(paths.length);
    let left = paths.length;
    for (const [index, path] of paths.entries())
      lstatCallback(path, { bigint: true }, (error, stats) => {
        found[index] = error ?? stats;
        left -= 1;
        if (left === 0) resolve(found);
      });
  });
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Pipes, sockets and devices are `other`: like symbolic links they are not saved. */
async function readNames(path: string) {
  const dirents = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  const named = dirents.map((dirent) => {
    return { name: dirent.name.toString('utf8'), bytes: dirent.name, kind: kindOf(dirent) };
  });
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function kindOf(dirent: Dirent<Buffer>): 'file' | 'folder' | 'link' | 'other' {
  if (dirent.isFile()) return 'file';
  if (dirent.isDirectory()) return 'folder';
  return dirent.isSymbolicLink() ? 'link' : 'other';
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
