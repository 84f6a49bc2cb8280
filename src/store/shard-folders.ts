/** The folders above the chunks of one volume: made when needed, and durable before anyone counts on them. */
import type { ChunkId } from '../model/ids.ts';
import type { BlobFiles } from './blob-files.ts';
import { blobsPath, branchPath, shardPath } from './layout.ts';
import { SharedRun } from './shared-run.ts';

/** Files renamed into a shard are durable after `sync`; the way down to the shard is durable after `branch` and `shard`. */
export class ShardFolders {
  readonly #files: BlobFiles;
  readonly #volume: string;
  /** Branches (blobs/aa) known durable since this object was made: at most 256. */
  readonly #branches = new Map<string, Promise<void>>();
  /** Shards (blobs/aa/bb) being made; whoever finds the folder there waits for it to be durable too. */
  readonly #shards = new Map<string, Promise<void>>();
  readonly #syncs = new Map<string, { run: SharedRun; waiting: number }>();

  constructor(files: BlobFiles, volume: string) {
    this.#files = files;
    this.#volume = volume;
  }

  /**
   * Makes the branch of a chunk and syncs it: once since the start even when it is there, because
   * the process that made it may have been killed before it synced.
   */
  branch(id: ChunkId): Promise<void> {
    const path = branchPath(this.#volume, id.slice(0, 2));
    return once(this.#branches, path, async () => {
      try {
        await this.#files.makeFolder(path);
        await Promise.all([this.sync(blobsPath(this.#volume)), this.sync(path)]);
      } catch (error) {
        this.#branches.delete(path);
        throw error;
      }
    });
  }

  /** Makes the shard of a chunk, whose branch is there, and syncs the branch. */
  makeShard(id: ChunkId): Promise<void> {
    const path = shardPath(this.#volume, id);
    return once(this.#shards, path, async () => {
      try {
        await this.#files.makeFolder(path);
        await this.sync(branchPath(this.#volume, id.slice(0, 2)));
      } finally {
        this.#shards.delete(path);
      }
    });
  }

  /** Makes what was renamed into the shard of a chunk durable, the shard's own name included. */
  async syncShard(id: ChunkId): Promise<void> {
    const path = shardPath(this.#volume, id);
    await Promise.all([this.#shards.get(path), this.sync(path)]);
  }

  /** Syncs a folder, sharing the sync with everyone who waits for the same folder. */
  async sync(path: string): Promise<void> {
    const entry = this.#syncs.get(path) ?? {
      run: new SharedRun(() => this.#files.syncFolder(path)),
      waiting: 0,
    };
    this.#syncs.set(path, entry);
    entry.waiting += 1;
    try {
      await entry.run.run();
    } finally {
      entry.waiting -= 1;
      if (entry.waiting === 0) this.#syncs.delete(path);
    }
  }

  /** After folders were deleted behind our back. */
  forget(): void {
    this.#branches.clear();
  }
}

function once(made: Map<string, Promise<void>>, path: string, make: () => Promise<void>): Promise<void> {
  const making = made.get(path) ?? make();
  made.set(path, making);
  return making;
}
