/** Who is told when a chunk comes or goes. */
import type { ChunkChange } from '../../model/contracts/chunk-store.ts';
import { throwApart } from './throw-apart.ts';

export class Changes {
  readonly #listeners = new Set<(change: ChunkChange) => void>();

  /** @returns the unsubscriber */
  onChange(listener: (change: ChunkChange) => void): () => void {
    // A wrapper, so that one function can be subscribed twice and unsubscribed once.
    const own = (change: ChunkChange) => listener(change);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Call only after the change is durable, and in the order of the changes to one id. */
  announce(change: ChunkChange): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        // The chunk is stored whatever a listener does: its fault is its own, and a loud one.
        throwApart(error);
      }
    }
  }
}
