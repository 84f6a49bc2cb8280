/** What the segments of a volume say, in little memory: where records begin, and the last mark of each. */
import type { Place, SegmentEntry, SegmentRecord } from '../segments/segment-format.ts';

type Mark = Exclude<SegmentRecord, { kind: 'chunk' }>;

/** Segments have numbers below 2²⁴ for as long as a volume lives, offsets below 2²⁸. */
const keyOf = ({ segment, offset }: Place): number => segment * 2 ** 28 + offset;

export class KnownRecords {
  /** Number of a segment → offsets of its chunks, ascending. */
  readonly #offsets = new Map<number, Uint32Array>();
  readonly #marks = new Map<number, Mark>();

  /** In the order of the log: the last mark of a place counts. */
  addSegment(segment: number, entries: Iterable<SegmentEntry>): void {
    const offsets: number[] = [];
    for (const entry of entries) {
      if (entry.kind === 'chunk') offsets.push(entry.offset);
      else this.add(entry);
    }
    this.#offsets.set(segment, Uint32Array.from(offsets));
  }

  add(mark: SegmentRecord): void {
    if (mark.kind !== 'chunk') this.#marks.set(keyOf(mark.target), mark);
  }

  markOf(place: Place): Mark | undefined {
    return this.#marks.get(keyOf(place));
  }

  /** Did a chunk's record begin there when its segment was read? */
  has({ segment, offset }: Place): boolean {
    const offsets = this.#offsets.get(segment) ?? new Uint32Array(0);
    let [low, high] = [0, offsets.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((offsets[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return offsets[low] === offset;
  }
}
