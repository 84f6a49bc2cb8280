/**
 * Makes sure that other devices keep a chunk before this one gives it up because a volume drains or lends less.
 * Trimming (`trim.ts`) differs: it gives up only surplus copies.
 */
import { Semaphore } from '../../concurrency/index.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import { pushHeld } from '../transfer/push.ts';
import type { Proofs } from '../verify/proofs.ts';
import { holdIdsMax, readHaveAnswer, writeIds } from '../wire.ts';
import type { Holds } from './holds.ts';

/** A chunk may leave a device only when it is *safe* without it; repair makes the remaining copies. */
const keepersMax = 2;
/** Chunks on their way at a time: enough for the receivers' disks to share syncs. */
const givenAtOnce = 8;
const answerPatienceMs = 30_000;

export interface HandOverParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  members: Members;
  peers: Peers;
  proofs: Proofs;
  holds: Holds;
  log: Log;
  copiesWanted: number;
}

export class HandOver {
  readonly #parts: HandOverParts;
  readonly #givingUp = new Set<ChunkId>();
  readonly #gives = new Semaphore(givenAtOnce);
  readonly #stopping = new AbortController();

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** While this device asks others to keep a chunk it promises nothing about its own copy. */
  isGivingUp(id: ChunkId): boolean {
    return this.#givingUp.has(id);
  }

  /** True when enough other devices claim the chunk, connected or not. */
  isElsewhere(id: ChunkId): boolean {
    return this.#holders(id).length >= this.#keepersWanted;
  }

