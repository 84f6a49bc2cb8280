/** Chunks in segments on the volumes of this device. */
import { resolve } from 'node:path';
import { KeyedLock, Semaphore } from '../concurrency/index.ts';
import type { Clock, Random } from '../model/clock.ts';
import { systemClock, systemRandom } from '../model/clock.ts';
import type {
  ChunkChange,
  ChunkStore,
  GetOptions,
  PutOptions,
  PutOutcome,
  VolumeStatus,
} from '../model/contracts/chunk-store.ts';
import type { OrderedStore } from '../model/contracts/ordered-store.ts';
import { PeerstorError } from '../model/errors.ts';
import { type ChunkId, chunkId, type DeviceId } from '../model/ids.ts';
import { hashCheck, hashesTo, mustBeChunk } from './chunks/chunk-hash.ts';
import { ChunkReader } from './chunks/chunk-reader.ts';
import { ChunkWriter } from './chunks/chunk-writer.ts';
import { inReadingOrder, type PlacedChunk } from './chunks/reading-order.ts';
import { type PurgeOutcome, Trash } from './chunks/trash.ts';
import { type DiskFiles, nodeFiles } from './files/disk-files.ts';
import { type ProcessIdentity, thisProcess } from './files/process-identity.ts';
import { ChunkIndex } from './index/chunk-index.ts';
import { type ChunkRow, placeOf } from './index/chunk-rows.ts';
import { Changes } from './locks/changes.ts';
import { CatchUp } from './upkeep/catch-up.ts';
import { Compaction, type CompactionOutcome } from './upkeep/compaction.ts';
import { MoveOut } from './upkeep/move-out.ts';
import { Recount } from './upkeep/recount.ts';
import type { RescanOutcome } from './upkeep/rescan.ts';
import { type VolumeChange, VolumeChanges } from './upkeep/volume-changes.ts';
import { type OpenedVolume, openVolume } from './volumes/open-volume.ts';
import { diskFailure, dropVolume, locate, notRunning, type StoreParts } from './volumes/store-parts.ts';
import type { Volume, VolumeOptions } from './volumes/volume.ts';
import { VolumePresence } from './volumes/volume-presence.ts';

export interface DiskChunkStoreOptions {
  volumes: readonly VolumeOptions[];
  /** For this store alone (`withPrefix` where a database is shared); whoever opened it closes it. */
  index: OrderedStore;
  clock?: Clock;
  random?: Random;
  /** Between two comparisons of all files with the index; never if absent. */
  recountMs?: number;
  /** As of `VolumePresence`; the default of the tunables if absent. */
  volumeCheckMs?: number;
  /** As of `VolumeOptions`, for all volumes. */
  rottenWindowMs?: number;
  /** Comparing segments with the index, where it can wait, begins after it: the device serves by then. */
  calm?: Promise<unknown>;
  /** The id of this device: in the markers of its volumes. */
  device: DeviceId;
  /** For chunks in shared memory. */
  sha256?: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** For tests: disks that fail, other processes, smaller segments. */
  files?: DiskFiles;
  process?: ProcessIdentity;
  segmentBytesMax?: number;
}

/** Writers that wait for the disk share one sync; their bytes are in memory. */
const writersMax = 128;
/** With more callers waiting the disk cannot keep up. */
const diskLine = { waitingMax: 1024, busySentence: 'The disk has too much to do: try again in a moment.' };
const readersMax = 8;

/** What exists between `start` and `stop`. */
interface Run {
  presence: VolumePresence;
  trash: Trash;
  writer: ChunkWriter;
  reader: ChunkReader;
  catchUp: CatchUp;
  recount: Recount;
  moveOut: MoveOut;
  compaction: Compaction;
  changes: VolumeChanges;
}

/**
 * `ChunkStore` over a log of segments for each volume. What is held is in the index, so that memory does not
 * grow with the chunks. What happens when disks fail, fill up or go away: README.md of this room.
 */
