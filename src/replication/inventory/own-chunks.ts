/**
 * This device's own row in the inventory. It follows the store's changes, is made equal to the store's list at
 * the start unless a clean stop left it so, and is recounted bucket by bucket, so that a missed change heals within a day.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { idKey } from '../../model/contracts/ordered-store.ts';
import { type ChunkId, chunkId, type DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import { BucketDigests, bucketCount, bucketOf, type ChunkKey } from '../database/bucket-digest.ts';
import type { WriteBehind } from '../database/write-behind.ts';
import type { Inventory } from './inventory.ts';

/** With the default interval of ten minutes all buckets are counted once a day. */
const bucketsPerRound = Math.ceil(bucketCount / 144);
/** Wait between two tries of the first count. */
const againMs = 1000;
/** Buckets replaced together: 30,000 chunks on a device with two million. */
const bucketsAtOnce = 64;
/** Left by a clean stop: how many chunks the own row has (6 bytes, big-endian). */
const leftKey = 'o';
const leftBytes = 6;

export class OwnChunks {
  readonly #parts: OwnChunksParts;
  /** Changes since the count of some buckets began: they are newer than the pages that the count reads. */
  #since: Map<ChunkKey, boolean> | undefined;
  #stopListening: (() => void) | undefined;
  #timer: Timer | undefined;
  #nextBucket = 0;
  #counting: Promise<void> = Promise.resolve();
  #stopped = true;
  #ready = false;

  constructor(parts: OwnChunksParts) {
    this.#parts = parts;
  }

  /** True when the own row has been compared with the store since the start. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Counts in the background; `ready` tells when the count is done. */
  start(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#stopListening = this.#parts.store.onChange((change) => {
      const key = idKey(change.id);
      const present = change.kind === 'added';
      this.#since?.set(key, present);
      this.#parts.inventory.set(this.#parts.self, key, present);
    });
    if (this.#isAsLeft()) {
      this.#ready = true;
      this.#schedule();
      return;
    }
    const { calm = Promise.resolve() } = this.#parts;
    void calm.then(() => this.#countAll());
  }

  /** Compares all own rows with the store again, because some were lost. */
  countAgain(): void {
    if (this.#stopped || !this.#ready) return;
    this.#timer?.cancel();
    this.#countAll();
  }

  /** What it writes is on disk when the index was flushed. */
  stop(): void {
    if (this.#ready && !this.#stopped) this.#leave();
    this.#stopped = true;
    this.#ready = false;
    this.#timer?.cancel();
    this.#stopListening?.();
  }

  #leave(): void {
    const { inventory, index, self } = this.#parts;
    const left = Buffer.alloc(leftBytes);
    left.writeUIntBE(inventory.digestsOf(self).total(), 0, leftBytes);
    index.set(leftKey, left);
  }

  /** Did the last process stop in order, and has the store as many chunks as it had then? */
  #isAsLeft(): boolean {
    const { inventory, index, self, store } = this.#parts;
    const left = index.get(leftKey);
    if (left === undefined) return false;
    index.set(leftKey, null);
    const total = inventory.digestsOf(self).total();
    const wasTotal = Buffer.from(left).readUIntBE(0, leftBytes);
    return wasTotal === total && store.usage().chunks === total;
  }

  #countAll(): void {
    if (this.#stopped) return;
    this.#count(0, bucketCount)
      .then(() => {
        this.#ready = !this.#stopped;
        this.#schedule();
      })
      .catch((error: unknown) => {
        this.#parts.log.warn({ error }, 'Own chunks could not be counted; trying again');
        if (!this.#stopped) this.#timer = this.#parts.clock.after(againMs, () => this.#countAll());
      });
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(this.#parts.everyMs, () => {
      const from = this.#nextBucket;
      const to = Math.min(from + bucketsPerRound, bucketCount);
      this.#nextBucket = to % bucketCount;
      this.#count(from, to)
        .catch((error: unknown) => this.#parts.log.warn({ error }, 'Own chunks could not be counted'))
        .finally(() => this.#schedule());
    });
  }

  /** Makes the own rows of buckets [from, to) equal to the store's list, after any count in progress. */
  #count(from: number, to: number): Promise<void> {
    this.#counting = this.#counting.catch(() => undefined).then(() => this.#countNow(from, to));
    return this.#counting;
  }

  async #countNow(from: number, to: number): Promise<void> {
    this.#since = new Map();
    let start = from;
    let keys: ChunkKey[] = [];
    for await (const { id } of this.#parts.store.list(listFrom(from))) {
      const key = idKey(id);
      const bucket = bucketOf(key);
      while (start + bucketsAtOnce <= Math.min(bucket, to)) {
        await this.#replace(start, start + bucketsAtOnce, keys);
        start += bucketsAtOnce;
        keys = [];
      }
      if (bucket >= to || this.#stopped) break;
      keys.push(key);
    }
    for (; start < to && !this.#stopped; start += bucketsAtOnce) {
      await this.#replace(start, Math.min(start + bucketsAtOnce, to), keys);
      keys = [];
    }
    this.#since = undefined;
  }

  /**
   * The digests of the own row are written with it, so equal ones need no look at its rows. What changed since the keys were
   * listed is in the digests, and may not be among the keys.
   */
  #differs(from: number, to: number, keys: readonly ChunkKey[]): boolean {
    for (const key of this.#since?.keys() ?? []) if (bucketOf(key) >= from && bucketOf(key) < to) return true;
    const listed = new BucketDigests();
    for (const key of keys) listed.toggle(key, true);
    const known = this.#parts.inventory.digestsOf(this.#parts.self);
    return known.changedSince(listed.snapshot(from, to), from).length > 0;
  }

  async #replace(from: number, to: number, keys: readonly ChunkKey[]): Promise<void> {
    const { inventory, self } = this.#parts;
    if (!this.#differs(from, to, keys)) return;
    await inventory.replace(self, from, to, keys);
    for (const [key, present] of this.#since ?? []) {
      if (bucketOf(key) >= from && bucketOf(key) < to) inventory.set(self, key, present);
    }
  }
}

export interface OwnChunksParts {
  self: DeviceId;
  store: ChunkStore;
  inventory: Inventory;
  index: WriteBehind;
  clock: Clock;
  log: Log;
  everyMs: number;
  /** The first count begins after it. */
  calm?: Promise<void> | undefined;
}

/** The last possible id before a bucket, because `after` excludes its id. */
function listFrom(bucket: number): { after?: ChunkId } {
  if (bucket === 0) return {};
  return { after: chunkId((bucket - 1).toString(16).padStart(3, '0') + 'f'.repeat(61)) };
}