  /**
   * Gives the chunk to others where too few have it, makes them promise to keep it and prove that they have it,
   * and then calls `giveUp`. This device makes no promise in between.
   * @returns whether the chunk was given up
   */
  async run(id: ChunkId, giveUp: () => Promise<void>): Promise<boolean> {
    const { holds } = this.#parts;
    if (this.#givingUp.has(id)) return false;
    this.#givingUp.add(id);
    try {
      // Other devices gave up their copies because of a promise of this one.
      if (holds.isHeld(idKey(id)) || !(await this.#isKept(id))) return false;
      if (holds.isHeld(idKey(id))) return false;
      await giveUp();
      return true;
    } finally {
      this.#givingUp.delete(id);
    }
  }

  /**
   * As `run` for some chunks at once: gives them to others side by side, so that the receivers' disks can share
   * syncs, and asks for promises and proofs of many in one message.
   * @param giveUp called for each chunk that others keep
   * @returns the chunks that were not given up; a later `run` may find other devices for them
   */
  async runBatch(ids: readonly ChunkId[], giveUp: (id: ChunkId) => Promise<void>): Promise<ChunkId[]> {
    const { holds } = this.#parts;
    const isHeld = (id: ChunkId) => holds.isHeld(idKey(id));
    const tried = ids.filter((id) => !this.#givingUp.has(id) && !isHeld(id));
    for (const id of tried) this.#givingUp.add(id);
    try {
      await Promise.all(tried.map((id) => this.#makeCopies(id)));
      const lacking = new Set<ChunkId>();
      for (let at = 0; at < tried.length; at += holdIdsMax) {
        for (const id of await this.#notKept(tried.slice(at, at + holdIdsMax))) lacking.add(id);
      }
      // Other devices gave up their copies because of an earlier promise of this one.
      const kept = tried.filter((id) => !lacking.has(id) && !isHeld(id));
      const outcomes = await Promise.allSettled(kept.map(giveUp));
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
      return ids.filter((id) => !kept.includes(id));
    } finally {
      for (const id of tried) this.#givingUp.delete(id);
    }
  }

  /** Gives the chunk to others until as many connected devices as it takes are said to have it. */
  async #makeCopies(id: ChunkId): Promise<void> {
    const { log, members, peers, self } = this.#parts;
    const holders = this.#holders(id);
    let wanted = this.#keepersWanted - holders.filter((device) => peers.isConnected(device)).length;
    for (const device of members.order(id)) {
      if (wanted <= 0 || this.#stopping.signal.aborted) return;
      if (device === self || holders.includes(device) || !peers.isConnected(device)) continue;
      if (peers.isFull(device) || peers.isResting(device)) continue;
      const release = await this.#gives.take(this.#stopping.signal);
      try {
        if (await this.#give(device, id)) wanted -= 1;
      } catch (error) {
        if (!isPeerstorError(error) || this.#stopping.signal.aborted) throw error;
        log.debug({ error, device, chunk: id }, 'A device could not be given a chunk to keep');
      } finally {
        release();
      }
    }
  }

  /**
   * Makes the other holders promise to keep the chunks and prove that they have them, then calls `giveUp` for
   * all of them. Copies nothing.
   * @returns how many chunks too few other devices keep, as far as it checked; unless it is 0, nothing is given
   * up
   */
  async runAll(ids: readonly ChunkId[], giveUp: () => Promise<void>): Promise<number> {
    const { holds } = this.#parts;
    const isHeld = (id: ChunkId) => holds.isHeld(idKey(id));
    const obvious = ids.filter((id) => this.#givingUp.has(id) || isHeld(id) || !this.isElsewhere(id));
    if (obvious.length > 0) return obvious.length;
    for (const id of ids) this.#givingUp.add(id);
    try {
      for (let at = 0; at < ids.length; at += holdIdsMax) {
        const lacking = await this.#notKept(ids.slice(at, at + holdIdsMax));
        if (lacking.length > 0) return lacking.length;
      }
      // Other devices gave up their copies because of an earlier promise of this one.
      const held = ids.filter(isHeld).length;
      if (held === 0) await giveUp();
      return held;
    } finally {
      for (const id of ids) this.#givingUp.delete(id);
    }
  }

  /** @returns the chunks that too few others promised to keep and proved to have */
  async #notKept(ids: readonly ChunkId[]): Promise<ChunkId[]> {
    const { log, peers } = this.#parts;
    const keepers = new Map(ids.map((id) => [id, 0]));
    const isLacking = (id: ChunkId) => (keepers.get(id) ?? 0) < this.#keepersWanted;
    for (const { device } of peers.connected()) {
      const asked = ids.filter((id) => isLacking(id) && this.#holders(id).includes(device));
      if (asked.length === 0) continue;
      try {
        const kept = await this.#promised(device, asked);
        for (const id of kept) keepers.set(id, (keepers.get(id) ?? 0) + 1);
      } catch (error) {
        if (!isPeerstorError(error) || this.#stopping.signal.aborted) throw error;
        log.debug({ error, device }, 'A device could not be relied upon to keep chunks');
      }
    }
    return ids.filter(isLacking);
  }

  get #keepersWanted(): number {
    return Math.min(this.#parts.copiesWanted, keepersMax);
  }

  #holders(id: ChunkId): DeviceId[] {
    const { inventory, members, self } = this.#parts;
    const active = new Set(members.active());
    return inventory.holdersOf(id).filter((device) => device !== self && active.has(device));
  }

  async #isKept(id: ChunkId): Promise<boolean> {
    const { members, peers } = this.#parts;
    const holders = this.#holders(id);
    const others = members
      .order(id)
      .filter((device) => !holders.includes(device) && device !== this.#parts.self);
    let keepers = 0;
    for (const device of [...holders, ...others]) {
      if (keepers >= this.#keepersWanted || this.#stopping.signal.aborted) break;
      if (!peers.isConnected(device)) continue;
      if (await this.#keeps(device, id, holders.includes(device))) keepers += 1;
    }
    return keepers >= this.#keepersWanted;
  }

  async #keeps(device: DeviceId, id: ChunkId, isHolder: boolean): Promise<boolean> {
    const { log, peers } = this.#parts;
    if (!isHolder && (peers.isFull(device) || peers.isResting(device))) return false;
    try {
      if (!isHolder && !(await this.#give(device, id))) return false;
      return (await this.#promised(device, [id])).length === 1;
    } catch (error) {
      if (!isPeerstorError(error) && !this.#stopping.signal.aborted) throw error;
      log.debug({ error, device, chunk: id }, 'A device could not be relied upon to keep a chunk');
      return false;
    }
  }

  async #give(device: DeviceId, id: ChunkId): Promise<boolean> {
    const { inventory, peers } = this.#parts;
    const answer = await pushHeld(this.#parts, device, id, this.#stopping.signal);
    if (answer === 'full') peers.declined(device);
    if (answer !== 'stored' && answer !== 'present') return false;
    inventory.set(device, idKey(id), true);
    return true;
  }

  /** @returns the chunks that the device promised to keep and proved to have */
  async #promised(device: DeviceId, ids: readonly ChunkId[]): Promise<ChunkId[]> {
    const { proofs, transport } = this.#parts;
    const { signal } = this.#stopping;
    const options = { signal, timeoutMs: answerPatienceMs };
    const answer = await transport.call(device, 'chunk/hold', writeIds(ids), options);
    const promises = readHaveAnswer(answer, ids.length);
    const promised = ids.filter((_, at) => promises[at] === true);
    if (promised.length === 0) return [];
    const verdicts = await proofs.ask(device, promised, signal);
    return promised.filter((id) => verdicts.get(id) === 'proved');
  }
}
