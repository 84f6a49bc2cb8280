/**
 * After a device joined, left, or lends more or less: copies chunks to where placement wants them now and did
 * not before. It only copies; `trim.ts` later gives up surplus copies. It has the lowest priority: one batch
 * after another, while nothing else is being copied.
 *
 * The index keeps the starting state, so that a change that takes weeks is not forgotten. When the index is
 * lost, the present placement counts as reached.
 */
import { decode, encode } from '../../crypto/index.ts';
import { type Clock, sleep, type Timer } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import type { CatalogStanding } from '../../model/contracts/replication.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId, type DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { WriteBehind } from '../database/write-behind.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import type { Placement } from '../placement/placement.ts';
import {
  movesOf,
  type PlacedDevice,
  placeAlike,
  placedDevices,
  placementOf,
  readPlaced,
} from '../placement/rebalance-plan.ts';
import type { ReferenceIndex } from '../references/reference-index.ts';
import {
  heldBackUntilMs,
  isStable,
  isTarget,
  type NetworkSight,
  type RepairTunables,
} from '../repair/repair-plan.ts';
import { pushHeld } from '../transfer/push.ts';
import { countedHolders } from './trim-plan.ts';

const baseKey = 'w';
/** Wait that collects a burst of changes: a joining device gets thin chunks first. */
const settleMs = 60_000;
/** Chunks that could not be moved are tried again after this long, or when a device connects. */
const againMs = 6 * 3_600_000;
/** Interval for checking whether other copying has ended. */
const yieldMs = 5000;
/** Rest after each chunk, as a multiple of the time it took: people are using the link. */
const restShare = 1;
/** Chunks moved together, so that the receiver's disk can share syncs. */
const movedAtOnce = 4;

export interface RebalanceParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  references: ReferenceIndex;
  members: Members;
  peers: Peers;
  have: Have;
  index: WriteBehind;
  clock: Clock;
  log: Log;
  tunables: RepairTunables;
  catalog: CatalogStanding;
  sight(): NetworkSight;
  /** True while more urgent copying is in progress. */
  isBusy(): boolean;
}

export class Rebalance {
  readonly #parts: RebalanceParts;
  readonly #stopping = new AbortController();
  /** The member list that the copies follow; undefined when they follow the present one. */
  #base: PlacedDevice[] | undefined;
  #goal: PlacedDevice[] = [];
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;

  constructor(parts: RebalanceParts) {
    this.#parts = parts;
  }

