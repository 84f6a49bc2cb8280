/**
 * Memory for chunks on their way from the disk to a reader: a chunk is read into a buffer, opened in it, and sent from it. Buffers
 * are used again and again, because fresh ones cost more in page faults than the copy into them, and hundreds of megabytes
 * of them lie about until V8 looks for garbage.
 */
import { systemClock, type Timer } from './clock.ts';
import { sealedChunkBytesMax } from './limits.ts';

/** Those of several readers with full windows. */
const idleMax = 32;
/** Without readers for so long, the memory is left to the collector. */
const idleMs = 10_000;

export class KeptBuffers {
  readonly #lent = new WeakSet<ArrayBuffer>();
  #idle: ArrayBuffer[] = [];
  #timer: Timer | undefined;

  /** A view of a buffer that nobody else has; what is in it is not defined. @param bytes at most those of the largest sealed chunk */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const buffer = this.#idle.pop() ?? new ArrayBuffer(sealedChunkBytesMax);
    this.#lent.add(buffer);
    return new Uint8Array(buffer, 0, bytes);
  }

  /** Is it, or a view of, what `take` gave, and not given back yet? */
  isLent({ buffer }: Uint8Array): boolean {
    return buffer instanceof ArrayBuffer && this.#lent.has(buffer);
  }

  /**
   * Gives a buffer back by any view of it, once. Only when nothing reads it any more, not even a socket. Other bytes are left alone;
   * what is never given back is garbage like any other.
   */
  give({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || !this.#lent.delete(buffer)) return;
    if (this.#idle.length < idleMax) this.#idle.push(buffer);
    this.#timer ??= systemClock.after(idleMs, () => this.#tire());
  }

  /** A look now and then costs less than a timer for each chunk. */
  #tire(): void {
    this.#timer = undefined;
    this.#idle = [];
  }
}

/** One for the process. */
export const keptBuffers = new KeptBuffers();
