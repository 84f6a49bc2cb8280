/**
 * The few file operations that the store needs: a seam, so that tests can make disks that are full,
 * fail to sync or lose power. `nodeFiles` is the real one. Paths are absolute.
 */
import { constants, fstatSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, stat, statfs, unlink } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { sleep, systemClock } from '../../model/clock.ts';
import { diskCode } from './disk-error.ts';
import { segmentsFolderName } from './layout.ts';
import { makeFolders } from './make-folders.ts';

/** `make`: a new file, `EEXIST` when there is one; `write`: an existing file, also for reading. */
export type OpenMode = 'make' | 'write' | 'read';

/**
 * Errors of every method are those of node:fs, with their `code`. No method follows a symbolic link
 * that is the file itself, or that is the folder of segments: it fails with `ELOOP` or `ENOTDIR`.
 */
export interface DiskFiles {
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** @returns true when it made the folder, false when something has that name; parents must exist */
  makeFolder(path: string): Promise<boolean>;
  /** Makes a folder and its parents. @returns the topmost folder that was made, if any was */
  makeFolders(path: string): Promise<string | undefined>;
  /** Makes files, folders and renames in a folder survive a power cut. */
  syncFolder(path: string): Promise<void>;
  /** Names in a folder, in no order. */
  list(path: string): Promise<string[]>;
  /** What has this name, symbolic links not followed; undefined when nothing has. */
  kind(path: string): Promise<'file' | 'folder' | 'other' | undefined>;
  /** Is the folder the root of a file system, such as a mounted drive? */
  isMountPoint(path: string): Promise<boolean>;
  /** Which folder has this name now: another text after another disk was mounted there. */
  identity(path: string): Promise<string>;
  space(path: string): Promise<{ freeBytes: number; totalBytes: number }>;
}

export interface OpenFile {
  /** Writes the parts one after the other from byte `at` on. @returns how many bytes were taken, maybe not all */
  write(parts: readonly Uint8Array[], at: number): Promise<number>;
  /** Fills the parts one after the other from byte `at` on. @returns how many bytes came, maybe not all; 0 at the end */
  read(parts: readonly Uint8Array[], at: number): Promise<number>;
  size(): Promise<number>;
  /** Does the file still have a name? False after somebody deleted it while it was open. */
  hasName(): Promise<boolean>;
  /** Cuts the file to so many bytes. */
  truncate(bytes: number): Promise<void>;
  /** Makes bytes and size survive a power cut (on macOS libuv asks the drive itself to flush). */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

const onWindows = process.platform === 'win32';
/** Names below an open folder can be reached by its handle. */
const hasHandlePaths = process.platform === 'linux';
const renameTries = 10;
const renamePauseMs = 200;

// Windows knows no symbolic link that a user could make by accident, and has neither flag.
const noFollow = onWindows ? 0 : constants.O_NOFOLLOW;
const folderOnly = onWindows ? 0 : constants.O_DIRECTORY;
const openFlags: Record<OpenMode, number> = {
  make: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow,
  write: constants.O_RDWR | noFollow,
  read: constants.O_RDONLY | noFollow,
};
const newFileMode = 0o600;

/**
 * Does something to a file in the folder of segments by way of that folder's handle, so that nobody can
 * put a symbolic link in the folder's place in between. Other files are used by their path.
 */
async function inFolder<T>(path: string, use: (path: string) => Promise<T>): Promise<T> {
  const folder = dirname(path);
  if (onWindows || basename(folder) !== segmentsFolderName) return await use(path);
  const handle = await open(folder, constants.O_RDONLY | folderOnly | noFollow);
  try {
    return await use(hasHandlePaths ? join(`/proc/self/fd/${handle.fd}`, basename(path)) : path);
  } finally {
    await handle.close();
  }
}

export const nodeFiles: DiskFiles = {
  open: (path, mode) =>
    inFolder(path, async (at) => new NodeFile(await open(at, openFlags[mode], newFileMode))),

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

  unlink: (path) => inFolder(path, unlink),

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

  async kind(path) {
    try {
      const found = await lstat(path);
      if (found.isFile()) return 'file';
      return found.isDirectory() ? 'folder' : 'other';
    } catch (error) {
      if (diskCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },

  async isMountPoint(path) {
    if (path === parse(path).root) return true;
    const [here, above] = await Promise.all([stat(path), stat(dirname(path))]);
    return here.dev !== above.dev;
  },

  async identity(path) {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev} ${ino}`;
  },

  async space(path) {
    const { bavail, blocks, bsize } = await statfs(path);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(parts: readonly Uint8Array[], at: number): Promise<number> {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) {
      return (await this.#handle.write(only, 0, only.length, at)).bytesWritten;
    }
    return (await this.#handle.writev(parts, at)).bytesWritten;
  }

  async read(parts: readonly Uint8Array[], at: number): Promise<number> {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) {
      return (await this.#handle.read(only, 0, only.length, at)).bytesRead;
    }
    return (await this.#handle.readv(parts, at)).bytesRead;
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  async hasName(): Promise<boolean> {
    // At once: of an open file the system knows it without asking the disk, and a trip to the thread pool costs more.
    return fstatSync(this.#handle.fd).nlink > 0;
  }

  truncate = (bytes: number): Promise<void> => this.#handle.truncate(bytes);

  datasync = (): Promise<void> => this.#handle.datasync();

  close = (): Promise<void> => this.#handle.close();
}
