/** A disk store in a temporary folder, and what happens to disks. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChunkChange } from '../../src/model/contracts/chunk-store.ts';
import type { OrderedStore } from '../../src/model/contracts/ordered-store.ts';
import type { ChunkId } from '../../src/model/ids.ts';
import type { BlobFiles } from '../../src/store/blob-files.ts';
import { DiskChunkStore, MemoryOrderedStore, type VolumeOptions } from '../../src/store/index.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';

const MiB = 1024 * 1024;

/** One device: an index, a clock and one volume (or those that `open` is given) on the real disk. */
export class DiskWorld {
  readonly folder: string;
  readonly clock = new VirtualClock();
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

  /** Where FORMAT says that a chunk lies. */
  blob(id: ChunkId, volume = 'volume'): string {
    return join(this.volume(volume), 'blobs', id.slice(0, 2), id.slice(2, 4), id);
  }

  /** Starts a store over the index as it is now. */
  async open(
    options: {
      volumes?: Partial<VolumeOptions>[];
      files?: BlobFiles;
      limitBytes?: number;
      recountMs?: number;
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
    this.index = copy;
  }

  loseIndex(): void {
    this.index = new MemoryOrderedStore();
  }

  /** Names in a folder of the volume, without its chunks' own folders. */
  names(folder: string, volume = 'volume'): Promise<string[]> {
    return readdir(join(this.volume(volume), folder));
  }

  async putFile(path: string, bytes: Uint8Array | string): Promise<void> {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, bytes);
  }

  async remove(): Promise<void> {
    for (const store of this.#open.splice(0)) await store.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