export class DiskChunkStore implements ChunkStore {
  readonly #options: DiskChunkStoreOptions;
  readonly #parts: StoreParts;
  readonly #writers = new Semaphore(writersMax, diskLine);
  readonly #readers = new Semaphore(readersMax, diskLine);
  readonly #underWay = new Set<Promise<unknown>>();
  #started: Promise<Run> | undefined;
  #stopping: Promise<void> | undefined;
  #run: Run | undefined;

  constructor(options: DiskChunkStoreOptions) {
    this.#options = options;
    this.#parts = {
      files: options.files ?? nodeFiles,
      device: options.device,
      hashesTo: options.sha256 ? hashCheck(options.sha256) : hashesTo,
      random: options.random ?? systemRandom,
      process: options.process ?? thisProcess,
      segmentBytesMax: options.segmentBytesMax,
      clock: options.clock ?? systemClock,
      index: new ChunkIndex(options.index, () => this.#run?.catchUp.mark(this.#parts.volumes.values())),
      locks: new KeyedLock<ChunkId>(Number.POSITIVE_INFINITY),
      changes: new Changes(),
      volumes: new Map(),
    };
  }

  /**
   * Opens the volumes. After an unclean stop they are looked through: in the background, or before
   * this resolves where the index knows no chunk of a volume that has some.
   * @throws `storage-failed` when a new volume cannot be made, `bad-input` when one is given twice
   */
  async start(): Promise<void> {
    await this.#stopping;
    this.#started ??= this.#open();
    try {
      await this.#started;
    } catch (error) {
      this.#started = undefined;
      await this.#closeVolumes();
      throw error;
    }
  }

