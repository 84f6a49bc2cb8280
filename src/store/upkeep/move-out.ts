/** Empties volumes that lend less than they hold, or nothing any more, into the other volumes of this device. */
import { PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import type { ChunkReader } from '../chunks/chunk-reader.ts';
import type { ChunkWriter } from '../chunks/chunk-writer.ts';
import { type ChunkRow, placeOf } from '../index/chunk-rows.ts';
import { SharedRun } from '../locks/shared-run.ts';
import { diskFailure, type IsThere, type StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';

export interface MoveOutParts {
  parts: StoreParts;
  reader: ChunkReader;
  writer: ChunkWriter;
  isThere: IsThere;
}

export class MoveOut {
  readonly #own: MoveOutParts;
  readonly #shared = new SharedRun(() => this.#moveAll());
  #background: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(own: MoveOutParts) {
    this.#own = own;
  }

  /** Moves what has to move, in the background. */
  begin(): void {
    if (!this.#stopped) this.#background = this.#shared.run();
  }

  /** Ends for good; what was not moved is moved after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#background;
  }

  /** Chunks that have to leave this device, because no other volume of it takes them. */
  async *surplus(): AsyncIterable<ChunkId> {
    await this.#background;
    yield* this.#leaving();
  }

  /** The chunk, and the room that it took, are given up: other devices have shown that they have it. */
  async release(id: ChunkId): Promise<void> {
    const { parts, isThere } = this.#own;
    await parts.locks.hold(id, async () => {
      const row = parts.index.chunk(id);
      const volume = row === undefined ? undefined : parts.volumes.get(row.volume);
      if (row === undefined || volume === undefined) return;
      if (this.#surplusOf(volume) === 0 || !(await isThere(volume))) return;
      await parts.index.set(id, { chunk: null });
      parts.changes.announce({ kind: 'lost', id, reason: 'deleted' });
      await this.#giveUp(volume, id, row);
    });
  }

  async #moveAll(): Promise<void> {
    try {
      for await (const id of this.#leaving()) {
        if (this.#stopped) return;
        await this.#move(id);
      }
    } catch (error) {
      // No other volume takes it: what is left is `surplus`. The volumes' own states say why.
      if (!(error instanceof PeerstorError)) throw error;
    }
  }

  async *#leaving(): AsyncIterable<ChunkId> {
    const { index, volumes } = this.#own.parts;
    const shrinking = [...volumes.values()].filter((volume) => this.#surplusOf(volume) > 0);
    if (shrinking.length === 0) return;
    for await (const { id, volume: at } of index.chunks()) {
      const volume = volumes.get(at);
      if (volume !== undefined && this.#surplusOf(volume) > 0) yield id;
    }
  }

  #surplusOf(volume: Volume): number {
    return volume.surplusBytes(this.#own.parts.index.count(volume.id));
  }

  /** Held at every moment: the new record is durable before the old one goes. */
  async #move(id: ChunkId): Promise<void> {
    const { parts, reader, writer } = this.#own;
    const bytes = await this.#soundBytes(reader, id);
    if (bytes === undefined) return;
    await parts.locks.hold(id, async () => {
      const row = parts.index.chunk(id);
      const volume = row === undefined ? undefined : parts.volumes.get(row.volume);
      if (row === undefined || volume === undefined || this.#surplusOf(volume) === 0) return;
      await writer.place(id, bytes);
      await this.#giveUp(volume, id, row);
    });
  }

  /** A copy that is bad is quarantined and not moved: undefined. */
  async #soundBytes(reader: ChunkReader, id: ChunkId): Promise<Uint8Array | undefined> {
    try {
      return await reader.read(id);
    } catch (error) {
      if (error instanceof PeerstorError) return undefined;
      throw error;
    }
  }

  /** A record that stays behind without a mark is put into the trash by the next comparison with the index. */
  async #giveUp(volume: Volume, id: ChunkId, row: ChunkRow): Promise<void> {
    try {
      await volume.markDead(id, placeOf(row));
      volume.space.forget();
    } catch (error) {
      diskFailure(volume, 'A chunk that has another place now could not be given up on', error);
    }
  }
}
