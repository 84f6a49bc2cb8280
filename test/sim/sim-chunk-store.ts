/** The chunk store of a simulated device: slow, sometimes full, sometimes rotten, and durable when it says so. */
import { sha256 } from '../../src/crypto/index.ts';
import { type Clock, type Random, sleep } from '../../src/model/clock.ts';
import type {
  ChunkChange,
  ChunkStore,
  PutOptions,
  PutOutcome,
} from '../../src/model/contracts/chunk-store.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import { type ChunkId, toHex } from '../../src/model/ids.ts';
import type { SimDisk, SimProcess } from './sim-disk.ts';

const writeMsMax = 20;

export interface SimChunkStoreParts {
  disk: SimDisk;
  process: SimProcess;
  /** The clock of the process. */
  clock: Clock;
  random: Random;
  isFull: () => boolean;
}

export class SimChunkStore implements ChunkStore {
  readonly #parts: SimChunkStoreParts;
  readonly #listeners = new Set<(change: ChunkChange) => void>();

  constructor(parts: SimChunkStoreParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  async put(id: ChunkId, bytes: Uint8Array, options: PutOptions = {}): Promise<PutOutcome> {
    const { disk, process, clock, random, isFull } = this.#parts;
    if (!options.trusted && toHex(sha256(bytes)) !== id) throw corrupt(id);
    const copy = bytes.slice();
    if (disk.chunks.has(id)) return 'present';
    if (isFull()) throw new PeerstorError('disk-full', 'The simulated disk is full.');
    await sleep(clock, random.next() * writeMsMax);
    await process.mustLive();
    if (disk.chunks.has(id)) return 'present';
    disk.chunks.set(id, copy);
    this.#announce({ kind: 'added', id, size: copy.length });
    return 'stored';
  }

  async get(id: ChunkId, options: { verify?: boolean } = {}): Promise<Uint8Array> {
    const { disk, process } = this.#parts;
    await process.mustLive();
    const bytes = disk.chunks.get(id);
    if (!bytes) throw new PeerstorError('chunk-missing', `There is no chunk ${id} here.`);
    if (options.verify === false || toHex(sha256(bytes)) === id) return bytes.slice();
    this.#lose(id, 'corrupt');
    throw corrupt(id);
  }

  async reportCorrupt(id: ChunkId): Promise<void> {
    this.#lose(id, 'corrupt');
  }

  has(id: ChunkId): boolean {
    return this.#parts.disk.chunks.has(id);
  }

  sizeOf(id: ChunkId): number | undefined {
    return this.#parts.disk.chunks.get(id)?.length;
  }

  async touch(id: ChunkId): Promise<boolean> {
    const { disk, process } = this.#parts;
    const entry = disk.trash.get(id);
    if (disk.chunks.has(id) || !entry) return disk.chunks.has(id);
    await process.mustLive();
    disk.trash.delete(id);
    disk.chunks.set(id, entry.bytes);
    this.#announce({ kind: 'added', id, size: entry.bytes.length });
    return true;
  }

  async delete(id: ChunkId, options: { onlyIf?: () => boolean } = {}): Promise<void> {
    const { disk, process, clock } = this.#parts;
    const bytes = disk.chunks.get(id);
    if (!bytes || !process.alive || options.onlyIf?.() === false) return;
    disk.trash.set(id, { bytes, deletedAtMs: clock.elapsedMs() });
    this.#lose(id, 'deleted');
  }

  async purgeTrash(olderThanMs: number): Promise<{ chunks: number; bytes: number }> {
    const { disk, process, clock } = this.#parts;
    const outcome = { chunks: 0, bytes: 0 };
    await process.mustLive();
    for (const [id, { bytes, deletedAtMs }] of disk.trash) {
      if (deletedAtMs > clock.elapsedMs() - olderThanMs) continue;
      disk.trash.delete(id);
      outcome.chunks += 1;
      outcome.bytes += bytes.length;
    }
    return outcome;
  }

  async *list(options: { after?: ChunkId } = {}): AsyncIterable<{ id: ChunkId; size: number }> {
    const { chunks } = this.#parts.disk;
    const ids = [...chunks.keys()].filter((id) => !options.after || id > options.after).sort();
    for (const id of ids) yield { id, size: chunks.get(id)?.length ?? 0 };
  }

  async *inReadingOrder({ after = '' }: { after?: string } = {}): AsyncIterable<{
    id: ChunkId;
    size: number;
    position: string;
  }> {
    for await (const { id, size } of this.list()) if (id > after) yield { id, size, position: id };
  }

  usage(): ReturnType<ChunkStore['usage']> {
    const { chunks } = this.#parts.disk;
    const bytes = [...chunks.values()].reduce((sum, chunk) => sum + chunk.length, 0);
    return { chunks: chunks.size, bytes, limitBytes: 2 ** 40, volumes: [] };
  }

  onChange(listener: (change: ChunkChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #lose(id: ChunkId, reason: 'deleted' | 'corrupt'): void {
    if (this.#parts.process.alive && this.#parts.disk.chunks.delete(id))
      this.#announce({ kind: 'lost', id, reason });
  }

  #announce(change: ChunkChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function corrupt(id: ChunkId): PeerstorError {
  return new PeerstorError('chunk-corrupt', `The bytes are not chunk ${id}.`);
}
