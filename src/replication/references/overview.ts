/** The network as seen from here: who has a chunk, how safe a version is, what a loss would mean. */
import type { SafetyView } from '../../model/api.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { ChunkHealth } from '../../model/contracts/health.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import type { ChunkImpact } from '../../model/contracts/replication.ts';
import type { ChunkId, DeviceId } from '../../model/ids.ts';
import { safetyView } from '../../model/safety.ts';
import type { HolderMask } from '../database/holder-mask.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { Peers } from '../peers/peers.ts';
import type { Copies } from './copies.ts';
import { Impact } from './impact.ts';
import type { ReferenceIndex } from './reference-index.ts';

export interface OverviewParts {
  self: DeviceId;
  store: ChunkStore;
  inventory: Inventory;
  members: Members;
  peers: Peers;
  references: ReferenceIndex;
  copies: Copies;
  copiesWanted: number;
  /** Number of versions whose references are not known. */
  unknownVersions(): number;
}

export class Overview {
  readonly #parts: OverviewParts;
  readonly #impact: Impact;
  #reachable: HolderMask | undefined;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
    this.#impact = new Impact(parts);
  }

  /** The set of connected devices, or of members, has changed. */
  devicesChanged(): void {
    this.#reachable = undefined;
  }

  holders(id: ChunkId): DeviceId[] {
    const { self, store, inventory, members, peers } = this.#parts;
    const others = inventory
      .holdersOf(id)
      .filter((device) => device !== self && members.find(device) && peers.isConnected(device));
    return store.has(id) ? [self, ...others] : others;
  }

  safetyOf(manifest: ChunkId): SafetyView {
    const { copies, copiesWanted } = this.#parts;
    return safetyView(copies.ofManifest(idKey(manifest), this.#reachableNow()), copiesWanted);
  }

  health(): ChunkHealth {
    const { copies, members, unknownVersions } = this.#parts;
    const placeOf = new Map(members.all().map(({ id, place }) => [id, place]));
    return {
      ...copies.health(this.#reachableNow()),
      unknownVersions: unknownVersions(),
      offSite: copies.offSite(placeOf),
    };
  }

  impactOf(device: DeviceId): Promise<ChunkImpact> {
    return this.#impact.of(device);
  }

  unprotectedChunks(): number {
    const { self, copies, copiesWanted, inventory, members } = this.#parts;
    const others = members.active().filter((id) => id !== self);
    const wanted = Math.min(copiesWanted - 1, others.length);
    return copies.thinChunks(inventory.maskFor([self]), inventory.maskFor(others), wanted);
  }

  #reachableNow(): HolderMask {
    const { self, inventory, members, peers } = this.#parts;
    const connected = peers.connected().map(({ device }) => device);
    this.#reachable ??= inventory.maskFor([self, ...connected.filter((device) => members.find(device))]);
    return this.#reachable;
  }
}
