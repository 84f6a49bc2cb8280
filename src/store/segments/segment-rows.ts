/** The rows of the footer of a segment that is still written: 60 bytes for each record, in one growing buffer. */
import { footerRow, footerRowBytes } from './segment-format.ts';

const rowsAtFirst = 256;

export class SegmentRows {
  #buffer = Buffer.allocUnsafe(rowsAtFirst * footerRowBytes);
  #length = 0;

  /** @param rows of a footer, to be added to */
  constructor(rows?: Buffer) {
    if (rows === undefined || rows.length === 0) return;
    this.#buffer = Buffer.from(rows);
    this.#length = rows.length;
  }

  /** @param head of the record at `offset`, as the codec wrote it */
  add(head: Buffer, offset: number): void {
    if (this.#length + footerRowBytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(this.#buffer.length * 2);
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    footerRow(head, offset, this.#buffer, this.#length);
    this.#length += footerRowBytes;
  }

  get byteLength(): number {
    return this.#length;
  }

  /** A copy, so that it may be read while rows are added. */
  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#length));
  }
}