  /** Waits for calls that are under way, and closes the volumes. The index stays open. */
  stop(): Promise<void> {
    this.#stopping ??= this.#close().finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /**
   * As the contract says. The bytes must not be changed before it resolves.
   * @throws also `too-large`, `volume-missing` when no volume is there, `not-ready`
   */
  put(id: ChunkId, bytes: Uint8Array, options: PutOptions = {}): Promise<PutOutcome> {
    const { signal } = options;
    return this.#during(async (run) => {
      signal?.throwIfAborted();
      await mustBeChunk(chunkId(id), bytes, options.trusted === true ? undefined : this.#parts.hashesTo);
      return await this.#parts.locks.hold(id, async () => {
        if (this.has(id)) return 'present';
        await this.#writers.run(async () => {
          if (!(await run.trash.bringBack(id))) await run.writer.write(id, bytes);
        }, signal);
        return 'stored';
      });
    });
  }

  get(id: ChunkId, options: GetOptions = {}): Promise<Uint8Array> {
    return this.#during(async (run) => {
      options.signal?.throwIfAborted();
      const bytes = await this.#readers.run(() => run.reader.read(chunkId(id), options), options.signal);
      options.signal?.throwIfAborted();
      return bytes;
    });
  }

  /** Reads the chunk again: only bytes that really do not hash to the id are put into quarantine. */
  reportCorrupt(id: ChunkId): Promise<void> {
    return this.#during((run) => run.reader.quarantineIfCorrupt(chunkId(id)));
  }

  has(id: ChunkId): boolean {
    return locate(this.#parts, chunkId(id)) !== undefined;
  }

  sizeOf(id: ChunkId): number | undefined {
    return locate(this.#parts, chunkId(id))?.row.size;
  }

  touch(id: ChunkId): Promise<boolean> {
    return this.#during((run) =>
      this.#parts.locks.hold(chunkId(id), async () => this.has(id) || (await run.trash.bringBack(id))),
    );
  }

  /** @throws also `volume-missing` when the chunk is on a volume that is not there, `storage-failed` */
  delete(id: ChunkId, options: { onlyIf?: () => boolean } = {}): Promise<void> {
    return this.#during((run) =>
      this.#parts.locks.hold(chunkId(id), async () => {
        const { index, volumes, clock, changes } = this.#parts;
        const row = index.chunk(id);
        const volume = row === undefined ? undefined : volumes.get(row.volume);
        if (row === undefined || volume === undefined) return;
        if (options.onlyIf?.() === false) return;
        const deletedAtMs = clock.elapsedMs();
        await this.#markTrashed(run, volume, id, row);
        await index.set(id, { chunk: null, trash: { ...row, deletedAtMs } });
        changes.announce({ kind: 'lost', id, reason: 'deleted' });
      }),
    );
  }

  purgeTrash(olderThanMs: number): Promise<PurgeOutcome> {
    return this.#during(async (run) => {
      const outcome = await run.trash.purge(olderThanMs);
      run.compaction.begin();
      return outcome;
    });
  }

  /** Compacts all segments that are due, at full speed. The store does the same in the background, slowly. */
  compact(): Promise<CompactionOutcome> {
    return this.#during((run) => run.compaction.run());
  }

  /** Compares all segments with the index and sets it right, announcing what differs. */
  rescan(): Promise<RescanOutcome> {
    return this.#during((run) => run.catchUp.lookThrough(this.#parts.volumes.values()));
  }

  async *list(options: { after?: ChunkId } = {}): AsyncIterable<{ id: ChunkId; size: number }> {
    for await (const { id, size, volume } of this.#parts.index.chunks({ after: options.after })) {
      if (this.#parts.volumes.get(volume)?.present === true) yield { id, size };
    }
  }

  async *inReadingOrder({ after = '' }: { after?: string } = {}): AsyncIterable<PlacedChunk> {
    if (this.#run !== undefined) yield* inReadingOrder(this.#parts, after);
  }

  /** Chunks, bytes and limit are those of the volumes that are there; `usedBytes` has the trash in it. */
  usage(): { chunks: number; bytes: number; limitBytes: number; volumes: VolumeStatus[] } {
    const volumes: VolumeStatus[] = [];
    const usage = { chunks: 0, bytes: 0, limitBytes: 0, volumes };
    for (const volume of this.#parts.volumes.values()) {
      const count = this.#parts.index.count(volume.id);
      volumes.push(volume.status(count));
      if (!volume.present) continue;
      usage.chunks += count.chunks;
      usage.bytes += count.bytes;
      usage.limitBytes += volume.limitBytes;
    }
    return usage;
  }

  /**
   * Lends another folder from now on. Chunks that it brings are hashed before they count. The volume of another
   * device is taken only with `adopt`.
   * @throws `bad-input` when it is a volume already, `storage-failed` when it cannot become one
   */
  addVolume(options: VolumeOptions): Promise<void> {
    return this.#during(async (run) => run.changes.added(await this.#openVolume(options)));
  }

  /** Chunks that have to leave the volume move to the others, in the background. @throws `not-found` */
  changeVolume(path: string, change: VolumeChange): Promise<void> {
    return this.#during(async (run) => run.changes.change(path, change));
  }

  /** Stops lending a folder; the chunks on it do not count here from now on. @throws `not-found` */
  removeVolume(path: string): Promise<void> {
    return this.#during((run) => run.changes.remove(path));
  }

  /** The chunks on one volume, which may be missing. @throws `not-found` */
  async *chunksOf(path: string): AsyncIterable<ChunkId> {
    if (this.#run === undefined) throw notRunning();
    yield* this.#run.changes.chunksOf(path);
  }

  /** Chunks that have to leave their volume, and for which no other one of this device has room. */
  async *surplus(): AsyncIterable<ChunkId> {
    if (this.#run !== undefined) yield* this.#run.moveOut.surplus();
  }

  /** Gives up one of `surplus` that others have: unlike `delete` it makes room at once. */
  release(id: ChunkId): Promise<void> {
    return this.#during((run) => run.moveOut.release(chunkId(id)));
  }

  onChange(listener: (change: ChunkChange) => void): () => void {
    return this.#parts.changes.onChange(listener);
  }

  async #open(): Promise<Run> {
    const { index, volumes } = this.#parts;
    volumes.clear();
    const { clean, due, isNew } = await index.begin();
    for (const options of this.#options.volumes) {
      const { volume, origin } = await this.#openVolume(options, isNew);
      if (origin === 'unseen' || (origin === 'known' && !clean)) due.push(volume.id);
    }

    const onReturn = (volume: Volume) => {
      run.catchUp.mark([volume]);
      run.moveOut.begin();
    };
    const presence = new VolumePresence(this.#parts, onReturn, this.#options.volumeCheckMs);
    const isThere = (volume: Volume) => presence.check(volume);
    const trash = new Trash(this.#parts, isThere);
    const writer = new ChunkWriter(this.#parts, trash, isThere);
    const reader = new ChunkReader(this.#parts, isThere);
    const later = { calm: this.#options.calm, onDone: () => compaction.begin() };
    const catchUp = new CatchUp(this.#parts, isThere, due, later);
    const compaction = new Compaction({
      parts: this.#parts,
      reader,
      isThere,
      isIndexed: (volume) => catchUp.isDone(volume),
      suspect: (volume) => catchUp.mark([volume]),
    });
    const moveOut = new MoveOut({ parts: this.#parts, reader, writer, isThere });
    const changes = new VolumeChanges(this.#parts, catchUp, moveOut);
    const recount = new Recount({
      index,
      clock: this.#parts.clock,
      everyMs: this.#options.recountMs ?? Number.POSITIVE_INFINITY,
      recount: () => catchUp.lookThrough(volumes.values(), true),
    });
    const run: Run = { presence, trash, writer, reader, catchUp, recount, moveOut, compaction, changes };
    await catchUp.start();
    presence.start();
    recount.start();
    this.#run = run;
    moveOut.begin();
    compaction.begin();
    return run;
  }

  async #openVolume(options: VolumeOptions, isIndexNew = false): Promise<OpenedVolume> {
    const { volumes } = this.#parts;
    const path = resolve(options.path);
    const { rottenWindowMs } = this.#options;
    if ([...volumes.values()].some((volume) => volume.path === path)) {
      throw new PeerstorError('bad-input', `${path} is a volume of this device already.`);
    }
    const opened = await openVolume({ rottenWindowMs, ...options, path }, this.#parts, isIndexNew);
    const { volume, replaced } = opened;
    const twin = volumes.get(volume.id);
    if (twin !== undefined) {
      await volume.close();
      throw new PeerstorError(
        'bad-input',
        `${path} and ${twin.path} are the same volume, or one is a copy of the other.`,
      );
    }
    if (replaced !== undefined) await dropVolume(this.#parts, replaced);
    volumes.set(volume.id, volume);
    return opened;
  }

  async #markTrashed(run: Run, volume: Volume, id: ChunkId, row: ChunkRow): Promise<void> {
    if (!(await run.presence.check(volume))) {
      throw new PeerstorError(
        'volume-missing',
        `The volume ${volume.path} is not there: nothing is deleted from it.`,
      );
    }
    try {
      await volume.markTrashed(id, placeOf(row));
    } catch (error) {
      throw diskFailure(volume, 'A chunk could not be deleted on', error);
    }
  }

  async #closeVolumes(): Promise<void> {
    await Promise.all([...this.#parts.volumes.values()].map((volume) => volume.close()));
  }

  async #close(): Promise<void> {
    const run = await this.#started?.catch(() => undefined);
    this.#started = undefined;
    this.#run = undefined;
    if (run === undefined) return;
    const recounted = run.recount.stop();
    await run.compaction.stop();
    await run.moveOut.stop();
    await run.catchUp.stop();
    await recounted;
    await Promise.allSettled(this.#underWay);
    await run.presence.stop();
    await this.#closeVolumes();
    await this.#parts.index.end(run.catchUp.due);
  }

  async #during<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const run = this.#run;
    if (run === undefined) throw notRunning();
    const doing = Promise.resolve(run).then(work);
    // `stop` waits for it.
    this.#underWay.add(doing);
    try {
      return await doing;
    } finally {
      this.#underWay.delete(doing);
    }
  }
}
