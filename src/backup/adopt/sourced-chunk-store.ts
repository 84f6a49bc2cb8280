/**
 * The chunk store of a device together with the chunks that adopted files stand for. Those count as copies of this device, are listed,
 * served and scrubbed like the others, and take no room in a volume.
 */
import type { ChunkChange, ChunkStore, PutOptions, PutOutcome } from '../../model/contracts/chunk-store.ts';
import type { ChunkId } from '../../model/ids.ts';
import { chunkId } from '../../model/ids.ts';
import type { AdoptedChunks } from './adopted-chunks.ts';

/** In a reading order adopted chunks come last; no position of a volume begins with this. */
const adoptedPosition = '~adopted ';

export class SourcedChunkStore implements ChunkStore {
  readonly #volumes: ChunkStore;
  readonly #adopted: AdoptedChunks;

  /** @param volumes is started and stopped by this; `adopted` by whoever made it */
  constructor(volumes: ChunkStore, adopted: AdoptedChunks) {
    this.#volumes = volumes;
    this.#adopted = adopted;
  }

  start(): Promise<void> {
    return this.#volumes.start();
  }

  stop(): Promise<void> {
    return this.#volumes.stop();
  }

  /** What an adopted file has is not stored once more. */
  async put(id: ChunkId, bytes: Uint8Array, options?: PutOptions): Promise<PutOutcome> {
    return this.isEditable(id) ? 'present' : this.#volumes.put(id, bytes, options);
  }

  async get(id: ChunkId, options: { verify?: boolean; signal?: AbortSignal } = {}): Promise<Uint8Array> {
    return this.isEditable(id) ? this.#adopted.read(id, options.signal) : this.#volumes.get(id, options);
  }

  async reportCorrupt(id: ChunkId): Promise<void> {
    if (this.isEditable(id)) await this.#adopted.forget(id);
    else await this.#volumes.reportCorrupt(id);
  }

  has(id: ChunkId): boolean {
    return this.#volumes.has(id) || this.#adopted.has(id);
  }

  sizeOf(id: ChunkId): number | undefined {
    return this.#volumes.sizeOf(id) ?? this.#adopted.sizeOf(id);
  }

  touch(id: ChunkId): Promise<boolean> {
    return this.isEditable(id) ? Promise.resolve(true) : this.#volumes.touch(id);
  }

  /** The plain file stays: peerstor never writes in an adopted folder. */
  delete(id: ChunkId, options: { onlyIf?: () => boolean } = {}): Promise<void> {
    if (!this.isEditable(id)) return this.#volumes.delete(id, options);
    return options.onlyIf?.() === false ? Promise.resolve() : this.#adopted.forget(id);
  }

  purgeTrash(olderThanMs: number): Promise<{ chunks: number; bytes: number }> {
    return this.#volumes.purgeTrash(olderThanMs);
  }

  async *list({ after }: { after?: ChunkId } = {}): AsyncGenerator<{ id: ChunkId; size: number }> {
    const adopted = this.#adopted.list(after);
    let next = await adopted.next();
    for await (const own of this.#volumes.list({ ...(after !== undefined && { after }) })) {
      for (; !next.done && next.value.id < own.id; next = await adopted.next()) yield next.value;
      if (!next.done && next.value.id === own.id) next = await adopted.next();
      yield own;
    }
    for (; !next.done; next = await adopted.next()) yield next.value;
  }

  async *inReadingOrder({ after = '' }: { after?: string } = {}) {
    const isPast = after.startsWith(adoptedPosition);
    if (!isPast) yield* this.#volumes.inReadingOrder({ after });
    const last = isPast ? chunkId(after.slice(adoptedPosition.length)) : undefined;
    for await (const { id, size } of this.#adopted.list(last))
      if (!this.#volumes.has(id)) yield { id, size, position: adoptedPosition + id };
  }

  usage(): ReturnType<ChunkStore['usage']> {
    return this.#volumes.usage();
  }

  isEditable(id: ChunkId): boolean {
    return !this.#volumes.has(id) && this.#adopted.has(id);
  }

  onChange(listener: (change: ChunkChange) => void): () => void {
    const stops = [
      this.#volumes.onChange((change) => {
        if (change.kind === 'added' || !this.#adopted.has(change.id)) listener(change);
      }),
      this.#adopted.onChange((change) => {
        if (!this.#volumes.has(change.id)) listener(change);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }
}
