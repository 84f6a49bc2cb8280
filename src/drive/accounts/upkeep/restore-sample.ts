/** Chooses what a restore drill reads: some of many files, and some places of a large file. Pure. */
import type { Random } from '../../../model/clock.ts';

/** Keeps a uniform random sample of a stream of unknown length (reservoir sampling). */
export class Reservoir<Item> {
  readonly #size: number;
  readonly #random: Random;
  readonly #kept: Item[] = [];
  #seen = 0;

  constructor(size: number, random: Random) {
    this.#size = size;
    this.#random = random;
  }

  add(item: Item): void {
    this.#seen += 1;
    if (this.#kept.length < this.#size) {
      this.#kept.push(item);
      return;
    }
    const at = Math.floor(this.#random.next() * this.#seen);
    if (at < this.#size) this.#kept[at] = item;
  }

  /** In a random order. */
  items(): Item[] {
    const items = [...this.#kept];
    for (let last = items.length - 1; last > 0; last -= 1) {
      const at = Math.floor(this.#random.next() * (last + 1));
      const [one, other] = [items[last], items[at]];
      if (one === undefined || other === undefined) continue;
      items[last] = other;
      items[at] = one;
    }
    return items;
  }
}

/**
 * Places in a file of `size` bytes, ascending: its first and last byte, and a random one in each of
 * `count` equal parts. Reading the chunks at these places checks every part.
 */
export function placesIn(size: number, count: number, random: Random): number[] {
  const places = new Set([0, size - 1]);
  const part = size / count;
  for (let number = 0; number < count; number += 1) {
    places.add(Math.min(size - 1, Math.floor((number + random.next()) * part)));
  }
  return [...places].sort((a, b) => a - b);
}
