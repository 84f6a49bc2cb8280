/**
 * Seals chunks on a thread of its own, so that the thread that serves sockets only moves bytes. Both see the same
 * memory, and nothing is copied. The thread is started by the first chunk, and ends when it had nothing to do.
 */
import { Worker } from 'node:worker_threads';
import { systemClock, type Timer } from '../../model/clock.ts';
import type { Bytes } from '../bytes.ts';
import { sha256 } from '../hash.ts';
import { mustBePayload, type SealedInPlace, sealInPlace } from './chunk.ts';

/** What the thread is asked. */
export interface SealingJob {
  number: number;
  /** Undefined: only the hash of the bytes is wanted. */
  secret: Uint8Array | undefined;
  /** Shared memory, the thread's own until it answers. */
  buffer: Uint8Array;
  /** Of the payload to be sealed, which begins at `payloadAt`. */
  length: number;
}

export type SealingAnswer = { number: number } & (
  | { sealed: SealedInPlace }
  | { hash: Bytes }
  | { error: unknown }
);

/** Below this the way to another thread costs more than the sealing. */
const apartBytesMin = 64 * 1024;
/** An idle thread takes some 10 MiB. */
const idleMs = 10_000;

interface Waiting {
  resolve(answer: SealingAnswer): void;
  reject(error: unknown): void;
}

export class SealingThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: Timer | undefined;
  #last = 0;

  /**
   * As `sealInPlace`. Large payloads go to the thread where their buffer is shared memory.
   * @param buffer nobody else may touch it until this settles: a change between hash and cipher would seal
   * two payloads under one key
   */
  async seal(dedupeSecret: Uint8Array, buffer: Uint8Array, length: number): Promise<SealedInPlace> {
    // What is no payload is refused here: an error that comes from another thread has lost its code.
    mustBePayload(length);
    if (!isForThread(buffer, length)) return sealInPlace(dedupeSecret, buffer, length);
    const answer = await this.#ask(dedupeSecret, buffer, length);
    if ('sealed' in answer) return answer.sealed;
    throw failureIn(answer);
  }

  /** SHA-256. Many bytes go to the thread where they are in shared memory. @param bytes nobody may change them until this settles */
  async hash(bytes: Uint8Array): Promise<Bytes> {
    if (!isForThread(bytes, bytes.length)) return sha256(bytes);
    const answer = await this.#ask(undefined, bytes, bytes.length);
    if ('hash' in answer) return answer.hash;
    throw failureIn(answer);
  }

  #ask(secret: Uint8Array | undefined, buffer: Uint8Array, length: number): Promise<SealingAnswer> {
    this.#idle?.cancel();
    const worker = this.#start();
    this.#last += 1;
    const job: SealingJob = { number: this.#last, secret, buffer, length };
    const answer = new Promise<SealingAnswer>((resolve, reject) => {
      this.#waiting.set(job.number, { resolve, reject });
    });
    // The process lives as long as somebody waits, and may end while the thread has nothing to do.
    worker.ref();
    worker.postMessage(job);
    return answer;
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
    waiting?.resolve(answer);
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

function isForThread({ buffer }: Uint8Array, length: number): boolean {
  return length >= apartBytesMin && buffer instanceof SharedArrayBuffer;
}

function failureIn(answer: SealingAnswer): unknown {
  return 'error' in answer
    ? answer.error
    : new Error('The sealing thread did something else than it was asked.');
}

/** One for the process. */
export const sealingThread = new SealingThread();
