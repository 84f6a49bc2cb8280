/** Chunks in memory with knobs for what disks do: fill up, rot, take their time. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../src/model/clock.ts';
import type {
  ChunkChange,
  ChunkStore,
  PutOptions,
  PutOutcome,
  VolumeStatus,
} from '../../../src/model/contracts/chunk-store.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import type { ChunkId } from '../../../src/model/ids.ts';

export class TestChunkStore implements ChunkStore {
  readonly chunks = new Map<ChunkId, Uint8Array>();
  /** Deleted chunks that can come back. */
  readonly trash = new Map<ChunkId, { bytes: Uint8Array; deletedAtMs: number }>();
  /** Refuses every new chunk. */
  full = false;
  /** Its disk fails, or may not be written: refuses every new chunk. */
  broken = false;
  /** Told of every chunk that is written, before it is there. */
  onPut: (id: ChunkId) => Promise<void> = async () => undefined;
  puts = 0;
  /** Says when something was deleted. */
  readonly clock: Clock | undefined;
  readonly #listeners = new Set<(change: ChunkChange) => void>();

  constructor(clock?: Clock) {
    this.clock = clock;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async put(id: ChunkId, bytes: Uint8Array, options: PutOptions = {}): Promise<PutOutcome> {
    this.puts += 1;
    if (this.chunks.has(id)) return 'present';
    if (!options.trusted && !isSound(id, bytes)) throw corrupt(id);
    if (this.full) throw new PeerstorError('disk-full', 'The test disk is full.');
    if (this.broken) throw new PeerstorError('storage-failed', 'The test disk may not be written (EROFS).');
    await this.onPut(id);
    this.chunks.set(id, bytes.slice());
    this.#announce({ kind: 'added', id, size: bytes.length });
    return 'stored';
  }

  async get(id: ChunkId, options: { verify?: boolean; signal?: AbortSignal } = {}): Promise<Uint8Array> {
    const bytes = this.chunks.get(id);
    if (!bytes) throw new PeerstorError('chunk-missing', `The test store has no chunk ${id}.`);
    if (options.verify !== false && !isSound(id, bytes)) {
      this.#lose(id, 'corrupt');
      throw corrupt(id);
    }
    return bytes.slice();
  }

  async reportCorrupt(id: ChunkId): Promise<void> {
    this.#lose(id, 'corrupt');
  }

  has(id: ChunkId): boolean {
    return this.chunks.has(id);
  }

  sizeOf(id: ChunkId): number | undefined {
    return this.chunks.get(id)?.length;
  }

  async touch(id: ChunkId): Promise<boolean> {
    const entry = this.trash.get(id);
    if (this.chunks.has(id) || !entry) return this.chunks.has(id);
    this.trash.delete(id);
    this.chunks.set(id, entry.bytes);
    this.#announce({ kind: 'added', id, size: entry.bytes.length });
    return true;
  }

  async delete(id: ChunkId, options: { onlyIf?: () => boolean } = {}): Promise<void> {
    const bytes = this.chunks.get(id);
    if (!bytes || options.onlyIf?.() === false) return;
    this.trash.set(id, { bytes, deletedAtMs: this.clock?.elapsedMs() ?? 0 });
    this.#lose(id, 'deleted');
  }

  async purgeTrash(olderThanMs: number): Promise<{ chunks: number; bytes: number }> {
    const outcome = { chunks: 0, bytes: 0 };
    const latestMs = (this.clock?.elapsedMs() ?? 0) - olderThanMs;
    for (const [id, { bytes, deletedAtMs }] of this.trash) {
      if (deletedAtMs > latestMs) continue;
      this.trash.delete(id);
      outcome.chunks += 1;
      outcome.bytes += bytes.length;
    }
    return outcome;
  }

  async *list(options: { after?: ChunkId } = {}): AsyncIterable<{ id: ChunkId; size: number }> {
    const ids = [...this.chunks.keys()].filter((id) => !options.after || id > options.after).sort();
    for (const id of ids) yield { id, size: this.chunks.get(id)?.length ?? 0 };
  }

  async *inReadingOrder({ after = '' }: { after?: string } = {}): AsyncIterable<{
    id: ChunkId;
    size: number;
    position: string;
  }> {
    for await (const { id, size } of this.list()) if (id > after) yield { id, size, position: id };
  }

  usage(): { chunks: number; bytes: number; limitBytes: number; volumes: VolumeStatus[] } {
    const bytes = [...this.chunks.values()].reduce((sum, chunk) => sum + chunk.length, 0);
    return { chunks: this.chunks.size, bytes, limitBytes: 2 ** 40, volumes: [] };
  }

  onChange(listener: (change: ChunkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Flips a bit; nobody is told. */
  rot(id: ChunkId): void {
    const bytes = this.chunks.get(id);
    if (bytes) bytes[0] = (bytes[0] ?? 0) ^ 1;
  }

  /** The chunk is gone from the disk without a word. */
  vanish(id: ChunkId): void {
    this.chunks.delete(id);
  }

  #lose(id: ChunkId, reason: 'deleted' | 'corrupt'): void {
    if (this.chunks.delete(id)) this.#announce({ kind: 'lost', id, reason });
  }

  #announce(change: ChunkChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function isSound(id: ChunkId, bytes: Uint8Array): boolean {
  return createHash('sha256').update(bytes).digest('hex') === id;
}

function corrupt(id: ChunkId): PeerstorError {
  return new PeerstorError('chunk-corrupt', `The bytes are not chunk ${id}.`);
}
