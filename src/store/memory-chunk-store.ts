/** Chunks in memory, for tests and the simulator. */
import { KeyedLock } from '../concurrency/index.ts';
import type { Clock } from '../model/clock.ts';
import { systemClock } from '../model/clock.ts';
import type {
  ChunkChange,
  ChunkStore,
  PutOptions,
  PutOutcome,
  VolumeStatus,
} from '../model/contracts/chunk-store.ts';
import { PeerstorError } from '../model/errors.ts';
import type { ChunkId } from '../model/ids.ts';
import { chunkId, shortId, volumeId } from '../model/ids.ts';
import { volumeStopRatio } from '../model/limits.ts';
import { type HashCheck, hashesTo, mustBeChunk } from './chunks/chunk-hash.ts';
import type { PurgeOutcome } from './chunks/trash.ts';
import { SortedKeys } from './level/sorted-keys.ts';
import { Changes } from './locks/changes.ts';

export interface MemoryChunkStoreOptions {
  /** Default: no limit. */
  limitBytes?: number;
  clock?: Clock;
  /** For the simulator: a check that does not leave the event loop, where only virtual time passes. */
  hashesTo?: HashCheck;
}

/** The one volume that it claims to have. */
const memoryVolume = volumeId('0'.repeat(32));
const pageChunks = 256;

/** What was put is kept when it is stopped and started again, and is gone with the object. */
export class MemoryChunkStore implements ChunkStore {
  readonly #limitBytes: number;
  readonly #clock: Clock;
  readonly #hashesTo: HashCheck;
  readonly #chunks = new Map<ChunkId, Uint8Array>();
  readonly #order = new SortedKeys();
  readonly #trash = new Map<ChunkId, { bytes: Uint8Array; deletedAtMs: number }>();
  readonly #locks = new KeyedLock<ChunkId>(Number.POSITIVE_INFINITY);
  readonly #changes = new Changes();
  #bytes = 0;
  #trashBytes = 0;

  constructor(options: MemoryChunkStoreOptions = {}) {
    this.#limitBytes = options.limitBytes ?? Number.MAX_SAFE_INTEGER;
    this.#clock = options.clock ?? systemClock;
    this.#hashesTo = options.hashesTo ?? hashesTo;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async put(id: ChunkId, bytes: Uint8Array, options: PutOptions = {}): Promise<PutOutcome> {
    options.signal?.throwIfAborted();
    await mustBeChunk(chunkId(id), bytes, options.trusted === true ? undefined : this.#hashesTo);
    return await this.#locks.hold(id, async () => {
      if (this.has(id)) return 'present';
      if (await this.#bringBack(id)) return 'stored';
      this.#makeRoom(bytes.length);
      this.#add(id, bytes.slice());
      return 'stored';
    });
  }

