/**
 * Follows the chunk lists of other devices: it applies their numbered changes. After a missed batch, at a new
 * connection, and at intervals it compares digests and fetches the buckets that differ. One comparison repairs
 * every row, whatever was lost, duplicated or late before; when nothing changed, only the digests are sent.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { DeviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import { bucketOf } from '../database/bucket-digest.ts';
import { type Delta, readBuckets, readDelta, readDigests, type Stamp, writeBucketNumbers } from '../wire.ts';
import type { Inventory } from './inventory.ts';

/** Wait after a failed comparison, and between a missed batch and the comparison that it causes. */
const againMs = 1000;
const comparePatienceMs = 20_000;
/** Batches kept while a bucket is fetched; more are dropped and a later comparison finds them. */
const heldMax = 500;

/** The list of one connected peer, as far as it was followed. */
interface Followed {
  readonly device: DeviceId;
  readonly ending: AbortController;
  feed: string;
  /** Number of the last batch that every bucket includes. */
  batch: number;
  /** For fetched buckets: the batch that the fetched list included, where it is later. */
  readonly asOf: Map<number, number>;
  /** Batches that arrived while a list was being fetched: they may be newer or older than the list. */
  held: Delta[] | undefined;
  comparing: boolean;
  /** A batch was missed: compare (again). */
  stale: boolean;
  synced: boolean;
  /** The last comparison fetched buckets: one more comparison checks that the lists are equal now. */
  unproven: boolean;
  timer: Timer | undefined;
}

export interface InventoryFollowParts {
  transport: Transport;
  inventory: Inventory;
  clock: Clock;
  log: Log;
  /** Interval between two comparisons where no batch was missed. */
  everyMs: number;
}

export class InventoryFollow {
  readonly #parts: InventoryFollowParts;
  readonly #peers = new Map<DeviceId, Followed>();
  readonly #listeners = new Set<(device: DeviceId) => void>();
  #stopListening: (() => void) | undefined;

  constructor(parts: InventoryFollowParts) {
    this.#parts = parts;
    parts.transport.handle('inventory/delta', async (from, body) => {
      this.#hear(from, readDelta(body));
      return new Uint8Array(0);
    });
  }

