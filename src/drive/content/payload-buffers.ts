/**
 * Memory for the chunks of uploads, from the socket to the disk: bytes are cut, compressed, sealed and written where
 * they first arrived. Buffers are used again and again, because fresh ones cost more in page faults than the copy into
 * them; and they are shared memory, which the sealing thread sees too and V8 does not count: what it counts makes it
 * look through the whole heap every 30 MiB of an upload.
 */
import { payloadAt } from '../../crypto/index.ts';
import { systemClock, type Timer } from '../../model/clock.ts';
import { chunksInFlightMax, sealedChunkBytesMax } from '../../model/limits.ts';

/** Where the content begins in a buffer: behind what sealing puts before the payload, and the codec byte. */
export const contentAt = payloadAt + 1;
const codecAt = payloadAt;
/** Without uploads for so long, the memory is left to the collector. */
const idleMs = 10_000;

export class PayloadBuffers {
  #idle: Uint8Array[] = [];
  #timer: Timer | undefined;

  /** A buffer that nobody else has; what is in it is not defined. */
  take(): Uint8Array {
    return this.#idle.pop() ?? new Uint8Array(new SharedArrayBuffer(sealedChunkBytesMax));
  }

  /** Gives it back. Only when nothing reads it any more: the next chunk is written over it. */
  give(buffer: Uint8Array): void {
    if (this.#idle.length < chunksInFlightMax) this.#idle.push(buffer);
    this.#timer?.cancel();
    this.#timer = systemClock.after(idleMs, () => {
      this.#idle = [];
    });
  }
}

export function setCodec(buffer: Uint8Array, codec: number): void {
  buffer[codecAt] = codec;
}

/** One for the process: idle buffers of one upload serve the next. */
export const payloadBuffers = new PayloadBuffers();
