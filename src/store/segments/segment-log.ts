/** All segments of one volume: one log, in the order of their numbers. */
import type { Random } from '../../model/clock.ts';
import type { ChunkId, VolumeId } from '../../model/ids.ts';
import { segmentBytesMax } from '../../model/limits.ts';
import { diskCode } from '../files/disk-error.ts';
import type { DiskFiles } from '../files/disk-files.ts';
import { segmentNumber, segmentPath, segmentsPath } from '../files/layout.ts';
import { readAll, writeAll } from '../files/whole-file.ts';
import { ReadHandles } from './read-handles.ts';
import { Segment } from './segment.ts';
import {
  decodeSegmentHead,
  encodeSegmentHead,
  type Place,
  recordHeadBytes,
  type SegmentEntry,
  type SegmentHead,
  type SegmentRecord,
  saltBytes,
  segmentHeadBytes,
} from './segment-format.ts';
import { SegmentWriter } from './segment-writer.ts';

export interface SegmentLogOptions {
  files: DiskFiles;
  path: string;
  volume: VolumeId;
  random: Random;
  /** For tests: smaller segments. */
  segmentBytesMax?: number | undefined;
}

/** Errors of every method are those of node:fs, with their `code`. */
export class SegmentLog {
  readonly #options: SegmentLogOptions;
  readonly #segments = new Map<number, Segment>();
  readonly #handles: ReadHandles;
  readonly #watchers = new Set<(record: SegmentRecord) => void>();
  #writer: SegmentWriter | undefined;
  #lastNumber = 0;
  #isUsed = false;

  constructor(options: SegmentLogOptions) {
    this.#options = options;
    this.#handles = new ReadHandles(options.files, options.path);
  }

  /**
   * Looks at the folder of segments. Torn tails are cut and what is left is made durable: only then may a
   * record that nobody acknowledged count. On a disk that takes no writes everything can still be read.
   */
  async open(): Promise<void> {
    await this.close();
    this.#segments.clear();
    await this.#findSegments();
    const open = [...this.#segments.values()].filter(({ isClosed }) => !isClosed);
    const last = this.#segments.get(this.#lastNumber);
    let active =
      last?.isClosed === true && last.end < this.#bytesMax / 2 ? await this.#unseal(last) : undefined;
    for (const segment of open) {
      try {
        await segment.recover();
        if (segment.isBroken) continue;
        if (segment === last) active = segment;
        else await segment.seal();
      } catch {
        // The first chunk that cannot be written says so; nothing of this segment is concluded from it.
        segment.isBroken = true;
      }
      await segment.release().catch(() => undefined);
    }
    await this.#handles.dropAll();
    this.#writer = new SegmentWriter(
      { next: () => this.#makeSegment(), segmentBytesMax: this.#bytesMax },
      active,
    );
  }

  get #bytesMax(): number {
    return this.#options.segmentBytesMax ?? segmentBytesMax;
  }

