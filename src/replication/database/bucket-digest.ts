/**
 * Digest of a list of chunks: 4096 buckets by the first 12 bits of the id. Each bucket has a count and the XOR
 * of 64 bits of its ids. Two devices compare 48 KiB and fetch only the buckets that differ. The digest finds
 * accidents, not lies: a read finds out a member that lies about its list.
 */
import { assert } from '../../model/assert.ts';

export const bucketCount = 4096;
const entryBytes = 12;
export const digestBytes = bucketCount * entryBytes;

/** Binary string of a chunk id's 32 bytes (`idKey`): half the size of hex, and in database order. */
export type ChunkKey = string;

export function bucketOf(key: ChunkKey): number {
  return (key.charCodeAt(0) << 4) | (key.charCodeAt(1) >> 4);
}

/** The first key of a bucket, also for the bucket after the last one: bounds of a range. */
export function bucketStart(bucket: number): ChunkKey {
  if (bucket >= bucketCount) return '\xff'.repeat(33);
  return String.fromCharCode(bucket >> 4, (bucket & 15) << 4);
}

export class BucketDigests {
  /** Per bucket: count, high half, low half. */
  readonly #words = new Uint32Array(bucketCount * 3);

  /** Adds or removes a key. The caller must know that the key was absent or present before. */
  toggle(key: ChunkKey, present: boolean): void {
    const at = bucketOf(key) * 3;
    const words = this.#words;
    // Bytes that do not determine the bucket number.
    words[at] = (words[at] ?? 0) + (present ? 1 : -1);
    words[at + 1] = (words[at + 1] ?? 0) ^ wordAt(key, 8);
    words[at + 2] = (words[at + 2] ?? 0) ^ wordAt(key, 12);
  }

  /** Clears the counts of buckets [from, to): they then differ from every list that is not empty. */
  clear(from: number, to = from + 1): void {
    this.#words.fill(0, from * 3, to * 3);
  }

  /** Copies the counts of buckets [from, to), for `changedSince`. */
  snapshot(from: number, to: number): Uint32Array {
    return this.#words.slice(from * 3, to * 3);
  }

  /** Returns the buckets from `from` on whose counts differ from the snapshot. */
  changedSince(snapshot: Uint32Array, from: number): number[] {
    const words = this.#words.subarray(from * 3);
    const buckets: number[] = [];
    for (let at = 0; at < snapshot.length; at += 3) {
      const equal =
        words[at] === snapshot[at] &&
        words[at + 1] === snapshot[at + 1] &&
        words[at + 2] === snapshot[at + 2];
      if (!equal) buckets.push(from + at / 3);
    }
    return buckets;
  }

  /** Makes a bucket differ from every list, so that the next comparison fetches it. */
  spoil(bucket: number): void {
    this.#words.fill(0xffffffff, bucket * 3, bucket * 3 + 3);
  }

  /** 12 bytes, big-endian: count ‖ XOR. */
  readBucket(bucket: number): Uint8Array {
    const bytes = new Uint8Array(entryBytes);
    this.#copy(bucket, new DataView(bytes.buffer), 0);
    return bytes;
  }

  writeBucket(bucket: number, bytes: Uint8Array): void {
    assert(bytes.length === entryBytes, 'a bucket digest has 12 bytes');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let word = 0; word < 3; word++) this.#words[bucket * 3 + word] = view.getUint32(word * 4);
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(digestBytes);
    const view = new DataView(bytes.buffer);
    for (let bucket = 0; bucket < bucketCount; bucket++) this.#copy(bucket, view, bucket * entryBytes);
    return bytes;
  }

  /** Returns the buckets that differ from `theirs` (48 KiB). */
  differing(theirs: Uint8Array): number[] {
    assert(theirs.length === digestBytes, 'digests have 48 KiB');
    const view = new DataView(theirs.buffer, theirs.byteOffset, theirs.byteLength);
    const words = new Uint32Array(bucketCount * 3);
    for (let word = 0; word < words.length; word++) words[word] = view.getUint32(word * 4);
    return this.changedSince(words, 0);
  }

  /** Number of chunks counted in a bucket. */
  countOf(bucket: number): number {
    return this.#words[bucket * 3] ?? 0;
  }

  /** Number of chunks counted in all buckets. */
  total(): number {
    let total = 0;
    for (let bucket = 0; bucket < bucketCount; bucket++) total += this.#words[bucket * 3] ?? 0;
    return total;
  }

  #copy(bucket: number, view: DataView, offset: number): void {
    for (let word = 0; word < 3; word++)
      view.setUint32(offset + word * 4, this.#words[bucket * 3 + word] ?? 0);
  }
}

function wordAt(key: ChunkKey, at: number): number {
  return (
    (key.charCodeAt(at) << 24) |
    (key.charCodeAt(at + 1) << 16) |
    (key.charCodeAt(at + 2) << 8) |
    key.charCodeAt(at + 3)
  );
}
