/**
 * Memory for the chunks of uploads, used again and again: fresh buffers would cost more in page
 * faults than the copy into them.
 */
import { chunkBytesMax, uploadChunksInFlight } from '../../model/limits.ts';

/** Room for the codec byte and the longest chunk. */
const bufferBytes = 1 + chunkBytesMax;
/** Enough for one upload at full speed and the chunk that it is filling. More are left to the collector. */
const idleMax = uploadChunksInFlight + 1;

export class PayloadBuffers {
  readonly #idle: Uint8Array[] = [];

  /** A buffer that nobody else has; what is in it is not defined. */
  take(): Uint8Array {
    // A Buffer would be a trap: its `slice` is a view, not a copy. Not zeroed: most are filled anyway.
    return this.#idle.pop() ?? new Uint8Array(Buffer.allocUnsafeSlow(bufferBytes).buffer);
  }

  /** Gives it back. Only when nothing reads it any more: the next chunk is written over it. */
  give(buffer: Uint8Array): void {
    if (this.#idle.length < idleMax) this.#idle.push(buffer);
  }
}

/** One for the process: idle buffers of one upload serve the next. */
export const payloadBuffers = new PayloadBuffers();