  async #unseal(segment: Segment): Promise<Segment> {
    await this.#handles.use(segment.number, (file) => segment.unseal(file));
    return segment;
  }

  /** Numbers of the segments, ascending. */
  get numbers(): number[] {
    return [...this.#segments.keys()].sort((a, b) => a - b);
  }

  get isEmpty(): boolean {
    return [...this.#segments.values()].every(({ end }) => end <= segmentHeadBytes);
  }

  /** Bytes of a segment's records, or undefined when there is no such segment. */
  bytesOf(number: number): number | undefined {
    const segment = this.#segments.get(number);
    return segment && segment.end - segmentHeadBytes;
  }

  /** Were all its records acknowledged before it was closed? */
  isProven(number: number): boolean {
    return this.#segments.get(number)?.isProven ?? false;
  }

  /** Nothing is appended to it any more, and it is not the last: it may be deleted. */
  isDeletable(number: number): boolean {
    return number !== this.#lastNumber && this.#segments.get(number)?.isClosed === true;
  }

  /** Appends a chunk; durable when it resolves. @returns where it is */
  async appendChunk(id: ChunkId, bytes: Uint8Array): Promise<Place> {
    const record: SegmentRecord = { kind: 'chunk', id, length: bytes.length };
    return await this.#append(record, { body: bytes, isDurable: true });
  }

  /** Appends a mark. @param isDurable whether it survives a power cut when this resolves */
  async appendMark(mark: Exclude<SegmentRecord, { kind: 'chunk' }>, isDurable: boolean): Promise<void> {
    for (const watcher of this.#watchers) watcher(mark);
    await this.#append(mark, { isDurable });
  }

  /** Tells of every mark from now on, before it is written. @returns the unsubscriber */
  watchMarks(watcher: (mark: SegmentRecord) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /**
   * @param into where to read it, of that length; a fresh buffer by default
   * @returns the chunk's bytes, or undefined when no record of it in that length is there
   */
  async read(place: Place, id: ChunkId, length: number, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const codec = this.#segments.get(place.segment)?.codec;
    if (codec === undefined) throw gone(this.#options.path, place.segment);
    return await this.#handles.use(place.segment, async (file) => {
      const head = Buffer.allocUnsafe(recordHeadBytes);
      const body = into ?? new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      if (!(await readAll(file, [head, body], place.offset))) return undefined;
      this.#isUsed = true;
      const record = codec.decode(head, place.offset);
      const isIt = record?.kind === 'chunk' && record.id === id && record.length === length;
      return isIt ? body : undefined;
    });
  }

  /** Is a record of the chunk there, from its head? */
  async has(place: Place, id: ChunkId): Promise<boolean> {
    const segment = this.#segments.get(place.segment);
    if (segment === undefined) return false;
    return await this.#handles.use(place.segment, async (file) => {
      const head = Buffer.alloc(recordHeadBytes);
      if (!(await readAll(file, [head], place.offset))) return false;
      const record = segment.codec.decode(head, place.offset);
      return (
        record?.kind === 'chunk' &&
        record.id === id &&
        place.offset + recordHeadBytes + record.length <= (await file.size())
      );
    });
  }

  /** The records of a segment, in order. */
  async entries(number: number): Promise<Iterable<SegmentEntry>> {
    const segment = this.#segments.get(number);
    if (segment === undefined) return [];
    return await this.#handles.use(number, (file) => segment.entries(file));
  }

  /** Makes what is in a segment durable. */
  async sync(number: number): Promise<void> {
    await this.#segments.get(number)?.sync();
  }

  /** Closes the open segment. */
  async rotate(): Promise<void> {
    await this.#writer?.rotate();
  }

  /** Deletes a segment that `isDeletable`; it is gone for good when this resolves. */
  async remove(number: number): Promise<void> {
    this.#handles.drop(number);
    this.#segments.delete(number);
    await this.#options.files.unlink(segmentPath(this.#options.path, number));
    await this.#options.files.syncFolder(segmentsPath(this.#options.path));
  }

  /** Looks at the folder again: somebody may have deleted or cut segments, or put some back. */
  async refresh(): Promise<void> {
    await this.#findSegments();
    for (const [number, segment] of this.#segments) {
      await this.#handles.use(number, (file) => segment.reloadIfCut(file));
    }
  }

  /** Closes files that nobody used since the last call, so that the drive can be unmounted. */
  async releaseIdle(): Promise<void> {
    const isUsed = this.#isUsed;
    this.#isUsed = false;
    if (isUsed) return;
    await this.#writer?.release();
    await this.#handles.dropAll();
  }

  /** Waits for what is under way, and closes every file. `open` begins anew. */
  async close(): Promise<void> {
    await this.#writer?.close().catch(() => undefined);
    this.#writer = undefined;
    await this.#handles.dropAll();
  }

  async #append(record: SegmentRecord, options: { body?: Uint8Array; isDurable: boolean }): Promise<Place> {
    if (this.#writer === undefined) throw gone(this.#options.path, 0);
    this.#isUsed = true;
    return await this.#writer.append(record, options);
  }

  /** Files that are no segments of this volume are left alone. */
  async #findSegments(): Promise<void> {
    const { files, path, volume } = this.#options;
    // One that is made while the folder is listed is not in the list, and is not gone.
    const before = [...this.#segments.keys()];
    const names = await files.list(segmentsPath(path));
    const found = new Set(names.flatMap((name) => segmentNumber(name) ?? []));
    for (const number of before) if (!found.has(number)) this.#forget(number);
    for (const number of found) {
      // Its number is not used again, whatever the file is.
      this.#lastNumber = Math.max(this.#lastNumber, number);
      if (this.#segments.has(number)) continue;
      const head = await this.#readHead(number);
      if (head?.volume !== volume || head.number !== number) continue;
      const segment = new Segment(files, path, head);
      await this.#handles.use(number, (file) => segment.load(file));
      // The writer may have made it just now: then the writer's own is the right one.
      if (!this.#segments.has(number)) this.#segments.set(number, segment);
    }
  }

  #forget(number: number): void {
    const segment = this.#segments.get(number);
    if (segment !== undefined) segment.isBroken = true;
    this.#segments.delete(number);
    this.#handles.drop(number);
  }

  async #readHead(number: number): Promise<SegmentHead | undefined> {
    try {
      return await this.#handles.use(number, async (file) => {
        const bytes = Buffer.alloc(segmentHeadBytes);
        return (await readAll(file, [bytes], 0)) ? decodeSegmentHead(bytes) : undefined;
      });
    } catch (error) {
      // A link or a folder with the name of a segment is not ours.
      if (noFileCodes.includes(diskCode(error))) return undefined;
      throw error;
    }
  }

  async #makeSegment(): Promise<Segment> {
    const { files, path, volume, random } = this.#options;
    const number = this.#lastNumber + 1;
    const salt = random.bytes(saltBytes);
    const file = await files.open(segmentPath(path, number), 'make');
    // A file that cannot be finished keeps its number, and is no segment.
    this.#lastNumber = number;
    try {
      await writeAll(file, [encodeSegmentHead({ number, volume, salt })], 0);
      await file.datasync();
      await files.syncFolder(segmentsPath(path));
    } catch (error) {
      await file.close().catch(() => undefined);
      await files.unlink(segmentPath(path, number)).catch(() => undefined);
      throw error;
    }
    const segment = new Segment(files, path, { number, salt });
    segment.begin(file);
    this.#segments.set(number, segment);
    return segment;
  }
}

const noFileCodes = ['ELOOP', 'EISDIR', 'ENXIO'];

/** As node:fs says it of a file that is not there. */
function gone(path: string, number: number): Error {
  return Object.assign(new Error(`The segment ${number} of the volume ${path} is not there.`), {
    code: 'ENOENT',
  });
}
