/** How much more a volume takes. */
import type { Clock } from '../../model/clock.ts';
import { freeBytesKept } from '../../model/limits.ts';
import type { DiskFiles } from '../files/disk-files.ts';

/** How long an answer of the file system about its free space is used. */
const lookEveryMs = 1000;

/**
 * Free bytes of a disk that stay free: 2 %, or `freeBytesKept` where that is more; but no more than
 * a tenth of a tiny disk, and never more than what is lent, so that a small loan is usable.
 */
export function bytesToKeepFree(totalBytes: number, limitBytes: number): number {
  const kept = Math.max(totalBytes * 0.02, Math.min(freeBytesKept, totalBytes * 0.1));
  return Math.min(kept, limitBytes);
}

/** Room on one volume: its limit and its disk, less the bytes that are being written. */
export class VolumeSpace {
  readonly #files: DiskFiles;
  readonly #clock: Clock;
  readonly #path: string;
  #limitBytes: number;
  #underWayBytes = 0;
  /** Bytes that the disk could take at the last look, and bytes reserved since. */
  #freeBytes = 0;
  #diskBytes = 0;
  #givenBytes = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(files: DiskFiles, clock: Clock, path: string, limitBytes: number) {
    this.#files = files;
    this.#clock = clock;
    this.#path = path;
    this.#limitBytes = limitBytes;
  }

  /** Bytes lent; may be changed at any time. */
  get limitBytes(): number {
    return this.#limitBytes;
  }

  set limitBytes(bytes: number) {
    this.#limitBytes = bytes;
    this.forget();
  }

  /** Asks the file system, at most once a second; all who ask wait for the answer. Errors are those of node:fs. */
  async look(): Promise<void> {
    if (this.#clock.monotonicMs() - this.#lookedAtMs < lookEveryMs) return;
    this.#looking ??= this.#ask().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #ask(): Promise<void> {
    const { freeBytes, totalBytes } = await this.#files.space(this.#path);
    this.#freeBytes = freeBytes;
    this.#diskBytes = freeBytes - bytesToKeepFree(totalBytes, this.#limitBytes);
    // What is being written may or may not be in the answer: counted twice, it is on the safe side.
    this.#givenBytes = this.#underWayBytes;
    this.#lookedAtMs = this.#clock.monotonicMs();
  }

  /** Looks again at the next occasion, because something made room. */
  forget(): void {
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** The disk says that it is full: believed until the next look. */
  foundFull(): void {
    this.#diskBytes = 0;
    this.#givenBytes = 0;
    this.#lookedAtMs = this.#clock.monotonicMs();
  }

  /** Free bytes of the disk, including those that uploads must leave free: compaction may use them. */
  get freeBytes(): number {
    return this.#freeBytes - (this.#givenBytes - this.#underWayBytes);
  }

  /** Bytes that can still be stored. @param heldBytes what the volume holds, trash included */
  room(heldBytes: number): number {
    const lent = this.#limitBytes - heldBytes - this.#underWayBytes;
    return Math.max(0, Math.min(lent, this.#diskBytes - this.#givenBytes));
  }

  reserve(bytes: number): void {
    this.#underWayBytes += bytes;
    this.#givenBytes += bytes;
  }

  /** Ends a reservation: the written bytes count as held from now on. */
  release(bytes: number): void {
    this.#underWayBytes -= bytes;
  }
}
