/** Chunks of a whole network in one map: checks the order of what it is given, and fails where a test asks for it. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { readReferences, sha256 } from '../../src/crypto/index.ts';
import type { SafetyLevel, SafetyView } from '../../src/model/api.ts';
import type { GetOptions } from '../../src/model/contracts/chunk-store.ts';
import type { ChunkNetwork, ChunkUpload } from '../../src/model/contracts/replication.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import { type ChunkId, toHex } from '../../src/model/ids.ts';
import { keptBuffers } from '../../src/model/memory.ts';

const manifestFormat = 2;
const wanted = 3;

/** It is its own upload, too, for tests of what only puts chunks. */
/** The same bytes in a buffer that is used again. */
function lent(bytes: Uint8Array): Uint8Array {
  const kept = keptBuffers.take(bytes.length);
  kept.set(bytes);
  return kept;
}

export class MemoryChunkNetwork implements ChunkNetwork, Pick<ChunkUpload, 'put' | 'adopt'> {
  /** Chunks are read as a disk gives them: into buffers that the reader gives back. */
  lendsBuffers = false;
  /** Durable chunks by id. */
  readonly chunks: Map<ChunkId, Uint8Array>;
  /** Copies of other devices: what a read finds after `reportCorruptLocal`. */
  readonly elsewhere = new Map<ChunkId, Uint8Array>();
  /** Each step of an upload in order: `put ID`, `adopt ID`, `settle LEVEL`, `close`. */
  readonly steps: string[] = [];
  /** The steps, and what was read: `read ID`, `reportCorruptLocal ID`. */
  readonly calls: string[] = [];
  /** Devices that copies reach; 1 is this one alone. */
  copies = 1;
  /** Thrown by the next put. */
  failPut: Error | undefined;
  /** Waited for by each settle. */
  settling: Promise<void> | undefined;
  /** Called before a put becomes durable, with its number from 1; throws to make it fail. */
  beforePut: (number: number) => Promise<void> | void = () => turn();
  /** Called before a read answers. */
  beforeRead: (id: ChunkId) => Promise<void> | void = () => turn();
  puts = 0;
  putsUnderWay = 0;
  putsUnderWayMax = 0;
  readsUnderWay = 0;
  readsUnderWayMax = 0;
  readsAborted = 0;
  manifests = 0;

  /** @param chunks shared between the networks of several devices, as if all were always reachable */
  constructor(chunks = new Map<ChunkId, Uint8Array>()) {
    this.chunks = chunks;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  beginUpload(): ChunkUpload {
    return {
      put: (id, bytes) => this.put(id, bytes),
      adopt: (id) => this.adopt(id),
      settle: (level, _waitMs, signal) => this.#settle(level, signal),
      close: () => this.#note('close'),
    };
  }

  async put(id: ChunkId, bytes: Uint8Array): Promise<void> {
    const { failPut } = this;
    this.failPut = undefined;
    if (failPut) throw failPut;
    this.#note(`put ${id}`);
    this.puts += 1;
    this.putsUnderWay += 1;
    this.putsUnderWayMax = Math.max(this.putsUnderWayMax, this.putsUnderWay);
    try {
      await this.beforePut(this.puts);
      assert.equal(toHex(sha256(bytes)), id, 'bytes hash to their id, also after waiting');
      if (bytes[0] === manifestFormat) {
        this.manifests += 1;
        for (const { id: child } of readReferences(bytes).references) {
          assert.ok(this.#find(child), 'a manifest names only what is durable (I1)');
        }
      }
      // The uploader may use its buffer again.
      this.chunks.set(id, bytes.slice());
    } finally {
      this.putsUnderWay -= 1;
    }
  }

  async adopt(id: ChunkId): Promise<boolean> {
    this.#note(`adopt ${id}`);
    return this.#find(id) !== undefined;
  }

  async read(id: ChunkId, options: GetOptions = {}): Promise<Uint8Array> {
    this.calls.push(`read ${id}`);
    this.readsUnderWay += 1;
    this.readsUnderWayMax = Math.max(this.readsUnderWayMax, this.readsUnderWay);
    const onAbort = () => {
      this.readsAborted += 1;
    };
    options.signal?.addEventListener('abort', onAbort);
    try {
      await this.beforeRead(id);
      options.signal?.throwIfAborted();
      const bytes = this.#find(id);
      if (!bytes) throw new PeerstorError('chunk-missing', 'No device that is on has this chunk.');
      if (options.verify !== false && toHex(sha256(bytes)) !== id) {
        throw new PeerstorError('chunk-corrupt', 'This chunk does not hash to its id.');
      }
      return this.lendsBuffers && options.kept === true ? lent(bytes) : bytes;
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      this.readsUnderWay -= 1;
    }
  }

  async reportCorruptLocal(id: ChunkId): Promise<void> {
    this.calls.push(`reportCorruptLocal ${id}`);
    this.chunks.delete(id);
  }

  holders(): [] {
    return [];
  }

  safetyOf(): SafetyView {
    const { copies } = this;
    return { level: copies >= wanted ? 'full' : copies > 1 ? 'safe' : 'accepted', copies, wanted };
  }

  health(): never {
    throw new Error('the memory network does not do this');
  }

  impactOf(): never {
    throw new Error('the memory network does not do this');
  }

  async #settle(level: SafetyLevel, signal: AbortSignal | undefined): Promise<SafetyView> {
    this.#note(`settle ${level}`);
    await this.settling;
    signal?.throwIfAborted();
    return this.safetyOf();
  }

  #find(id: ChunkId): Uint8Array | undefined {
    return this.chunks.get(id) ?? this.elsewhere.get(id);
  }

  #note(step: string): void {
    this.steps.push(step);
    this.calls.push(step);
  }
}
