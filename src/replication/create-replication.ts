/** Builds the parts of this room and wires them: the one place that knows them all. */
import type { HealthView, ReceiptView, SafetyView } from '../model/api.ts';
import type { Clock, Random, Timer } from '../model/clock.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import type { ChunkHealth } from '../model/contracts/health.ts';
import { idKey, type OrderedStore } from '../model/contracts/ordered-store.ts';
import type {
  ChunkNetwork,
  ChunkUpload,
  DeviceDirectory,
  LiveVersions,
} from '../model/contracts/replication.ts';
import type { Transport } from '../model/contracts/transport.ts';
import type { ChunkId, DeviceId } from '../model/ids.ts';
import type { Tunables } from '../model/limits.ts';
import type { Log } from '../model/log.ts';
import { Attendance } from './attendance.ts';
import { CatchUp } from './catch-up.ts';
import { SpreadingUpload } from './chunk-upload.ts';
import { Copies } from './copies.ts';
import { Have } from './have.ts';
import type { HolderMask } from './holder-mask.ts';
import { Inventory } from './inventory.ts';
import { InventoryFeed } from './inventory-feed.ts';
import { InventoryFollow } from './inventory-follow.ts';
import { Members } from './members.ts';
import { OwnChunks } from './own-chunks.ts';
import { Peers } from './peers.ts';
import { Receipts } from './receipts.ts';
import { ReferenceIndex } from './reference-index.ts';
import { References } from './references.ts';
import { Repair } from './repair.ts';
import { safetyView } from './safety.ts';
import { Serve } from './serve.ts';
import { Spreader } from './spreader.ts';
import { Transfer } from './transfer.ts';
import { WriteBehind } from './write-behind.ts';

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
}

export interface Replication extends ChunkNetwork {
  /** Chunks on their way to other devices; the time left is that of copies being made again, where measured. */
  repairStatus(): HealthView['repair'];
  /** What this device repaired, newest first. */
  receipts(): ReceiptView[];
  /** Called, at most once a second, when copies, holders or references changed. Returns the unsubscriber. */
  onHealthChange(listener: () => void): () => void;
}

/** Listeners of `onHealthChange` hear of many changes as one. */
const healthGatherMs = 1000;
/** Tests shorten waits; shorter than this they would be loops. */
const waitMinMs = 50;

