/** One segment of a volume: where it ends, and how far it is durable. */
import { isUnreadable } from '../files/disk-error.ts';
import type { DiskFiles, OpenFile } from '../files/disk-files.ts';
import { segmentPath } from '../files/layout.ts';
import { readAll, writeAll } from '../files/whole-file.ts';
import { SharedRun } from '../locks/shared-run.ts';
import {
  entriesOf,
  RecordCodec,
  recordHeadBytes,
  type SegmentEntry,
  type SegmentHead,
  segmentHeadBytes,
  trailerBytes,
} from './segment-format.ts';
import { SegmentRows } from './segment-rows.ts';
import { scanSegment } from './segment-scan.ts';

/** Errors of every method are those of node:fs. */
export class Segment {
  readonly number: number;
  readonly codec: RecordCodec;
  readonly #files: DiskFiles;
  readonly #path: string;
  /** Where the next record goes; of a closed segment where its footer begins. */
  end = segmentHeadBytes;
  /** It has a footer: nothing is appended any more. */
  isClosed = false;
  /** False: some records may never have been acknowledged, so a record that no index row knows is hashed before it counts. */
  isProven = true;
  /** A sync failed: bytes after the last successful sync may be lost, and nothing is appended any more. */
  isBroken = false;
  #rows: SegmentRows | undefined = new SegmentRows();
  #writing: Promise<OpenFile> | undefined;
  #syncedEnd = segmentHeadBytes;
  /** The file has a footer behind `end`, which the next record takes the place of. */
  #hasStaleFooter = false;
  readonly #sync = new SharedRun(() => this.#syncNow());

  constructor(files: DiskFiles, volumePath: string, head: Pick<SegmentHead, 'number' | 'salt'>) {
    this.#files = files;
    this.number = head.number;
    this.#path = segmentPath(volumePath, head.number);
    this.codec = new RecordCodec(head);
  }

