/**
 * Makes copies again that were lost with a device. `repair-plan.ts` decides for each chunk whether a copy is
 * due, which device makes it and which device gets it. This file asks it whenever something changed or falls
 * due, and does this device's part, fewest copies first.
 *
 * Usually nothing is due: the few distinct sets of holders show that, without looking at a single chunk.
 */
import { type Clock, sleep } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idOfKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { type ChunkId, chunkId, type DeviceId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import type { HolderMask } from '../database/holder-mask.ts';
import type { Receipts } from '../database/receipts.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import type { Copies } from '../references/copies.ts';
import type { ReferenceIndex } from '../references/reference-index.ts';
import { pushChunk, readForPut, releasePut } from '../transfer/push.ts';
import type { PushScheduler } from '../upload/push-scheduler.ts';
import type { PutAnswer } from '../wire.ts';
import { Losses } from './losses.ts';
import type { PeerHistory } from './peer-history.ts';
import type { RepairHandoff } from './repair-handoff.ts';
import {
  type ChunkSight,
  heldBackUntilMs,
  isStable,
  isTarget,
  type NetworkSight,
  planRepair,
  type RepairPlan,
  type RepairTunables,
  repairerOf,
  urgencyOf,
} from './repair-plan.ts';
import { RepairQueue } from './repair-queue.ts';
import { SoonestTimer } from './soonest-timer.ts';

/** Wait before a look, to collect a burst of events. */
const settleMs = 1000;
/**
 * Minimum pause between two walks over all chunks: `repairAgainMs`, and this many times the duration of the
 * last walk.
 */
const walkShare = 20;
/** Looks again after this long even if nothing seems to fall due: timers do not run while a laptop sleeps. */
const lookAgainMs = 10 * 60_000;
const batteryLookMs = 60_000;
/** Lower bound for the wait, so that the loop always pauses. */
const lookMinMs = 50;
/** Chunks in flight from this device: few while people use it, enough to fill the link when nobody does. */
const pushedWhileUsed = 2;
const pushedAtOnce = 8;
/** Interval for checking whether people still use the device. */
const yieldMs = 500;
/** A busy device is asked again after this long, at most this often. */
const busyMs = 1000;
const triesMax = 20;

export interface RepairParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  references: ReferenceIndex;
  copies: Copies;
  members: Members;
  peers: Peers;
  have: Have;
  scheduler: PushScheduler;
  peerHistory: PeerHistory;
  receipts: Receipts;
  handoff: RepairHandoff;
  /** True when this machine runs on battery, or a person wants quiet: repair then waits. */
  onBattery(): boolean;
  /** True when people use this device now. */
  isUsed(): boolean;
  clock: Clock;
  log: Log;
  tunables: RepairTunables & Pick<Tunables, 'inventoryDigestMs' | 'repairAgainMs'>;
}

export class Repair {
  readonly #parts: RepairParts;
  readonly #stopping = new AbortController();
  readonly #queue = new RepairQueue();
  readonly #losses: Losses;
  readonly #timer: SoonestTimer;
  #running = false;
  #walkNotBeforeMs = Number.NEGATIVE_INFINITY;
  #devicesChanged = false;
  #active = 0;
  #startedMs = 0;
  #bytesDone = 0;
  #stopListening: (() => void)[] = [];

  constructor(parts: RepairParts) {
    this.#parts = parts;
    this.#losses = new Losses(parts);
    this.#timer = new SoonestTimer(parts.clock, () => this.#look());
  }

