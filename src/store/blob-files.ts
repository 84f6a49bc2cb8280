/**
 * The few file operations that the store needs: a seam, so that tests can make disks that are full,
 * fail to sync or lose power. `nodeFiles` is the real one. Paths are absolute.
 */
import { mkdir, open, readdir, rename, stat, statfs, unlink } from 'node:fs/promises';
import { dirname, parse } from 'node:path';
import { sleep, systemClock } from '../model/clock.ts';
import { diskCode } from './files/disk-error.ts';
import { makeFolders } from './files/make-folders.ts';

/** Errors of every method are those of node:fs, with their `code`. */
export interface BlobFiles {
  /** 'wx' makes a new file (`EEXIST` when there is one); 'r' reads. */
  open(path: string, flags: 'wx' | 'r'): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** @returns true when it made the folder, false when there was one; parents must exist */
  makeFolder(path: string): Promise<boolean>;
  /** Makes a folder and its parents. @returns the topmost folder that was made, if any was */
  makeFolders(path: string): Promise<string | undefined>;
  /** Makes renames into a folder, and files and folders made in it, survive a power cut. */
  syncFolder(path: string): Promise<void>;
  /** Names in a folder, in no order. */
  list(path: string): Promise<string[]>;
  size(path: string): Promise<number>;
  /** Is the folder the root of a file system, such as a mounted drive? */
  isMountPoint(path: string): Promise<boolean>;
  space(path: string): Promise<{ freeBytes: number; totalBytes: number }>;
}

export interface OpenFile {
  /** Writes where the last write ended. @returns how many bytes were taken, maybe not all */
  write(bytes: Uint8Array): Promise<number>;
  /** Reads where the last read ended. @returns how many bytes came, 0 at the end */
  read(into: Uint8Array): Promise<number>;
  /** Makes the bytes survive a power cut (on macOS libuv asks the drive itself to flush). */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

const onWindows = process.platform === 'win32';
const renameTries = 10;
const renamePauseMs = 200;

export const nodeFiles: BlobFiles = {
  async open(path, flags) {
    const file = await open(path, flags);
    return {
      write: async (bytes) => (await file.write(bytes)).bytesWritten,
      read: async (into) => (await file.read(into)).bytesRead,
      datasync: () => file.datasync(),
      close: () => file.close(),
    };
  },

  async rename(from, to) {
    // Virus scanners and indexers hold new files open on Windows: graceful-fs issue 104.
    for (let tries = 1; ; tries += 1) {
      try {
        return await rename(from, to);
      } catch (error) {
        const held = onWindows && ['EPERM', 'EBUSY', 'EACCES'].includes(diskCode(error));
        if (!held || tries >= renameTries) throw error;
        await sleep(systemClock, renamePauseMs);
      }
    }
  },

  unlink,

  async makeFolder(path) {
    try {
      await mkdir(path);
      return true;
    } catch (error) {
      if (diskCode(error) === 'EEXIST') return false;
      throw error;
    }
  },

  makeFolders,

  async syncFolder(path) {
    // Windows cannot sync a folder; NTFS journals its names by itself.
    if (onWindows) return;
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },

  list: (path) => readdir(path),

  size: async (path) => (await stat(path)).size,

  async isMountPoint(path) {
    if (path === parse(path).root) return true;
    const [here, above] = await Promise.all([stat(path), stat(dirname(path))]);
    return here.dev !== above.dev;
  },

  async space(path) {
    const { bavail, blocks, bsize } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

/**
 * Writes a new file so that its bytes survive a power cut; its name does so only after its folder
 * was synced. A file that could not be finished is left behind: the caller removes it.
 */
export async function writeSynced(files: BlobFiles, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, 'wx');
  try {
    for (let done = 0; done < bytes.length; ) {
      done += await file.write(done === 0 ? bytes : bytes.subarray(done));
    }
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * Reads a file of at most `bytesMax` bytes in few steps.
 * @returns its bytes, or undefined when it is longer
 */
export async function readWhole(
  files: BlobFiles,
  path: string,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const file = await files.open(path, 'r');
  try {
    // One byte more than may be there shows whether there is more.
    const into = Buffer.allocUnsafeSlow(bytesMax + 1);
    let done = 0;
    do {
      const came = await file.read(into.subarray(done));
      if (came === 0) break;
      done += came;
    } while (done < bytesMax);
    return done > bytesMax ? undefined : into.subarray(0, done);
  } finally {
    await file.close();
  }
}
