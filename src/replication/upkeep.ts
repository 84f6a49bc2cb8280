/** Builds and connects the parts that remove or move copies: garbage collection, trimming, rebalancing. */
import type { Clock, Random } from '../model/clock.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import type { CatalogStanding } from '../model/contracts/replication.ts';
import type { Transport } from '../model/contracts/transport.ts';
import type { ChunkId, DeviceId } from '../model/ids.ts';
import type { Tunables } from '../model/limits.ts';
import type { Log } from '../model/log.ts';
import type { WriteBehind } from './database/write-behind.ts';
import { GarbageCollection } from './garbage/garbage.ts';
import { GarbageClock } from './garbage/garbage-clock.ts';
import type { Have } from './inventory/have.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { Members } from './peers/members.ts';
import type { Peers } from './peers/peers.ts';
import type { Copies } from './references/copies.ts';
import type { ReferenceIndex } from './references/reference-index.ts';
import type { WrittenManifests } from './references/written-manifests.ts';
import type { NetworkSight } from './repair/repair-plan.ts';
import { Hold } from './serving/hold.ts';
import type { Holds } from './surplus/holds.ts';
import { Rebalance } from './surplus/rebalance.ts';
import { Trim } from './surplus/trim.ts';
import { Proofs } from './verify/proofs.ts';

export interface UpkeepParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  references: ReferenceIndex;
  written: WrittenManifests;
  copies: Copies;
  members: Members;
  peers: Peers;
  have: Have;
  index: WriteBehind;
  holds: Holds;
  clock: Clock;
  random: Random;
  log: Log;
  tunables: Tunables;
  catalog: CatalogStanding;
  referencesComplete(): boolean;
  oldestUploadMs?: (() => number) | undefined;
  sight(): NetworkSight;
  /** True while other devices are asked to keep the chunk in place of this one. */
  isHandingOver(id: ChunkId): boolean;
  /** True while lost copies are being made again. */
  isRepairing(): boolean;
  /** True while any chunk is being copied. */
  isCopying(): boolean;
}

export class Upkeep {
  readonly garbageClock: GarbageClock;
  readonly garbage: GarbageCollection;
  readonly #trim: Trim;
  readonly #rebalance: Rebalance;

  constructor(parts: UpkeepParts) {
    this.garbageClock = new GarbageClock(parts);
    this.garbage = new GarbageCollection({ ...parts, times: this.garbageClock });
    this.#trim = new Trim({ ...parts, proofs: new Proofs(parts) });
    this.#rebalance = new Rebalance({ ...parts, isBusy: () => parts.isCopying() });
    const isGivingUp = (id: ChunkId) => this.#trim.isGivingUp(id) || parts.isHandingOver(id);
    new Hold({ ...parts, isGivingUp }).register();
  }

  /** Call it when the members are known, and before references change. */
  start(): void {
    this.garbageClock.start();
    this.garbage.start();
    this.#trim.start();
    this.#rebalance.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.garbage.stop(), this.#trim.stop(), this.#rebalance.stop()]);
    this.garbageClock.stop();
  }
}
