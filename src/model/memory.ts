/**
 * Memory that is given back at once instead of at the next garbage collection.
 *
 * V8 counts the bytes behind buffers with its heap and looks through the whole heap for every 40 to
 * 60 MiB of new ones. A device that lets a gigabyte run through fresh buffers does so up to 85 times:
 * with 80 MB of live objects that was more than half of an upload's CPU time (bench/pipeline.bench.ts).
 */
import { systemClock, type Timer } from './clock.ts';
import { sealedChunkBytesMax } from './limits.ts';

/** Below this the call costs more than it saves. */
const releasedBytesMin = 16 * 1024;

/**
 * Gives the memory of `bytes` back; their length is 0 afterwards. Only for whoever owns them alone,
 * when nothing reads or writes them any more: not even a file write or hash that is still under way.
 * A view of a part of a larger buffer is left alone, unless it lacks one byte only: who reads a file with one
 * more byte than it should have, to see that it ends there, has such a buffer to itself.
 */
export function releaseMemory(bytes: Uint8Array): void {
  const { buffer, byteLength } = bytes;
  if (byteLength < releasedBytesMin || buffer.byteLength - byteLength > 1) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/**
 * Copies source[from … to] into `target` from byte `at` on, by memcpy. `set` takes twenty times as long where the target
 * is shared memory, and so does node's `copy` of a whole buffer, which is `set`: it is copied in two parts.
 */
export function copyInto(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  from = 0,
  to = source.length,
): void {
  const [input, output] = [bufferOf(source), bufferOf(target)];
  const middle = from === 0 && to === source.length ? to >> 1 : from;
  if (middle > from) input.copy(output, at, from, middle);
  input.copy(output, at + middle - from, middle, to);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Those of several readers with full windows. */
const idleMax = 32;
/** Without readers for so long, the memory is left to the collector. */
const idleMs = 10_000;

/**
 * Memory for chunks on their way from the disk to a reader: a chunk is read into a buffer, opened in it, and sent from it. Buffers
 * are used again and again, because fresh ones cost more in page faults than the copy into them, and hundreds of megabytes
 * of them lie about until V8 looks for garbage.
 */
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
