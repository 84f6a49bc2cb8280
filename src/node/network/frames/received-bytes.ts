/** Bytes that came from a peer and were not read yet: where both kinds of connections cut their frames from. */
import type { Clock } from '../../../model/clock.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { copyInto, releaseMemory } from '../../../model/memory.ts';
import { limit } from '../limits/limit-timer.ts';

/** Below it, memory of its own costs more than it saves. */
const slabBytesMax = 4096;

export interface ReceivedBytesParts {
  clock: Clock;
  /** Once bytes have come, the next ones may take this long. */
  stallMs: number;
  /** Lets the connection read on: a reader wants more than is here. */
  resume: () => void;
  /** True while this device's own bandwidth limit holds bytes back: a silence then says nothing about the peer. */
  isHeldBack: () => boolean;
  /** Ends the connection of a peer that stopped sending. */
  abort: (reason: Error) => void;
  /** Why no more bytes come. */
  gone: () => Error;
  /** Nobody else has the pieces: their memory is given back as soon as they are copied. */
  ownsPieces?: boolean;
}

export class ReceivedBytes {
  readonly #parts: ReceivedBytesParts;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(parts: ReceivedBytesParts) {
    this.#parts = parts;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** True while a reader waits for more. */
  get isAwaited(): boolean {
    return this.#wake !== undefined;
  }

  /** Takes a piece over; call `notice` when it may be read. */
  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.byteLength;
  }

  /** Wakes the reader, which looks again whether there is enough. */
  notice(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** No more bytes come. */
  end(): void {
    this.#ended = true;
    this.notice();
  }

  /**
   * Resolves when `count` bytes can be read. The limit restarts with every byte that arrives. One reader at a time.
   * @param limitMs for the first byte; without it, only the life of the connection is the limit
   * @throws `peer-timeout`, or what `gone` says when no more bytes come
   */
  async need(count: number, limitMs: number | undefined): Promise<void> {
    while (this.#bytes < count) await this.#more(this.#bytes > 0 ? this.#parts.stallMs : limitMs);
  }

  /** The first byte, which stays. There must be one. */
  get first(): number | undefined {
    return this.#piece(0)[0];
  }

  /** Takes the first `count` bytes out. There must be as many. */
  cut(count: number): Uint8Array {
    // A small one comes from a slab that small ones share; a large one can be given back by itself.
    const bytes = count < slabBytesMax ? Buffer.allocUnsafe(count) : Buffer.allocUnsafeSlow(count);
    for (let filled = 0; filled < count; ) filled += this.#move(bytes, filled);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, count);
  }

  /** Fills the target with the next bytes while they come, which may be more than the connection holds. @throws as `need` */
  async fill(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.byteLength; ) {
      if (this.#bytes === 0) await this.#more(this.#parts.stallMs);
      else filled += this.#move(target, filled);
    }
  }

  /** Moves of the first piece what the target has room for. @returns how many bytes */
  #move(target: Uint8Array, filled: number): number {
    const piece = this.#piece(0);
    const count = Math.min(piece.byteLength, target.byteLength - filled);
    copyInto(target, filled, piece, 0, count);
    this.#bytes -= count;
    if (count < piece.byteLength) this.#pieces[0] = piece.subarray(count);
    else {
      this.#pieces.shift();
      if (this.#parts.ownsPieces === true) releaseBuffer(piece);
    }
    return count;
  }

  /** Waits until bytes have come. @throws as `need` */
  async #more(limitMs: number | undefined): Promise<void> {
    if (this.#ended) throw this.#parts.gone();
    const before = this.#bytes;
    await this.#arrival(limitMs);
    if (this.#bytes !== before || this.#ended || this.#parts.isHeldBack()) return;
    const error = new PeerstorError('peer-timeout', 'The device stopped sending.');
    this.#parts.abort(error);
    throw error;
  }

  #piece(at: number): Uint8Array {
    const piece = this.#pieces[at];
    if (piece === undefined) throw new Error('broken invariant: fewer bytes than counted');
    return piece;
  }

  /** Resolves when bytes arrive, at the end, or after the limit. */
  #arrival(limitMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer =
        limitMs === undefined ? undefined : limit(this.#parts.clock, limitMs, () => this.notice());
      this.#wake = () => {
        timer?.cancel();
        resolve();
      };
      // The reader wants more than is here: going on only below some low mark would wait for ever.
      this.#parts.resume();
    });
  }
}

/** What was before the piece in its buffer was read before. */
function releaseBuffer({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (byteOffset + byteLength === buffer.byteLength) releaseMemory(new Uint8Array(buffer));
}
