/**
 * Gives up surplus copies on this device: copies of chunks that have had more copies than wanted for
 * `trimAfterMs`. Before a copy goes, as many better holders as copies are wanted have read theirs again,
 * promised to keep them (`hold.ts`) and proved that they have them. So that many copies stay, however many
 * devices give up copies at once and whatever each of them believes.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { afterPrefix, idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import type { CatalogStanding } from '../../model/contracts/replication.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { type ChunkId, chunkId, type DeviceId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import type { HolderMask } from '../database/holder-mask.ts';
import type { WriteBehind } from '../database/write-behind.ts';
import type { HoldersChange, Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Copies } from '../references/copies.ts';
import type { ReferenceIndex } from '../references/reference-index.ts';
import { heldBackUntilMs, isStable, type NetworkSight, type RepairTunables } from '../repair/repair-plan.ts';
import type { Proofs } from '../verify/proofs.ts';
import { holdIdsMax, readHaveAnswer, writeIds } from '../wire.ts';
import type { Holds } from './holds.ts';
import { countedHolders, keepersFor } from './trim-plan.ts';

/** x ‖ chunk → since when it has too many copies, elapsed ms, double */
const rowPrefix = 'x';
/** Interval between two walks; a quarter of `trimAfterMs` where that is less. */
const everyMaxMs = 3_600_000;
const everyMinMs = 50;
/** When the copy is about to go, a promise older than this, or than half its duration, is requested again. */
const promiseFreshMaxMs = 120_000;
const answerPatienceMs = 30_000;

export interface TrimParts {
  self: DeviceId;
  transport: Transport;
  store: ChunkStore;
  inventory: Inventory;
  references: ReferenceIndex;
  copies: Copies;
  members: Members;
  holds: Holds;
  proofs: Proofs;
  index: WriteBehind;
  clock: Clock;
  log: Log;
  tunables: RepairTunables & Pick<Tunables, 'trimAfterMs' | 'holdMs'>;
  catalog: CatalogStanding;
  sight(): NetworkSight;
  /** True while copies are being made: no copy is given up then. */
  isRepairing(): boolean;
}

interface Surplus {
  id: ChunkId;
  keepers: DeviceId[];
}

export class Trim {
  readonly #parts: TrimParts;
  readonly #givingUp = new Set<ChunkId>();
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;

  constructor(parts: TrimParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopListening = this.#parts.inventory.onChange((change) => this.#holdersChanged(change));
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    this.#stopListening?.();
    await this.#running;
  }

  /** While this device asks others to keep a chunk it promises nothing about its own copy. */
  isGivingUp(id: ChunkId): boolean {
    return this.#givingUp.has(id);
  }

