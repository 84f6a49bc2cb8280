/**
 * Promises of this device to other devices that it keeps a chunk: they give up a copy because of it. The bytes
 * are read and hashed before a promise is sent, and a promise lasts `holdMs`.
 */
import type { Clock } from '../../model/clock.ts';
import { afterPrefix } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import type { WriteBehind } from '../database/write-behind.ts';

/** h ‖ chunk → until when, elapsed ms, double */
const rowPrefix = 'h';

export class Holds {
  readonly #index: WriteBehind;
  readonly #clock: Clock;
  readonly #holdMs: number;

  constructor(parts: { index: WriteBehind; clock: Clock; holdMs: number }) {
    this.#index = parts.index;
    this.#clock = parts.clock;
    this.#holdMs = parts.holdMs;
  }

  isHeld(key: ChunkKey): boolean {
    try {
      const row = this.#index.get(rowPrefix + key);
      return row !== undefined && this.#isInForce(row);
    } catch (error) {
      // An unreadable promise still binds.
      if (isPeerstorError(error, 'index-corrupt')) return true;
      throw error;
    }
  }

  /** In force at once; in the database when `flush` of the index resolves. */
  promise(key: ChunkKey): void {
    const row = Buffer.alloc(8);
    row.writeDoubleBE(this.#clock.elapsedMs() + this.#holdMs);
    this.#index.set(rowPrefix + key, row);
  }

  /** The bytes turned out to be bad: no device was told of the promise. */
  withdraw(key: ChunkKey): void {
    this.#index.set(rowPrefix + key, null);
  }

  /** Drops expired promises. */
  async tidy(): Promise<void> {
    for await (const page of this.#index.pages(rowPrefix, afterPrefix(rowPrefix))) {
      for (const [key, row] of page) if (!this.#isInForce(row)) this.#index.set(key, null);
    }
  }

  #isInForce(row: Uint8Array): boolean {
    const untilMs = Buffer.from(row.buffer, row.byteOffset, row.byteLength).readDoubleBE();
    return untilMs > this.#clock.elapsedMs();
  }
}
