/** What this room is given, and what it offers to those who build and show a device. */
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
  /** A part of the database that is this room's alone; what it had before a restart may be lost (I7). */
  index: OrderedStore;
  devices: DeviceDirectory;
  versions: LiveVersions;
  clock: Clock;
  random: Random;
  tunables: Tunables;
  log: Log;
  catalog: CatalogStanding;
  /** This machine has only its battery: what can wait, waits. */
  onBattery?: () => boolean;
  /** The users whose files can be opened here now; without it there are no restore drills. */
  restorable?: () => RestorableUser[];
}

export interface Replication extends ChunkNetwork {
  /** Chunks on their way to other devices; the time left is that of copies being made again, where measured. */
  repairStatus(): HealthView['repair'];
  /** What this device repaired, newest first. */
  receipts(): ReceiptView[];
  /** How far this device is with reading all its copies again. */
  scrubStatus(): ScrubView;
  /** What the last restore drills came to. */
  drillStatus(): DrillView;
  /** What audits of other devices came to since the start. */
  auditFigures(): AuditFigures;
  /** Are enough other members said to have the chunk, connected or not, for this device to do without it? */
  isElsewhere(id: ChunkId): boolean;
  /**
   * Has other devices take the chunk and promise to keep it, and then calls `giveUp`.
   * @returns whether it did; not when too few others could be relied upon
   */
  handOver(id: ChunkId, giveUp: () => Promise<void>): Promise<boolean>;
  /**
   * Has others promise and prove that they keep all these chunks, and then calls `giveUp`.
   * @returns how many too few others could be relied upon for; with any, `giveUp` was not called
   */
  handOverAll(ids: readonly ChunkId[], giveUp: () => Promise<void>): Promise<number>;
  /** Chunks here that a shut-down would leave with fewer copies elsewhere than wanted, or than there are devices. */
  unprotectedChunks(): number;
  /** What of this device nothing references, and what becomes of it. Deletes nothing. */
  garbageReport(): Promise<GarbageReport>;
  /** What waits to be deleted until an admin agrees, or null. */
  garbageStopped(): GarbageReport['stopped'];
  /** An admin agreed to delete what `garbageStopped` says. */
  confirmGarbage(): void;
  /** Uploads that were begun here and have not ended. */
  uploadsActive(): number;
  /** As `health`, with what is counted by now. */
  healthNow(): ChunkHealth;
  /** Which devices are known to have how much of what a manifest needs; undefined while it is not known what that is. */
  copiesOf(manifest: ChunkId): ManifestHolders | undefined;
  /** Unix ms; undefined for a device that this one never met. */
  lastSeenMs(device: DeviceId): number | undefined;
  /** Called, at most once a second, when copies, holders or references changed. Returns the unsubscriber. */
  onHealthChange(listener: () => void): () => void;
}
