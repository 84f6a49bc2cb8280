/** Chunks on this device. Implementations: disk (`store`), memory (tests). Suite: test/contract. */
import type { VolumeState } from '../api.ts';
import type { ChunkId, VolumeId } from '../ids.ts';

export type PutOutcome = 'stored' | 'present';

export interface GetOptions {
  verify?: boolean;
  signal?: AbortSignal;
  /** The bytes may lie in a buffer of `model/memory.ts`, which is the caller's alone until it gives it back. */
  kept?: boolean;
  /** The bytes may lie in a buffer of `model/chunk-buffers.ts`, which the caller gives back: to be sent from where they lie. */
  shared?: boolean;
}

export interface VolumeStatus {
  id: VolumeId;
  path: string;
  limitBytes: number;
  usedBytes: number;
  /**
   * `missing`: the marker is gone (unplugged, deleted); nothing is concluded about its chunks.
   * `failing`: too many of its chunks had rotten; it takes no new ones.
   */
  state: VolumeState;
  /** The reason, for people, where there is one. */
  problem?: string;
}

export interface ChunkStore {
  start(): Promise<void>;
  stop(): Promise<void>;

  /**
   * Stores sealed bytes under their id. When it resolves they survive a power cut (I2).
   * @throws `chunk-corrupt` when the bytes do not hash to the id (I3), `disk-full`, `storage-failed`
   */
  put(id: ChunkId, bytes: Uint8Array, options?: PutOptions): Promise<PutOutcome>;

  /**
   * @returns the sealed bytes; checked against the id unless `verify: false` says that the caller
   * proves them by the AEAD tag
   * @throws `chunk-missing`; `chunk-corrupt` (the file is moved to quarantine first, and a `lost`
   * change is announced, so that a bad copy is never served twice)
   */
  get(id: ChunkId, options?: GetOptions): Promise<Uint8Array>;

  /** Says that the caller found bytes of `get(…, {verify: false})` wrong: quarantine them. */
  reportCorrupt(id: ChunkId): Promise<void>;

  /** From the index, without touching the disk. */
  has(id: ChunkId): boolean;
  /** Sealed bytes of a chunk, or undefined when it is not here. */
  sizeOf(id: ChunkId): number | undefined;

  /**
   * "Have it?" and holding on to it in one step (I4): a chunk in the trash is brought back.
   * @returns whether the chunk is held now
   */
  touch(id: ChunkId): Promise<boolean>;

  /**
   * Moves the chunk to the volume's trash folder; a later `put` or `touch` brings it back.
   * @param options.onlyIf asked at the last moment, when no `put` or `touch` of this id can come in
   * between any more; false leaves the chunk
   */
  delete(id: ChunkId, options?: { onlyIf?: () => boolean }): Promise<void>;

  /** Removes for ever what was deleted at least that long ago. */
  purgeTrash(olderThanMs: number): Promise<{ chunks: number; bytes: number }>;

  /** Every chunk held, in id order, in pages that are consistent in themselves. */
  list(options?: { after?: ChunkId }): AsyncIterable<{ id: ChunkId; size: number }>;

  /**
   * Every chunk held, in the order in which the disks read them quickest: for whoever reads them all.
   * @param options.after the `position` of the last one seen; whatever it was, the rest follows
   */
  inReadingOrder(options?: {
    after?: string;
  }): AsyncIterable<{ id: ChunkId; size: number; position: string }>;

  usage(): { chunks: number; bytes: number; limitBytes: number; volumes: VolumeStatus[] };

  /**
   * Held only as a plain file that somebody may edit (`backup/adopt`): it counts and is served, but nothing that is given up
   * elsewhere may rest on it (I4). Absent where no chunk is held so.
   */
  isEditable?(id: ChunkId): boolean;

  /** Called after each change is durable; used to keep the inventory. Returns the unsubscriber. */
  onChange(listener: (change: ChunkChange) => void): () => void;
}

export interface PutOptions {
  signal?: AbortSignal;
  /** The caller has just computed the id from these very bytes, so hashing again proves nothing. */
  trusted?: boolean;
}

export type ChunkChange =
  | { kind: 'added'; id: ChunkId; size: number }
  /** Deleted on purpose, found corrupt, or found missing. */
  | { kind: 'lost'; id: ChunkId; reason: 'deleted' | 'corrupt' | 'missing' };
