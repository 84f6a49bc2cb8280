/** Finds the records of a segment by reading it: for a segment without a footer, or with a damaged one. */
import { isUnreadable } from '../files/disk-error.ts';
import type { OpenFile } from '../files/disk-files.ts';
import {
  type RecordCodec,
  recordBytes,
  recordHeadBytes,
  recordMagic,
  type SegmentEntry,
  segmentHeadBytes,
} from './segment-format.ts';

const windowBytes = 64 * 1024;
/** Bytes passed over where the disk cannot read. */
const unreadableStepBytes = 4096;

export interface ScanOutcome {
  /** Where the last whole record ends: what follows is a torn tail. */
  end: number;
  /** The disk could not read some bytes: there may be more records than were found. */
  isUnsure: boolean;
}

/**
 * Goes from record to record. Behind a damaged head it looks for the next magic number whose head checks,
 * so that the damage costs one record. A record that the end of the file cuts is not reported.
 * @param size of the file in bytes
 */
export async function scanSegment(
  file: OpenFile,
  codec: RecordCodec,
  size: number,
  onEntry: (entry: SegmentEntry) => void,
): Promise<ScanOutcome> {
  const window = new Window(file, size);
  let end = segmentHeadBytes;
  for (let offset = segmentHeadBytes; offset + recordHeadBytes <= size; ) {
    const record = codec.decode(await window.at(offset, recordHeadBytes), offset);
    if (record === undefined || offset + recordBytes(record) > size) {
      offset = await nextMagic(window, offset + 1, size);
      continue;
    }
    onEntry({ ...record, offset });
    offset += recordBytes(record);
    end = offset;
  }
  return { end, isUnsure: window.isUnsure };
}

async function nextMagic(window: Window, from: number, size: number): Promise<number> {
  for (let offset = from; offset + recordHeadBytes <= size; ) {
    const bytes = await window.at(offset, recordHeadBytes);
    // Somebody cut the file meanwhile.
    if (bytes.length < recordHeadBytes) return size;
    const found = bytes.indexOf(recordMagic);
    if (found >= 0) return offset + found;
    // The magic number may lie across the border.
    offset += bytes.length - recordMagic.length + 1;
  }
  return size;
}

/** A part of the file that is in memory. */
class Window {
  readonly #file: OpenFile;
  readonly #size: number;
  readonly #buffer = Buffer.allocUnsafeSlow(windowBytes);
  isUnsure = false;
  #start = 0;
  #length = 0;

  constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** The bytes from an offset on that are in memory: at least so many, if the file has them. */
  async at(offset: number, atLeast: number): Promise<Buffer> {
    if (offset < this.#start || offset + atLeast > this.#start + this.#length) await this.#load(offset);
    return this.#buffer.subarray(offset - this.#start, this.#length);
  }

  async #load(offset: number): Promise<void> {
    const wanted = Math.min(windowBytes, this.#size - offset);
    this.#start = offset;
    this.#length = 0;
    while (this.#length < wanted) {
      const came = await this.#read(this.#buffer.subarray(this.#length, wanted), offset + this.#length);
      if (came === 0) break;
      this.#length += came;
    }
  }

  async #read(into: Buffer, at: number): Promise<number> {
    try {
      return await this.#file.read([into], at);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.isUnsure = true;
      const step = Math.min(unreadableStepBytes, into.length);
      into.fill(0, 0, step);
      return step;
    }
  }
}