  start(): void {
    const { inventory, members, peers, references, handoff } = this.#parts;
    const devices = () => {
      handoff.retry();
      this.#devicesChanged = true;
      this.#timer.within(settleMs);
    };
    const chunks = () => this.#timer.within(settleMs);
    handoff.onExcuse(() => {
      this.#walkNotBeforeMs = Number.NEGATIVE_INFINITY;
      chunks();
    });
    this.#stopListening = [
      members.onChange(devices),
      peers.onChange(devices),
      inventory.onChange(chunks),
      references.onChange(chunks),
    ];
    this.#timer.within(settleMs);
  }

  stop(): void {
    this.#stopping.abort();
    this.#timer.stop();
    for (const stop of this.#stopListening) stop();
    this.#queue.clear();
    this.#losses.writeReceipts();
  }

  /** Due chunks that this device copies, those in flight, and the time left at the speed so far. */
  status(): { queued: number; active: number; etaSeconds: number | null } {
    const { length: queued, bytes } = this.#queue;
    const tookMs = this.#parts.clock.monotonicMs() - this.#startedMs;
    const isMeasured = queued > 0 && this.#bytesDone > 0;
    const etaSeconds = isMeasured ? Math.ceil((bytes / this.#bytesDone) * (tookMs / 1000)) : null;
    return { queued, active: this.#active, etaSeconds };
  }

  #look(): void {
    if (this.#running) {
      // The queue was made for the former set of devices: the run ends, and the next one chooses again.
      if (this.#devicesChanged) this.#queue.clear();
      return;
    }
    if (this.#parts.onBattery()) {
      this.#timer.within(batteryLookMs);
      return;
    }
    if (this.#devicesChanged) this.#walkNotBeforeMs = Number.NEGATIVE_INFINITY;
    this.#devicesChanged = false;
    const { isDue, nextMs } = this.#outlook(this.sight());
    const nowMs = this.#parts.clock.monotonicMs();
    this.#timer.within(Math.min(lookAgainMs, Math.max(lookMinMs, nextMs - nowMs)));
    if (!isDue) return;
    if (nowMs < this.#walkNotBeforeMs) this.#timer.within(this.#walkNotBeforeMs - nowMs);
    else this.#run();
  }

  #run(): void {
    const { clock, log, tunables } = this.#parts;
    this.#running = true;
    this.#startedMs = clock.monotonicMs();
    this.#bytesDone = 0;
    this.#walk()
      .then(() => {
        const tookMs = clock.monotonicMs() - this.#startedMs;
        this.#walkNotBeforeMs = clock.monotonicMs() + Math.max(tunables.repairAgainMs, walkShare * tookMs);
        this.#startedMs = clock.monotonicMs();
        return Promise.all(Array.from({ length: pushedAtOnce }, (_, number) => this.#work(number)));
      })
      .catch((error: unknown) => {
        this.#walkNotBeforeMs = clock.monotonicMs() + tunables.repairAgainMs;
        if (!this.#stopping.signal.aborted) log.warn({ error }, 'Lost copies could not be made again yet');
      })
      .finally(() => {
        this.#running = false;
        this.#queue.clear();
        this.#losses.writeReceipts();
        this.#timer.within(settleMs);
      });
  }

  /** The present view of the network, for decisions about copies. */
  sight(): NetworkSight {
    const { peerHistory, members, peers } = this.#parts;
    const lending = new Set(members.placement.devices());
    return peerHistory.sight(
      (device) => lending.has(device) && !peers.isFull(device) && !peers.isResting(device),
    );
  }

  /** Tells whether chunks are due that this device may have to copy, and when the next ones fall due. */
  #outlook(sight: NetworkSight): { isDue: boolean; nextMs: number } {
    const { copies, tunables } = this.#parts;
    const heldUntilMs = heldBackUntilMs(sight, tunables);
    const laterMs = [...sight.devices.values()].flatMap((device) =>
      device.connectedSinceMs === null || isStable(device, sight, tunables)
        ? []
        : device.connectedSinceMs + tunables.presenceStableMs,
    );
    let isDue = false;
    for (const mask of copies.holderSets()) {
      const dueMs = this.#dueOf(mask, sight);
      if (dueMs === undefined) continue;
      if (Math.max(dueMs, heldUntilMs) <= sight.nowMs) isDue = true;
      else laterMs.push(Math.max(dueMs, heldUntilMs));
    }
    return { isDue, nextMs: Math.min(...laterMs) };
  }

  #dueOf(mask: HolderMask, sight: NetworkSight): number | undefined {
    const { inventory, self, tunables } = this.#parts;
    const holders = inventory.devicesIn(mask);
    const canHelp = holders.includes(self) && isStable(sight.devices.get(self), sight, tunables);
    const canTake = [...sight.devices.keys()].some(
      (id) => isTarget(id, holders, sight, tunables) || this.#isOutOfReach(id, holders, sight),
    );
    return canHelp && canTake ? urgencyOf(holders, sight, tunables)?.dueMs : undefined;
  }

  /** Queues this device's due chunks. It reads page by page, so nothing else waits for long. */
  async #walk(): Promise<void> {
    const { inventory, references, handoff } = this.#parts;
    const dueMasks = new Map<HolderMask, boolean>();
    const sight = this.sight();
    const isDue = (mask: HolderMask) => {
      const known =
        dueMasks.get(mask) ?? (this.#dueOf(mask, sight) ?? Number.POSITIVE_INFINITY) <= sight.nowMs;
      dueMasks.set(mask, known);
      return known;
    };
    for await (const keys of references.chunks()) {
      if (this.#devicesChanged || this.#stopping.signal.aborted) return;
      for (const key of keys) {
        if (!isDue(inventory.maskOf(key))) continue;
        const plan = this.#plan(key, sight);
        const need = plan && references.needOf(key);
        if (plan && need) this.#queue.add({ key, bytes: need.size, copies: plan.copies });
        else if (this.#needsHandoff(key, sight)) handoff.excuse(key);
      }
    }
  }

  /** undefined when this device has nothing to do for the chunk now. */
  #plan(key: ChunkKey, sight: NetworkSight): RepairPlan | undefined {
    const { self, tunables } = this.#parts;
    const plan = planRepair(this.#chunkSight(key), sight, tunables);
    return plan && plan.repairer === self && !plan.isCatchUps && plan.dueMs <= sight.nowMs ? plan : undefined;
  }

  #chunkSight(key: ChunkKey): ChunkSight {
    const { inventory, members, handoff } = this.#parts;
    const holders = inventory.devicesIn(inventory.maskOf(key));
    return { holders, order: members.order(chunkId(idOfKey(key))), excused: handoff.excused(key) };
  }

  /** True when the chunk is due and this device's part, but only others may reach a device that could take it. */
  #needsHandoff(key: ChunkKey, sight: NetworkSight): boolean {
    const { self, tunables } = this.#parts;
    const chunk = this.#chunkSight(key);
    const { holders, order, excused = [] } = chunk;
    if (repairerOf(chunk, sight, tunables) !== self) return false;
    const next = repairerOf({ holders, order, excused: [...excused, self] }, sight, tunables);
    // A device that connected recently may become a target soon.
    const mayTake = order.some((id) => {
      const device = sight.devices.get(id);
      return device?.takes && device.connectedSinceMs !== null && !holders.includes(id);
    });
    if (next === undefined || mayTake) return false;
    const dueMs = urgencyOf(holders, sight, tunables)?.dueMs ?? Number.POSITIVE_INFINITY;
    const isDue = Math.max(dueMs, heldBackUntilMs(sight, tunables)) <= sight.nowMs;
    return isDue && order.some((id) => this.#isOutOfReach(id, holders, sight));
  }

  /** True when others saw it lately and this device does not see it, or pushes to it fail. */
  #isOutOfReach(id: DeviceId, holders: readonly DeviceId[], { devices, nowMs }: NetworkSight): boolean {
    const { peers, tunables, peerHistory } = this.#parts;
    const device = devices.get(id);
    if (!device || device.draining || holders.includes(id) || peers.isFull(id)) return false;
    // The device that could give the copy may be the only one that sees the target.
    const seenMs = Math.max(device.lastSeenMs, peerHistory.saidLastSeenMs(id) ?? 0);
    const wasSeen = nowMs - seenMs <= 2 * tunables.inventoryDigestMs;
    return device.connectedSinceMs === null ? wasSeen : peers.isResting(id);
  }

  /** @param number of this worker: all but the first ones rest while people use the device */
  async #work(number: number): Promise<void> {
    for (;;) {
      await this.#yield(number);
      // What is left is found again when this work may go on.
      if (this.#parts.onBattery()) this.#queue.clear();
      const next = this.#queue.take();
      if (!next) return;
      this.#active += 1;
      try {
        await this.#repair(next.key);
        this.#bytesDone += next.bytes;
      } finally {
        this.#active -= 1;
      }
    }
  }

  async #yield(number: number): Promise<void> {
    const { clock, isUsed } = this.#parts;
    while (number >= pushedWhileUsed && this.#queue.length > 0 && isUsed()) {
      await sleep(clock, yieldMs, this.#stopping.signal);
    }
  }

  /** Gives the chunk to one device after another until the plan sees enough copies. */
  async #repair(key: ChunkKey): Promise<void> {
    const { references, scheduler, peers, handoff, clock, log } = this.#parts;
    const { signal } = this.#stopping;
    const id = chunkId(idOfKey(key));
    for (let tries = 0; tries < triesMax && !signal.aborted; tries++) {
      if (scheduler.isBusy(id) || !references.needOf(key)) return;
      const plan = this.#plan(key, this.sight());
      if (!plan) return;
      const { target, missing } = plan;
      const body = (await this.#has(target, id)) ? undefined : await this.#readBody(id);
      if (body === null) return;
      try {
        const answer = body ? await this.#push(target, key, body) : 'present';
        // After the stop the index has been written for the last time.
        if (answer === 'stored' && !signal.aborted) this.#losses.add(missing);
        if (answer === 'full') peers.declined(target);
        if (answer === 'busy') await sleep(clock, busyMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        peers.failed(target);
        // Several pushes failed: another holder may have a better path to the target.
        if (peers.isResting(target)) handoff.excuse(key);
        log.debug({ error, device: target, chunk: id }, 'A device could not be given a lost copy');
        return;
      }
    }
  }

  /** Asks the device itself: the inventory may be slightly old, and the answer corrects it. */
  async #has(device: DeviceId, id: ChunkId): Promise<boolean> {
    try {
      return await this.#parts.have.ask(device, id);
    } catch (error) {
      this.#parts.log.debug({ error, device, chunk: id }, 'A device did not say whether it has a chunk');
      return false;
    }
  }

  /** null when the copy here is bad or gone: the store has reported it, and another holder repairs. */
  async #readBody(id: ChunkId): Promise<Uint8Array | null> {
    const { store, log } = this.#parts;
    const { signal } = this.#stopping;
    try {
      return await readForPut(store, id, signal);
    } catch (error) {
      if (!signal.aborted) log.warn({ error, chunk: id }, 'A chunk could not be read for a new copy of it');
      return null;
    }
  }

  async #push(device: DeviceId, key: ChunkKey, body: Uint8Array): Promise<PutAnswer> {
    const { transport, inventory } = this.#parts;
    const answer = await pushChunk(transport, device, body, this.#stopping.signal);
    releasePut(body);
    if (answer === 'stored' || answer === 'present') inventory.set(device, key, true);
    return answer;
  }
}
