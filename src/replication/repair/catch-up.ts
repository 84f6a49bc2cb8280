/**
 * Gives devices that joined or returned the chunks that they should hold and never had.
 *
 * A chunk is thin while fewer than `copiesWanted` active devices are known to have it, connected or not. A
 * device that is only off still has its copies, so nothing is copied because a device sleeps, and nothing moves
 * when one restarts with its chunks intact. The first connected holder in the placement order pushes, so only
 * one device does it; if two devices both think that it is their turn, the second finds the chunk present.
 * Repair handles chunks whose copies are lost.
 */
import { Semaphore } from '../../concurrency/index.ts';
import { type Clock, sleep } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { type ChunkId, chunkId, type DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import { countShared, type HolderMask } from '../database/holder-mask.ts';
import type { Have } from '../inventory/have.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { InventoryFollow } from '../inventory/inventory-follow.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import type { Copies } from '../references/copies.ts';
import type { ReferenceIndex } from '../references/reference-index.ts';
import { pushHeld } from '../transfer/push.ts';
import type { PushScheduler } from '../upload/push-scheduler.ts';
import type { PutAnswer } from '../wire.ts';
import { SoonestTimer } from './soonest-timer.ts';

/** Wait before a look: collects a burst of events, and lets an upload's own pushes go first. */
const settleMs = 500;
/** Chunks asked about together. */
const askedAtOnce = 64;
/** With more changed chunks than this, all chunks are checked. */
const hintsMax = 20_000;
/** Chunks in flight: few while people use the device, else enough for the receiver's disk to share syncs. */
const pushedWhileUsed = 2;
const pushedAtOnce = 8;
/** Interval for checking whether people still use the device. */
const yieldMs = 500;

export interface CatchUpParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  follow: InventoryFollow;
  references: ReferenceIndex;
  copies: Copies;
  members: Members;
  peers: Peers;
  have: Have;
  scheduler: PushScheduler;
  clock: Clock;
  log: Log;
  copiesWanted: number;
  /** Wait after a failed push. */
  againMs: number;
  /** True when people use this device now. */
  isUsed(): boolean;
}

export class CatchUp {
  readonly #parts: CatchUpParts;
  readonly #stopping = new AbortController();
  readonly #pushes = new Semaphore(pushedAtOnce);
  readonly #timer: SoonestTimer;
  /** True when every needed chunk has to be checked, false when only the changed ones. */
  #all = true;
  #hints = new Set<ChunkKey>();
  #running = false;
  #failed = false;
  #active = 0;
  #stopListening: (() => void)[] = [];

  constructor(parts: CatchUpParts) {
    this.#parts = parts;
    this.#timer = new SoonestTimer(parts.clock, () => this.#run());
  }

  start(): void {
    const { follow, inventory, members, peers, references } = this.#parts;
    const all = () => this.#lookAtAll();
    this.#stopListening = [
      follow.onSynced(all),
      members.onChange(all),
      peers.onChange(all),
      inventory.onChange(({ key }) => this.#lookAt(key)),
      references.onChange(({ key }) => this.#lookAt(key)),
    ];
    all();
  }

  stop(): void {
    this.#stopping.abort();
    this.#timer.stop();
    for (const stop of this.#stopListening) stop();
  }

  /** Chunks being given to a device now. */
  get active(): number {
    return this.#active;
  }

  #lookAtAll(): void {
    this.#all = true;
    this.#hints.clear();
    this.#timer.within(settleMs);
  }

  #lookAt(key: ChunkKey): void {
    if (!this.#all) this.#hints.add(key);
    if (this.#hints.size > hintsMax) this.#lookAtAll();
    else this.#timer.within(settleMs);
  }

  #run(): void {
    // An event during a run causes another run after it.
    if (this.#running) {
      this.#timer.within(settleMs);
      return;
    }
    this.#running = true;
    this.#failed = false;
    const hints = this.#hints;
    const keys = this.#all ? this.#parts.references.chunks() : [[...hints]];
    this.#all = false;
    this.#hints = new Set();
    this.#goThrough(keys)
      .catch((error: unknown) => {
        this.#failed = true;
        this.#parts.log.warn({ error }, 'Chunks with too few copies could not be gone through');
      })
      .finally(() => {
        this.#running = false;
        if (!this.#failed) return;
        this.#all = true;
        this.#timer.within(this.#parts.againMs);
      });
  }

  async #goThrough(pages: AsyncIterable<ChunkKey[]> | Iterable<ChunkKey[]>): Promise<void> {
    const { copies, inventory, references } = this.#parts;
    const isHelpable = this.#helpable();
    // Usually no chunk is thin, and then no chunk is looked at.
    if (![...copies.holderSets()].some(isHelpable)) return;
    const asking = new Semaphore(askedAtOnce);
    const work = new Set<Promise<void>>();
    for await (const keys of pages) {
      for (const key of keys) {
        if (!isHelpable(inventory.maskOf(key)) || !references.needOf(key)) continue;
        const release = await asking.take(this.#stopping.signal);
        const one = this.#help(key).finally(() => {
          release();
          work.delete(one);
        });
        work.add(one);
      }
    }
    await Promise.all(work);
  }

