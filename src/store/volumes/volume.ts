/** One folder that this device lends: its state, its room, and its log of chunks. */
import type { Clock, Random } from '../../model/clock.ts';
import type { VolumeStatus } from '../../model/contracts/chunk-store.ts';
import type { ChunkId, DeviceId, VolumeId } from '../../model/ids.ts';
import { defaultTunables, volumeStopRatio } from '../../model/limits.ts';
import { diskVerdict } from '../files/disk-error.ts';
import type { DiskFiles } from '../files/disk-files.ts';
import type { ProcessIdentity } from '../files/process-identity.ts';
import type { VolumeCount } from '../index/volume-counts.ts';
import type { Place } from '../segments/segment-format.ts';
import { SegmentLog } from '../segments/segment-log.ts';
import { VolumeLock } from './volume-lock.ts';
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
  /** Its owner asks by name for the volume of another device: its chunks are hashed, and count here. */
  adopt?: boolean;
}

export interface VolumeSurroundings {
  files: DiskFiles;
  clock: Clock;
  random: Random;
  process: ProcessIdentity;
  /** This device: the owner in the marker. */
  device: DeviceId;
  /** For tests: smaller segments. */
  segmentBytesMax?: number | undefined;
}

/** A volume on which more chunks than this rot within the window is not trusted with new ones. */
const rottenMax = 5;

export class Volume {
  readonly id: VolumeId;
  readonly path: string;
  readonly space: VolumeSpace;
  readonly log: SegmentLog;
  readonly lock: VolumeLock;
  #present = false;
  #folder: string | undefined;
  #missing: string | undefined;
  #failed: { sentence: string; isReadOnly: boolean } | undefined;
  #failing: string | undefined;
  readonly #rottenWindowMs: number;
  #rottenAtMs: number[] = [];
  /** It is being emptied. */
  draining: boolean;
  /** Its chunks came with it from elsewhere: each is hashed before it counts. */
  unverified = false;

  constructor(id: VolumeId, options: VolumeOptions, surroundings: VolumeSurroundings) {
    const { files, clock, random, process, segmentBytesMax } = surroundings;
    const { path } = options;
    this.id = id;
    this.path = path;
    this.draining = options.draining === true;
    this.#rottenWindowMs = options.rottenWindowMs ?? defaultTunables.rottenWindowMs;
    this.space = new VolumeSpace(files, clock, path, options.limitBytes);
    this.log = new SegmentLog({ files, path, volume: id, random, segmentBytesMax });
    this.lock = new VolumeLock(files, path, process, random);
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

  /** It failed because its disk takes no writes: that may pass. */
  get isReadOnly(): boolean {
    return this.#failed?.isReadOnly === true;
  }

  /** Something failed, and its folder is another one than that which was opened: it was mounted anew. */
  isReplacedBy(folder: string): boolean {
    return this.#failed !== undefined && this.#folder !== folder;
  }

  /**
   * The marker is there (again), and the log was opened: whatever failed before, begins anew.
   * @param folder what `DiskFiles.identity` says of it
   */
  find(folder: string): void {
    this.#present = true;
    this.#folder = folder;
    this.#missing = undefined;
    this.#failed = undefined;
    this.space.forget();
  }

  /** The marker is gone: nothing is concluded about the chunks. */
  miss(sentence: string): void {
    this.#present = false;
    this.#missing = sentence;
  }

  /**
   * The disk is not trusted with new bytes until the volume is mounted or the device started again.
   * @param isReadOnly until it takes writes again
   */
  fail(sentence: string, isReadOnly = false): void {
    this.#failed ??= { sentence, isReadOnly };
  }

  /** A disk that was read-only takes writes again. */
  recover(): void {
    if (this.isReadOnly) this.#failed = undefined;
    this.space.forget();
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
    if (this.#failed !== undefined) return { ...status, state: 'failed', problem: this.#failed.sentence };
    if (this.#failing !== undefined) return { ...status, state: 'failing', problem: this.#failing };
    if (this.draining) return { ...status, state: 'draining' };
    return { ...status, state: usedBytes >= limitBytes * volumeStopRatio ? 'full' : 'ok' };
  }

  /**
   * Says of a record that nobody needs it, or that its bytes are wrong; durable where asked for. On a full
   * disk only the index says it: if that is lost, the chunk is found again, and swept again.
   */
  async markDead(id: ChunkId, target: Place, isDurable = false): Promise<void> {
    await this.#mark({ kind: 'dead', id, target }, isDurable);
  }

  /** Not synced: a chunk that a power cut brings back is only swept again. A full disk: as `markDead`. */
  async markTrashed(id: ChunkId, target: Place): Promise<void> {
    await this.#mark({ kind: 'trashed', id, target }, false);
  }

  async #mark(mark: Parameters<SegmentLog['appendMark']>[0], isDurable: boolean): Promise<void> {
    try {
      await this.log.appendMark(mark, isDurable);
    } catch (error) {
      if (diskVerdict(error) !== 'full') throw error;
    }
  }

  /** Stops using it: files are closed and the lock is given back. */
  async close(): Promise<void> {
    await this.log.close();
    await this.lock.release();
  }
}
