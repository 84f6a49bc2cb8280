/**
 * Gives the bytes of dead records back to the disk: copies what is needed of a segment to the end of the
 * log, makes that durable, makes the index durable, and only then deletes the segment.
 */
import { Semaphore } from '../../concurrency/index.ts';
import type { Timer } from '../../model/clock.ts';
import { sleep } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import { segmentDeadRatioMax } from '../../model/limits.ts';
import type { ChunkReader } from '../chunks/chunk-reader.ts';
import { soundBytes } from '../chunks/sound-bytes.ts';
import { isSamePlace, placeOf } from '../index/chunk-rows.ts';
import { SharedRun } from '../locks/shared-run.ts';
import { throwApart } from '../locks/throw-apart.ts';
import { type Place, recordBytes, type SegmentEntry } from '../segments/segment-format.ts';
import { diskFailure, type IsThere, type StoreParts } from '../volumes/store-parts.ts';
import type { Volume } from '../volumes/volume.ts';
import { KnownRecords } from './known-records.ts';

/** Records copied at a time: they share their syncs. */
const recordsAtOnce = 16;
const bytesPerSecond = 40 * 1024 * 1024;
/** Must be free besides what is copied, so that a put never fails because of a copy. */
const freeBytesMin = 64 * 1024 * 1024;
/** An open segment with fewer dead bytes is left open. */
const openDeadBytesMin = 1024 * 1024;
const againMs = 3_600_000;
/** Many purges in a row are followed by one pass. */
const soonMs = 1000;

export interface CompactionOutcome {
  segments: number;
  /** Bytes given back to the disk. */
  bytes: number;
}

export interface CompactionParts {
  parts: StoreParts;
  reader: ChunkReader;
  isThere: IsThere;
  /** Does the index know every record of the volume? Before that, nothing on it is deleted. */
  isIndexed(volume: Volume): boolean;
  /** The index and the segments of a volume differ: they must be compared. */
  suspect(volume: Volume): void;
}

/** Waits so long that so many bytes are copied no faster than they should be. */
type Pause = (bytes: number) => Promise<void>;

export class Compaction {
  readonly #own: CompactionParts;
  readonly #abort = new AbortController();
  /** Ends the pass in the background, because somebody asked for a quick one. */
  #hurry = new AbortController();
  readonly #oneAtATime = new Semaphore(1);
  readonly #shared = new SharedRun(() => this.#inBackground());
  #background: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;
  #dueMs = 0;

  constructor(own: CompactionParts) {
    this.#own = own;
  }

  /** Compacts what is due, slowly, in the background: soon, and every hour. */
  begin(): void {
    this.#planned(soonMs);
  }