/**
 * Registers its handlers at the transport, so it comes before `transport.start`. `store` has been
 * started before `start` is called. Once stopped it is not started again: build a new one.
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
  readonly #spreader: Spreader;
  readonly #references: References;
  readonly #copies: Copies;
  readonly #catchUp: CatchUp;
  readonly #attendance: Attendance;
  readonly #receipts: Receipts;
  readonly #repair: Repair;
  readonly #listeners = new Set<() => void>();
  #state: 'new' | 'started' | 'stopped' = 'new';
  #counted: Promise<void> = Promise.resolve();
  #reachable: HolderMask | undefined;
  #healthTimer: Timer | undefined;
  #damageTimer: Timer | undefined;

  constructor(parts: ReplicationParts) {
    this.#parts = parts;
    const { self, transport, store, clock, random, log, tunables } = parts;
    const { copiesWanted } = tunables;
    const everyMs = Math.max(tunables.inventoryDigestMs, waitMinMs);
    const stallMs = Math.max(tunables.transferStallMs, waitMinMs);
    const index = new WriteBehind({ store: parts.index, clock, log });
    const members = new Members({ directory: parts.devices, self, copiesWanted });
    const inventory = new Inventory({ self, index, log, concerns: (key) => members.concerns(key) });
    const own = new OwnChunks({ self, store, inventory, clock, log, everyMs });
    const follow = new InventoryFollow({ transport, inventory, clock, log, everyMs });
    const peers = new Peers({ transport, clock, index });
    const have = new Have({ transport, inventory, clock });
    const shared = {
      self,
      transport,
      store,
      inventory,
      members,
      peers,
      have,
      clock,
      log,
      stallMs,
      copiesWanted,
    };
    const transfer = new Transfer(shared);
    const spreader = new Spreader(shared);
    const references = new ReferenceIndex({ index, log });
    const copies = new Copies({ inventory, references });
    const read = (id: ChunkId, signal: AbortSignal) => transfer.read(id, { signal });
    new Serve({ self, transport, store, members, log }).register();
    this.#index = index;
    this.#members = members;
    this.#inventory = inventory;
    this.#own = own;
    this.#feed = new InventoryFeed({ self, transport, inventory, own, clock, random });
    this.#follow = follow;
    this.#peers = peers;
    this.#transfer = transfer;
    this.#spreader = spreader;
    this.#references = new References({
      versions: parts.versions,
      index: references,
      inventory,
      read,
      cleared: () => this.#recount(),
      clock,
      log,
    });
    this.#copies = copies;
    this.#catchUp = new CatchUp({ ...shared, follow, references, copies, spreader });
    const { presenceStableMs } = tunables;
    const attendance = new Attendance({ self, transport, peers, members, clock, presenceStableMs, everyMs });
    const receipts = new Receipts({ index, log });
    const found = { references, copies, spreader, attendance, receipts, tunables };
    this.#attendance = attendance;
    this.#receipts = receipts;
    this.#repair = new Repair({ ...shared, ...found });
    this.#listen(references);
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#members.start();
    await this.#inventory.start();
    await this.#peers.start();
    this.#attendance.start();
    await this.#receipts.start();
    this.#inventory.setInterest(this.#members.interest());
    this.#copies.start();
    this.#own.start();
    this.#feed.start();
    this.#follow.start();
    this.#spreader.start();
    const compared = this.#references.start();
    this.#recount(compared);
    this.#catchUp.start();
    this.#repair.start();
  }

  async stop(): Promise<void> {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#healthTimer?.cancel();
    this.#damageTimer?.cancel();
    this.#repair.stop();
    this.#attendance.stop();
    this.#catchUp.stop();
    await this.#references.stop();
    this.#transfer.stop();
    this.#spreader.stop();
    this.#follow.stop();
    this.#feed.stop();
    this.#own.stop();
    this.#copies.stop();
    this.#peers.stop();
    this.#members.stop();
    await this.#index.flush();
  }

  beginUpload(): ChunkUpload {
    const { self, store, clock, tunables } = this.#parts;
    const { copiesWanted, transferStallMs, safeWaitMs } = tunables;
    const elsewhereMs = 4 * transferStallMs;
    return new SpreadingUpload({
      store,
      spreader: this.#spreader,
      clock,
      copiesWanted,
      hasOthers: () => this.#members.active().some((id) => id !== self),
      elsewhereMs,
      idleMs: safeWaitMs,
    });
  }

  read(id: ChunkId, options?: { signal?: AbortSignal; verify?: boolean }): Promise<Uint8Array> {
    return this.#transfer.read(id, options);
  }

  badLocal(id: ChunkId): Promise<void> {
    return this.#transfer.badLocal(id);
  }

  holders(id: ChunkId): DeviceId[] {
    const { self, store } = this.#parts;
    const others = this.#inventory
      .holdersOf(id)
      .filter((device) => device !== self && this.#members.find(device) && this.#peers.isConnected(device));
    return store.has(id) ? [self, ...others] : others;
  }

  safetyOf(manifest: ChunkId): SafetyView {
    const copies = this.#copies.ofManifest(idKey(manifest), this.#reachableNow());
    return safetyView(copies, this.#parts.tunables.copiesWanted);
  }

  async health(): Promise<ChunkHealth> {
    await this.#counted;
    return { ...this.#copies.health(this.#reachableNow()), unknownVersions: this.#references.unknown };
  }

  repairStatus(): HealthView['repair'] {
    const spreading = this.#spreader.load();
    const repairing = this.#repair.status();
    return {
      queued: spreading.queued + repairing.queued,
      active: spreading.active + repairing.active + this.#catchUp.active,
      etaSeconds: repairing.etaSeconds,
    };
  }

  receipts(): ReceiptView[] {
    return this.#receipts.list();
  }

  onHealthChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #listen(references: ReferenceIndex): void {
    const devicesChanged = () => {
      this.#reachable = undefined;
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

  #reachableNow(): HolderMask {
    const { self } = this.#parts;
    const connected = this.#peers.connected().map(({ device }) => device);
    this.#reachable ??= this.#inventory.maskFor([
      self,
      ...connected.filter((device) => this.#members.find(device)),
    ]);
    return this.#reachable;
  }

  #healthChanged(): void {
    if (this.#listeners.size === 0 || this.#state !== 'started') return;
    this.#healthTimer ??= this.#parts.clock.after(healthGatherMs, () => {
      this.#healthTimer = undefined;
      for (const listener of this.#listeners) listener();
    });
  }
}
