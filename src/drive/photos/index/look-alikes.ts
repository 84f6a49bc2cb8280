/** Groups of pictures that look alike: equal content, or hashes that differ in few bits. */
import { setImmediate as breathe } from 'node:timers/promises';
import { type Photo, ratioOf } from './photo-row.ts';

/** Of 64 bits. Of two hashes that differ in at most seven, one of the eight bytes is equal: only those are compared. */
const distanceMax = 7;
/** Copies in another size have nearly the same ratio. */
const ratioDifferenceMax = 0.05;
/** Hashes with few ones or few zeros are those of plain areas: they say nothing. */
const onesMin = 8;
const photosAtOnce = 500;

/** @param photos newest first. @returns groups of at least two, in the same order */
export async function lookAlikes(photos: readonly Photo[]): Promise<Photo[][]> {
  const groups = new Groups(photos.length);
  const byDigest = new Map<string, number>();
  photos.forEach(({ digest }, at) => {
    const first = byDigest.get(digest);
    if (first === undefined) byDigest.set(digest, at);
    else groups.join(first, at);
  });
  const buckets = new Map<number, number[]>();
  for (const [at, photo] of photos.entries()) {
    if (at % photosAtOnce === 0) await breathe();
    const { perceptualHash: hash } = photo;
    if (!hash || !says(hash)) continue;
    const compared = new Set<number>();
    for (const [byte, value] of hash.entries()) {
      const key = byte * 256 + value;
      const bucket = buckets.get(key) ?? [];
      for (const other of bucket) if (!compared.has(other)) compared.add(other);
      bucket.push(at);
      buckets.set(key, bucket);
    }
    for (const other of compared) if (isAlike(photo, hash, photos[other])) groups.join(other, at);
  }
  return groups.all().map((group) => group.flatMap((at) => photos[at] ?? []));
}

function isAlike(photo: Photo, hash: Uint8Array, other: Photo | undefined): boolean {
  if (!other?.perceptualHash || distance(hash, other.perceptualHash) > distanceMax) return false;
  const [left, right] = [ratioOf(photo), ratioOf(other)];
  return Math.abs(left - right) <= ratioDifferenceMax * Math.max(left, right);
}

const ones = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

function distance(left: Uint8Array, right: Uint8Array): number {
  let bits = 0;
  for (let at = 0; at < left.length; at += 1) bits += ones[(left[at] ?? 0) ^ (right[at] ?? 0)] ?? 0;
  return bits;
}

function says(hash: Uint8Array): boolean {
  const count = hash.reduce((sum, byte) => sum + (ones[byte] ?? 0), 0);
  return count >= onesMin && count <= 64 - onesMin;
}

/** Disjoint sets of numbers. */
class Groups {
  readonly #parents: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, at) => at);
  }

  join(left: number, right: number): void {
    const [first, second] = [this.#top(left), this.#top(right)];
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }

  all(): number[][] {
    const found = new Map<number, number[]>();
    for (let at = 0; at < this.#parents.length; at += 1) {
      const top = this.#top(at);
      const group = found.get(top);
      if (group) group.push(at);
      else found.set(top, [at]);
    }
    return [...found.values()].filter((group) => group.length > 1);
  }

  #top(at: number): number {
    let top = at;
    while (this.#parents[top] !== top) {
      const next = this.#parents[top] ?? top;
      this.#parents[top] = this.#parents[next] ?? next;
      top = next;
    }
    return top;
  }
}
