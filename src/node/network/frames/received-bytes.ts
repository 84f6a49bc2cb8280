/** Bytes that came from a peer and were not read yet: where both kinds of connections cut their frames from. */
import type { Clock } from '../../../model/clock.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { limit } from '../limits/limit-timer.ts';

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
    while (this.#bytes < count) {
      if (this.#ended) throw this.#parts.gone();
      const before = this.#bytes;
      await this.#arrival(before > 0 ? this.#parts.stallMs : limitMs);
      if (this.#bytes === before && !this.#ended && !this.#parts.isHeldBack()) {
        const error = new PeerstorError('peer-timeout', 'The device stopped sending.');
        this.#parts.abort(error);
        throw error;
      }
    }
  }

  /** A copy of the first `count` bytes, which stay. There must be as many. */
  peek(count: number): Uint8Array {
    const slab = Buffer.allocUnsafeSlow(count);
    let filled = 0;
    for (let at = 0; filled < count; at += 1) {
      const piece = this.#piece(at).subarray(0, count - filled);
      slab.set(piece, filled);
      filled += piece.byteLength;
    }
    return new Uint8Array(slab.buffer, slab.byteOffset, count);
  }

  /** Takes the first `count` bytes out. There must be as many. */
  cut(count: number): Uint8Array {
    const bytes = this.peek(count);
    let left = count;
    while (left > 0) {
      const piece = this.#piece(0);
      if (piece.byteLength <= left) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(left);
      left -= Math.min(piece.byteLength, left);
    }
    this.#bytes -= count;
    return bytes;
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
