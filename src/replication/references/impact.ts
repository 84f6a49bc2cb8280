/** What would be lost if a device died now, and what only that device still has while it drains. */

import { idOfKey } from '../../model/contracts/ordered-store.ts';
import type { ChunkImpact } from '../../model/contracts/replication.ts';
import { type DeviceId, type VersionId, versionId } from '../../model/ids.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import type { HolderMask } from '../database/holder-mask.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Members } from '../peers/members.ts';
import type { ReferenceIndex } from './reference-index.ts';

export interface ImpactParts {
  inventory: Inventory;
  references: ReferenceIndex;
  members: Members;
  copiesWanted: number;
}

/** What the loss of a device means for the chunks with one set of holders. */
interface Loss {
  isLost: boolean;
  isThin: boolean;
  /** Fewer other active devices have the chunk than are wanted, or than exist. */
  isLeft: boolean;
}

export class Impact {
  readonly #parts: ImpactParts;

  constructor(parts: ImpactParts) {
    this.#parts = parts;
  }

  /**
   * Exact for this device and connected ones, whose whole lists are followed. For others: as of their last
   * report.
   */
  async of(device: DeviceId): Promise<ChunkImpact> {
    const { inventory, references } = this.#parts;
    const impact: ChunkImpact = {
      lostChunks: 0,
      lostBytes: 0,
      lostVersions: [],
      thinChunks: 0,
      thinBytes: 0,
      bytesLeft: 0,
    };
    const losses = new Map<HolderMask, Loss | null>();
    const lost = new Set<ChunkKey>();
    for await (const keys of references.chunks()) {
      for (const key of keys) {
        const mask = inventory.maskOf(key);
        const loss = losses.get(mask) ?? (losses.has(mask) ? null : this.#lossOf(device, mask));
        losses.set(mask, loss);
        const bytes = loss && (references.needOf(key)?.size ?? 0);
        if (!loss || bytes === null) continue;
        if (loss.isLost) lost.add(key);
        impact.lostBytes += loss.isLost ? bytes : 0;
        impact.thinChunks += loss.isThin ? 1 : 0;
        impact.thinBytes += loss.isThin ? bytes : 0;
        impact.bytesLeft += loss.isLeft ? bytes : 0;
      }
    }
    impact.lostChunks = lost.size;
    if (lost.size > 0) impact.lostVersions = await this.#versionsOf(lost);
    return impact;
  }

  /** null when the device has none of these chunks. */
  #lossOf(device: DeviceId, mask: HolderMask): Loss | null {
    const { inventory, members, copiesWanted } = this.#parts;
    const holders = inventory.devicesIn(mask);
    if (!holders.includes(device)) return null;
    const others = holders.filter((id) => id !== device && members.find(id) !== undefined);
    const active = members.active().filter((id) => id !== device);
    const copies = others.filter((id) => active.includes(id)).length;
    const isLost = others.length === 0;
    // In a network with too few devices for all copies, one copy on each device is the maximum.
    const reachable = Math.max(1, Math.min(copiesWanted, active.length));
    return { isLost, isThin: !isLost && copies < copiesWanted, isLeft: copies < reachable };
  }

  /** Versions that need one of these chunks. */
  async #versionsOf(chunks: ReadonlySet<ChunkKey>): Promise<VersionId[]> {
    const found = new Set<VersionId>();
    for await (const page of this.#parts.references.versions()) {
      for (const { manifest, version } of page) {
        if (this.#needsOne(manifest, chunks, false)) found.add(versionId(idOfKey(version)));
      }
    }
    return [...found];
  }

  #needsOne(manifest: ChunkKey, chunks: ReadonlySet<ChunkKey>, isChild: boolean): boolean {
    if (chunks.has(manifest)) return true;
    const known = this.#parts.references.manifest(manifest);
    if (!known) return false;
    const { references, isIndex } = known;
    if (references.some(({ key }) => chunks.has(key))) return true;
    return isIndex && !isChild && references.some(({ key }) => this.#needsOne(key, chunks, true));
  }
}
