/** Refuses changes before the home's disk is full: a database whose write is cut off there needs a restart. */
import { statfsSync } from 'node:fs';
import type { Clock } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';

const lookEveryMs = 1000;
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
  readonly #clock: Clock;
  readonly #space: (folder: string) => DiskSpace;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #refusal: PeerstorError | undefined;

  constructor(folder: string, clock: Clock, space: (folder: string) => DiskSpace = diskSpace) {
    this.#folder = folder;
    this.#clock = clock;
    this.#space = space;
  }

  /** @throws `disk-full` while there is too little room for any record */
  mustHave(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedAtMs >= lookEveryMs) {
      this.#lookedAtMs = nowMs;
      this.#refusal = this.#look();
    }
    if (this.#refusal) throw this.#refusal;
  }

  #look(): PeerstorError | undefined {
    const { freeBytes, totalBytes } = this.#space(this.#folder);
    if (freeBytes >= Math.min(keptBytesMax, totalBytes * keptShareMax)) return undefined;
    return new PeerstorError(
      'disk-full',
      `The disk of ${this.#folder} has only ${Math.floor(freeBytes / MiB)} MiB free, so changes are refused. Free some space.`,
    );
  }
}
