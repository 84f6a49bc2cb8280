/**
 * Makes sure that other devices keep a chunk before this one gives it up because a volume is emptied or
 * lends less: unlike trimming (`trim.ts`), which only gives up what there is too much of.
 */
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import { idKey } from '../model/contracts/ordered-store.ts';
import type { Transport } from '../model/contracts/transport.ts';
import { isPeerstorError } from '../model/errors.ts';
import type { ChunkId, DeviceId } from '../model/ids.ts';
import type { Log } from '../model/log.ts';
import type { Holds } from './holds.ts';
import type { Inventory } from './inventory.ts';
import type { Members } from './members.ts';
import type { Peers } from './peers.ts';
import type { Proofs } from './proofs.ts';
import { pushChunk } from './push.ts';
import { readHaveAnswer, writeIds, writePut } from './wire.ts';

/** A chunk may leave a device only when it is *safe* without it; repair brings the rest. */
const keepersMax = 2;
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

  /** Are enough other members said to have it, connected or not? */
  isElsewhere(id: ChunkId): boolean {
    return this.#holders(id).length >= this.#keepersWanted;
  }

  /**
   * Gives the chunk to others where too few have it, has them promise to keep it and prove that they
   * have it, and then lets `giveUp` do so: no promise of this device comes in between.
   * @returns whether it was given up
   */
  async run(id: ChunkId, giveUp: () => Promise<void>): Promise<boolean> {
    const { holds } = this.#parts;
    if (this.#givingUp.has(id)) return false;
    this.#givingUp.add(id);
    try {
      // Others have given up theirs because of a promise.
      if (holds.isHeld(idKey(id)) || !(await this.#isKept(id))) return false;
      if (holds.isHeld(idKey(id))) return false;
      await giveUp();
      return true;
    } finally {
      this.#givingUp.delete(id);
    }
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
      return (isHolder || (await this.#give(device, id))) && (await this.#promises(device, id));
    } catch (error) {
      if (!isPeerstorError(error) && !this.#stopping.signal.aborted) throw error;
      log.debug({ error, device, chunk: id }, 'A device could not be relied upon to keep a chunk');
      return false;
    }
  }

  async #give(device: DeviceId, id: ChunkId): Promise<boolean> {
    const { inventory, peers, store, transport } = this.#parts;
    const { signal } = this.#stopping;
    const bytes = await store.get(id, { verify: true, signal });
    const answer = await pushChunk(transport, device, writePut(id, bytes), signal);
    if (answer === 'full') peers.declined(device);
    if (answer !== 'stored' && answer !== 'present') return false;
    inventory.set(device, idKey(id), true);
    return true;
  }

  async #promises(device: DeviceId, id: ChunkId): Promise<boolean> {
    const { proofs, transport } = this.#parts;
    const { signal } = this.#stopping;
    const options = { signal, timeoutMs: answerPatienceMs };
    const answer = await transport.call(device, 'chunk/hold', writeIds([id]), options);
    if (readHaveAnswer(answer, 1)[0] !== true) return false;
    return (await proofs.ask(device, [id], signal)).get(id) === 'proved';
  }
}
