/**
 * Which device has which chunk, as far as this device knows: one row per chunk with the set of its holders
 * (this device among them), and for each device the bucket digests of its whole list. The rows of a device stay
 * when it disconnects, so nothing has to be sent again when it returns.
 *
 * It is an index (I7): a lost or damaged row differs from the owner's digests and is fetched again.
 */

import { afterPrefix, idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type ChunkId, chunkId, type DeviceId, deviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import {
  BucketDigests,
  bucketCount,
  bucketOf,
  bucketStart,
  type ChunkKey,
} from '../database/bucket-digest.ts';
import { type HolderMask, holds, noHolders, numbersOf, withHolder } from '../database/holder-mask.ts';
import type { WriteBehind } from '../database/write-behind.ts';

/** First characters of keys in the index. */
const rowPrefix = 'c';
const digestPrefix = 'b';
const numberPrefix = 'n';
const interestKey = 'i';
const doubtPrefix = 'd';
/** Limit per device; further doubts are found again when the device is asked. */
const doubtsMax = 100_000;
/** The interest of a device that keeps the rows of all chunks. */
export const everything = 'everything';

/** A chunk's holders changed. Listeners are called at once, in order, before anything else sees the new row. */
export interface HoldersChange {
  key: ChunkKey;
  before: HolderMask;
  after: HolderMask;
}

interface Holder {
  device: DeviceId;
  number: number;
  digests: BucketDigests;
}

export class Inventory {
  readonly #byDevice = new Map<DeviceId, Holder>();
  readonly #byNumber: Holder[] = [];
  /** Claims that their device could not prove: left out of the rows but counted in its digests. Also kept on disk. */
  readonly #doubts = new Map<DeviceId, Set<ChunkKey>>();
  readonly #listeners = new Set<(change: HoldersChange) => void>();
  #damaged: (() => void) | undefined;
  #trusted: ((device: DeviceId) => void) | undefined;
  readonly #index: WriteBehind;
  readonly #log: Log;
  readonly #self: DeviceId;
  readonly #concerns: (key: ChunkKey) => boolean;

  /** @param parts.concerns whether this device keeps rows of a chunk without being asked */
  constructor(parts: {
    self: DeviceId;
    index: WriteBehind;
    log: Log;
    concerns: (key: ChunkKey) => boolean;
  }) {
    this.#self = parts.self;
    this.#index = parts.index;
    this.#log = parts.log;
    this.#concerns = parts.concerns;
  }

  /** Reads the devices, their digests and the doubts; rows stay in the database. */
  async start(): Promise<void> {
    for await (const page of this.#index.pages(numberPrefix, afterPrefix(numberPrefix))) {
      for (const [key, value] of page) this.#remember(deviceId(idOfKey(key.slice(1))), readNumber(value));
    }
    for await (const page of this.#index.pages(digestPrefix, afterPrefix(digestPrefix))) {
      for (const [key, value] of page) {
        const bytes = Buffer.from(key, 'latin1');
        this.#byNumber[bytes.readUInt16BE(1)]?.digests.writeBucket(bytes.readUInt16BE(3), value);
      }
    }
    for await (const page of this.#index.pages(doubtPrefix, afterPrefix(doubtPrefix))) {
      for (const [key] of page) {
        const holder = this.#byNumber[Buffer.from(key, 'latin1').readUInt16BE(1)];
        if (holder) this.#doubtsOf(holder.device).add(key.slice(3));
      }
    }
  }

  /**
   * Sets which chunks concern this device. Where another interest may have left rows out, all lists differ
   * until they are compared.
   * @returns true when the interest changed
   */
  setInterest(interest: string): boolean {
    const before = this.#read(interestKey);
    const known = before ? Buffer.from(before).toString('utf8') : everything;
    if (known === interest) return false;
    this.#index.set(interestKey, Buffer.from(interest));
    if (known === everything) return false;
    for (const holder of this.#byNumber.filter(({ device }) => device !== this.#self)) {
      for (let bucket = 0; bucket < bucketCount; bucket++) this.#spoil(holder, bucket);
    }
    return true;
  }

  /** Every device that claims the chunk, connected or not. */
  holdersOf(id: ChunkId): DeviceId[] {
    return this.devicesIn(this.maskOf(idKey(id)));
  }

  has(device: DeviceId, id: ChunkId): boolean {
    const holder = this.#byDevice.get(device);
    return holder !== undefined && holds(this.maskOf(idKey(id)), holder.number);
  }

  maskOf(key: ChunkKey): HolderMask {
    const value = this.#read(rowPrefix + key);
    return value
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
      : noHolders;
  }

  devicesIn(mask: HolderMask): DeviceId[] {
    return numbersOf(mask).flatMap((number) => this.#byNumber[number]?.device ?? []);
  }

  /** The set of these devices as the value of a row. */
  maskFor(devices: Iterable<DeviceId>): HolderMask {
    let mask = noHolders;
    for (const device of devices) mask = withHolder(mask, this.#holder(device).number, true);
    return mask;
  }

  /** A device itself reported that it has or lacks a chunk. */
  set(device: DeviceId, key: ChunkKey, present: boolean): void {
    if (this.isDoubted(device, key)) return present ? undefined : this.#admits(device, key);
    const holder = this.#holder(device);
    const before = this.maskOf(key);
    if (holds(before, holder.number) === present) return;
    const after = withHolder(before, holder.number, present);
    this.#index.set(rowPrefix + key, after === noHolders ? null : Buffer.from(after, 'latin1'));
    this.#toggle(holder, key, present);
    for (const listener of this.#listeners) listener({ key, before, after });
  }

  /**
   * Applies one change of a device's feed, which sends each change once. A chunk that does not concern this
   * device is only counted, so that the digests still match.
   */
  follow(device: DeviceId, key: ChunkKey, present: boolean): void {
    const holder = this.#holder(device);
    if (this.isDoubted(device, key)) return present ? undefined : this.#admits(device, key);
    if (holds(this.maskOf(key), holder.number) || this.#keeps(device, key)) this.set(device, key, present);
    else this.#toggle(holder, key, present);
  }

  /** The device claims the chunk and could not prove it: this copy no longer counts, whatever the device claims. */
  disbelieve(device: DeviceId, key: ChunkKey): void {
    if (!this.has(device, chunkId(idOfKey(key)))) return;
    this.set(device, key, false);
    const doubts = this.#doubtsOf(device);
    if (doubts.size >= doubtsMax) return;
    doubts.add(key);
    this.#index.set(this.#doubtKey(device, key), Buffer.alloc(0));
    // The device's own digests still count the chunk: without this line every comparison would find a
    // difference.
    this.#toggle(this.#holder(device), key, true);
  }

  /** The device proved that it has the chunk. */
  believe(device: DeviceId, key: ChunkKey): void {
    if (!this.isDoubted(device, key)) return;
    this.#admits(device, key);
    this.set(device, key, true);
  }

  /** Devices with at least one doubted claim. */
  doubtedDevices(): DeviceId[] {
    return [...this.#doubts].flatMap(([device, keys]) => (keys.size > 0 ? [device] : []));
  }

  /** Called when no claim of a device is doubted any more: it proved or withdrew the last one. */
  onTrusted(listener: (device: DeviceId) => void): void {
    this.#trusted = listener;
  }

  /** The doubted claims of a device. */
  doubted(device: DeviceId): Iterable<ChunkKey> {
    return this.#doubts.get(device) ?? [];
  }

  /** True when the database cannot keep up: other devices' changes should be compared later instead of followed. */
  get isBehind(): boolean {
    return this.#index.isFull;
  }

  /** The digests of a device's list as known here; for this device, the list itself. */
  digestsOf(device: DeviceId): BucketDigests {
    return this.#holder(device).digests;
  }

  /** A device's chunks that have rows here, in buckets [from, to), in order. */
  async list(device: DeviceId, from: number, to: number): Promise<ChunkKey[]> {
    const { number } = this.#holder(device);
    const keys: ChunkKey[] = [];
    for await (const page of this.#index.pages(rowPrefix + bucketStart(from), rowPrefix + bucketStart(to))) {
      for (const [key, value] of page) if (holds(maskIn(value), number)) keys.push(key.slice(1));
    }
    return keys;
  }

  /** Replaces the rows of buckets [from, to) of a device by the device's own list. */
  async replace(device: DeviceId, from: number, to: number, keys: readonly ChunkKey[]): Promise<void> {
    const holder = this.#holder(device);
    // A change that the device sends while the rows are read is newer than the list, and stays. Lists of other
    // devices for the same buckets may arrive meanwhile: they change nothing about this device.
    const changed = new Set<ChunkKey>();
    const stop = this.onChange(({ key, before, after }) => {
      if (holds(before, holder.number) === holds(after, holder.number)) return;
      if (bucketOf(key) >= from && bucketOf(key) < to) changed.add(key);
    });
    const known = new Set(await this.#listWithRoom(device, from, to).finally(stop));
    const listed = new Set(keys);
    // A claim that the device withdrew needs no doubt.
    for (const key of this.doubted(device)) {
      if (bucketOf(key) >= from && bucketOf(key) < to && !listed.has(key)) this.#forgetDoubt(device, key);
    }
    for (const key of known) if (!listed.has(key) && !changed.has(key)) this.set(device, key, false);
    for (const key of listed) {
      if (!known.has(key) && !changed.has(key) && this.#keeps(device, key)) this.set(device, key, true);
    }
    const before = holder.digests.snapshot(from, to);
    holder.digests.clear(from, to);
    for (const key of listed) if (!changed.has(key)) holder.digests.toggle(key, true);
    for (const key of changed) if (holds(this.maskOf(key), holder.number)) holder.digests.toggle(key, true);
    for (const bucket of holder.digests.changedSince(before, from)) this.#keepDigest(holder, bucket);
  }

  async #listWithRoom(device: DeviceId, from: number, to: number): Promise<ChunkKey[]> {
    const known = await this.list(device, from, to);
    await this.#index.room();
    return known;
  }

  /** Returns the unsubscriber. */
  onChange(listener: (change: HoldersChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The device no longer claims a doubted chunk. */
  #admits(device: DeviceId, key: ChunkKey): void {
    this.#forgetDoubt(device, key);
    this.#toggle(this.#holder(device), key, false);
  }

  #forgetDoubt(device: DeviceId, key: ChunkKey): void {
    const doubts = this.#doubts.get(device);
    if (!doubts?.delete(key)) return;
    this.#index.set(this.#doubtKey(device, key), null);
    if (doubts.size === 0) this.#trusted?.(device);
  }

  #doubtsOf(device: DeviceId): Set<ChunkKey> {
    const known = this.#doubts.get(device);
    if (known) return known;
    const fresh = new Set<ChunkKey>();
    this.#doubts.set(device, fresh);
    return fresh;
  }

  #doubtKey(device: DeviceId, key: ChunkKey): string {
    const number = Buffer.alloc(2);
    number.writeUInt16BE(this.#holder(device).number);
    return doubtPrefix + number.toString('latin1') + key;
  }

  /** True when the device claims the chunk and could not prove it. */
  isDoubted(device: DeviceId, key: ChunkKey): boolean {
    return this.#doubts.get(device)?.has(key) === true;
  }

  #keeps(device: DeviceId, key: ChunkKey): boolean {
    if (this.isDoubted(device, key)) return false;
    return device === this.#self || this.#concerns(key);
  }

  /** Called when a damaged row was found: counts derived from the rows are wrong until they are made again. */
  onDamage(listener: () => void): void {
    this.#damaged = listener;
  }

  #holder(device: DeviceId): Holder {
    const known = this.#byDevice.get(device);
    if (known) return known;
    const number = this.#byNumber.length;
    const value = Buffer.alloc(2);
    value.writeUInt16BE(number);
    this.#index.set(numberPrefix + idKey(device), value);
    return this.#remember(device, number);
  }

  #remember(device: DeviceId, number: number): Holder {
    const holder: Holder = { device, number, digests: new BucketDigests() };
    this.#byDevice.set(device, holder);
    this.#byNumber[number] = holder;
    return holder;
  }

  #toggle(holder: Holder, key: ChunkKey, present: boolean): void {
    holder.digests.toggle(key, present);
    this.#keepDigest(holder, bucketOf(key));
  }

  #spoil(holder: Holder, bucket: number): void {
    holder.digests.spoil(bucket);
    this.#keepDigest(holder, bucket);
  }

  /** Writes the digest in the same batch as the rows that it counts. */
  #keepDigest(holder: Holder, bucket: number): void {
    const key = Buffer.alloc(4);
    key.writeUInt16BE(holder.number);
    key.writeUInt16BE(bucket, 2);
    this.#index.set(digestPrefix + key.toString('latin1'), holder.digests.readBucket(bucket));
  }

  #read(key: string): Uint8Array | undefined {
    try {
      return this.#index.get(key);
    } catch (error) {
      if (!isPeerstorError(error, 'index-corrupt')) throw error;
      this.#log.warn({ error }, 'A row of the inventory was damaged; its bucket is compared again');
      this.#index.set(key, null);
      if (key.startsWith(rowPrefix)) {
        for (const holder of this.#byNumber) this.#spoil(holder, bucketOf(key.slice(1)));
        this.#damaged?.();
      }
      return undefined;
    }
  }
}

function maskIn(value: Uint8Array): HolderMask {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
}

function readNumber(value: Uint8Array): number {
  return ((value[0] ?? 0) << 8) | (value[1] ?? 0);
}
