/** A ChunkNetwork and ChunkUpload in memory that checks the order of what it is given. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { readReferences, sha256 } from '../../../src/crypto/index.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { type ChunkId, toHex } from '../../../src/model/ids.ts';

const manifestFormat = 2;

export class MemoryNetwork {
  /** Durable chunks by id. */
  readonly chunks = new Map<ChunkId, Uint8Array>();
  /** What was asked, in order: "put ID", "read ID", "reportCorruptLocal ID". */
  readonly calls: string[] = [];
  puts = 0;
  putsUnderWay = 0;
  putsUnderWayMax = 0;
  readsUnderWay = 0;
  readsUnderWayMax = 0;
  readsAborted = 0;
  manifests = 0;
  /** Called before a put becomes durable, with its number from 1; throws to make it fail. */
  beforePut: (number: number) => Promise<void> | void = () => turn();
  /** Called before a read answers. */
  beforeRead: (id: ChunkId) => Promise<void> | void = () => turn();
  /** Copies of other devices: what a read finds after `reportCorruptLocal`. */
  readonly elsewhere = new Map<ChunkId, Uint8Array>();

  async put(id: ChunkId, bytes: Uint8Array): Promise<void> {
    this.calls.push(`put ${id}`);
    this.puts += 1;
    this.putsUnderWay += 1;
    this.putsUnderWayMax = Math.max(this.putsUnderWayMax, this.putsUnderWay);
    try {
      await this.beforePut(this.puts);
      assert.equal(toHex(sha256(bytes)), id, 'bytes hash to their id, also after waiting');
      if (bytes[0] === manifestFormat) {
        this.manifests += 1;
        for (const { id: child } of readReferences(bytes).references) {
          assert.ok(this.chunks.has(child), 'a manifest names only what is durable (I1)');
        }
      }
      this.chunks.set(id, bytes.slice());
    } finally {
      this.putsUnderWay -= 1;
    }
  }

  async adopt(id: ChunkId): Promise<boolean> {
    this.calls.push(`adopt ${id}`);
    return this.chunks.has(id) || this.elsewhere.has(id);
  }

  async read(id: ChunkId, options: { signal?: AbortSignal; verify?: boolean } = {}): Promise<Uint8Array> {
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
      const bytes = this.chunks.get(id) ?? this.elsewhere.get(id);
      if (!bytes) throw new PeerstorError('chunk-missing', 'No device that is on has this chunk.');
      if (options.verify !== false && toHex(sha256(bytes)) !== id) {
        throw new PeerstorError('chunk-corrupt', 'This chunk does not hash to its id.');
      }
      return bytes;
    } finally {
      options.signal?.removeEventListener('abort', onAbort);
      this.readsUnderWay -= 1;
    }
  }

  async reportCorruptLocal(id: ChunkId): Promise<void> {
    this.calls.push(`reportCorruptLocal ${id}`);
    this.chunks.delete(id);
  }
}
