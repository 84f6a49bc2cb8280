/**
 * This device's own row in the inventory: kept by the store's changes, made equal to the store's list
 * at the start, and counted again bucket by bucket, so that a missed change heals within a day.
 */
import type { Clock, Timer } from '../model/clock.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import { idKey } from '../model/contracts/ordered-store.ts';
import { type ChunkId, chunkId, type DeviceId } from '../model/ids.ts';
import { bucketCount, bucketOf, type ChunkKey } from './bucket-digest.ts';
import type { Inventory } from './inventory.ts';
import type { Log } from './log.ts';

/** With the default of ten minutes between two comparisons, all buckets are counted once a day. */
const bucketsPerRound = Math.ceil(bucketCount / 144);

export class OwnChunks {
  readonly #parts: OwnChunksParts;
  /** Changes since the counting of some buckets began: they are younger than the pages it reads. */
  #since: Map<number, Map<ChunkKey, boolean>> | undefined;
  #stopListening: (() => void) | undefined;
  #timer: Timer | undefined;
  #nextBucket = 0;
  #stopped = true;
  #ready = false;

  constructor(parts: OwnChunksParts) {
    this.#parts = parts;
  }

  /** True when the own row has been compared with the store since the start. */
  get ready(): boolean {
    return this.#ready;
  }

  async start(): Promise<void> {
    this.#stopped = false;
    this.#stopListening = this.#parts.store.onChange((change) => {
      const key = idKey(change.id);
      const present = change.kind === 'added';
      this.#note(key, present);
      this.#parts.inventory.set(this.#parts.self, key, present);
    });
    await this.#count(0, bucketCount);
    this.#ready = !this.#stopped;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    this.#ready = false;
    this.#timer?.cancel();
    this.#stopListening?.();
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = this.#parts.clock.after(this.#parts.everyMs, () => {
      const from = this.#nextBucket;
      const to = Math.min(from + bucketsPerRound, bucketCount);
      this.#nextBucket = to % bucketCount;
      this.#count(from, to)
        .catch((error: unknown) => this.#parts.log.warn({ error }, 'Own chunks could not be counted'))
        .finally(() => this.#schedule());
    });
  }

  /** Makes the own rows of buckets [from, to) equal to the store's list. */
  async #count(from: number, to: number): Promise<void> {
    this.#since = new Map();
    let bucket = from;
    let keys: ChunkKey[] = [];
    for await (const { id } of this.#parts.store.list(listFrom(from))) {
      const key = idKey(id);
      while (bucket < Math.min(bucketOf(key), to)) {
        await this.#replace(bucket++, keys);
        keys = [];
      }
      if (bucket === to || this.#stopped) break;
      keys.push(key);
    }
    while (bucket < to && !this.#stopped) {
      await this.#replace(bucket++, keys);
      keys = [];
    }
    this.#since = undefined;
  }

  async #replace(bucket: number, keys: readonly ChunkKey[]): Promise<void> {
    const { inventory, self } = this.#parts;
    await inventory.replaceBucket(self, bucket, keys);
    for (const [key, present] of this.#since?.get(bucket) ?? []) inventory.set(self, key, present);
  }

  #note(key: ChunkKey, present: boolean): void {
    if (!this.#since) return;
    const changes = this.#since.get(bucketOf(key)) ?? new Map<ChunkKey, boolean>();
    this.#since.set(bucketOf(key), changes.set(key, present));
  }
}

export interface OwnChunksParts {
  self: DeviceId;
  store: ChunkStore;
  inventory: Inventory;
  clock: Clock;
  log: Log;
  everyMs: number;
}

/** The last possible id before a bucket, because `after` excludes its id. */
function listFrom(bucket: number): { after?: ChunkId } {
  if (bucket === 0) return {};
  return { after: chunkId((bucket - 1).toString(16).padStart(3, '0') + 'f'.repeat(61)) };
}
