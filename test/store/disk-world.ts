/** A disk store in a temporary folder, and what happens to disks. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChunkChange } from '../../src/model/contracts/chunk-store.ts';
import type { OrderedStore } from '../../src/model/contracts/ordered-store.ts';
import { type ChunkId, type DeviceId, deviceId } from '../../src/model/ids.ts';
import { segmentBytesMax } from '../../src/model/limits.ts';
import type { DiskFiles } from '../../src/store/files/disk-files.ts';
import { DiskChunkStore, MemoryOrderedStore, type VolumeOptions } from '../../src/store/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { chunkOnDisk, chunkRecords, cutLastFooter, type FoundChunk } from './segments-on-disk.ts';

const MiB = 1024 * 1024;
/** The device of a world. */
export const testDevice = deviceId('d'.repeat(64));

/** One device: an index, a clock and one volume (or those that `open` is given) on the real disk. */
export class DiskWorld {
  readonly folder: string;
  readonly clock = new ManualClock();
  index: OrderedStore = new MemoryOrderedStore();
  readonly changes: ChunkChange[] = [];
  readonly #open: DiskChunkStore[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<DiskWorld> {
    return new DiskWorld(await mkdtemp(join(tmpdir(), 'peerstor-store-')));
  }

  /** Path of a volume. */
  volume(name = 'volume'): string {
    return join(this.folder, name);
  }

  /** The record of a chunk on a volume. */
  record(id: ChunkId, volume = 'volume'): Promise<FoundChunk> {
    return chunkOnDisk(this.volume(volume), id);
  }

  /** Ids of the chunks whose records have that state, ascending. */
  async idsOf(state: FoundChunk['state'], volume = 'volume'): Promise<ChunkId[]> {
    const records = await chunkRecords(this.volume(volume));
    return records.flatMap((record) => (record.state === state ? record.id : [])).sort();
  }

  /** Starts a store over the index as it is now. */
  async open(
    options: {
      volumes?: Partial<VolumeOptions>[];
      files?: DiskFiles;
      limitBytes?: number;
      recountMs?: number;
      device?: DeviceId;
      segmentBytesMax?: number;
    } = {},
  ): Promise<DiskChunkStore> {
    const volumes = (options.volumes ?? [{}]).map((volume) => ({
      path: this.volume(),
      limitBytes: options.limitBytes ?? 64 * MiB,
      ...volume,
    }));
    const { index, clock } = this;
    const store = new DiskChunkStore({
      volumes,
      index,
      clock,
      device: options.device ?? testDevice,
      segmentBytesMax: options.segmentBytesMax ?? segmentBytesMax,
      ...(options.files && { files: options.files }),
      ...(options.recountMs !== undefined && { recountMs: options.recountMs }),
    });
    store.onChange((change) => this.changes.push(change));
    await store.start();
    this.#open.push(store);
    return store;
  }

  /** The process is killed: what it did not write is gone, and it never said goodbye. */
  async kill(): Promise<void> {
    // The index of the dead process no longer reaches the disk; a copy of it as it is now does.
    const copy = new MemoryOrderedStore();
    const rows: { key: string; value: Uint8Array | null }[] = [];
    for await (const [key, value] of this.index.range({ gte: '\0', lt: '\xff\xff' }))
      rows.push({ key, value });
    await copy.batch(rows);
    for (const store of this.#open.splice(0)) await store.stop();
    for (const name of await readdir(this.folder)) await cutLastFooter(this.volume(name));
    this.index = copy;
  }

  loseIndex(): void {
    this.index = new MemoryOrderedStore();
  }

  async remove(): Promise<void> {
    for (const store of this.#open.splice(0)) await store.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
