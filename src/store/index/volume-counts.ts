/** How much each volume holds, and how much of each of its segments somebody still needs. */
import type { VolumeId } from '../../model/ids.ts';
import { volumeId } from '../../model/ids.ts';
import { recordHeadBytes } from '../segments/segment-format.ts';
import { type ChunkRow, decodeRow, peekRow, type TrashRow } from './chunk-rows.ts';

/** What a volume holds; trash takes room too. Bytes are sealed bytes, without the heads of records. */
export interface VolumeCount {
  chunks: number;
  bytes: number;
  trashBytes: number;
}

/** As it is kept after a clean stop. */
export type SavedCounts = Record<string, VolumeCount & { segments: Record<string, number> }>;

interface Count extends VolumeCount {
  /** Number of a segment → bytes of its records that are held or in the trash. */
  segments: Map<number, number>;
}

export class VolumeCounts {
  readonly #counts = new Map<VolumeId, Count>();
  /** The same by the bytes of the volume's id. */
  readonly #byBytes = new Map<string, Count>();

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  of(volume: VolumeId): Readonly<VolumeCount> {
    return this.#counts.get(volume) ?? { chunks: 0, bytes: 0, trashBytes: 0 };
  }

  /** Bytes of the segment's records that are held or in the trash, with their heads. */
  liveBytes(volume: VolumeId, segment: number): number {
    return this.#counts.get(volume)?.segments.get(segment) ?? 0;
  }

  change(rows: { chunk?: ChunkRow | undefined; trash?: TrashRow | undefined }, sign: 1 | -1): void {
    if (rows.chunk !== undefined) {
      const count = this.#live(rows.chunk, sign);
      count.chunks += sign;
      count.bytes += sign * rows.chunk.size;
    }
    if (rows.trash !== undefined) this.#live(rows.trash, sign).trashBytes += sign * rows.trash.size;
  }

  /** Adds a row as it is kept in the database: a start after a kill counts a million of them. */
  add(row: Uint8Array, part: 'chunk' | 'trash'): void {
    const { volumeBytes, size, segment } = peekRow(row);
    let count = this.#byBytes.get(volumeBytes);
    if (count === undefined) {
      count = this.#of(decodeRow(row).volume);
      this.#byBytes.set(volumeBytes, count);
    }
    count.segments.set(segment, (count.segments.get(segment) ?? 0) + recordHeadBytes + size);
    if (part === 'trash') {
      count.trashBytes += size;
      return;
    }
    count.chunks += 1;
    count.bytes += size;
  }

  clear(): void {
    this.#counts.clear();
    this.#byBytes.clear();
  }

  save(): SavedCounts {
    const saved: SavedCounts = {};
    for (const [id, { segments, ...count }] of this.#counts) {
      saved[id] = { ...count, segments: Object.fromEntries(segments) };
    }
    return saved;
  }

  load(saved: SavedCounts): void {
    this.clear();
    for (const [id, { segments, ...count }] of Object.entries(saved)) {
      const numbers = Object.entries(segments).map(([number, bytes]) => [Number(number), bytes] as const);
      this.#counts.set(volumeId(id), { ...count, segments: new Map(numbers) });
    }
  }

  #of(volume: VolumeId): Count {
    const count = this.#counts.get(volume) ?? { chunks: 0, bytes: 0, trashBytes: 0, segments: new Map() };
    this.#counts.set(volume, count);
    return count;
  }

  #live(row: ChunkRow, sign: 1 | -1): Count {
    const count = this.#of(row.volume);
    const bytes = (count.segments.get(row.segment) ?? 0) + sign * (recordHeadBytes + row.size);
    if (bytes === 0) count.segments.delete(row.segment);
    else count.segments.set(row.segment, bytes);
    return count;
  }
}
