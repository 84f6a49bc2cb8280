/** Builds and connects the parts of this room. Only this file knows all of them. */
import type { DrillView, HealthView, ReceiptView, SafetyView, ScrubView } from '../model/api.ts';
import type { Timer } from '../model/clock.ts';
import type { GetOptions } from '../model/contracts/chunk-store.ts';
import type { ChunkHealth, GarbageReport } from '../model/contracts/health.ts';
import { idKey } from '../model/contracts/ordered-store.ts';
import type { ChunkImpact, ChunkUpload } from '../model/contracts/replication.ts';
import type { ChunkId, DeviceId } from '../model/ids.ts';
import { Caretaker } from './caretaker.ts';
import { compareEveryMs, createChunkExchange, waitMinMs } from './chunk-exchange.ts';
import { Receipts } from './database/receipts.ts';
import type { WriteBehind } from './database/write-behind.ts';
import type { Inventory } from './inventory/inventory.ts';
import type { InventoryFeed } from './inventory/inventory-feed.ts';
import type { InventoryFollow } from './inventory/inventory-follow.ts';
import type { OwnChunks } from './inventory/own-chunks.ts';
import type { Members } from './peers/members.ts';
import type { Peers } from './peers/peers.ts';
import { Copies, type ManifestHolders } from './references/copies.ts';
import { Overview } from './references/overview.ts';
import { ReferenceIndex } from './references/reference-index.ts';
import { References } from './references/references.ts';
import { CatchUp } from './repair/catch-up.ts';
import { PeerHistory } from './repair/peer-history.ts';
import { Repair } from './repair/repair.ts';
import { RepairHandoff } from './repair/repair-handoff.ts';
import type { Replication, ReplicationParts } from './replication.ts';
import { Serve } from './serving/serve.ts';
import { Holds } from './surplus/holds.ts';
import type { Transfer } from './transfer/transfer.ts';
import { Upkeep } from './upkeep.ts';
import { SpreadingUpload } from './upload/chunk-upload.ts';
import type { PushScheduler } from './upload/push-scheduler.ts';
import type { AuditFigures } from './verify/audits.ts';

/** `onHealthChange` reports changes that happen within this time as one. */
const healthGatherMs = 1000;

/**
 * Registers its handlers at the transport, so call it before `transport.start`. `store` must be started before
 * `start` is called. A stopped instance cannot be started again: build a new one.
 */
export function createReplication(parts: ReplicationParts): Replication {
  return new WiredReplication(parts);
}

class WiredReplication implements Replication {
  readonly #parts: ReplicationParts;
  readonly #index: WriteBehind;
  readonly #members: Members;
  readonly #inventory: Inventory;
  readonly #own: OwnChunks;
  readonly #feed: InventoryFeed;
  readonly #follow: InventoryFollow;
  readonly #peers: Peers;
  readonly #transfer: Transfer;
  readonly #scheduler: PushScheduler;
  readonly #references: References;
  readonly #copies: Copies;
  readonly #catchUp: CatchUp;
  readonly #peerHistory: PeerHistory;
  readonly #receipts: Receipts;
  readonly #caretaker: Caretaker;
  readonly #repair: Repair;
  readonly #handoff: RepairHandoff;
  readonly #upkeep: Upkeep;
  readonly #overview: Overview;
  readonly #listeners = new Set<() => void>();
  #state: 'new' | 'started' | 'stopped' = 'new';
  #counted: Promise<void> = Promise.resolve();
  #healthTimer: Timer | undefined;
  #damageTimer: Timer | undefined;

