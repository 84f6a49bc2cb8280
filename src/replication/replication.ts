/** The parts that this room takes, and the interface that it offers to the code that builds and shows a device. */
import type { DrillView, HealthView, ReceiptView, ScrubView } from '../model/api.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import type { ChunkHealth, GarbageReport } from '../model/contracts/health.ts';
import type { OrderedStore } from '../model/contracts/ordered-store.ts';
import type {
  CatalogStanding,
  ChunkNetwork,
  DeviceDirectory,
  LiveVersions,
} from '../model/contracts/replication.ts';
import type { RestorableUser } from '../model/contracts/restoring.ts';
import type { Transport } from '../model/contracts/transport.ts';
import type { ChunkId, DeviceId } from '../model/ids.ts';
import type { Tunables } from '../model/limits.ts';
import type { Log } from '../model/log.ts';
import type { ManifestHolders } from './references/copies.ts';
import type { AuditFigures } from './verify/audits.ts';

export interface ReplicationParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  /** A part of the database for this room alone; rows from before a restart may be lost (I7). */
  index: OrderedStore;
  devices: DeviceDirectory;
  versions: LiveVersions;
  clock: Clock;
  random: Random;
  tunables: Tunables;
  log: Log;
  catalog: CatalogStanding;
  /** True when this machine runs on battery: deferrable work then waits. */
  onBattery?: () => boolean;
  /** The users whose files can be opened here now; without it there are no restore drills. */
  restorable?: () => RestorableUser[];
  /**
   * When the oldest upload began that goes on in later requests, by `Clock.elapsedMs`; `Infinity` without one.
   * What came since then is no garbage yet.
   */
  oldestUploadMs?: () => number;
  /** What compares all that is here with the index, and can wait, begins after it; at once without it. */
  calm?: Promise<void>;
}

export interface Replication extends ChunkNetwork {
  /** Chunks in flight to other devices; the time left is that of repairs, where it was measured. */
  repairStatus(): HealthView['repair'];
  /** What this device repaired, newest first. */
  receipts(): ReceiptView[];
  /** How far the scrub of this device's copies is. */
  scrubStatus(): ScrubView;
  /** Results of the last restore drills. */
  drillStatus(): DrillView;
  /** Results of the audits of other devices since the start. */
  auditFigures(): AuditFigures;
  /** When another device last proved the copies that an audit asked for, in Unix ms; undefined before that. */
  provedAtMs(device: DeviceId): number | undefined;
  /** True when enough other members claim the chunk, connected or not, for this device to do without it. */
  isElsewhere(id: ChunkId): boolean;
  /**
   * Makes other devices take the chunk and promise to keep it, then calls `giveUp`.
   * @returns whether `giveUp` was called; false when too few other devices promised
   */
  handOver(id: ChunkId, giveUp: () => Promise<void>): Promise<boolean>;
  /**
   * As `handOver` for some chunks at once, with fewer messages and syncs.
   * @returns the chunks that were not given up
   */
  handOverBatch(ids: readonly ChunkId[], giveUp: (id: ChunkId) => Promise<void>): Promise<ChunkId[]>;
  /**
   * Makes other devices promise and prove that they keep all these chunks, then calls `giveUp`.
   * @returns the number of chunks that too few devices keep; unless it is 0, `giveUp` was not called
   */
  handOverAll(ids: readonly ChunkId[], giveUp: () => Promise<void>): Promise<number>;
  /**
   * Number of chunks here that a shutdown would leave with fewer copies elsewhere than wanted, or than there
   * are devices.
   */
  unprotectedChunks(): number;
  /** The garbage on this device and its state. Deletes nothing. */
  garbageReport(): Promise<GarbageReport>;
  /** Garbage whose deletion waits for an admin's consent, or null. */
  garbageStopped(): GarbageReport['stopped'];
  /** An admin agreed to delete what `garbageStopped` reports. */
  confirmGarbage(): void;
  /** Number of uploads that began here and have not ended. */
  uploadsActive(): number;
  /** As `health`, with the counts so far. */
  healthNow(): ChunkHealth;
  /** Which devices have how much of what a manifest needs; undefined before the manifest was read. */
  copiesOf(manifest: ChunkId): ManifestHolders | undefined;
  /** Unix ms; undefined for a device that this one never met. */
  lastSeenMs(device: DeviceId): number | undefined;
  /** Called, at most once a second, when copies, holders or references changed. Returns the unsubscriber. */
  onHealthChange(listener: () => void): () => void;
}
