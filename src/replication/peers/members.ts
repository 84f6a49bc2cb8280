/** The network's devices, with the placement that follows from them. */

import { idOfKey } from '../../model/contracts/ordered-store.ts';
import type { DeviceDirectory, MemberDevice } from '../../model/contracts/replication.ts';
import { type ChunkId, chunkId, type DeviceId } from '../../model/ids.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import { everything } from '../inventory/inventory.ts';
import { Placement, weightOf } from '../placement/placement.ts';

/**
 * With more devices than this a device keeps rows only of chunks for which it is among the first ones.
 * One row says who has a chunk, however many do, so rows are the smaller half of the index; leaving
 * some out is for networks that no home has, and makes the safety shown for those chunks too low.
 */
const everythingMembersMax = 16;
const rowsRankMax = 6;

export class Members {
  readonly #directory: DeviceDirectory;
  readonly #self: DeviceId;
  readonly #copiesWanted: number;
  readonly #listeners = new Set<() => void>();
  #byId = new Map<DeviceId, MemberDevice>();
  #active: DeviceId[] = [];
  #placement = new Placement([]);
  #stopListening: (() => void) | undefined;

  constructor(parts: { directory: DeviceDirectory; self: DeviceId; copiesWanted: number }) {
    this.#directory = parts.directory;
    this.#self = parts.self;
    this.#copiesWanted = parts.copiesWanted;
  }

  start(): void {
    this.#stopListening ??= this.#directory.onChange(() => {
      this.#read();
      for (const listener of this.#listeners) listener();
    });
    this.#read();
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  get placement(): Placement {
    return this.#placement;
  }

  all(): MemberDevice[] {
    return [...this.#byId.values()];
  }

  ids(): Iterable<DeviceId> {
    return this.#byId.keys();
  }

  find(id: DeviceId): MemberDevice | undefined {
    return this.#byId.get(id);
  }

  /** Devices whose copies count for the future: all but those that are being drained. */
  active(): DeviceId[] {
    return this.#active;
  }

  /** Who should have the chunk, best first, then who takes it when one of those declines. */
  order(id: ChunkId): DeviceId[] {
    return this.#placement.order(id, this.#copiesWanted);
  }

  /** Of the devices that have it, who should keep it: best first. */
  orderAmong(id: ChunkId, holders: readonly DeviceId[]): DeviceId[] {
    return this.#placement.orderAmong(id, holders, this.#copiesWanted);
  }

  concerns(key: ChunkKey): boolean {
    if (this.#byId.size <= everythingMembersMax) return true;
    const rank = this.#placement.rank(chunkId(idOfKey(key))).indexOf(this.#self);
    return rank >= 0 && rank < rowsRankMax;
  }

  /** Equal texts mean that `concerns` answers alike. */
  interest(): string {
    if (this.#byId.size <= everythingMembersMax) return everything;
    const weights = [...this.#byId.values()].map((device) => `${device.id}=${weightOf(device)}`);
    return weights.sort().join(' ');
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #read(): void {
    const members = this.#directory.members();
    this.#byId = new Map(members.map((device) => [device.id, device]));
    this.#active = members.filter(({ state }) => state === 'active').map(({ id }) => id);
    this.#placement = new Placement(members);
  }
}