  async get(id: ChunkId, options: { verify?: boolean; signal?: AbortSignal } = {}): Promise<Uint8Array> {
    options.signal?.throwIfAborted();
    const bytes = this.#chunks.get(chunkId(id));
    if (bytes === undefined) {
      throw new PeerstorError('chunk-missing', `Chunk ${shortId(id)} is not on this device.`);
    }
    if (options.verify !== false && !(await this.#hashesTo(id, bytes))) {
      await this.reportCorrupt(id);
      throw new PeerstorError('chunk-corrupt', `The copy of chunk ${shortId(id)} on this device is damaged.`);
    }
    return bytes.slice();
  }

  async reportCorrupt(id: ChunkId): Promise<void> {
    await this.#locks.hold(chunkId(id), async () => {
      const bytes = this.#chunks.get(id);
      if (bytes === undefined || (await this.#hashesTo(id, bytes))) return;
      this.#remove(id);
      this.#changes.announce({ kind: 'lost', id, reason: 'corrupt' });
    });
  }

  has(id: ChunkId): boolean {
    return this.#chunks.has(chunkId(id));
  }

  sizeOf(id: ChunkId): number | undefined {
    return this.#chunks.get(chunkId(id))?.length;
  }

  async touch(id: ChunkId): Promise<boolean> {
    return await this.#locks.hold(chunkId(id), async () => this.has(id) || (await this.#bringBack(id)));
  }

  async delete(id: ChunkId, options: { onlyIf?: () => boolean } = {}): Promise<void> {
    await this.#locks.hold(chunkId(id), async () => {
      if (options.onlyIf?.() === false) return;
      const bytes = this.#remove(id);
      if (bytes === undefined) return;
      this.#trash.set(id, { bytes, deletedAtMs: this.#clock.elapsedMs() });
      this.#trashBytes += bytes.length;
      this.#changes.announce({ kind: 'lost', id, reason: 'deleted' });
    });
  }

  async purgeTrash(olderThanMs: number): Promise<PurgeOutcome> {
    const latestMs = this.#clock.elapsedMs() - olderThanMs;
    const outcome = { chunks: 0, bytes: 0 };
    for (const [id, { bytes, deletedAtMs }] of this.#trash) {
      if (deletedAtMs > latestMs) continue;
      this.#removeFromTrash(id);
      outcome.chunks += 1;
      outcome.bytes += bytes.length;
    }
    return outcome;
  }

  async *list(options: { after?: ChunkId } = {}): AsyncIterable<{ id: ChunkId; size: number }> {
    for (let after = options.after ?? ''; ; ) {
      const page: { id: ChunkId; size: number }[] = [];
      for (const key of this.#order.between(`${after}\0`, 'g', false)) {
        const id = chunkId(key);
        page.push({ id, size: this.#chunks.get(id)?.length ?? 0 });
        if (page.length === pageChunks) break;
      }
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }

  async *inReadingOrder({ after = '' }: { after?: string } = {}): AsyncIterable<{
    id: ChunkId;
    size: number;
    position: string;
  }> {
    for await (const { id, size } of this.list()) if (id > after) yield { id, size, position: id };
  }

  usage(): { chunks: number; bytes: number; limitBytes: number; volumes: VolumeStatus[] } {
    const limitBytes = this.#limitBytes;
    const usedBytes = this.#bytes + this.#trashBytes;
    const state = usedBytes >= limitBytes * volumeStopRatio ? 'full' : 'ok';
    const volumes = [{ id: memoryVolume, path: 'memory', limitBytes, usedBytes, state } as const];
    return { chunks: this.#chunks.size, bytes: this.#bytes, limitBytes, volumes };
  }

  onChange(listener: (change: ChunkChange) => void): () => void {
    return this.#changes.onChange(listener);
  }

  /** What a rotten disk does: replaces the bytes of a held chunk, unchecked and unannounced. For tests. */
  rot(id: ChunkId, bytes: Uint8Array): void {
    const before = this.#chunks.get(id);
    if (before === undefined) return;
    this.#chunks.set(id, bytes.slice());
    this.#bytes += bytes.length - before.length;
  }

  async #bringBack(id: ChunkId): Promise<boolean> {
    const entry = this.#trash.get(id);
    if (entry === undefined) return false;
    this.#removeFromTrash(id);
    if (!(await this.#hashesTo(id, entry.bytes))) return false;
    this.#add(id, entry.bytes);
    return true;
  }

  #add(id: ChunkId, bytes: Uint8Array): void {
    this.#chunks.set(id, bytes);
    this.#order.add(id);
    this.#bytes += bytes.length;
    this.#changes.announce({ kind: 'added', id, size: bytes.length });
  }

  #remove(id: ChunkId): Uint8Array | undefined {
    const bytes = this.#chunks.get(id);
    if (bytes === undefined) return undefined;
    this.#chunks.delete(id);
    this.#order.delete(id);
    this.#bytes -= bytes.length;
    return bytes;
  }

  #removeFromTrash(id: ChunkId): void {
    this.#trashBytes -= this.#trash.get(id)?.bytes.length ?? 0;
    this.#trash.delete(id);
  }

  /** Oldest trash goes first: a Map keeps the order of deletion. */
  #makeRoom(bytes: number): void {
    const lacks = () => this.#bytes + this.#trashBytes + bytes > this.#limitBytes;
    for (const id of this.#trash.keys()) {
      if (!lacks()) break;
      this.#removeFromTrash(id);
    }
    if (lacks()) throw new PeerstorError('disk-full', 'This device has no room for more.');
  }
}
