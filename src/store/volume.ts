/** One folder that this device lends: its state, its room, and chunks as files in it. */
import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { VolumeStatus } from '../model/contracts/chunk-store.ts';
import { PeerstorError } from '../model/errors.ts';
import type { ChunkId, VolumeId } from '../model/ids.ts';
import { defaultTunables, volumeStopRatio } from '../model/limits.ts';
import type { BlobFiles } from './blob-files.ts';
import { readWhole, writeSynced } from './blob-files.ts';
import type { VolumeCount } from './chunk-index.ts';
import { diskCode } from './files/disk-error.ts';
import {
  blobPath,
  blobsPath,
  quarantineFolderPath,
  quarantinePath,
  tmpPath,
  trashFolderPath,
  trashPath,
  unfinishedPath,
} from './layout.ts';
import { ShardFolders } from './shard-folders.ts';
import { VolumeSpace } from './volume-space.ts';

/** A folder as configured. */
export interface VolumeOptions {
  /** Absolute path. */
  path: string;
  /** Bytes lent, trash included. */
  limitBytes: number;
  /** It lies in the device's own home, so it may be made again where it is gone: no drive was unplugged. */
  owned?: boolean;
  /** It is being emptied: it takes nothing new. */
  draining?: boolean;
  /** Six chunks that rot within this time end the trust in it. */
  rottenWindowMs?: number | undefined;
}

/** A volume on which more chunks than this rot within the window is not trusted with new ones. */
const rottenMax = 5;

/** Methods that touch files reject with the errors of node:fs; the store judges what they mean. */
export class Volume {
  readonly id: VolumeId;
  readonly path: string;
  readonly space: VolumeSpace;
  readonly folders: ShardFolders;
  readonly #files: BlobFiles;
  #attempts = 0;
  #present = false;
  #missing: string | undefined;
  #failed: string | undefined;
  #failing: string | undefined;
  readonly #rottenWindowMs: number;
  #rottenAtMs: number[] = [];
  /** It is being emptied. */
  draining: boolean;
  /** Its files came with it from elsewhere: each is hashed before it counts. */
  unverified = false;

  constructor(id: VolumeId, options: VolumeOptions, files: BlobFiles, clock: Clock) {
    this.id = id;
    this.path = options.path;
    this.draining = options.draining === true;
    this.#rottenWindowMs = options.rottenWindowMs ?? defaultTunables.rottenWindowMs;
    this.#files = files;
    this.space = new VolumeSpace(files, clock, options.path, options.limitBytes);
    this.folders = new ShardFolders(files, options.path);
  }

  /** Its marker is there, so its chunks count as held (on a failed volume too: they can be read). */
  get present(): boolean {
    return this.#present;
  }

  get limitBytes(): number {
    return this.space.limitBytes;
  }

  /** New chunks may go to it. */
  get writable(): boolean {
    return this.#present && this.#failed === undefined && this.#failing === undefined && !this.draining;
  }

  /** The marker is there (again). */
  find(): void {
    this.#present = true;
    this.#missing = undefined;
    this.folders.forget();
    this.space.forget();
  }

  /** The marker is gone: nothing is concluded about the chunks. */
  miss(sentence: string): void {
    this.#present = false;
    this.#missing = sentence;
  }

  /** The disk is not trusted with new bytes until the device is started again. */
  fail(sentence: string): void {
    this.#failed ??= sentence;
  }

  /** A chunk on it had rotten. @param nowMs monotonic */
  foundRotten(nowMs: number): void {
    this.#rottenAtMs = this.#rottenAtMs.filter((atMs) => nowMs - atMs < this.#rottenWindowMs);
    this.#rottenAtMs.push(nowMs);
    const count = this.#rottenAtMs.length;
    if (count <= rottenMax) return;
    this.#failing ??= `${count} chunks on the volume ${this.path} rotted within a short time: it takes no new ones.`;
  }

  /** Its owner says that its disk is sound. */
  trustAgain(): void {
    this.#failing = undefined;
    this.#rottenAtMs = [];
  }

