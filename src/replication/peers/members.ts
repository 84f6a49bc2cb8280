/** The members of the network, with the placement that follows from them. */

import { idOfKey } from '../../model/contracts/ordered-store.ts';
import type { DeviceDirectory, MemberDevice } from '../../model/contracts/replication.ts';
import { type ChunkId, chunkId, type DeviceId } from '../../model/ids.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import { everything } from '../inventory/inventory.ts';
import { Placement, weightOf } from '../placement/placement.ts';

/**
 * In a network with more devices than this, a device keeps rows only of chunks for which it is among the first
 * in the order. One row names all holders of a chunk, so rows are the smaller half of the index. Leaving some
 * out is for networks larger than any home; the safety shown for those chunks is then too low.
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

  /** Devices whose copies count for the future: all but draining ones. */
  active(): DeviceId[] {
    return this.#active;
  }

  /** The devices that should have the chunk, best first, then the devices that take it when one of those declines. */
  order(id: ChunkId): DeviceId[] {
    return this.#placement.order(id, this.#copiesWanted);
  }

  /** Which of the holders should keep the chunk: best first. */
  orderAmong(id: ChunkId, holders: readonly DeviceId[]): DeviceId[] {
    return this.#placement.orderAmong(id, holders, this.#copiesWanted);
  }

  concerns(key: ChunkKey): boolean {
    if (this.#byId.size <= everythingMembersMax) return true;
    const rank = this.#placement.rank(chunkId(idOfKey(key))).indexOf(this.#self);
    return rank >= 0 && rank < rowsRankMax;
  }

  /** Two devices with equal text get equal answers of `concerns`. */
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
