/**
 * Outgoing frames of one lane. Small ones go first, because people wait for them; after a run of them one large
 * frame gets its turn, so that neither kind starves. Order is kept within each kind.
 */
import { PeerstorError } from '../../../model/errors.ts';
import type { FrameStream } from './frame-stream.ts';
import { largeRequestBytes } from './message.ts';

/** Small frames in a row while a large one waits: about as many bytes as one large frame at most. */
const smallRunMax = 16;
/** Callers bound what they queue; more than this is a bug here, or a peer that reads nothing. */
const queuedBytesMax = 48 * 1024 * 1024;
const queuedFramesMax = 8192;

interface Waiting {
  parts: readonly Uint8Array[];
  bytes: number;
  sent: () => void;
}

export interface QueuedFrame {
  /** Resolves when the frame left this process' buffers, was withdrawn, or the lane is gone. */
  sent: Promise<void>;
  /** Takes the frame back; false when it is being written already. */
  withdraw(): boolean;
}

export class FrameQueue {
  readonly #stream: Pick<FrameStream, 'write'>;
  readonly #onFailure: (error: Error) => void;
  readonly #small: Waiting[] = [];
  readonly #large: Waiting[] = [];
  #bytes = 0;
  #smallRun = 0;
  #running = false;
  #closed = false;

  /** @param onFailure called once, when writing failed or the queue overflowed: the lane is unusable */
  constructor(stream: Pick<FrameStream, 'write'>, onFailure: (error: Error) => void) {
    this.#stream = stream;
    this.#onFailure = onFailure;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param options.inOrder keeps the frame in order with the small frames, whatever its size */
  push(parts: readonly Uint8Array[], options: { inOrder?: boolean } = {}): QueuedFrame {
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting: Waiting = { parts, bytes, sent: resolve };
    if (this.#closed) {
      resolve();
      return { sent: promise, withdraw: () => false };
    }
    const line = bytes > largeRequestBytes && options.inOrder !== true ? this.#large : this.#small;
    line.push(waiting);
    this.#bytes += bytes;
    if (this.#bytes > queuedBytesMax || this.#small.length + this.#large.length > queuedFramesMax) {
      this.#fail(new PeerstorError('peer-unreachable', 'The device takes too little of what is sent to it.'));
    } else if (!this.#running) {
      this.#running = true;
      void this.#run();
    }
    return { sent: promise, withdraw: () => this.#withdraw(line, waiting) };
  }

  /** Drops everything that waits. */
  close(): void {
    this.#closed = true;
    for (const waiting of [...this.#small.splice(0), ...this.#large.splice(0)]) waiting.sent();
    this.#bytes = 0;
  }

  #withdraw(line: Waiting[], waiting: Waiting): boolean {
    const at = line.indexOf(waiting);
    if (at < 0) return false;
    line.splice(at, 1);
    this.#bytes -= waiting.bytes;
    waiting.sent();
    return true;
  }

  async #run(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      try {
        await this.#stream.write(next.parts);
      } catch (error) {
        next.sent();
        this.#fail(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      this.#bytes = Math.max(0, this.#bytes - next.bytes);
      next.sent();
    }
    this.#running = false;
  }

  #next(): Waiting | undefined {
    const largeIsDue = this.#large.length > 0 && (this.#small.length === 0 || this.#smallRun >= smallRunMax);
    this.#smallRun = largeIsDue ? 0 : this.#smallRun + 1;
    return largeIsDue ? this.#large.shift() : this.#small.shift();
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    this.close();
    this.#onFailure(error);
  }
}
