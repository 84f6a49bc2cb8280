/**
 * Seals chunks on a thread of its own, so that the thread that serves sockets only moves bytes. Buffers
 * change hands and are not copied. The thread is started by the first chunk, and ends when it had nothing to do.
 */
import { Worker } from 'node:worker_threads';
import { systemClock, type Timer } from '../../model/clock.ts';
import type { Bytes } from '../bytes.ts';
import { payloadBytesMax, type SealedChunk, sealChunk } from './chunk.ts';

/** What the thread is asked. */
export interface SealingJob {
  number: number;
  secret: Uint8Array;
  /** The thread's own until it answers. */
  buffer: Bytes;
  /** The payload is the buffer's first bytes. */
  length: number;
}

export type SealingAnswer = { number: number; buffer: Bytes } & (
  | { sealed: SealedChunk }
  | { error: unknown }
);

/** A chunk and the buffer in which its payload was: the same memory, in another object. */
export interface SealedFromBuffer {
  sealed: SealedChunk;
  buffer: Uint8Array;
}

/** Below this the way to another thread costs more than the sealing. */
const apartBytesMin = 64 * 1024;
/** An idle thread takes some 10 MiB. */
const idleMs = 10_000;

interface Waiting {
  resolve(answer: SealedFromBuffer): void;
  reject(error: unknown): void;
}

export class SealingThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: Timer | undefined;
  #last = 0;

  /**
   * As `sealChunk`, for a payload at the beginning of a buffer that is nobody else's.
   * @returns the chunk, and the buffer, which is given back; the one that was given in is empty afterwards
   */
  async seal(dedupeSecret: Uint8Array, buffer: Uint8Array, length: number): Promise<SealedFromBuffer> {
    const { buffer: memory } = buffer;
    const isWhole = memory instanceof ArrayBuffer && memory.byteLength === buffer.byteLength;
    // What is no payload is refused here: an error that comes from another thread has lost its code.
    if (length < apartBytesMin || length > payloadBytesMax || !isWhole) {
      return { sealed: await sealChunk(dedupeSecret, buffer.subarray(0, length)), buffer };
    }
    this.#idle?.cancel();
    const worker = this.#start();
    this.#last += 1;
    const number = this.#last;
    const sealed = new Promise<SealedFromBuffer>((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
    });
    const job: SealingJob = { number, secret: dedupeSecret, buffer: new Uint8Array(memory), length };
    // The process lives as long as somebody waits, and may end while the thread has nothing to do.
    worker.ref();
    worker.postMessage(job, [memory]);
    return await sealed;
  }

  /** Ends the thread when nobody waits for it; the next chunk starts another one. */
  async stop(): Promise<void> {
    const worker = this.#worker;
    if (this.#waiting.size > 0) return;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const file = process.env.PEERSTOR_BUILT === '1' ? './sealing-worker.js' : './sealing-worker.ts';
    const worker = new Worker(new URL(file, import.meta.url));
    worker.on('message', (answer: SealingAnswer) => this.#answered(answer));
    worker.on('error', (error) => this.#failed(worker, error));
    worker.on('exit', () => this.#failed(worker, new Error('The sealing thread ended.')));
    this.#worker = worker;
    return worker;
  }

  #answered(answer: SealingAnswer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if ('sealed' in answer) waiting?.resolve({ sealed: answer.sealed, buffer: answer.buffer });
    else waiting?.reject(answer.error);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#idle = systemClock.after(idleMs, () => void this.stop());
  }

  /** What was on its way is lost with the thread: those uploads fail, and the next chunk starts another thread. */
  #failed(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** One for the process. */
export const sealingThread = new SealingThread();
