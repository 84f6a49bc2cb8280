/** A TCP socket that carries the frames of `sealed-frames.ts`, with back-pressure and time limits both ways. */
import type { Socket } from 'node:net';
import { chunkBufferBytes, chunkBuffers } from '../../../model/chunk-buffers.ts';
import type { Clock } from '../../../model/clock.ts';
import { PeerstorError } from '../../../model/errors.ts';
import { frameBytesMax } from '../../../model/limits.ts';
import { copyInto } from '../../../model/memory.ts';
import type { FrameStream } from '../frames/frame-stream.ts';
import { requestKind } from '../frames/message.ts';
import { ReceivedBytes } from '../frames/received-bytes.ts';
import type { Throttle } from '../limits/bandwidth.ts';
import { limit } from '../limits/limit-timer.ts';
import { coveredBytes, FrameMac, macBytes, type SealedKeys, sealedHeadBytes } from './sealed-frames.ts';

/** Unread bytes at which the sender is stopped: one frame must always fit. */
const pauseAtBytes = frameBytesMax + sealedHeadBytes;
const closeWaitMs = 1000;
/** Of a request; shorter ones would waste the buffer of a whole chunk. */
const keptBytesMin = 64 * 1024;

export interface SealedSocketOptions {
  keys: SealedKeys;
  clock: Clock;
  /** A frame that has begun, or a write, may go this long without a byte. */
  stallMs: number;
  throttle?: Throttle | undefined;
}

export class SealedSocket implements FrameStream {
  readonly #socket: Socket;
  readonly #options: SealedSocketOptions;
  readonly #sent: FrameMac;
  readonly #checks: FrameMac;
  readonly #received: ReceivedBytes;
  readonly #closeListeners = new Set<(reason: Error) => void>();
  /** Received pieces that the bandwidth limit has not allowed yet. */
  #heldBack = 0;
  #failure: Error | undefined;
  #endSeen = false;
  #closed = false;
  #lastByteAtMs: number;

  constructor(socket: Socket, options: SealedSocketOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#sent = new FrameMac(options.keys.send);
    this.#checks = new FrameMac(options.keys.receive);
    this.#received = new ReceivedBytes({
      clock: options.clock,
      stallMs: options.stallMs,
      resume: () => this.#resume(),
      isHeldBack: () => this.#heldBack > 0,
      abort: (reason) => this.abort(reason),
      gone: () => this.#gone(),
      ownsPieces: true,
    });
    this.#lastByteAtMs = options.clock.monotonicMs();
    socket.setNoDelay(true);
    socket.on('data', (piece: Buffer) => this.#take(piece));
    socket.on('end', () => this.#received.end());
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#received.end();
      for (const listener of this.#closeListeners) listener(this.#gone());
      this.#closeListeners.clear();
    });
  }

  get lastByteAtMs(): number {
    return this.#heldBack > 0 ? this.#options.clock.monotonicMs() : this.#lastByteAtMs;
  }

  onClosed(listener: (reason: Error) => void): void {
    if (this.#closed) listener(this.#gone());
    else this.#closeListeners.add(listener);
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#endSeen) return undefined;
    try {
      return await this.#readFrame();
    } catch (error) {
      this.abort(error as Error);
      throw error;
    }
  }

  async #readFrame(): Promise<Uint8Array | undefined> {
    await this.#received.need(sealedHeadBytes, undefined);
    const head = this.#received.cut(sealedHeadBytes);
    const length = new DataView(head.buffer, head.byteOffset, 4).getUint32(0);
    const mac = head.subarray(4, 4 + macBytes);
    if (length === 0) {
      this.#checks.check(mac, 0, new Uint8Array(0));
      this.#endSeen = true;
      return undefined;
    }
    const { stallMs } = this.#options;
    await this.#received.need(1, stallMs);
    const kind = this.#received.first;
    const covered = coveredBytes(length, kind);
    await this.#received.need(covered, stallMs);
    const start = this.#received.cut(covered);
    // Checked before the rest is waited for: a forged length costs no memory.
    this.#checks.check(mac, length, start);
    if (covered === length) return start;
    const frame = kind === requestKind ? chunkFrame(length) : Buffer.allocUnsafeSlow(length);
    copyInto(frame, 0, start);
    await this.#received.fill(frame.subarray(covered));
    return frame;
  }

  async write(parts: readonly Uint8Array[]): Promise<void> {
    const length = parts.reduce((sum, part) => sum + part.byteLength, 0);
    if (length === 0) throw new PeerstorError('frame-too-large', 'A frame must have at least 1 byte.');
    await this.#send(length, parts, coveredBytes(length, parts[0]?.[0]));
  }

  async end(): Promise<void> {
    try {
      await this.#send(0, [], 0);
      this.#socket.end();
    } catch (error) {
      this.abort(error as Error);
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(closeWaitMs, () => {
        this.#socket.destroy();
        resolve();
      });
      this.onClosed(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  abort(reason: Error): void {
    this.#failure ??= reason;
    this.#socket.destroy();
    this.#received.end();
  }

  #take(piece: Buffer): void {
    this.#lastByteAtMs = this.#options.clock.monotonicMs();
    this.#received.add(piece);
    const held = this.#options.throttle?.down(piece.byteLength);
    if (held !== undefined) {
      this.#heldBack += 1;
      void held.then(() => {
        this.#heldBack -= 1;
        this.#resume();
      });
    }
    if (this.#heldBack > 0 || this.#received.bytes >= pauseAtBytes) this.#socket.pause();
    this.#received.notice();
  }

  #resume(): void {
    if (this.#heldBack === 0 && this.#socket.isPaused()) this.#socket.resume();
  }

  async #send(length: number, parts: readonly Uint8Array[], covered: number): Promise<void> {
    const held = this.#options.throttle?.up(sealedHeadBytes + length);
    if (held !== undefined) await held;
    if (this.#closed || this.#failure !== undefined) throw this.#gone();
    const head = Buffer.allocUnsafe(sealedHeadBytes);
    head.writeUInt32BE(length, 0);
    head.set(this.#sent.next(length, firstBytes(parts, covered)), 4);
    const pieces = [head, ...parts];
    await new Promise<void>((resolve, reject) => {
      const timer = limit(this.#options.clock, this.#options.stallMs, () => {
        this.abort(new PeerstorError('peer-timeout', 'The device stopped taking what is sent to it.'));
      });
      this.#socket.cork();
      pieces.forEach((piece, index) => {
        if (index < pieces.length - 1) this.#socket.write(piece);
        else
          this.#socket.write(piece, (error) => {
            timer.cancel();
            if (error) reject(this.#gone());
            else resolve();
          });
      });
      this.#socket.uncork();
    });
  }

  #gone(): Error {
    const cause = this.#failure;
    if (cause instanceof PeerstorError) return cause;
    const why = cause === undefined ? 'it closed' : cause.message;
    return new PeerstorError('peer-unreachable', `The connection to the device is gone: ${why}`, { cause });
  }
}

/** A request with a chunk stays where it arrives until the chunk is on disk: its handler's end gives the buffer back. */
function chunkFrame(length: number): Uint8Array {
  const isChunk = length >= keptBytesMin && length <= chunkBufferBytes;
  return isChunk ? chunkBuffers.takeMessage(length) : Buffer.allocUnsafeSlow(length);
}

function firstBytes(parts: readonly Uint8Array[], count: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(count);
  let filled = 0;
  for (const part of parts) {
    if (filled === count) break;
    const piece = part.subarray(0, count - filled);
    bytes.set(piece, filled);
    filled += piece.byteLength;
  }
  return bytes;
}
