/**
 * Appends to the open segment of one volume. Records that wait while the disk is busy are written by one
 * call and made durable by one sync (group commit); a lone record waits for nobody.
 */

import { gathered } from '../../concurrency/index.ts';
import type { Segment } from './segment.ts';
import {
  footerRowBytes,
  type Place,
  recordBytes,
  recordHeadBytes,
  type SegmentRecord,
} from './segment-format.ts';

/** One call of `writev` takes at most 1024 buffers on Linux; a record has two. */
const batchRecordsMax = 256;
const batchBytesMax = 8 * 1024 * 1024;

interface Pending {
  record: SegmentRecord;
  body: Uint8Array | undefined;
  isDurable: boolean;
  resolve(place: Place): void;
  reject(error: unknown): void;
}

export interface SegmentSource {
  /** Of a whole segment, its footer included. */
  segmentBytesMax: number;
  /** Makes the next segment, durable with its name. */
  next(): Promise<Segment>;
}

export class SegmentWriter {
  readonly #source: SegmentSource;
  #queue: Pending[] = [];
  #draining: Promise<void> | undefined;
  #active: Segment | undefined;

  /** @param active a segment without a footer that is appended to, if there is one */
  constructor(source: SegmentSource, active?: Segment) {
    this.#source = source;
    this.#active = active;
  }

  /** The segment that is appended to now, if any is. */
  get active(): Segment | undefined {
    return this.#active;
  }

  /**
   * Appends one record. The bytes must not be changed before it resolves.
   * @param options.isDurable whether it resolves after a sync, or already after the write
   * @returns where the record is; errors are those of node:fs
   */
  append(record: SegmentRecord, options: { body?: Uint8Array; isDurable: boolean }): Promise<Place> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, body: options.body, isDurable: options.isDurable, resolve, reject });
      this.#begin();
    });
  }

  /** Closes the open segment and begins another one, so that the closed one is not the last and can be compacted. */
  async rotate(): Promise<void> {
    await this.#alone(async () => {
      const active = this.#active;
      if (active === undefined) return;
      await active.seal();
      this.#active = undefined;
      this.#active = await this.#source.next();
    });
  }

  /** Closes the file of the open segment when nobody appends; what was appended is durable then. */
  async release(): Promise<void> {
    await this.#alone(async () => {
      const active = this.#active;
      if (active === undefined || active.isBroken) return;
      await active.sync();
      await active.release();
    });
  }

  /** Waits for what is under way, closes the segment and its file. Call nothing after it. */
  async close(): Promise<void> {
    await this.#alone(async () => {
      // Without its footer the next start reads all of it.
      await this.#active?.seal().catch(() => undefined);
      await this.#active?.release();
    });
  }

  /** Runs something between two batches. */
  async #alone(work: () => Promise<void>): Promise<void> {
    while (this.#draining !== undefined) await this.#draining;
    const working = work();
    this.#draining = working
      .catch(() => undefined)
      .finally(() => {
        this.#draining = undefined;
        this.#begin();
      });
    await working;
  }

  #begin(): void {
    if (this.#draining !== undefined || this.#queue.length === 0) return;
    this.#draining = this.#drain().finally(() => {
      this.#draining = undefined;
      this.#begin();
    });
  }

  async #drain(): Promise<void> {
    // Whoever has something to append soon goes along: requests that arrived together. There is no timer, so a lone record
    // does not wait.
    await gathered(() => this.#queue.length);
    while (this.#queue.length > 0) {
      let segment: Segment;
      try {
        segment = await this.#segmentWithRoom();
      } catch (error) {
        for (const { reject } of this.#queue.splice(0)) reject(error);
        return;
      }
      await this.#writeBatch(segment, this.#takeBatch(segment));
    }
  }

  async #segmentWithRoom(): Promise<Segment> {
    if (this.#active !== undefined && !this.#active.isBroken) {
      if (this.#fits(this.#active, this.#active.end, 0)) return this.#active;
      await this.#active.seal();
    } else {
      await this.#active?.release();
    }
    this.#active = undefined;
    this.#active = await this.#source.next();
    return this.#active;
  }

  #fits(segment: Segment, end: number, records: number): boolean {
    const [next] = this.#queue;
    if (next === undefined) return false;
    const footer = segment.footerBytes + (records + 1) * footerRowBytes;
    return end + recordBytes(next.record) + footer <= this.#source.segmentBytesMax;
  }

  /** The first record is known to fit. */
  #takeBatch(segment: Segment): Pending[] {
    const batch: Pending[] = [];
    let { end } = segment;
    while (
      batch.length < batchRecordsMax &&
      end - segment.end < batchBytesMax &&
      (batch.length === 0 || this.#fits(segment, end, batch.length))
    ) {
      const pending = this.#queue.shift();
      if (pending === undefined) break;
      batch.push(pending);
      end += recordBytes(pending.record);
    }
    return batch;
  }

  async #writeBatch(segment: Segment, batch: readonly Pending[]): Promise<void> {
    const all = Buffer.allocUnsafe(batch.length * recordHeadBytes);
    const heads: { head: Buffer; offset: number }[] = [];
    const parts: Uint8Array[] = [];
    let offset = segment.end;
    for (const [at, { record, body }] of batch.entries()) {
      const head = all.subarray(at * recordHeadBytes, (at + 1) * recordHeadBytes);
      segment.codec.encode(head, record, offset);
      heads.push({ head, offset });
      parts.push(head);
      if (body !== undefined && body.length > 0) parts.push(body);
      offset += recordBytes(record);
    }
    try {
      await segment.append(parts, heads, offset - segment.end);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    // Not waited for: the next batch is written while this one is synced.
    for (const [at, { isDurable, resolve, reject }] of batch.entries()) {
      const place = { segment: segment.number, offset: heads[at]?.offset ?? 0 };
      if (isDurable) segment.sync().then(() => resolve(place), reject);
      else resolve(place);
    }
  }
}
