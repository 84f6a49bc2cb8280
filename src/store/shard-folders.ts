/** The folders above the chunks of one volume: made when needed, and durable before anyone counts on them. */
import type { ChunkId } from '../model/ids.ts';
import type { BlobFiles } from './blob-files.ts';
import { blobsPath, branchPath, shardPath } from './layout.ts';
import { SharedRun } from './locks/shared-run.ts';

/** A file renamed into a shard is durable once its `branch` is and `syncShard` was called after the rename. */
export class ShardFolders {
  readonly #files: BlobFiles;
  readonly #volume: string;
  /** Branches (blobs/aa) known durable since this object was made: at most 256. */
  readonly #branches = new Map<string, Promise<void>>();
  /** Shards (blobs/aa/bb) being made: there, and durable. Whoever finds one there waits for it too. */
  readonly #shards = new Map<string, { made: Promise<unknown>; durable: Promise<void> }>();
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
    const known = this.#branches.get(path) ?? this.#makeBranch(path);
    this.#branches.set(path, known);
    return known;
  }

  async #makeBranch(path: string): Promise<void> {
    try {
      await this.#files.makeFolder(path);
      await Promise.all([this.sync(blobsPath(this.#volume)), this.sync(path)]);
    } catch (error) {
      this.#branches.delete(path);
      throw error;
    }
  }

  /** Makes the shard of a chunk, whose branch is there; it is durable only after `syncShard`. */
  async makeShard(id: ChunkId): Promise<void> {
    const path = shardPath(this.#volume, id);
    let shard = this.#shards.get(path);
    if (shard === undefined) {
      const made = this.#files.makeFolder(path);
      const durable = made.then(() => this.sync(branchPath(this.#volume, id.slice(0, 2))));
      shard = { made, durable };
      this.#shards.set(path, shard);
      const forget = () => this.#shards.delete(path);
      // Whoever needs it durable hears of a failure from `syncShard`.
      durable.then(forget, forget);
    }
    await shard.made;
  }

  /** Makes what was renamed into the shard of a chunk durable, the shard's own name included. */
  async syncShard(id: ChunkId): Promise<void> {
    const path = shardPath(this.#volume, id);
    await Promise.all([this.#shards.get(path)?.durable, this.sync(path)]);
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