  /** Bytes that the footer will take when one more record is added. */
  get footerBytes(): number {
    return recordHeadBytes + (this.#rows?.byteLength ?? 0) + trailerBytes;
  }

  /** The file that was just made, and is still open. */
  begin(file: OpenFile): void {
    this.#writing = Promise.resolve(file);
  }

  /**
   * Writes heads and bodies behind the last record. When the disk takes only a part, that part is cut off.
   * @param parts all of them; @param heads the heads among them with the offsets of their records
   */
  async append(
    parts: readonly Uint8Array[],
    heads: readonly { head: Buffer; offset: number }[],
    bytes: number,
  ): Promise<void> {
    const file = await this.#file();
    if (this.#hasStaleFooter) await file.truncate(this.end);
    this.#hasStaleFooter = false;
    try {
      await writeAll(file, parts, this.end);
    } catch (error) {
      await file.truncate(this.end).catch(() => {
        this.isBroken = true;
      });
      throw error;
    }
    for (const { head, offset } of heads) this.#rows?.add(head, offset);
    this.end += bytes;
  }

  /** Makes everything appended before this call durable; concurrent callers share one sync. */
  async sync(): Promise<void> {
    if (this.isClosed) return;
    await this.#sync.run();
  }

  /** Writes the footer. Records are durable before it is, so a footer never lists what a power cut took. */
  async seal(): Promise<void> {
    if (this.isClosed || this.isBroken) return;
    if (this.#hasStaleFooter) {
      this.isClosed = true;
      this.#rows = undefined;
      return;
    }
    await this.sync();
    const file = await this.#file();
    const rows = this.#rows?.bytes() ?? Buffer.alloc(0);
    const footer = this.codec.encodeFooter(rows, this.end, this.isProven);
    try {
      await writeAll(file, [footer], this.end);
      await file.datasync();
    } catch (error) {
      await file.truncate(this.end).catch(() => undefined);
      throw error;
    }
    this.isClosed = true;
    this.#rows = undefined;
    await this.release();
  }

  /** Goes on with a segment that a clean stop closed. @param file open for reading */
  async unseal(file: OpenFile): Promise<void> {
    const footer = await this.#readFooter(file, await file.size());
    if (footer === undefined) return;
    this.#rows = new SegmentRows(footer.rows);
    this.#syncedEnd = this.end;
    this.#hasStaleFooter = true;
    this.isClosed = false;
  }

  /** Closes the file until the next append, so that its drive can be unmounted. */
  async release(): Promise<void> {
    const writing = this.#writing;
    this.#writing = undefined;
    await (await writing?.catch(() => undefined))?.close();
  }

  /**
   * Reads an existing segment: its footer, or all of it where it has none.
   * @param file open for reading
   * @param onEntry told of each record, in order
   */
  async load(file: OpenFile, onEntry?: (entry: SegmentEntry) => void): Promise<void> {
    const size = await file.size();
    const footer = await this.#readFooter(file, size).catch(unlessUnreadable);
    this.isClosed = footer !== undefined;
    if (footer !== undefined) {
      this.#rows = undefined;
      this.end = footer.offset;
      this.isProven = footer.isProven;
      if (onEntry) for (const entry of entriesOf(footer.rows)) onEntry(entry);
      return;
    }
    const rows = new SegmentRows();
    const head = Buffer.alloc(recordHeadBytes);
    const { end, isUnsure } = await scanSegment(file, this.codec, size, (entry) => {
      this.codec.encode(head, entry, entry.offset);
      rows.add(head, entry.offset);
      onEntry?.(entry);
    });
    this.#rows = rows;
    this.end = end;
    this.isProven = false;
    this.isBroken ||= isUnsure;
  }

  /** Reads the segment again if somebody cut its file; nothing is appended to it then. */
  async reloadIfCut(file: OpenFile): Promise<void> {
    if ((await file.size()) >= this.end) return;
    this.isBroken = true;
    await this.load(file);
  }

  /** Cuts the torn tail of a segment that was loaded without a footer, and makes the rest durable. */
  async recover(): Promise<void> {
    // What the disk could not read just now may be read again: it is not cut off.
    if (this.isBroken) return;
    const file = await this.#file();
    if ((await file.size()) > this.end) await file.truncate(this.end);
    await file.datasync();
    this.#syncedEnd = this.end;
  }

  /** The records, in order; of an open segment those that were written before the call. */
  async entries(file: OpenFile): Promise<Iterable<SegmentEntry>> {
    if (this.#rows !== undefined) return entriesOf(this.#rows.bytes());
    const footer = await this.#readFooter(file, await file.size()).catch(unlessUnreadable);
    if (footer !== undefined) return entriesOf(footer.rows);
    // Somebody damaged the footer since it was loaded.
    const entries: SegmentEntry[] = [];
    await scanSegment(file, this.codec, this.end, (entry) => entries.push(entry));
    return entries;
  }

  async #readFooter(file: OpenFile, size: number) {
    if (size < segmentHeadBytes + recordHeadBytes + trailerBytes) return undefined;
    const trailer = Buffer.alloc(trailerBytes);
    if (!(await readAll(file, [trailer], size - trailerBytes))) return undefined;
    const found = this.codec.decodeTrailer(trailer);
    if (found === undefined || found.offset + recordHeadBytes + found.length + trailerBytes !== size)
      return undefined;
    const bytes = Buffer.allocUnsafeSlow(recordHeadBytes + found.length);
    if (!(await readAll(file, [bytes], found.offset))) return undefined;
    const footer = this.codec.decodeFooter(bytes, found.offset);
    return footer && { ...footer, offset: found.offset };
  }

  #file(): Promise<OpenFile> {
    this.#writing ??= this.#openAgain().catch((error: unknown) => {
      this.#writing = undefined;
      throw error;
    });
    return this.#writing;
  }

  async #openAgain(): Promise<OpenFile> {
    return await this.#files.open(this.#path, 'write');
  }

  async #syncNow(): Promise<void> {
    const end = this.end;
    // A sync that succeeds after another one failed proves nothing: the system tells of an error only once.
    if (this.isBroken) throw new Error('An earlier sync of this segment failed.');
    if (end === this.#syncedEnd) return;
    const file = await this.#file();
    try {
      await file.datasync();
      // What is written to a deleted file is lost when the file is closed.
      if (!(await file.hasName()))
        throw Object.assign(new Error('The segment was deleted.'), { code: 'ENOENT' });
      this.#syncedEnd = end;
    } catch (error) {
      this.isBroken = true;
      await file.truncate(this.#syncedEnd).catch(() => undefined);
      throw error;
    }
  }
}

/** A footer that cannot be read counts as none: the records can be found without it. */
function unlessUnreadable(error: unknown): undefined {
  if (!isUnreadable(error)) throw error;
}
