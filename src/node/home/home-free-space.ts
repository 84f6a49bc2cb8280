/** Refuses changes before the home's disk is full: a database whose write is cut off there needs a restart. */
import { statfsSync } from 'node:fs';
import { PeerstorError } from '../../model/errors.ts';

const MiB = 1024 * 1024;
/** What a database may write besides a small change when it compacts; less on tiny disks. */
const keptBytesMax = 64 * MiB;
const keptShareMax = 0.1;

export interface DiskSpace {
  freeBytes: number;
  totalBytes: number;
}

export function diskSpace(folder: string): DiskSpace {
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

export class HomeFreeSpace {
  readonly #folder: string;
  readonly #space: (folder: string) => DiskSpace;

  constructor(folder: string, space: (folder: string) => DiskSpace = diskSpace) {
    this.#folder = folder;
    this.#space = space;
  }

  /**
   * Asks the disk each time (some microseconds): what was true a second ago lets a write be cut off.
   * @throws `disk-full` while there is too little room for any record
   */
  mustHave(): void {
    const { freeBytes, totalBytes } = this.#space(this.#folder);
    if (freeBytes >= Math.min(keptBytesMax, totalBytes * keptShareMax)) return;
    throw new PeerstorError(
      'disk-full',
      `The disk of ${this.#folder} has only ${Math.floor(freeBytes / MiB)} MiB free, so changes are refused. Free some space.`,
    );
  }
}
