/** Chunks in the whole network: where they should be, who has them, how to get and give them. */

import type { SafetyLevel, SafetyView } from '../api.ts';
import type { ChunkId, DeviceId, VersionId } from '../ids.ts';
import type { DeviceClass, DeviceState } from '../records.ts';
import type { GetOptions } from './chunk-store.ts';
import type { ChunkHealth } from './health.ts';

export interface ChunkNetwork {
  start(): Promise<void>;
  stop(): Promise<void>;

  /** Opens a session that stores and spreads the chunks of one upload. */
  beginUpload(): ChunkUpload;

  /**
   * The sealed bytes of a chunk: from this device, else from the nearest holder, falling over to
   * the next when one stalls, lies or is gone. Bytes from a peer were hashed (I3).
   * @param options.verify false when the caller proves local bytes by the AEAD tag and calls
   * `reportCorruptLocal` when that fails
   * @throws `chunk-missing` naming the device that would be needed and when it was last seen
   */
  read(id: ChunkId, options?: GetOptions): Promise<Uint8Array>;
  /** The local copy failed its AEAD tag: quarantine it and read from another device. */
  reportCorruptLocal(id: ChunkId): Promise<void>;

  /** Devices that have a copy and are connected now (this one included). */
  holders(id: ChunkId): DeviceId[];
  /** How safe a version is: the weakest of its manifest and everything that references. Cheap. */
  safetyOf(manifest: ChunkId): SafetyView;
  /** Every chunk that a live version references, by number of reachable copies. */
  health(): Promise<ChunkHealth>;
  /** What would go if this device died now, as far as is known here. */
  impactOf(device: DeviceId): Promise<ChunkImpact>;
}

export interface ChunkImpact {
  /** Chunks that live versions reference and no other member is known to have. */
  lostChunks: number;
  lostBytes: number;
  /** Versions that would miss one of them. */
  lostVersions: VersionId[];
  /** Chunks that would have fewer copies than wanted, the lost ones not counted. */
  thinChunks: number;
  thinBytes: number;
  /**
   * Sealed bytes on it that have not yet as many copies as wanted on other active devices, or one on each
   * where there are fewer. 0 means that it is drained.
   */
  bytesLeft: number;
}

export interface ChunkUpload {
  /**
   * Stores a chunk on this device and queues it for the ranked peers. Resolves when it is durable
   * here; waits when too much is under way. `bytes` are the caller's again once it settled: what a
   * push still needs of them is copied.
   */
  put(id: ChunkId, bytes: Uint8Array): Promise<void>;
  /**
   * Takes over a chunk that an earlier session put: it counts for `settle`, and gets the copies that it lacks.
   * @returns false when neither this device nor one that is connected has it
   */
  adopt(id: ChunkId): Promise<boolean>;
  /**
   * Waits until every chunk put so far has the copies of `level`, or until that cannot be hoped for:
   * `waitMs` without a device that could take one.
   * @returns what was reached
   */
  settle(level: SafetyLevel, waitMs: number, signal?: AbortSignal): Promise<SafetyView>;
  /** Ends the session; pushes that are still queued go on in the background. */
  close(): void;
}

/** What replication needs to know of the catalog; wired in `node`. */
export interface DeviceDirectory {
  /** Devices that are members now (active or draining), this one included. */
  members(): MemberDevice[];
  onChange(listener: () => void): () => void;
}

export interface MemberDevice {
  id: DeviceId;
  name: string;
  class: DeviceClass;
  state: DeviceState;
  capacityBytes: number;
  place: string;
}

/** Whether conclusions may be drawn from what is not in the catalog: nothing is given up before. */
export interface CatalogStanding {
  /** It was not lost or made anew without hearing of the others since. */
  isComplete(): boolean;
  /** Times can be told by the clock of this device: another one's agreed with it since it was last set. */
  isClockRight(): boolean;
  /** Resolves when what the connected devices have is here. */
  refresh(): Promise<void>;
}

/** Versions whose content must be kept: live ones, history and trash. */
export interface LiveVersions {
  list(): AsyncIterable<{ id: VersionId; manifest: ChunkId }>;
  /** Called after the catalog changed, with what came and what went. */
  onChange(
    listener: (change: {
      added: { id: VersionId; manifest: ChunkId }[];
      /** `wasDeleted`: a tombstone took it away; false where its record counts no more for another reason. */
      removed: { id: VersionId; manifest: ChunkId; wasDeleted: boolean }[];
    }) => void,
  ): () => void;
}
