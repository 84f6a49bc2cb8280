/**
 * Digests of what this device holds: per table 256 buckets, each the XOR of 8 bytes of the counted
 * records' revisions; the first byte of a revision selects its bucket. Devices with equal vectors have
 * equal digests. `isCounted` decides what counts: dropping superseded records, which devices do at different
 * times, must not change a digest, and a record that others may depend on must be in it.
 */
import { fromHex, type Revision } from '../../model/ids.ts';
import { isCounted, type Register } from './register-row.ts';

export const digestBuckets = 256;
const bucketBytes = 8;
export const digestBytes = digestBuckets * bucketBytes;

/** table → its buckets; XOR makes it its own inverse. */
export class Digests {
  readonly #tables = new Map<string, Uint8Array>();

  of(table: string): Uint8Array {
    return this.#tables.get(table)?.slice() ?? new Uint8Array(digestBytes);
  }

  tables(): string[] {
    return [...this.#tables.keys()];
  }

  /** Adds a record, or removes it again. */
  toggle(table: string, revision: Revision): void {
    const buckets = this.#bucketsOf(table);
    const bytes = fromHex(revision);
    const start = bucketOf(revision) * bucketBytes;
    for (let index = 0; index < bucketBytes; index += 1) {
      buckets[start + index] = (buckets[start + index] ?? 0) ^ (bytes[bucketBytes + index] ?? 0);
    }
  }

  /** Takes a register's change into account. */
  replace(table: string, before: Register, after: Register): void {
    const counted = new Set<Revision>();
    for (const held of before) if (isCounted(table, held)) counted.add(held.revision);
    for (const held of after) {
      if (isCounted(table, held) && !counted.delete(held.revision)) this.toggle(table, held.revision);
    }
    for (const revision of counted) this.toggle(table, revision);
  }

  join(other: Digests): void {
    for (const [table, added] of other.#tables) {
      const buckets = this.#bucketsOf(table);
      for (let at = 0; at < digestBytes; at += 1) buckets[at] = (buckets[at] ?? 0) ^ (added[at] ?? 0);
    }
  }

  #bucketsOf(table: string): Uint8Array {
    let buckets = this.#tables.get(table);
    if (!buckets) {
      buckets = new Uint8Array(digestBytes);
      this.#tables.set(table, buckets);
    }
    return buckets;
  }
}

export function bucketOf(revision: Revision): number {
  return Number.parseInt(revision.slice(0, 2), 16);
}

/** Buckets in which two digests of a table differ. */
export function differingBuckets(left: Uint8Array, right: Uint8Array): number[] {
  if (Buffer.compare(left, right) === 0) return [];
  const differing: number[] = [];
  for (let bucket = 0; bucket < digestBuckets; bucket += 1) {
    const [start, end] = [bucket * bucketBytes, (bucket + 1) * bucketBytes];
    if (Buffer.compare(left.subarray(start, end), right.subarray(start, end)) !== 0) differing.push(bucket);
  }
  return differing;
}
