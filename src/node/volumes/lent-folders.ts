/**
 * Checks folders before this device lends them for the first time. A mistyped path or a mount point without its
 * drive would otherwise fill the disk of the system.
 */
import { mkdir, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, isAbsolute, parse } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import type { FolderCheckView } from '../../model/views/topology.ts';

/** Systems mount drives in subfolders of these. */
const mountFolders = ['/mnt', '/media', '/run/media', '/Volumes'];

/** The disk below a folder. Bytes; `id` differs between disks. */
export interface Disk {
  id: number;
  totalBytes: number;
  freeBytes: number;
}

/**
 * Checks that a folder can be lent. Changes nothing.
 * @returns whether the folder is missing and may be made (`makeLentFolder`)
 * @throws `bad-input` for a path whose parent is missing, a file, or a mount point without its drive
 */
export async function checkLentFolder(path: string): Promise<boolean> {
  const there = await kindOf(path);
  if (there === 'file') throw refuse(`${path} is not a folder. Lend a folder.`);
  if (there === 'missing' && (await kindOf(dirname(path))) !== 'folder') {
    throw refuse(
      `${path} does not exist, and neither does ${dirname(path)}. Check the path, or make the folder.`,
    );
  }
  if (await isBareMountPoint(path, there === 'missing')) {
    throw refuse(`No drive is mounted at ${path}. Mount the drive, or lend another folder.`);
  }
  return there === 'missing';
}

/** Makes the folder itself, never the folders above it. @throws `bad-input` */
export async function makeLentFolder(path: string): Promise<void> {
  await mkdir(path).catch((cause: unknown) => {
    throw refuse(`${path} could not be made: ${(cause as Error).message}. Lend another folder.`);
  });
}

/**
 * What somebody should know before a folder is lent.
 * @param lent folders that are lent already
 * @throws `bad-input` as `checkLentFolder`, and for a path that is not absolute
 */
export async function lookAtFolder(path: string, lent: readonly string[]): Promise<FolderCheckView> {
  if (!isAbsolute(path)) throw refuse(`"${path}" is not an absolute path. Begin with the top folder.`);
  const missing = await checkLentFolder(path);
  const disk = await diskOf(missing ? dirname(path) : path);
  if (!disk) throw refuse(`${path} cannot be read. Check its permissions.`);
  const system = await diskOf(parse(path).root);
  const others = await Promise.all(
    lent
      .filter((folder) => folder !== path)
      .map(async (folder) => ({ folder, id: (await diskOf(folder))?.id })),
  );
  return {
    missing,
    sharesDiskWith: others.filter(({ id }) => id === disk.id).map(({ folder }) => folder),
    onSystemDisk: disk.id === system?.id,
    freeBytes: disk.freeBytes,
    totalBytes: disk.totalBytes,
  };
}

/** undefined for a folder that is missing or unreadable, such as one on an unplugged drive. */
export async function diskOf(path: string): Promise<Disk | undefined> {
  try {
    const [{ dev }, { bavail, blocks, bsize }] = await Promise.all([stat(path), statfs(path)]);
    return { id: dev, totalBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch {
    return undefined;
  }
}

/** True for an empty or missing folder where drives are mounted, when it is still on the disk of the system. */
async function isBareMountPoint(path: string, isMissing: boolean): Promise<boolean> {
  if (!mountFolders.some((folder) => path.startsWith(`${folder}/`))) return false;
  const [own, system] = await Promise.all([stat(isMissing ? dirname(path) : path), stat(parse(path).root)]);
  if (own.dev !== system.dev) return false;
  return isMissing ? mountFolders.includes(dirname(path)) : (await readdir(path)).length === 0;
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
    throw refuse(`${path} cannot be used to keep copies: ${(error as Error).message}. Lend another folder.`);
  }
}

function refuse(sentence: string): PeerstorError {
  return new PeerstorError('bad-input', sentence, { details: { field: 'volumes' } });
}
