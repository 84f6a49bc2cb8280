/** Chunks from the volumes, and what is done when one is not what it should be. */
import { chunkBuffers } from '../../model/chunk-buffers.ts';
import type { GetOptions } from '../../model/contracts/chunk-store.ts';
import { isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { shortId } from '../../model/ids.ts';
import { sealedChunkBytesMax } from '../../model/limits.ts';
import { keptBuffers } from '../../model/memory.ts';
import { diskVerdict, isUnreadable } from '../files/disk-error.ts';
import { type ChunkRow, placeOf } from '../index/chunk-rows.ts';
import { diskFailure, drop, type IsThere, locate, type StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';
import { hashesTo } from './chunk-hash.ts';

/** A shorter chunk would keep the buffer of a whole one. */
const sharedBytesMin = 64 * 1024;

export class ChunkReader {
  readonly #parts: StoreParts;
  readonly #isThere: IsThere;

  constructor(parts: StoreParts, isThere: IsThere) {
    this.#parts = parts;
    this.#isThere = isThere;
  }

  /** @throws as `ChunkStore.get` */
  async read(id: ChunkId, options: Omit<GetOptions, 'signal'> = {}): Promise<Uint8Array> {
    const { verify = true } = options;
    const held = locate(this.#parts, id);
    if (held === undefined) throw chunkMissing(id);
    const { size } = held.row;
    const into = size <= sealedChunkBytesMax ? memoryFor(size, options) : undefined;
    // Whatever is wrong here is found out by `examine`, under the lock and with fresh eyes.
    const bytes = await held.volume.log.read(held.row, id, size, into).catch(() => undefined);
    if (bytes !== undefined && (!verify || (await this.#parts.hashesTo(id, bytes)))) return bytes;
    return await this.examine(id);
  }

  /**
   * Reads and checks a chunk that somebody doubts. Bytes that are right after all are returned: the
   * chunk may just have been moved by compaction, or the reader was at fault, and a good copy must not
   * be given up for that.
   * @throws `chunk-corrupt` after it was quarantined, `chunk-missing`, `storage-failed`
   */
  async examine(id: ChunkId): Promise<Uint8Array> {
    return await this.#parts.locks.hold(id, async () => {
      const held = locate(this.#parts, id);
      if (held === undefined) throw chunkMissing(id);
      const bytes = await this.#readDoubted(id, held.volume, held.row);
      if (bytes !== undefined && (await hashesTo(id, bytes))) return bytes;
      await this.#quarantine(id, held.volume, held.row);
      throw new PeerstorError(
        'chunk-corrupt',
        `The copy of chunk ${shortId(id)} on this device is damaged; it was put into quarantine.`,
      );
    });
  }

  /** As `examine`, for somebody who only wants a bad copy out of the way. */
  async quarantineIfCorrupt(id: ChunkId): Promise<void> {
    try {
      await this.examine(id);
    } catch (error) {
      if (!isPeerstorError(error, 'chunk-corrupt') && !isPeerstorError(error, 'chunk-missing')) throw error;
    }
  }

  /** Undefined when the bytes cannot be had any more. */
  async #readDoubted(id: ChunkId, volume: Volume, row: ChunkRow): Promise<Uint8Array | undefined> {
    try {
      return await volume.log.read(row, id, row.size);
    } catch (error) {
      if (diskVerdict(error) === 'gone') {
        if (await this.#isThere(volume)) await this.#dropIfGone(id, volume, row);
        throw chunkMissing(id);
      }
      const failure = diskFailure(volume, `Chunk ${shortId(id)} could not be read from`, error);
      if (!isUnreadable(error)) throw failure;
      return undefined;
    }
  }

  /** Looks once more: the volume may just have been opened anew. An error says nothing about the chunk. */
  async #dropIfGone(id: ChunkId, volume: Volume, row: ChunkRow): Promise<void> {
    const isGone = await volume.log.has(row, id).then(
      (has) => !has,
      (error: unknown) => diskVerdict(error) === 'gone',
    );
    if (isGone) await drop(this.#parts, id, 'missing');
  }

  /** The record is never served again: it is marked, so that no rescan takes it for a chunk, and compaction drops it. */
  async #quarantine(id: ChunkId, volume: Volume, row: ChunkRow): Promise<void> {
    try {
      await volume.markDead(id, placeOf(row), true);
    } catch (error) {
      // The copy is bad whether or not the disk takes the mark; a later rescan may find it again.
      diskFailure(volume, `Chunk ${shortId(id)} could not be put into quarantine on`, error);
    }
    volume.foundRotten(this.#parts.clock.monotonicMs());
    await drop(this.#parts, id, 'corrupt');
  }
}

/** Undefined: memory of its own. */
function memoryFor(size: number, { kept, shared }: GetOptions): Uint8Array | undefined {
  if (shared === true) return size < sharedBytesMin ? undefined : chunkBuffers.take().subarray(0, size);
  return kept === true ? keptBuffers.take(size) : undefined;
}

function chunkMissing(id: ChunkId): PeerstorError {
  return new PeerstorError('chunk-missing', `Chunk ${shortId(id)} is not on this device.`);
}
