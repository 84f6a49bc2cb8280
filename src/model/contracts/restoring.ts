/** The restore drill: the drive has the files and their keys, replication the other devices. */
import type { ChunkId, EntryId, UserId } from '../ids.ts';

/** Sealed bytes of a chunk that hash to its id, from anywhere but this device. */
export type ReadElsewhere = (id: ChunkId, signal: AbortSignal) => Promise<Uint8Array>;

/** The files of a user who is signed in on this device: without their keys nothing can be opened. */
export interface RestorableUser {
  readonly user: UserId;
  /** At most so many files of their own drive, outside the trash, each with the same chance. */
  sample(count: number): Promise<EntryId[]>;
  /**
   * Reads the current content of a file by `read`, opens it and compares it with what was written down.
   * Large files are read in part.
   * @returns false when there is no such file any more
   * @throws `chunk-corrupt` or `forbidden` when it is not what was written down; what `read` throws;
   * `aborted` when the user signed out meanwhile; the signal's reason
   */
  restore(file: EntryId, read: ReadElsewhere, signal: AbortSignal): Promise<boolean>;
}