  constructor(parts: ReplicationParts) {
    this.#parts = parts;
    const { self, transport, store, clock, random, log, tunables } = parts;
    const { shared, index, own, follow, feed, transfer, relayServer, scheduler } = createChunkExchange(parts);
    const { inventory, peers, members } = shared;
    const references = new ReferenceIndex({ index, log });
    const copies = new Copies({ inventory, references });
    const read = async (id: ChunkId, signal: AbortSignal) => {
      // The trash may hold a chunk that a new version references again.
      if (!store.has(id)) await this.#upkeep.garbageClock.touch(id);
      return transfer.read(id, { signal });
    };
    this.#index = index;
    this.#members = members;
    this.#inventory = inventory;
    this.#own = own;
    this.#feed = feed;
    this.#follow = follow;
    this.#peers = peers;
    this.#transfer = transfer;
    this.#scheduler = scheduler;
    this.#references = new References({
      ...shared,
      versions: parts.versions,
      index: references,
      read,
      cleared: () => this.#recount(),
    });
    this.#copies = copies;
    const againMs = Math.max(tunables.catchUpAgainMs, waitMinMs);
    this.#catchUp = new CatchUp({
      ...shared,
      ...{ follow, references, copies, scheduler, againMs },
      isUsed: () => this.#caretaker.foreground.isBusy,
    });
    const { presenceStableMs } = tunables;
    const hearsayMs = tunables.repairTwoCopiesSleeperMs;
    const everyMs = compareEveryMs(tunables);
    const peerHistory = new PeerHistory({ ...shared, presenceStableMs, hearsayMs, everyMs });
    const receipts = new Receipts({ index, log });
    const onBattery = parts.onBattery ?? (() => false);
    const holds = new Holds({ index, clock, holdMs: tunables.holdMs });
    this.#caretaker = new Caretaker({
      ...shared,
      index,
      transfer,
      receipts,
      holds,
      random,
      tunables,
      onBattery,
      restorable: parts.restorable ?? (() => []),
    });
    const found = { onBattery, references, copies, scheduler, peerHistory, receipts, tunables };
    this.#peerHistory = peerHistory;
    this.#receipts = receipts;
    const handoff = new RepairHandoff({ self, transport, clock, excuseMs: tunables.excuseMs });
    const isUsed = () => this.#caretaker.foreground.isBusy;
    const repair = new Repair({ ...shared, ...found, handoff, isUsed });
    const isRepairing = () => isAny(repair.status());
    const upkeep = new Upkeep({
      ...shared,
      ...found,
      index,
      holds,
      random,
      catalog: parts.catalog,
      referencesComplete: () => this.#references.isComplete,
      oldestUploadMs: parts.oldestUploadMs,
      sight: () => repair.sight(),
      isHandingOver: (id) => this.#caretaker.handOver.isGivingUp(id),
      isRepairing,
      isCopying: () => isRepairing() || isAny(scheduler.load()) || this.#catchUp.active > 0,
    });
    this.#handoff = handoff;
    this.#repair = repair;
    this.#upkeep = upkeep;
    const unknownVersions = () => this.#references.unknown;
    this.#overview = new Overview({ ...shared, references, copies, unknownVersions });
    new Serve({ self, transport, store, garbageClock: upkeep.garbageClock, members, log }).register();
    relayServer.register();
    this.#listen(references);
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#members.start();
    await this.#inventory.start();
    await this.#peers.start();
    this.#peerHistory.start();
    await this.#receipts.start();
    this.#inventory.setInterest(this.#members.interest());
    this.#copies.start();
    this.#own.start();
    this.#feed.start();
    this.#follow.start();
    this.#scheduler.start();
    this.#upkeep.start();
    const compared = this.#references.start();
    this.#recount(compared);
    this.#catchUp.start();
    this.#repair.start();
    await this.#caretaker.start();
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#healthTimer?.cancel();
    this.#damageTimer?.cancel();
    await this.#caretaker.stop();
    await this.#upkeep.stop();
    this.#repair.stop();
    this.#handoff.stop();
    this.#peerHistory.stop();
    this.#catchUp.stop();
    await this.#references.stop();
    this.#transfer.stop();
    this.#scheduler.stop();
    this.#follow.stop();
    this.#feed.stop();
    this.#own.stop();
    this.#copies.stop();
    this.#peers.stop();
    this.#members.stop();
    await this.#index.flush();
  }

  beginUpload(): ChunkUpload {
    const { self, clock, tunables } = this.#parts;
    const { copiesWanted, transferStallMs, safeWaitMs } = tunables;
    const { garbage, garbageClock } = this.#upkeep;
    const elsewhereMs = 4 * transferStallMs;
    const upload = new SpreadingUpload({
      store: garbageClock,
      connectedHolders: (id) => this.holders(id).length,
      onClose: garbage.uploadBegan().end,
      scheduler: this.#scheduler,
      clock,
      copiesWanted,
      hasOthers: () => this.#members.active().some((id) => id !== self),
      elsewhereMs,
      idleMs: safeWaitMs,
    });
    return this.#caretaker.foreground.noting(upload);
  }

  read(id: ChunkId, options?: GetOptions): Promise<Uint8Array> {
    this.#caretaker.foreground.note();
    return this.#transfer.read(id, options);
  }

  reportCorruptLocal(id: ChunkId): Promise<void> {
    return this.#transfer.reportCorruptLocal(id);
  }

  holders(id: ChunkId): DeviceId[] {
    return this.#overview.holders(id);
  }

  safetyOf(manifest: ChunkId): SafetyView {
    return this.#overview.safetyOf(manifest);
  }

  async health(): Promise<ChunkHealth> {
    await this.#counted;
    return this.healthNow();
  }

  healthNow(): ChunkHealth {
    return this.#overview.health();
  }

  repairStatus(): HealthView['repair'] {
    const spreading = this.#scheduler.load();
    const repairing = this.#repair.status();
    return {
      queued: spreading.queued + repairing.queued,
      active: spreading.active + repairing.active + this.#catchUp.active,
      etaSeconds: repairing.etaSeconds,
    };
  }

  copiesOf(manifest: ChunkId): ManifestHolders | undefined {
    return this.#copies.holdersOfManifest(idKey(manifest));
  }

  lastSeenMs(device: DeviceId): number | undefined {
    return this.#peers.lastSeenMs(device);
  }

  async impactOf(device: DeviceId): Promise<ChunkImpact> {
    await this.#counted;
    return this.#overview.impactOf(device);
  }

  unprotectedChunks(): number {
    return this.#overview.unprotectedChunks();
  }

  garbageReport(): Promise<GarbageReport> {
    return this.#upkeep.garbage.report();
  }

  garbageStopped(): GarbageReport['stopped'] {
    return this.#upkeep.garbage.stopped;
  }

  confirmGarbage(): void {
    this.#upkeep.garbage.confirm();
  }

  receipts(): ReceiptView[] {
    return this.#receipts.list();
  }

  scrubStatus(): ScrubView {
    return this.#caretaker.scrubStatus();
  }

  drillStatus(): DrillView {
    return this.#caretaker.drillStatus();
  }

  auditFigures(): AuditFigures {
    return this.#caretaker.auditFigures();
  }

  provedAtMs(device: DeviceId): number | undefined {
    return this.#caretaker.provedAtMs(device);
  }

  uploadsActive(): number {
    return this.#caretaker.foreground.uploads;
  }

  isElsewhere(id: ChunkId): boolean {
    return this.#caretaker.handOver.isElsewhere(id);
  }

  handOver(id: ChunkId, giveUp: () => Promise<void>): Promise<boolean> {
    return this.#caretaker.handOver.run(id, giveUp);
  }

  handOverBatch(ids: readonly ChunkId[], giveUp: (id: ChunkId) => Promise<void>): Promise<ChunkId[]> {
    return this.#caretaker.handOver.runBatch(ids, giveUp);
  }

  handOverAll(ids: readonly ChunkId[], giveUp: () => Promise<void>): Promise<number> {
    return this.#caretaker.handOver.runAll(ids, giveUp);
  }

  onHealthChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #listen(references: ReferenceIndex): void {
    const devicesChanged = () => {
      this.#overview.devicesChanged();
      this.#healthChanged();
    };
    this.#inventory.onDamage(() => {
      this.#damageTimer ??= this.#parts.clock.after(healthGatherMs, () => {
        this.#damageTimer = undefined;
        this.#own.countAgain();
        this.#follow.compareAll();
        this.#recount();
      });
    });
    this.#peers.onChange(devicesChanged);
    this.#members.onChange(() => {
      devicesChanged();
      if (this.#inventory.setInterest(this.#members.interest())) this.#follow.compareAll();
    });
    this.#inventory.onChange(() => this.#healthChanged());
    references.onChange(() => this.#healthChanged());
    this.#follow.onSynced((device) => {
      this.#peers.sawNow(device);
      this.#references.retry();
    });
  }

  #recount(after: Promise<void> = Promise.resolve()): void {
    this.#counted = Promise.all([after, this.#copies.count()]).then(() => undefined);
    this.#counted.catch((error: unknown) => this.#parts.log.warn({ error }, 'Copies could not be counted'));
  }

  #healthChanged(): void {
    if (this.#listeners.size === 0 || this.#state !== 'started') return;
    this.#healthTimer ??= this.#parts.clock.after(healthGatherMs, () => {
      this.#healthTimer = undefined;
      for (const listener of this.#listeners) listener();
    });
  }
}

function isAny({ queued, active }: { queued: number; active: number }): boolean {
  return queued + active > 0;
}
