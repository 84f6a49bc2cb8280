/**
 * Content that comes in several requests. Each stores the chunks of its part and gets back what the cutter has not
 * cut yet at the end; when all are there, `CollectedChunks` stand for the whole, ready to be listed.
 */

import { untilStopped } from '../../concurrency/index.ts';
import { chunkBuffers } from '../../model/chunk-buffers.ts';
import type { Clock } from '../../model/clock.ts';
import type { CollectedContent } from '../../model/contracts/drive.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import { PeerstorError } from '../../model/errors.ts';
import { uploadChunksInFlight } from '../../model/limits.ts';
import { ChunkTasks } from './chunk-tasks.ts';
import type { ContentKeys } from './content-keys.ts';
import { contentAt } from './payload-buffers.ts';
import { type PlainChunk, plainChunks } from './plain-chunks.ts';
import { type StoredChunk, storeChunk } from './store-chunk.ts';

export interface CollectOptions {
  /** Begins where a chunk begins. */
  content: AsyncIterable<Uint8Array>;
  keys: ContentKeys;
  upload: Pick<ChunkUpload, 'put'>;
  /** Called with chunks that are durable, each once and in order; never twice at a time. */
  save(chunks: readonly StoredChunk[]): Promise<void>;
  /** Chunks are saved when so many wait, or when one has waited for so long. Infinity: all at the end. */
  saveEvery: { chunks: number; ms: number };
  clock: Clock;
}

/** Saves chunks in the order of the content, whichever is stored first. */
class InOrder {
  readonly #options: Pick<CollectOptions, 'save' | 'saveEvery' | 'clock'>;
  /** In the order of the content; undefined while a chunk is not stored yet. */
  #chunks: (StoredChunk | undefined)[] = [];
  #saved = 0;
  #saving: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;
  #savedAtMs: number;

  constructor(options: Pick<CollectOptions, 'save' | 'saveEvery' | 'clock'>) {
    this.#options = options;
    this.#savedAtMs = options.clock.monotonicMs();
  }

  /** @returns takes the next chunk of the content, when it is stored */
  place(): (chunk: StoredChunk) => void {
    const at = this.#saved + this.#chunks.push(undefined) - 1;
    return (chunk) => {
      this.#chunks[at - this.#saved] = chunk;
      this.#saveIfDue();
    };
  }

  /** Saves what is stored without a gap. @throws what a save threw, now or before */
  async flush(): Promise<void> {
    while (this.#saving) await this.#saving;
    if (!this.#failure) await this.#save();
    if (this.#failure) throw this.#failure.error;
  }

  #saveIfDue(): void {
    if (this.#saving || this.#failure) return;
    const { saveEvery, clock } = this.#options;
    const isDue = this.#ready() >= saveEvery.chunks || clock.monotonicMs() - this.#savedAtMs >= saveEvery.ms;
    if (isDue) void this.#save();
  }

  #ready(): number {
    const gap = this.#chunks.indexOf(undefined);
    return gap === -1 ? this.#chunks.length : gap;
  }

  async #save(): Promise<void> {
    const chunks = this.#chunks.slice(0, this.#ready()).flatMap((chunk) => chunk ?? []);
    if (chunks.length === 0) return;
    this.#chunks = this.#chunks.slice(chunks.length);
    this.#saved += chunks.length;
    this.#saving = this.#options
      .save(chunks)
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .then(() => {
        this.#saving = undefined;
        this.#savedAtMs = this.#options.clock.monotonicMs();
      });
    await this.#saving;
  }
}

/**
 * Stores what comes. However it ends, every chunk that is stored without a gap before it was saved, and no put is
 * under way any more.
 * @returns the bytes after the last cut: fewer than the longest chunk has
 * @throws what `content`, `upload.put` or `save` throws
 */
export async function collectChunks(options: CollectOptions): Promise<Uint8Array> {
  const { content, keys, upload } = options;
  const broken = new AbortController();
  const tasks = new ChunkTasks(uploadChunksInFlight, (error) => broken.abort(error));
  const inOrder = new InOrder(options);
  let rest: Uint8Array = new Uint8Array(0);
  try {
    for await (const chunk of plainChunks(untilStopped(content, broken.signal), keys.gear, chunkBuffers)) {
      broken.signal.throwIfAborted();
      if (!chunk.isCut) {
        rest = takeOut(chunk);
        break;
      }
      await tasks.room();
      const stored = inOrder.place();
      void tasks.start(async () => stored(await storeChunk(chunk, keys.dedupeSecret, upload, broken.signal)));
    }
  } finally {
    await tasks.settled();
    await inOrder.flush();
  }
  broken.signal.throwIfAborted();
  return rest;
}

function takeOut({ buffer, size }: PlainChunk): Uint8Array {
  const bytes = new Uint8Array(buffer.subarray(contentAt, contentAt + size));
  chunkBuffers.give(buffer);
  return bytes;
}

/** Content whose chunks were stored by earlier requests. */
export class CollectedChunks implements CollectedContent {
  readonly collected = true;
  readonly size: number;
  /** In order, each time from the first one. */
  readonly chunks: () => AsyncIterable<StoredChunk>;
  /** Plain bytes after the last cut. */
  readonly rest: () => AsyncIterable<Uint8Array>;

  constructor(parts: Pick<CollectedChunks, 'size' | 'chunks' | 'rest'>) {
    this.size = parts.size;
    this.chunks = parts.chunks;
    this.rest = parts.rest;
  }
}

/** @throws `bad-input` for content that was not collected here */
export function collectedIn(content: CollectedContent): CollectedChunks {
  if (content instanceof CollectedChunks) return content;
  throw new PeerstorError('bad-input', 'This content was not collected by this device.');
}
