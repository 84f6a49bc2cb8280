/** Strings in order, kept in blocks so that adding one does not move all the others. */

const blockKeysMax = 512;

/** A two-level sorted list: adding and deleting touch one block of at most 512 keys. */
export class SortedKeys {
  /** Never empty blocks, in order; keys in order inside each. */
  readonly #blocks: string[][] = [];

  /** @param key must not be in the list yet */
  add(key: string): void {
    const at = Math.max(0, this.#blockOf(key));
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([key]);
      return;
    }
    block.splice(firstAtLeast(block, key), 0, key);
    if (block.length > blockKeysMax) this.#blocks.splice(at + 1, 0, block.splice(blockKeysMax / 2));
  }

  delete(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) return;
    const place = firstAtLeast(block, key);
    if (block[place] === key) block.splice(place, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** Keys in [gte, lt); the list must not change while they are read. */
  *between(gte: string, lt: string, reverse: boolean): Iterable<string> {
    const step = reverse ? -1 : 1;
    let at = Math.max(0, this.#blockOf(reverse ? lt : gte));
    for (; at >= 0 && at < this.#blocks.length; at += step) {
      const block = this.#blocks[at] ?? [];
      let place = reverse ? firstAtLeast(block, lt) - 1 : firstAtLeast(block, gte);
      for (; place >= 0 && place < block.length; place += step) {
        const key = block[place];
        if (key === undefined || (reverse ? key < gte : key >= lt)) return;
        yield key;
      }
    }
  }

  /** The last block that begins at or before `key`; -1 when all begin after it. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.#blocks[middle]?.[0];
      if (first !== undefined && first <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Index of the first key that is `>= key`. */
function firstAtLeast(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = keys[middle];
    if (at !== undefined && at < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
