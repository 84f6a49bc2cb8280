/**
 * The only file that touches libp2p's streams. It turns a byte stream into frames (u32 length, then that many
 * bytes) and adds what libp2p 3.x lacks: back-pressure in both directions, an explicit end, time limits, and
 * Errors where libp2p rejects with Event objects. Each rule below answers a measurement;
 * src/node/network/README.md lists them.
 */
import type { Stream } from '@libp2p/interface';
import type { Clock } from '../../../model/clock.ts';
import { PeerstorError, sentenceOf } from '../../../model/errors.ts';
import { frameBytesMax } from '../../../model/limits.ts';
import { copyInto } from '../../../model/memory.ts';
import type { Throttle } from '../limits/bandwidth.ts';
import { limit } from '../limits/limit-timer.ts';
import type { FrameStream } from './frame-stream.ts';
import { ReceivedBytes } from './received-bytes.ts';

const headBytes = 4;
/**
 * Bytes handed to the muxer at a time. It passes a piece to the reader only when the piece is complete, so a
 * slow link looks dead with larger ones. This size fits one noise message (65,519 bytes).
 */
const pieceBytes = 63 * 1024;
/** Unread bytes at which the sender is stopped: one frame must always fit. */
const pauseAtBytes = frameBytesMax + headBytes;
const closeWaitMs = 1000;

export interface FramedStreamOptions {
  clock: Clock;
  /** A frame that has begun, or a write, may go this long without a byte. */
  stallMs: number;
  /** Delays bytes in both directions; the delay is then not a sign that the peer is gone. */
  throttle?: Throttle | undefined;
}

export interface ReadOptions {
  /** Limit for the first byte of the frame; without it, only the stream's life is the limit. */
  timeoutMs?: number;
}

export class FramedStream implements FrameStream {
  readonly #stream: Stream;
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #throttle: Throttle | undefined;
  readonly #received: ReceivedBytes;
  readonly #closeListeners = new Set<(reason: Error) => void>();
  #paused = false;
  /** Received pieces that the bandwidth limit has not allowed yet: until then no more are read. */
  #heldBack = 0;
  #failure: Error | undefined;
  #endSeen = false;
  #closed = false;
  #lastByteAtMs: number;