  /**
   * Returns a predicate for sets of holders: too few holders, this device among them, and a device without a
   * copy could take one.
   */
  #helpable(): (mask: HolderMask) => boolean {
    const { inventory, members, copiesWanted, self } = this.#parts;
    const own = inventory.maskFor([self]);
    const active = inventory.maskFor(members.active());
    const takers = members.placement.devices().filter((device) => this.#canTake(device));
    const takerMask = inventory.maskFor(takers);
    return (mask) =>
      countShared(mask, own) === 1 &&
      countShared(mask, active) < copiesWanted &&
      countShared(mask, takerMask) < takers.length;
  }

  #canTake(device: DeviceId): boolean {
    const { follow, peers } = this.#parts;
    return follow.isSynced(device) && !peers.isResting(device) && !peers.isFull(device);
  }

  async #help(key: ChunkKey): Promise<void> {
    const id = chunkId(idOfKey(key));
    if (this.#parts.scheduler.isBusy(id)) return;
    const tried = new Set<DeviceId>();
    // When one device declines, the next in the order is tried.
    for (let device = this.#target(id, tried); device; device = this.#target(id, tried)) {
      tried.add(device);
      await this.#give(device, id);
    }
  }

  /** The next device to give the chunk to; undefined when another holder has to do it. */
  #target(id: ChunkId, tried: ReadonlySet<DeviceId>): DeviceId | undefined {
    const { inventory, members, peers, self, copiesWanted } = this.#parts;
    const order = members.order(id);
    const holders = inventory.holdersOf(id).filter((device) => members.find(device) !== undefined);
    const rank = (device: DeviceId) => (order.includes(device) ? order.indexOf(device) : order.length);
    const [pusher] = holders
      .filter((device) => device === self || peers.isConnected(device))
      .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
    const active = new Set(members.active());
    const isThin = holders.filter((device) => active.has(device)).length < copiesWanted;
    if (pusher !== self || !isThin) return undefined;
    return order
      .filter((device) => !peers.isFull(device))
      .slice(0, copiesWanted)
      .find((device) => !holders.includes(device) && !tried.has(device) && this.#canTake(device));
  }

  async #give(device: DeviceId, id: ChunkId): Promise<void> {
    const { log, peers } = this.#parts;
    try {
      const answer = await this.#push(device, id);
      if (answer === 'full') peers.declined(device);
      if (answer === 'busy') this.#failed = true;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      this.#failed = true;
      peers.failed(device);
      log.debug({ error, device, chunk: id }, 'A device could not be given a chunk');
    }
  }

  async #push(device: DeviceId, id: ChunkId): Promise<PutAnswer> {
    const { clock, have, inventory, isUsed } = this.#parts;
    const { signal } = this.#stopping;
    if (await have.ask(device, id)) return 'present';
    const release = await this.#pushes.take(signal);
    try {
      // No `await` between the check and the count, or all that wait would pass at once.
      while (this.#active >= pushedWhileUsed && isUsed()) await sleep(clock, yieldMs, signal);
    } catch (error) {
      release();
      throw error;
    }
    this.#active += 1;
    try {
      const answer = await pushHeld(this.#parts, device, id, signal);
      if (answer === 'stored' || answer === 'present') inventory.set(device, idKey(id), true);
      return answer;
    } finally {
      this.#active -= 1;
      release();
    }
  }
}
