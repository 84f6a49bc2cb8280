/** One lock for each chunk id. */
import type { ChunkId } from '../../model/ids.ts';

/** Work under the same id runs one after the other, in the order it was asked for. */
export class IdLocks {
  readonly #tails = new Map<ChunkId, Promise<void>>();

  /** For work that must not wait, because it holds another lock itself. */
  isHeld(id: ChunkId): boolean {
    return this.#tails.has(id);
  }

  async hold<T>(id: ChunkId, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(id);
    const { promise: tail, resolve: release } = Promise.withResolvers<void>();
    this.#tails.set(id, tail);
    try {
      await before;
      return await work();
    } finally {
      release();
      if (this.#tails.get(id) === tail) this.#tails.delete(id);
    }
  }
}