  #planned(ms: number): void {
    if (this.#abort.signal.aborted) return;
    const { clock } = this.#own.parts;
    const dueMs = clock.monotonicMs() + ms;
    // What is due sooner stays due: callers that come again and again must not put it off for ever.
    if (this.#timer !== undefined && this.#dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = clock.after(ms, () => {
      this.#timer = undefined;
      this.#background = this.#shared.run().finally(() => this.#planned(againMs));
    });
  }

  /** Ends for good; a segment that was not finished is begun anew after the next start. */
  async stop(): Promise<void> {
    this.#abort.abort(new PeerstorError('not-ready', 'The store was stopped.'));
    this.#timer?.cancel();
    await this.#background;
  }

  /** Compacts what is due on every volume, as quickly as the disk can. @throws `storage-failed` */
  async run(): Promise<CompactionOutcome> {
    this.#hurry.abort(new PeerstorError('not-ready', 'A quicker pass begins.'));
    this.#hurry = new AbortController();
    return await this.#oneAtATime.run(() => this.#pass(async () => undefined));
  }

  async #pass(pause: Pause): Promise<CompactionOutcome> {
    const outcome = { segments: 0, bytes: 0 };
    for (const volume of this.#own.parts.volumes.values()) {
      if (!this.#mayCompact(volume)) continue;
      try {
        await this.#compactVolume(volume, pause, outcome);
      } catch (error) {
        this.#abort.signal.throwIfAborted();
        throw diskFailure(volume, 'A segment could not be compacted on', error);
      }
    }
    return outcome;
  }

  async #inBackground(): Promise<void> {
    const { clock } = this.#own.parts;
    const signal = AbortSignal.any([this.#abort.signal, this.#hurry.signal]);
    const pause = (bytes: number) => sleep(clock, (bytes * 1000) / bytesPerSecond, signal);
    try {
      await this.#oneAtATime.run(() => this.#pass(pause));
    } catch (error) {
      // The volume's own state says why; what was not finished is begun anew an hour later.
      if (!(error instanceof PeerstorError)) throwApart(error);
    }
  }

  #mayCompact(volume: Volume): boolean {
    return (volume.writable || (volume.present && volume.draining)) && this.#own.isIndexed(volume);
  }

  async #compactVolume(volume: Volume, pause: Pause, outcome: CompactionOutcome): Promise<void> {
    const { log } = volume;
    if (this.#deadBytes(volume, log.numbers.at(-1) ?? 0) >= openDeadBytesMin) await log.rotate();
    let marks: KnownRecords | undefined;
    for (const segment of log.numbers) {
      this.#abort.signal.throwIfAborted();
      const bytes = log.bytesOf(segment) ?? 0;
      if (!log.isDeletable(segment) || this.#deadBytes(volume, segment) <= bytes * segmentDeadRatioMax)
        continue;
      if (!(await this.#own.isThere(volume)) || !this.#mayCompact(volume)) return;
      if (!(await this.#hasRoom(volume, segment))) continue;
      marks ??= await this.#marksOf(volume);
      const neededBytes = await this.#neededMarkBytes(volume, segment);
      if (this.#deadBytes(volume, segment) - neededBytes <= bytes * segmentDeadRatioMax) continue;
      if (!(await this.#compactSegment(volume, segment, marks, pause))) continue;
      outcome.segments += 1;
      outcome.bytes += bytes;
    }
  }

  #deadBytes(volume: Volume, segment: number): number {
    const live = this.#own.parts.index.liveBytes(volume.id, segment);
    return (volume.log.bytesOf(segment) ?? 0) - live;
  }

  async #hasRoom(volume: Volume, segment: number): Promise<boolean> {
    const live = this.#own.parts.index.liveBytes(volume.id, segment);
    if (live === 0) return true;
    volume.space.forget();
    await volume.space.look();
    return volume.space.freeBytes >= live + freeBytesMin;
  }

  /** Bytes of marks that would be copied, because the segments of their records are still there. */
  async #neededMarkBytes(volume: Volume, segment: number): Promise<number> {
    let bytes = 0;
    for (const entry of await volume.log.entries(segment)) {
      if (entry.kind !== 'chunk' && isMarkNeeded(volume, segment, entry)) bytes += recordBytes(entry);
    }
    return bytes;
  }

  async #marksOf(volume: Volume): Promise<KnownRecords> {
    const marks = new KnownRecords();
    for (const segment of volume.log.numbers) marks.addSegment(segment, await volume.log.entries(segment));
    return marks;
  }

  /** @returns whether the segment is deleted */
  async #compactSegment(
    volume: Volume,
    segment: number,
    marks: KnownRecords,
    pause: Pause,
  ): Promise<boolean> {
    const moved = new KnownRecords();
    const stopWatching = volume.log.watchMarks((mark) => marks.add(mark));
    try {
      const entries = [...(await volume.log.entries(segment))];
      for (let at = 0; at < entries.length; at += recordsAtOnce) {
        this.#abort.signal.throwIfAborted();
        const some = entries.slice(at, at + recordsAtOnce);
        const copied = await Promise.all(some.map((entry) => this.#save(volume, segment, entry, moved)));
        const bytes = copied.reduce((sum, one) => sum + one, 0);
        if (bytes > 0) await pause(bytes);
      }
      return await this.#delete(volume, segment, entries, marks);
    } finally {
      stopWatching();
    }
  }

  /** Everything that was copied is durable, and so is the index; each record is looked at once more. */
  async #delete(
    volume: Volume,
    segment: number,
    entries: readonly SegmentEntry[],
    marks: KnownRecords,
  ): Promise<boolean> {
    const { parts, isThere, suspect } = this.#own;
    await parts.index.sync();
    const isNeeded = entries.some((entry) => !this.#isDead(volume, segment, entry, marks));
    if (isNeeded || parts.index.liveBytes(volume.id, segment) !== 0) {
      suspect(volume);
      return false;
    }
    if (!(await isThere(volume)) || !this.#mayCompact(volume)) return false;
    await volume.log.remove(segment);
    volume.space.forget();
    return true;
  }

  /** A record is dropped only where a mark says that it is dead, or a row that the chunk is elsewhere. */
  #isDead(volume: Volume, segment: number, entry: SegmentEntry, marks: KnownRecords): boolean {
    if (entry.kind !== 'chunk') return true;
    const place = { segment, offset: entry.offset };
    const rows = [this.#own.parts.index.chunk(entry.id), this.#own.parts.index.trashed(entry.id)];
    if (rows.some((row) => isSamePlace(row, volume.id, place))) return false;
    return marks.markOf(place)?.kind === 'dead' || rows.some((row) => row !== undefined);
  }

  /** Copies what is needed of one record to the end of the log. @returns bytes copied */
  async #save(volume: Volume, segment: number, entry: SegmentEntry, moved: KnownRecords): Promise<number> {
    return await this.#own.parts.locks.hold(entry.id, async () => {
      if (entry.kind === 'chunk')
        return await this.#moveChunk(volume, { segment, offset: entry.offset }, entry);
      const isMoved = moved.markOf(entry.target) !== undefined;
      if (isMoved || !isMarkNeeded(volume, segment, entry)) return 0;
      moved.add(entry);
      await this.#moveMark(volume, entry);
      return 0;
    });
  }

  async #moveChunk(
    volume: Volume,
    place: Place,
    { id }: Extract<SegmentEntry, { kind: 'chunk' }>,
  ): Promise<number> {
    const { index } = this.#own.parts;
    const chunk = index.chunk(id);
    const trash = index.trashed(id);
    const isHeld = isSamePlace(chunk, volume.id, place);
    const row = isHeld ? chunk : trash;
    if (row === undefined || !isSamePlace(row, volume.id, place)) return 0;
    const bytes = await soundBytes(volume, place, id, row.size);
    if (bytes === undefined) {
      await this.#giveUpBad(volume, place, id, isHeld);
      return 0;
    }
    const moved = { ...row, ...(await volume.log.appendChunk(id, bytes)) };
    if (isHeld) await index.set(id, { chunk: moved });
    else if (trash !== undefined) {
      await volume.log.appendMark({ kind: 'trashed', id, target: placeOf(moved) }, true);
      await index.set(id, { trash: { ...moved, deletedAtMs: trash.deletedAtMs } });
    }
    return bytes.length;
  }

  /** The reader looks with fresh eyes and announces it; it needs the lock that is held here. */
  async #giveUpBad(volume: Volume, place: Place, id: SegmentEntry['id'], isHeld: boolean): Promise<void> {
    const { parts, reader } = this.#own;
    if (isHeld) {
      queueMicrotask(() => void reader.quarantineIfCorrupt(id).catch(() => undefined));
      return;
    }
    await volume.markDead(id, place, true);
    await parts.index.set(id, { trash: null });
  }

  /** A mark is needed as long as its record is there: what is now true of the record is said again. */
  async #moveMark(volume: Volume, { id, target }: MarkEntry): Promise<void> {
    const { index } = this.#own.parts;
    const isTrashed = isSamePlace(index.trashed(id), volume.id, target);
    const kind = isSamePlace(index.chunk(id), volume.id, target) ? 'kept' : isTrashed ? 'trashed' : 'dead';
    await volume.log.appendMark({ kind, id, target }, true);
  }
}

type MarkEntry = Exclude<SegmentEntry, { kind: 'chunk' }>;

/** A mark says something as long as the record that it speaks of is in another segment that is there. */
function isMarkNeeded(volume: Volume, segment: number, { target }: MarkEntry): boolean {
  return target.segment !== segment && volume.log.bytesOf(target.segment) !== undefined;
}
