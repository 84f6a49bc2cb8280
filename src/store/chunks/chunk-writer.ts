/** Where a new chunk goes, and what happens when a volume does not take it. */
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { diskVerdict } from '../files/disk-error.ts';
import type { Place } from '../segments/segment-format.ts';
import { diskFailure, type IsThere, type StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';
import type { Trash } from './trash.ts';

export class ChunkWriter {
  readonly #parts: StoreParts;
  readonly #trash: Trash;
  readonly #isThere: IsThere;

  constructor(parts: StoreParts, trash: Trash, isThere: IsThere) {
    this.#parts = parts;
    this.#trash = trash;
    this.#isThere = isThere;
  }

  /**
   * Stores and announces a chunk; the caller holds its lock and knows that it is not held. A volume
   * that is full or gone hands over to the next one; one that fails takes this chunk down with it,
   * because what a failed sync left behind must not be assumed.
   * @throws `disk-full`, `volume-missing`, `storage-failed`
   */
  async write(id: ChunkId, bytes: Uint8Array): Promise<void> {
    await this.place(id, bytes);
    this.#parts.changes.announce({ kind: 'added', id, size: bytes.length });
  }

  /** The same for a chunk that is held on a volume which it leaves: nothing changes for anybody else. */
  async place(id: ChunkId, bytes: Uint8Array): Promise<void> {
    const { index, volumes } = this.#parts;
    for (let triesLeft = volumes.size + 1; ; triesLeft -= 1) {
      const volume = await this.#reserve(bytes.length);
      let place: Place;
      try {
        place = await volume.log.appendChunk(id, bytes);
      } catch (error) {
        volume.space.release(bytes.length);
        await this.#handOver(volume, error, triesLeft > 0);
        continue;
      }
      volume.space.release(bytes.length);
      if (!volume.present && triesLeft > 0) continue;
      // Not synced: the rescan after an unclean stop finds the record again (I7).
      await index.set(id, { chunk: { volume: volume.id, size: bytes.length, ...place } });
      return;
    }
  }

  /** Returns when another try makes sense, throws when not. */
  async #handOver(volume: Volume, error: unknown, mayTryAgain: boolean): Promise<void> {
    const verdict = diskVerdict(error);
    if (verdict === 'full') {
      volume.space.foundFull();
      if (mayTryAgain) return;
      throw this.#refusal(0);
    }
    if (verdict === 'gone' && mayTryAgain) {
      // Where somebody deleted the folder of segments, and not the volume, this makes it again.
      await this.#isThere(volume);
      return;
    }
    throw diskFailure(volume, 'A chunk could not be written to', error);
  }

  /** Takes room on the volume with the most of it, in proportion to what it lends. */
  async #reserve(bytes: number): Promise<Volume> {
    for (let mayMakeRoom = true; ; mayMakeRoom = false) {
      await Promise.all(this.#writable().map((volume) => this.#look(volume)));
      // No await from here to the reservation, or two chunks would take the same room.
      let best: Volume | undefined;
      let bestShare = 0;
      for (const volume of this.#writable()) {
        const room = this.#room(volume);
        if (room < bytes || (best !== undefined && room / volume.limitBytes <= bestShare)) continue;
        best = volume;
        bestShare = room / volume.limitBytes;
      }
      if (best !== undefined) {
        best.space.reserve(bytes);
        return best;
      }
      if (!mayMakeRoom || !(await this.#trash.makeRoom())) throw this.#refusal(bytes);
    }
  }

  async #look(volume: Volume): Promise<void> {
    try {
      await volume.space.look();
    } catch (error) {
      if (diskVerdict(error) === 'gone') await this.#isThere(volume);
      else diskFailure(volume, 'The free space could not be asked of', error);
    }
  }

  #room(volume: Volume): number {
    const { bytes, trashBytes } = this.#parts.index.count(volume.id);
    return volume.space.room(bytes + trashBytes);
  }

  #writable(): Volume[] {
    return [...this.#parts.volumes.values()].filter((volume) => volume.writable);
  }

  #refusal(bytes: number): PeerstorError {
    const { volumes, index } = this.#parts;
    const states = [...volumes.values()].map((volume) => volume.status(index.count(volume.id)));
    if (this.#writable().length > 0) {
      return new PeerstorError(
        'disk-full',
        'This device has no room for more: free some space on its volumes, or lend more.',
        { details: { neededBytes: bytes } },
      );
    }
    if (states.some(({ state }) => state === 'draining')) {
      return new PeerstorError(
        'disk-full',
        'The volumes of this device are being emptied: lend another one.',
      );
    }
    const missing = states.find(({ state }) => state === 'missing');
    if (missing?.problem !== undefined) return new PeerstorError('volume-missing', missing.problem);
    const failed = states.find(({ problem }) => problem !== undefined);
    return new PeerstorError('storage-failed', failed?.problem ?? 'This device lends no volume.');
  }
}