  start(): void {
    const base = this.#readBase();
    this.#goal = base ?? placedDevices(this.#parts.members.all());
    if (!base) this.#keepBase(this.#goal);
    const { members, peers } = this.#parts;
    const stopMembers = members.onChange(() => this.#membersChanged());
    // Chunks that could not be moved may have been waiting for this device.
    const stopPeers = peers.onChange(() => {
      if (this.#base) this.#runAfter(settleMs);
    });
    this.#stopListening = () => {
      stopMembers();
      stopPeers();
    };
    this.#membersChanged();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    this.#stopListening?.();
    await this.#running;
  }

  /**
   * The base stays the first state that the copies do not follow yet, however often the members change after
   * that.
   */
  #membersChanged(): void {
    const now = placedDevices(this.#parts.members.all());
    if (placeAlike(now, this.#goal)) return;
    // A device that is still learning the member list saw nobody join.
    if (this.#parts.catalog.isComplete()) this.#base ??= this.#goal;
    this.#goal = now;
    if (this.#base) this.#runAfter(settleMs);
    else this.#keepBase(now);
  }

  #runAfter(ms: number): void {
    this.#timer?.cancel();
    if (this.#stopping.signal.aborted) return;
    this.#timer = this.#parts.clock.after(ms, () => {
      this.#running ??= this.#run()
        .catch((error: unknown) => {
          if (this.#stopping.signal.aborted) return;
          this.#parts.log.warn({ error }, 'Chunks could not be moved to where they belong; trying again');
          this.#runAfter(againMs);
        })
        .finally(() => {
          this.#running = undefined;
        });
    });
  }

  async #run(): Promise<void> {
    if (!this.#base) return;
    const goal = this.#goal;
    // Repair makes the copies of a device that left, in the order without it.
    const stayed = this.#base.filter((device) => goal.some(({ id }) => id === device.id));
    if (placeAlike(stayed, goal)) return this.#reached(goal);
    const [before, now] = [placementOf(stayed), placementOf(goal)];
    let left = 0;
    for await (const keys of this.#parts.references.chunks()) {
      for (let at = 0; at < keys.length; at += movedAtOnce) {
        this.#stopping.signal.throwIfAborted();
        if (goal !== this.#goal) return this.#runAfter(settleMs);
        const some = keys.slice(at, at + movedAtOnce).map((key) => chunkId(idOfKey(key)));
        const moved = await Promise.all(some.map((id) => this.#move(id, before, now)));
        left += moved.filter((isDone) => !isDone).length;
      }
    }
    if (left > 0) this.#runAfter(againMs);
    else this.#reached(goal);
  }

  #reached(goal: readonly PlacedDevice[]): void {
    this.#base = undefined;
    this.#keepBase(goal);
  }

  /** @returns false when this device still has something to move */
  async #move(id: ChunkId, before: Placement, now: Placement): Promise<boolean> {
    const { inventory, self, tunables } = this.#parts;
    const { copiesWanted: copies } = tunables;
    const holders = inventory.devicesIn(inventory.maskOf(idKey(id)));
    const moves = movesOf(id, before, now, { holders, copies });
    if (moves.length === 0 || !holders.includes(self)) return true;
    await this.#quiet();
    const sight = this.#parts.sight();
    // Catch-up and repair handle chunks with too few copies.
    if (countedHolders(holders, sight).length < copies) return false;
    const isHere = (device: DeviceId) => isStable(sight.devices.get(device), sight, tunables);
    const mover = now.orderAmong(id, holders, copies).find(isHere);
    if (mover !== self) return true;
    let done = true;
    for (const device of moves) {
      if (!isTarget(device, holders, sight, tunables) || !(await this.#give(device, id))) done = false;
    }
    return done;
  }

  /**
   * Waits while anything else is being copied, or while so many devices are away that this one is probably
   * offline.
   */
  async #quiet(): Promise<void> {
    const { isBusy, sight, clock, tunables } = this.#parts;
    while (isBusy() || heldBackUntilMs(sight(), tunables) > clock.monotonicMs()) {
      await sleep(clock, yieldMs, this.#stopping.signal);
    }
  }

  async #give(device: DeviceId, id: ChunkId): Promise<boolean> {
    const { inventory, have, peers, clock, log } = this.#parts;
    const { signal } = this.#stopping;
    try {
      if (await have.ask(device, id)) return true;
      const startedMs = clock.monotonicMs();
      const answer = await pushHeld(this.#parts, device, id, signal);
      const isThere = answer === 'stored' || answer === 'present';
      if (isThere) inventory.set(device, idKey(id), true);
      if (answer === 'full') peers.declined(device);
      await sleep(clock, restShare * (clock.monotonicMs() - startedMs), signal);
      return isThere;
    } catch (error) {
      signal.throwIfAborted();
      if (!isPeerstorError(error, 'chunk-missing') && !isPeerstorError(error, 'chunk-corrupt'))
        peers.failed(device);
      log.debug({ error, device, chunk: id }, 'A chunk could not be moved');
      return false;
    }
  }

  #keepBase(devices: readonly PlacedDevice[]): void {
    this.#parts.index.set(baseKey, encode(devices.map((device) => ({ ...device }))));
  }

  /** An unreadable note counts as none: nothing moves because of it. */
  #readBase(): PlacedDevice[] | undefined {
    const { index, log } = this.#parts;
    try {
      const row = index.get(baseKey);
      return row && readPlaced(decode(row));
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      log.warn({ error }, 'Where copies were wanted before could not be read');
      return undefined;
    }
  }
}
