/**
 * Memory for sealed chunks under way: from the socket of an upload to the disk and to other devices, and from another
 * device's socket to the disk. Bytes stay where they first arrived. Buffers are used again and again, because fresh ones
 * cost more in page faults than a copy into them; and they are shared memory, which the sealing thread sees too and V8
 * does not count: what it counts makes it look through the whole heap every 30 MiB.
 */
import { systemClock, type Timer } from './clock.ts';
import { sealedChunkBytesMax } from './limits.ts';

/** Before each chunk is room for what a message puts in front of it, so that both are sent from one place. */
export const chunkHeadroomBytes = 64;
/** Of one buffer: what a chunk under way takes of memory, however short it is. */
export const chunkBufferBytes = chunkHeadroomBytes + sealedChunkBytesMax;

/** Those of the largest upload and of what other devices send. */
const idleMax = 64;
/** Without chunks for so long, the memory is left to the collector. */
const idleMs = 10_000;

export class ChunkBuffers {
  /** How many hold each buffer that is lent. */
  readonly #holders = new WeakMap<ArrayBufferLike, number>();
  #idle: SharedArrayBuffer[] = [];
  #timer: Timer | undefined;

  /** Room for the largest sealed chunk that nobody else has; what is in it is not defined. */
  take(): Uint8Array {
    return new Uint8Array(this.#lend(), chunkHeadroomBytes, sealedChunkBytesMax);
  }

  /** The same for a message with a chunk in it. @param bytes at most `chunkBufferBytes` */
  takeMessage(bytes: number): Uint8Array {
    return new Uint8Array(this.#lend(), 0, bytes);
  }

  /** Is it, or a view of, what `take` gave, and not given back by all yet? */
  isLent({ buffer }: Uint8Array): boolean {
    return this.#holders.has(buffer);
  }

  /** One more holds the buffer of these bytes, and will give it back too. @returns false, and does nothing, for other bytes */
  share({ buffer }: Uint8Array): boolean {
    const holders = this.#holders.get(buffer);
    if (holders === undefined) return false;
    this.#holders.set(buffer, holders + 1);
    return true;
  }

  /**
   * Gives the buffer back by any view of it, once for each holder. Only when this holder's reads are over, even those of
   * a socket: the next content is written over it, and that is not sealed yet. After an error that leaves it open whether
   * somebody still reads, it is not given back; the collector takes it. Other bytes are left alone.
   */
  give({ buffer }: Uint8Array): void {
    const holders = this.#holders.get(buffer);
    if (holders === undefined) return;
    if (holders > 1) return void this.#holders.set(buffer, holders - 1);
    this.#holders.delete(buffer);
    if (buffer instanceof SharedArrayBuffer && this.#idle.length < idleMax) this.#idle.push(buffer);
    // A look now and then costs less than a timer for each chunk.
    this.#timer ??= systemClock.after(idleMs, () => {
      this.#timer = undefined;
      this.#idle = [];
    });
  }

  #lend(): SharedArrayBuffer {
    const buffer = this.#idle.pop() ?? new SharedArrayBuffer(chunkBufferBytes);
    this.#holders.set(buffer, 1);
    return buffer;
  }
}

/** One for the process: idle buffers of one upload serve the next. */
export const chunkBuffers = new ChunkBuffers();
