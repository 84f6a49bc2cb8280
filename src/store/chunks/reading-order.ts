/** All chunks, volume by volume, as they lie in the segments: a disk reads them without seeking. */
import type { ChunkId } from '../../model/ids.ts';
import { isSamePlace } from '../index/chunk-rows.ts';
import type { StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';

export interface PlacedChunk {
  id: ChunkId;
  size: number;
  /** Volume, segment and offset, in hex digits of one length: positions sort as they are read. */
  position: string;
}

/**
 * Chunks that are put meanwhile are left out; those that compaction moves were hashed when it did.
 * @param after a position as it was given, or any text
 */
export async function* inReadingOrder(parts: StoreParts, after: string): AsyncIterable<PlacedChunk> {
  const volumes = [...parts.volumes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const volume of volumes) {
    if (!volume.present) continue;
    for (const segment of volume.log.numbers) {
      if (positionOf(volume, segment, 2 ** 32 - 1) <= after) continue;
      for (const entry of await entriesOrNone(volume, segment)) {
        const position = positionOf(volume, segment, entry.offset);
        if (entry.kind !== 'chunk' || position <= after || !volume.present) continue;
        const row = parts.index.chunk(entry.id);
        const place = { segment, offset: entry.offset };
        if (isSamePlace(row, volume.id, place)) yield { id: entry.id, size: entry.length, position };
      }
    }
  }
}

/** A segment that was deleted meanwhile has nothing to read. */
async function entriesOrNone(volume: Volume, segment: number) {
  return volume.log.bytesOf(segment) === undefined ? [] : await volume.log.entries(segment);
}

function positionOf({ id }: Volume, segment: number, offset: number): string {
  const digits = (number: number) => number.toString(16).padStart(8, '0');
  return `${id}/${digits(segment)}/${digits(offset)}`;
}