  start(): void {
    const { transport } = this.#parts;
    this.#stopListening ??= transport.onPeer(({ kind, device }) => {
      this.#end(device);
      if (kind === 'connected') this.#begin(device);
    });
    for (const { device } of transport.peers()) if (!this.#peers.has(device)) this.#begin(device);
  }

  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    for (const device of [...this.#peers.keys()]) this.#end(device);
  }

  /** True when the peer is connected and its list was compared since then. */
  isSynced(device: DeviceId): boolean {
    return this.#peers.get(device)?.synced ?? false;
  }

  /** Compares the lists of all connected peers again: this device's interest has changed. */
  compareAll(): void {
    for (const followed of this.#peers.values()) this.#compareSoon(followed);
  }

  /** Called after each comparison of a peer's list. Returns the unsubscriber. */
  onSynced(listener: (device: DeviceId) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #begin(device: DeviceId): Followed {
    const followed: Followed = {
      device,
      ending: new AbortController(),
      feed: '',
      batch: 0,
      asOf: new Map(),
      held: undefined,
      comparing: false,
      stale: false,
      synced: false,
      unproven: false,
      timer: undefined,
    };
    this.#peers.set(device, followed);
    this.#compare(followed);
    return followed;
  }

  #end(device: DeviceId): void {
    const followed = this.#peers.get(device);
    if (!followed) return;
    this.#peers.delete(device);
    followed.timer?.cancel();
    followed.ending.abort();
  }

  #hear(from: DeviceId, delta: Delta): void {
    const followed = this.#peers.get(from);
    // This room does not know the peer as connected: the comparison at its connection brings the change.
    if (!followed) return;
    if (this.#parts.inventory.isBehind) this.#compareSoon(followed);
    else if (!followed.held) this.#apply(followed, delta);
    else if (followed.held.length < heldMax) followed.held.push(delta);
    else followed.stale = true;
  }

  #apply(followed: Followed, delta: Delta): void {
    if (delta.feed !== followed.feed) {
      this.#enterFeed(followed, { feed: delta.feed, batch: delta.batch - 1 });
      this.#compareSoon(followed);
    }
    if (delta.batch <= followed.batch) return;
    if (delta.overflow || delta.batch > followed.batch + 1) this.#compareSoon(followed);
    followed.batch = delta.batch;
    for (const { key, present } of delta.changes) {
      if (delta.batch <= (followed.asOf.get(bucketOf(key)) ?? 0)) continue;
      this.#parts.inventory.follow(followed.device, key, present);
    }
  }

  /** The peer's process was restarted: its batch numbers start again. */
  #enterFeed(followed: Followed, stamp: Stamp): void {
    followed.feed = stamp.feed;
    followed.batch = stamp.batch;
    followed.asOf.clear();
  }

  #compareSoon(followed: Followed): void {
    followed.stale = true;
    if (followed.comparing) return;
    this.#compareAfter(followed, againMs);
  }

  #compareAfter(followed: Followed, ms: number): void {
    followed.timer?.cancel();
    followed.timer = this.#parts.clock.after(ms, () => this.#compare(followed));
  }

  #compare(followed: Followed): void {
    followed.timer?.cancel();
    followed.comparing = true;
    followed.stale = false;
    this.#compareNow(followed)
      .then((fetched) => {
        followed.synced = true;
        // At most one more comparison: a list that never becomes equal must not cause requests without an end.
        followed.unproven = fetched && !followed.unproven;
        for (const listener of this.#listeners) listener(followed.device);
      })
      .catch((error: unknown) => {
        if (followed.ending.signal.aborted) return;
        followed.stale = true;
        if (isPeerstorError(error, 'not-ready')) return;
        this.#parts.log.debug({ error, device: followed.device }, 'A list of chunks could not be compared');
      })
      .finally(() => {
        followed.comparing = false;
        if (followed.ending.signal.aborted) return;
        const isOver = !followed.stale && !followed.unproven;
        this.#compareAfter(followed, isOver ? this.#parts.everyMs : againMs);
      });
  }

  /** @returns whether buckets differed and were fetched */
  async #compareNow(followed: Followed): Promise<boolean> {
    const { inventory } = this.#parts;
    let differing: number[] = [];
    await this.#holding(followed, async () => {
      const { stamp, digests } = readDigests(await this.#call(followed, 'inventory/digests', []));
      if (stamp.feed !== followed.feed) this.#enterFeed(followed, stamp);
      // Apply the batches that came before and that the digests include: without them those buckets would
      // differ.
      for (const delta of followed.held ?? []) {
        if (delta.feed === stamp.feed && delta.batch <= stamp.batch) this.#apply(followed, delta);
      }
      followed.batch = Math.max(followed.batch, stamp.batch);
      differing = inventory.digestsOf(followed.device).differing(digests);
      followed.asOf.clear();
    });
    const fetches = differing.length > 0;
    while (differing.length > 0) {
      await this.#holding(followed, async () => {
        const answer = readBuckets(await this.#call(followed, 'inventory/buckets', differing));
        for (const { bucket, keys } of answer.buckets) {
          followed.ending.signal.throwIfAborted();
          await inventory.replace(followed.device, bucket, bucket + 1, keys);
          followed.asOf.set(bucket, answer.stamp.batch);
        }
        const done = new Set(answer.buckets.map(({ bucket }) => bucket));
        const left = differing.filter((bucket) => !done.has(bucket));
        // A peer that returns none of the requested buckets is not asked again.
        differing = left.length < differing.length ? left : [];
      });
    }
    return fetches;
  }

  /** Keeps batches back while a list is fetched, and applies them afterwards. */
  async #holding(followed: Followed, work: () => Promise<void>): Promise<void> {
    followed.held = [];
    try {
      await work();
    } finally {
      const { held } = followed;
      followed.held = undefined;
      for (const delta of held) this.#apply(followed, delta);
    }
  }

  #call(followed: Followed, method: string, buckets: readonly number[]): Promise<Uint8Array> {
    return this.#parts.transport.call(followed.device, method, writeBucketNumbers(buckets), {
      lane: method === 'inventory/buckets' ? 'bulk' : 'control',
      signal: followed.ending.signal,
      timeoutMs: comparePatienceMs,
    });
  }
}