  #schedule(): void {
    const { clock, tunables } = this.#parts;
    const everyMs = Math.max(everyMinMs, Math.min(everyMaxMs, tunables.trimAfterMs / 4));
    this.#timer = clock.after(everyMs, () => {
      this.#running ??= this.#run()
        .catch((error: unknown) => {
          if (!this.#stopping.signal.aborted)
            this.#parts.log.warn({ error }, 'Surplus copies could not be given up');
        })
        .finally(() => {
          this.#running = undefined;
        });
      this.#schedule();
    });
  }

  async #run(): Promise<void> {
    await this.#forgetOld();
    const batches = new Map<string, Surplus[]>();
    for await (const surplus of this.#surplus()) {
      if (!this.#mayTrim()) continue;
      const name = surplus.keepers.join();
      const batch = batches.get(name) ?? [];
      batches.set(name, batch);
      batch.push(surplus);
      if (batch.length < holdIdsMax) continue;
      batches.delete(name);
      await this.#giveUp(batch);
    }
    for (const batch of batches.values()) if (this.#mayTrim()) await this.#giveUp(batch);
  }

  /** False while copies are missing, or while so many devices are away that this one is probably offline. */
  #mayTrim(): boolean {
    const { self, sight, tunables, catalog, isRepairing } = this.#parts;
    const now = sight();
    return (
      !this.#stopping.signal.aborted &&
      catalog.isComplete() &&
      !isRepairing() &&
      isStable(now.devices.get(self), now, tunables) &&
      heldBackUntilMs(now, tunables) <= now.nowMs
    );
  }

  /** Yields chunks whose copy here has been surplus for long enough; starts the clocks of the others. */
  async *#surplus(): AsyncIterable<Surplus> {
    const { copies, inventory, references, clock, tunables } = this.#parts;
    const isSurplus = this.#surplusMasks();
    if (![...copies.holderSets()].some(isSurplus)) return;
    for await (const keys of references.chunks()) {
      this.#stopping.signal.throwIfAborted();
      await this.#parts.index.room();
      for (const key of keys) {
        if (!isSurplus(inventory.maskOf(key))) continue;
        const sinceMs = this.#sinceMs(key);
        if (sinceMs === undefined || sinceMs > clock.elapsedMs()) this.#start(key);
        else if (clock.elapsedMs() - sinceMs >= tunables.trimAfterMs) {
          const keepers = this.#keepers(key);
          if (keepers) yield { id: chunkId(idOfKey(key)), keepers };
        }
      }
    }
  }

  /** Returns a predicate for sets of holders: too many holders, this device among them. */
  #surplusMasks(): (mask: HolderMask) => boolean {
    const { self, inventory, sight, tunables } = this.#parts;
    const known = new Map<HolderMask, boolean>();
    const now = sight();
    return (mask) => {
      const before = known.get(mask);
      if (before !== undefined) return before;
      const holders = countedHolders(inventory.devicesIn(mask), now);
      const isSurplus = holders.length > tunables.copiesWanted && holders.includes(self);
      known.set(mask, isSurplus);
      return isSurplus;
    };
  }

  #keepers(key: ChunkKey): DeviceId[] | undefined {
    const { self, inventory, members, sight, tunables } = this.#parts;
    const id = chunkId(idOfKey(key));
    const keepOrder = members.orderAmong(id, inventory.devicesIn(inventory.maskOf(key)));
    return keepersFor({ self, keepOrder }, sight(), tunables);
  }

  /** @param batch chunks with the same keepers */
  async #giveUp(batch: readonly Surplus[]): Promise<void> {
    const { holds, clock, tunables } = this.#parts;
    const chunks = batch.filter(({ id }) => !holds.isHeld(idKey(id)));
    const promises = new Map<ChunkId, DeviceId[]>(chunks.map(({ id }) => [id, []]));
    for (const id of promises.keys()) this.#givingUp.add(id);
    try {
      const askedMs = clock.monotonicMs();
      for (const keeper of batch[0]?.keepers ?? []) {
        const lacking = [...promises].filter(([, by]) => by.length < tunables.copiesWanted);
        for (const id of await this.#ask(
          keeper,
          lacking.map(([id]) => id),
        ))
          promises.get(id)?.push(keeper);
      }
      for (const [id, by] of promises) {
        if (by.length >= tunables.copiesWanted) await this.#delete(id, by, askedMs);
      }
    } finally {
      for (const id of promises.keys()) this.#givingUp.delete(id);
    }
  }

  /** @returns the chunks that the device promised to keep */
  async #ask(device: DeviceId, ids: readonly ChunkId[]): Promise<ChunkId[]> {
    if (ids.length === 0) return [];
    const { transport, inventory, proofs, log } = this.#parts;
    const options = { lane: 'bulk', signal: this.#stopping.signal, timeoutMs: answerPatienceMs } as const;
    try {
      const answer = await transport.call(device, 'chunk/hold', writeIds(ids), options);
      const promised = readHaveAnswer(answer, ids.length);
      const kept = ids.filter((id, at) => promised[at] && inventory.has(device, id));
      // A promise alone would also be given by a device that keeps nothing.
      const proved = kept.length > 0 ? await proofs.ask(device, kept, this.#stopping.signal) : undefined;
      return kept.filter((id) => proved?.get(id) === 'proved');
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      log.debug({ error, device }, 'A device did not promise to keep chunks');
      return [];
    }
  }

  async #delete(id: ChunkId, keepers: readonly DeviceId[], askedMs: number): Promise<void> {
    const { self, store, holds, members, inventory, clock, log, references, tunables } = this.#parts;
    const freshMs = Math.min(promiseFreshMaxMs, tunables.holdMs / 2);
    const isKept = (device: DeviceId) =>
      members.find(device)?.state === 'active' && inventory.has(device, id);
    const onlyIf = () =>
      clock.monotonicMs() - askedMs < freshMs &&
      !holds.isHeld(idKey(id)) &&
      references.needOf(idKey(id)) !== undefined &&
      keepers.every(isKept) &&
      !this.#stopping.signal.aborted;
    await store.delete(id, { onlyIf });
    if (inventory.has(self, id)) return;
    this.#parts.index.set(rowPrefix + idKey(id), null);
    log.debug({ chunk: id, keepers }, 'A surplus copy was given up');
  }

  #holdersChanged({ key, after, before }: HoldersChange): void {
    const { sight, inventory, tunables } = this.#parts;
    if (after.length === 0 && before.length === 0) return;
    // Fewer bytes than this cannot hold that many bits: the usual case needs no further look.
    if (inventory.devicesIn(before).length <= tunables.copiesWanted) return;
    if (countedHolders(inventory.devicesIn(after), sight()).length > tunables.copiesWanted) return;
    if (this.#sinceMs(key) !== undefined) this.#parts.index.set(rowPrefix + key, null);
  }

  /** Removes the clocks of chunks without surplus copies, whatever was missed. */
  async #forgetOld(): Promise<void> {
    const { index, inventory } = this.#parts;
    const isSurplus = this.#surplusMasks();
    for await (const page of index.pages(rowPrefix, afterPrefix(rowPrefix))) {
      for (const [key] of page) if (!isSurplus(inventory.maskOf(key.slice(1)))) index.set(key, null);
    }
  }

  #start(key: ChunkKey): void {
    const row = Buffer.alloc(8);
    row.writeDoubleBE(this.#parts.clock.elapsedMs());
    this.#parts.index.set(rowPrefix + key, row);
  }

  #sinceMs(key: ChunkKey): number | undefined {
    const row = this.#parts.index.get(rowPrefix + key);
    return row && Buffer.from(row.buffer, row.byteOffset, row.byteLength).readDoubleBE();
  }
}
