/** Folders with their parents, on every file system. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskCode } from './disk-error.ts';

/**
 * Makes a folder and its parents. Not by node:fs with `recursive`: that tries again without an end where a
 * folder that is there takes no other one, as /proc does.
 * @returns the topmost folder that was made, if any was
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if (await isFolder(path)) return undefined;
    const above = dirname(path);
    if (diskCode(error) !== 'ENOENT' || above === path) throw error;
    const top = await makeFolders(above);
    await makeLast(path);
    return top ?? path;
  }
}

async function makeLast(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