  /** Bytes of chunks that have to leave it. */
  surplusBytes(count: VolumeCount): number {
    if (!this.#present) return 0;
    return this.draining ? count.bytes : Math.max(0, count.bytes - this.limitBytes);
  }

  status(count: VolumeCount): VolumeStatus {
    const { id, path, limitBytes } = this;
    const usedBytes = count.bytes + count.trashBytes;
    const status = { id, path, limitBytes, usedBytes };
    if (this.#missing !== undefined) return { ...status, state: 'missing', problem: this.#missing };
    if (this.#failed !== undefined) return { ...status, state: 'failed', problem: this.#failed };
    if (this.#failing !== undefined) return { ...status, state: 'failing', problem: this.#failing };
    if (this.draining) return { ...status, state: 'draining' };
    return { ...status, state: usedBytes >= limitBytes * volumeStopRatio ? 'full' : 'ok' };
  }

  /** Makes the folders inside the volume, which itself is there. */
  async makeFolders(): Promise<void> {
    const inside = [blobsPath, tmpPath, trashFolderPath, quarantineFolderPath];
    await Promise.all(inside.map((folder) => this.#files.makeFolder(folder(this.path))));
    await this.folders.sync(this.path);
    this.folders.forget();
  }

  /** Stores bytes under their id; they survive a power cut when this resolves (I2). */
  async write(id: ChunkId, bytes: Uint8Array): Promise<void> {
    this.#attempts += 1;
    const unfinished = unfinishedPath(this.path, id, this.#attempts);
    try {
      await writeSynced(this.#files, unfinished, bytes);
      await this.#place(id, unfinished);
    } catch (error) {
      await this.#undo(() => this.#files.unlink(unfinished));
      throw error;
    }
    try {
      await this.#settle(id);
    } catch (error) {
      await this.#undo(() => this.#files.unlink(blobPath(this.path, id)));
      throw error;
    }
  }

  /** The file's bytes, or undefined when it does not have that size. */
  async read(id: ChunkId, size: number): Promise<Uint8Array | undefined> {
    const bytes = await readWhole(this.#files, blobPath(this.path, id), size);
    return bytes?.length === size ? bytes : undefined;
  }

  async readTrash(id: ChunkId, size: number): Promise<Uint8Array | undefined> {
    const bytes = await readWhole(this.#files, trashPath(this.path, id), size);
    return bytes?.length === size ? bytes : undefined;
  }

  /** Not synced: a chunk that a power cut brings back is only swept again. */
  async moveToTrash(id: ChunkId): Promise<void> {
    await this.#files.rename(blobPath(this.path, id), trashPath(this.path, id));
  }

  /** Durable when it resolves, like `write`. */
  async bringBack(id: ChunkId): Promise<void> {
    await this.#place(id, trashPath(this.path, id));
    try {
      await this.#settle(id);
    } catch (error) {
      await this.#undo(() => this.moveToTrash(id));
      throw error;
    }
  }

  async emptyFromTrash(id: ChunkId): Promise<void> {
    await this.#unlinkIfThere(trashPath(this.path, id));
    this.space.forget();
  }

  /** Another volume has the chunk now. */
  async giveUp(id: ChunkId): Promise<void> {
    await this.#unlinkIfThere(blobPath(this.path, id));
    this.space.forget();
  }

  /** Synced, so that bad bytes do not come back with the power. */
  async quarantine(id: ChunkId, from: 'blobs' | 'trash' = 'blobs'): Promise<void> {
    const path = from === 'trash' ? trashPath(this.path, id) : blobPath(this.path, id);
    await this.#files.rename(path, quarantinePath(this.path, id));
    await this.folders.sync(quarantineFolderPath(this.path));
    if (from === 'blobs') await this.folders.syncShard(id);
  }

  /** Removes what an earlier process left half written. */
  async emptyTmp(): Promise<void> {
    const folder = tmpPath(this.path);
    for (const name of await this.#files.list(folder)) await this.#unlinkIfThere(join(folder, name));
  }

  /** Moves a whole file to its place in blobs/, whose folders are made where they lack. */
  async #place(id: ChunkId, from: string): Promise<void> {
    await this.folders.branch(id);
    try {
      await this.#files.rename(from, blobPath(this.path, id));
    } catch (error) {
      if (diskCode(error) !== 'ENOENT') throw error;
      await this.folders.makeShard(id);
      await this.#files.rename(from, blobPath(this.path, id));
    }
  }

  /**
   * Makes the name of a placed file durable. On a volume that failed meanwhile it rejects: a sync
   * that succeeds after another one failed proves nothing, because fsync tells of an error only once.
   */
  async #settle(id: ChunkId): Promise<void> {
    await this.folders.syncShard(id);
    if (this.#failed !== undefined) throw new PeerstorError('storage-failed', this.#failed);
  }

  /**
   * Best effort while another error is on its way to the caller, who must see that one. What stays
   * behind is harmless: tmp/ is emptied at the next start, blobs/ and trash/ are compared with the index.
   */
  async #undo(step: () => Promise<void>): Promise<void> {
    await step().catch(() => undefined);
  }

  async #unlinkIfThere(path: string): Promise<void> {
    try {
      await this.#files.unlink(path);
    } catch (error) {
      if (diskCode(error) !== 'ENOENT') throw error;
    }
  }
}
