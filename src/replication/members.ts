/** The network's devices, with the placement that follows from them. */

import { idOfKey } from '../model/contracts/ordered-store.ts';
import type { DeviceDirectory, MemberDevice } from '../model/contracts/replication.ts';
import { type ChunkId, chunkId, type DeviceId } from '../model/ids.ts';
import type { ChunkKey } from './bucket-digest.ts';
import { everything } from './inventory.ts';
import { Placement, weightOf } from './placement.ts';

/**
 * With more devices than this a device keeps rows only of chunks for which it is among the first ones:
 * the index of a large network would not fit a small device.
 */
const rowsRankMax = 6;

export class Members {
  readonly #directory: DeviceDirectory;
  readonly #self: DeviceId;
  readonly #copiesWanted: number;
  readonly #listeners = new Set<() => void>();
  #byId = new Map<DeviceId, MemberDevice>();
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

  ids(): Iterable<DeviceId> {
    return this.#byId.keys();
  }

  find(id: DeviceId): MemberDevice | undefined {
    return this.#byId.get(id);
  }

  /** Who should have the chunk, best first, then who takes it when one of those declines. */
  order(id: ChunkId): DeviceId[] {
    return this.#placement.order(id, this.#copiesWanted);
  }

  /** Copies that can be had with these devices: as many as wanted, or as there are devices that lend. */
  get copiesPossible(): number {
    return Math.min(this.#copiesWanted, this.#placement.size);
  }

  concerns(key: ChunkKey): boolean {
    if (this.#byId.size <= rowsRankMax) return true;
    const rank = this.#placement.rank(chunkId(idOfKey(key))).indexOf(this.#self);
    return rank >= 0 && rank < rowsRankMax;
  }

  /** Equal texts mean that `concerns` answers alike. */
  interest(): string {
    if (this.#byId.size <= rowsRankMax) return everything;
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
    this.#placement = new Placement(members);
  }
}
