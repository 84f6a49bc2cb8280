/**
 * Tells peers about this device's own chunks: every change in numbered batches to all connected peers, and the
 * digests and lists from which a peer recovers missed changes.
 */
import type { Clock, Random, Timer } from '../../model/clock.ts';
import type { Transport } from '../../model/contracts/transport.ts';
import { PeerstorError } from '../../model/errors.ts';
import { type DeviceId, toHex } from '../../model/ids.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import { countShared, type HolderMask } from '../database/holder-mask.ts';
import {
  type Bucket,
  bucketAnswerBytes,
  bucketBytes,
  type Delta,
  deltaChangesMax,
  readBucketNumbers,
  type Stamp,
  writeBuckets,
  writeDelta,
  writeDigests,
} from '../wire.ts';
import type { HoldersChange, Inventory } from './inventory.ts';
import type { OwnChunks } from './own-chunks.ts';

/** Changes are sent after this long at most: short for people, long enough to fill a message. */
const gatherMs = 50;
/** More changes than this within that time are not sent one by one: peers compare digests at their own pace. */
const changesMax = 5 * deltaChangesMax;

export interface InventoryFeedParts {
  self: DeviceId;
  transport: Transport;
  inventory: Inventory;
  own: OwnChunks;
  clock: Clock;
  random: Random;
}

export class InventoryFeed {
  readonly #parts: InventoryFeedParts;
  readonly #feed: string;
  #batch = 0;
  /** Changes not sent yet. A chunk that came and went is sent once, with its present state. */
  #changes = new Map<ChunkKey, boolean>();
  #timer: Timer | undefined;
  #stopListening: (() => void) | undefined;

  constructor(parts: InventoryFeedParts) {
    this.#parts = parts;
    this.#feed = toHex(parts.random.bytes(8));
    parts.transport.handle('inventory/digests', async () => this.#answerDigests());
    parts.transport.handle('inventory/buckets', (_from, body) => this.#answerBuckets(body));
  }

  start(): void {
    const own = this.#parts.inventory.maskFor([this.#parts.self]);
    this.#stopListening ??= this.#parts.inventory.onChange((change) => this.#note(change, own));
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #note({ key, before, after }: HoldersChange, own: HolderMask): void {
    const present = countShared(after, own) === 1;
    // Nobody can follow the list before it was counted: peers then ask again for the digests of this start.
    if (present === (countShared(before, own) === 1) || !this.#parts.own.ready) return;
    this.#changes.set(key, present);
    this.#timer ??= this.#parts.clock.after(gatherMs, () => {
      this.#tell();
    });
  }

  /** Sends the collected changes, which gives the present state a number. */
  #tell(): Stamp {
    this.#timer?.cancel();
    this.#timer = undefined;
    const changes = Array.from(this.#changes, ([key, present]) => ({ key, present }));
    this.#changes = new Map();
    if (changes.length > changesMax) this.#send([], true);
    else {
      for (let at = 0; at < changes.length; at += deltaChangesMax) {
        this.#send(changes.slice(at, at + deltaChangesMax), false);
      }
    }
    return { feed: this.#feed, batch: this.#batch };
  }

  #send(changes: Delta['changes'], overflow: boolean): void {
    this.#batch += 1;
    const message = writeDelta({ feed: this.#feed, batch: this.#batch, overflow, changes });
    const { transport } = this.#parts;
    for (const { device } of transport.peers()) transport.notify(device, 'inventory/delta', message);
  }

  #answerDigests(): Uint8Array {
    this.#checkReady();
    const { inventory, self } = this.#parts;
    return writeDigests(this.#tell(), inventory.digestsOf(self).toBytes());
  }

  /** Answers as many of the requested buckets as fit, at least one; the peer asks again for the rest. */
  async #answerBuckets(body: Uint8Array): Promise<Uint8Array> {
    const wanted = readBucketNumbers(body);
    this.#checkReady();
    // The number is taken before the rows are read: a change in between is in the list and is sent again.
    const stamp = this.#tell();
    const buckets: Bucket[] = [];
    let bytes = 0;
    for (const bucket of wanted) {
      const keys = await this.#parts.inventory.list(this.#parts.self, bucket, bucket + 1);
      bytes += bucketBytes({ bucket, keys });
      if (buckets.length > 0 && bytes > bucketAnswerBytes) break;
      buckets.push({ bucket, keys });
    }
    return writeBuckets(stamp, buckets);
  }

  #checkReady(): void {
    if (this.#parts.own.ready) return;
    throw new PeerstorError('not-ready', 'This device is still counting its chunks; ask again in a moment.');
  }
}
