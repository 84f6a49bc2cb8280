/** Deleted chunks that can still come back. */
import type { ChunkId } from '../../model/ids.ts';
import { sealedChunkBytesMax } from '../../model/limits.ts';
import { diskVerdict } from '../files/disk-error.ts';
import { placeOf, type TrashRow } from '../index/chunk-rows.ts';
import { diskFailure, type IsThere, type StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';
import { hashesTo } from './chunk-hash.ts';

/** How much is made room for at once where volumes are full: some chunks of the largest size. */
const roomBytes = 8 * sealedChunkBytesMax;
const removedAtOnce = 200;

export interface PurgeOutcome {
  chunks: number;
  bytes: number;
}

/**
 * The trash of all volumes. It counts against their limits; where they are full the oldest of it
 * goes at once, since what is in it has long been given up (I4) and new chunks have no other place.
 */
export class Trash {
  readonly #parts: StoreParts;
  readonly #isThere: IsThere;

  constructor(parts: StoreParts, isThere: IsThere) {
    this.#parts = parts;
    this.#isThere = isThere;
  }

  /**
   * Brings a chunk back, durable and announced, if its bytes are still right; the caller holds its
   * lock and knows that it is not held.
   * @returns whether it did
   * @throws `storage-failed`
   */
  async bringBack(id: ChunkId): Promise<boolean> {
    const { index, changes, volumes } = this.#parts;
    const row = index.trashed(id);
    const volume = row === undefined ? undefined : volumes.get(row.volume);
    if (row === undefined || volume === undefined || !volume.writable) return false;
    try {
      const bytes = await volume.log.read(row, id, row.size);
      if (bytes === undefined || !(await hashesTo(id, bytes))) {
        await volume.markDead(id, placeOf(row), true);
        await index.set(id, { trash: null });
        return false;
      }
      await volume.log.appendMark({ kind: 'kept', id, target: placeOf(row) }, true);
    } catch (error) {
      if (diskVerdict(error) !== 'gone')
        throw diskFailure(volume, 'A chunk could not be brought back on', error);
      if (await this.#isThere(volume)) await index.set(id, { trash: null });
      return false;
    }
    const { deletedAtMs: _deletedAtMs, ...chunk } = row;
    await index.set(id, { chunk, trash: null });
    changes.announce({ kind: 'added', id, size: row.size });
    return true;
  }

  /** Removes for ever what was deleted at least `olderThanMs` ago. Volumes that are not there keep theirs. */
  async purge(olderThanMs: number): Promise<PurgeOutcome> {
    const outcome = { chunks: 0, bytes: 0 };
    const latestMs = this.#parts.clock.elapsedMs() - olderThanMs;
    const there = await this.#volumesThere();
    // Many at a time share the writes of the log and of the index.
    const removing: Promise<void>[] = [];
    for await (const row of this.#parts.index.trash()) {
      const volume = there.get(row.volume);
      if (volume === undefined || row.deletedAtMs > latestMs) continue;
      removing.push(this.#remove(row.id, row, volume, outcome));
      if (removing.length >= removedAtOnce) await Promise.all(removing.splice(0));
    }
    await Promise.all(removing);
    return outcome;
  }

  /** Removes the oldest chunks of the trash until some room is made. @returns whether any was */
  async makeRoom(): Promise<boolean> {
    const outcome = { chunks: 0, bytes: 0 };
    const there = await this.#volumesThere();
    const rows: (TrashRow & { id: ChunkId })[] = [];
    for await (const row of this.#parts.index.trash()) if (there.get(row.volume)?.writable) rows.push(row);
    rows.sort((a, b) => a.deletedAtMs - b.deletedAtMs);
    for (const row of rows) {
      if (outcome.bytes >= roomBytes) break;
      const volume = there.get(row.volume);
      // The caller holds a lock: waiting for another one here could be for ever.
      if (volume === undefined || this.#parts.locks.isHeld(row.id)) continue;
      await this.#remove(row.id, row, volume, outcome);
    }
    return outcome.chunks > 0;
  }

  async #remove(id: ChunkId, seen: TrashRow, volume: Volume, outcome: PurgeOutcome): Promise<void> {
    await this.#parts.locks.hold(id, async () => {
      const row = this.#parts.index.trashed(id);
      if (row?.volume !== seen.volume || row.deletedAtMs !== seen.deletedAtMs) return;
      try {
        await volume.markDead(id, placeOf(row));
      } catch (error) {
        throw diskFailure(volume, 'The trash could not be emptied on', error);
      }
      await this.#parts.index.set(id, { trash: null });
      volume.space.forget();
      outcome.chunks += 1;
      outcome.bytes += row.size;
    });
  }

  /** The marker is read before anything is removed (I4). */
  async #volumesThere(): Promise<Map<string, Volume>> {
    const there = new Map<string, Volume>();
    for (const volume of this.#parts.volumes.values()) {
      if (await this.#isThere(volume)) there.set(volume.id, volume);
    }
    return there;
  }
}
