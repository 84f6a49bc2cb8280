/** What can be known of the disk that files are written to. */
import { lstat, mkdtemp, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { NameRules } from './local-names.ts';

/**
 * The rules for names in a folder that exists. Asks the disk with an empty folder that is removed again: a
 * case-insensitive disk may be mounted on every system.
 */
export async function nameRulesOf(folder: string, platform: NodeJS.Platform): Promise<NameRules> {
  if (platform === 'win32' || platform === 'darwin') return { platform, foldsCase: true };
  return { platform, foldsCase: await foldsCase(folder).catch(() => true) };
}

async function foldsCase(folder: string): Promise<boolean> {
  const probe = await mkdtemp(join(folder, '.peerstor-case-'));
  try {
    const twin = join(
      folder,
      probe
        .slice(folder.length)
        .replace(/^[/\\]/, '')
        .toUpperCase(),
    );
    return await lstat(twin).then(
      () => true,
      () => false,
    );
  } finally {
    await rmdir(probe);
  }
}

/** The facts of a path itself, not of what a link points to; undefined when nothing is there. */
export async function factsAt(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Is a local file one that its owner may run? Empty where the system has no such mark. */
export function executableMark(mode: number): { executable?: boolean } {
  return process.platform === 'win32' ? {} : { executable: (mode & 0o100) !== 0 };
}

/** The same file, to be run by whoever may read it: as a mask of new files allows reading, so it allows this. */
export function runnableMode(mode: number): number {
  return (mode & 0o777) | ((mode & 0o444) >> 2);
}

export function isSystemError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** What went wrong with a local file, in plain words where the system's code is known. */
export function localCause(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return causes[String(error.code)] ?? error.message;
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'you may not read or write it',
  EPERM: 'the system does not permit it',
  ENOSPC: 'this disk is full',
  EDQUOT: 'your quota on this disk is used up',
  EROFS: 'this disk is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is a file',
  ENAMETOOLONG: 'its name is too long for this disk',
  EIO: 'the disk reports a read or write error',
  ELOOP: 'its links form a loop',
  EFBIG: 'it is too large for this disk',
  EINVAL: 'this disk cannot hold such a name',
  EILSEQ: 'this disk cannot hold such a name',
  EMFILE: 'too many files are open',
};