  /** Construct it before the first `await` of a handler: without a 'message' listener libp2p resets at 4 MiB. */
  constructor(stream: Stream, options: FramedStreamOptions) {
    this.#stream = stream;
    this.#clock = options.clock;
    this.#stallMs = options.stallMs;
    this.#throttle = options.throttle;
    this.#lastByteAtMs = options.clock.monotonicMs();
    this.#received = new ReceivedBytes({
      clock: options.clock,
      stallMs: options.stallMs,
      resume: () => this.#resume(),
      isHeldBack: () => this.#heldBack > 0,
      abort: (reason) => this.abort(reason),
      gone: () => this.#gone(),
    });
    stream.addEventListener('message', ({ data }) => this.#take(data));
    stream.addEventListener('end', () => this.#received.end());
    stream.addEventListener('close', (event) => {
      this.#failure ??= event.error === undefined ? undefined : asError(event.error);
      // Bytes that libp2p still holds for a paused reader can be read after the stream has closed.
      if (event.error !== undefined || stream.readBufferLength === 0) this.#received.end();
      this.#closed = true;
      for (const listener of this.#closeListeners) listener(this.#gone());
      this.#closeListeners.clear();
    });
  }

  /** Monotonic time of the last byte from the peer: the heartbeat uses it as sign of life. */
  get lastByteAtMs(): number {
    // A silence that this device's own limit causes says nothing about the peer.
    return this.#heldBack > 0 ? this.#clock.monotonicMs() : this.#lastByteAtMs;
  }

  /** Bytes received and not read yet. */
  get unreadBytes(): number {
    return this.#received.bytes + this.#stream.readBufferLength;
  }

  /** Called once, as soon as the stream is gone. */
  onClosed(listener: (reason: Error) => void): void {
    if (this.#closed) listener(this.#gone());
    else this.#closeListeners.add(listener);
  }

  /**
   * The next frame, or undefined when the peer sent the END frame. One reader at a time.
   * @throws `peer-unreachable` when the stream ended without an END frame, `peer-timeout`, `frame-too-large`
   */
  async read(options: ReadOptions = {}): Promise<Uint8Array | undefined> {
    if (this.#endSeen) return undefined;
    await this.#received.need(headBytes, options.timeoutMs);
    const head = this.#received.cut(headBytes);
    const length = new DataView(head.buffer, head.byteOffset, headBytes).getUint32(0);
    if (length === 0) {
      this.#endSeen = true;
      return undefined;
    }
    if (length > frameBytesMax) {
      const error = new PeerstorError('frame-too-large', `A frame of ${length} bytes exceeds the limit.`);
      this.abort(error);
      throw error;
    }
    await this.#received.need(length, this.#stallMs);
    return this.#received.cut(length);
  }

  /**
   * Sends one frame, made of `parts` in order, and resolves when libp2p has passed all of it on. One writer at
   * a time; the parts must not change until then.
   * @throws `peer-unreachable`, `peer-timeout`, `frame-too-large`
   */
  async write(parts: readonly Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (length === 0 || length > frameBytesMax) {
      throw new PeerstorError(
        'frame-too-large',
        `A frame must have 1 to ${frameBytesMax} bytes, not ${length}.`,
      );
    }
    await this.#send(length, parts);
  }

  /** Sends the END frame, then closes. Resolves when the peer closed too, or after a second. */
  async end(): Promise<void> {
    try {
      await this.#send(0, []);
      await this.#stream.close({ signal: AbortSignal.timeout(closeWaitMs) });
    } catch (error) {
      // Only a courtesy: a peer that misses it sees the stream close.
      this.abort(asError(error));
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(closeWaitMs, resolve);
      this.onClosed(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** Ends both directions now. The peer sees a reset without a reason, so send the reason in a frame before. */
  abort(reason: Error): void {
    this.#failure ??= reason;
    this.#stream.abort(reason);
    this.#received.end();
  }

  #take(data: Uint8Array | Iterable<Uint8Array>): void {
    this.#lastByteAtMs = this.#clock.monotonicMs();
    const pieces = data instanceof Uint8Array ? [data] : data;
    const before = this.#received.bytes;
    for (const piece of pieces) this.#received.add(piece);
    this.#holdBack(this.#throttle?.down(this.#received.bytes - before));
    if (!this.#paused && (this.#heldBack > 0 || this.#received.bytes >= pauseAtBytes)) {
      this.#paused = true;
      // In a microtask: a pause inside the handler is undone by the resume() that dispatched it.
      queueMicrotask(() => {
        if (this.#paused && this.#stream.readStatus === 'readable') this.#stream.pause();
      });
    }
    this.#received.notice();
  }

  #holdBack(allowed: Promise<void> | undefined): void {
    if (allowed === undefined) return;
    this.#heldBack += 1;
    void allowed.then(() => {
      this.#heldBack -= 1;
      this.#lastByteAtMs = this.#clock.monotonicMs();
      if (this.#received.isAwaited || this.#received.bytes < pauseAtBytes) this.#resume();
    });
  }

  #resume(): void {
    if (!this.#paused || this.#heldBack > 0) return;
    this.#paused = false;
    if (this.#stream.readStatus !== 'paused') return;
    try {
      this.#stream.resume();
    } catch (error) {
      // The connection is gone: resume() delivered the rest, then could not announce the window.
      this.#failure ??= asError(error);
      this.#received.end();
    }
  }

  async #send(length: number, parts: readonly Uint8Array[]): Promise<void> {
    const head = new Uint8Array(headBytes);
    new DataView(head.buffer).setUint32(0, length);
    for (const piece of pieces([head, ...parts])) {
      const held = this.#throttle?.up(piece.byteLength);
      if (held !== undefined) await held;
      if (this.#stream.writeStatus !== 'writable') throw this.#gone();
      try {
        this.#stream.send(piece);
      } catch (error) {
        throw this.#gone(error);
      }
      // 'drain' comes with every window update, not when the buffer is empty: the byte count decides.
      while (this.#stream.writeBufferLength > 0 || this.#stream.writableNeedsDrain) {
        await this.#drain();
        // libp2p sends the rest in a microtask that it queued during the event: check after it.
        await Promise.resolve();
      }
    }
    if (this.#failure !== undefined) throw this.#gone();
  }

  #drain(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#stream.writeStatus !== 'writable') return reject(this.#gone());
      const settle = (error?: Error) => {
        timer.cancel();
        this.#stream.removeEventListener('drain', onDrain);
        this.#stream.removeEventListener('close', onClose);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onDrain = () => settle();
      const onClose = () => settle(this.#gone());
      const timer = limit(this.#clock, this.#stallMs, () => {
        const error = new PeerstorError('peer-timeout', 'The device stopped taking what is sent to it.');
        this.abort(error);
        settle(error);
      });
      this.#stream.addEventListener('drain', onDrain);
      this.#stream.addEventListener('close', onClose);
    });
  }

  #gone(cause: unknown = this.#failure): Error {
    if (cause instanceof PeerstorError) return cause;
    const why = cause === undefined ? 'it closed' : sentenceOf(asError(cause));
    return new PeerstorError('peer-unreachable', `The connection to the device is gone: ${why}`, { cause });
  }
}

/** Joins small parts and cuts large ones: no piece above `pieceBytes`, and not many tiny ones. */
function* pieces(parts: readonly Uint8Array[]): Iterable<Uint8Array> {
  let small: Uint8Array[] = [];
  let smallBytes = 0;
  for (const part of parts) {
    if (smallBytes + part.byteLength <= pieceBytes) {
      small.push(part);
      smallBytes += part.byteLength;
      continue;
    }
    if (smallBytes > 0) yield Buffer.concat(small);
    small = [];
    smallBytes = 0;
    for (let at = 0; at < part.byteLength; at += pieceBytes) yield ownPiece(part, at);
  }
  if (smallBytes > 0) yield Buffer.concat(small);
}

/** Noise may encrypt a piece after it was taken, and shared memory may have other content by then: that is copied. */
function ownPiece(part: Uint8Array, at: number): Uint8Array {
  const piece = part.subarray(at, at + pieceBytes);
  if (piece.buffer instanceof ArrayBuffer) return piece;
  const own = Buffer.allocUnsafeSlow(piece.byteLength);
  copyInto(own, 0, piece);
  return own;
}

/** libp2p rejects with Event objects; as an unhandled rejection such an object would end the process. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  if (thrown instanceof Event) return new Error(thrown.type === '' ? 'an event without a name' : thrown.type);
  return new Error(sentenceOf(thrown));
}
