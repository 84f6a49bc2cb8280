/** One request of an upload that comes in several: what it brings becomes durable chunks and a sealed tail. */
import { type Checksum, createChecksum, equalBytes } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import type { AppendOptions } from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';
import { uploadSaveChunks, uploadSaveMs } from '../../model/limits.ts';
import { type ContentKeys, collectChunks, type StoredChunk } from '../content/index.ts';
import type { Reservation } from '../users/quota/quotas.ts';
import { offsetOf, type UploadHead, type UploadSeals } from './upload-rows.ts';
import type { UploadTable } from './upload-table.ts';

/** Beyond it, rows of the tail are joined: a client that sends byte by byte makes no million rows. */
const tailRowsMax = 64;

export interface Receiving {
  head: UploadHead;
  seals: UploadSeals;
  table: UploadTable;
  clock: Clock;
  keys: ContentKeys;
  upload: ChunkUpload;
  reservation: Reservation;
  /** Of all, where it was said. */
  size: number | null;
  /** Its error ends the request; what came before is kept, unless a checksum of it all was to be met. */
  content: AsyncIterable<Uint8Array>;
  checksum?: AppendOptions['checksum'];
}

/** @throws what `content` threw, once what came before it is durable; `checksum-mismatch`, `too-large`, … */
export async function receive(parts: Receiving): Promise<void> {
  const request = new ReceivedRequest(parts);
  await request.run();
}

class ReceivedRequest {
  readonly #parts: Receiving;
  readonly #hash: Checksum | undefined;
  #head: UploadHead;
  /** Until the checksum is right. */
  readonly #held: StoredChunk[] = [];
  #failure: { error: unknown } | undefined;

  constructor(parts: Receiving) {
    this.#parts = parts;
    this.#head = parts.head;
    this.#hash = parts.checksum && createChecksum(parts.checksum.algorithm);
  }

  async run(): Promise<void> {
    const { keys, upload, clock, head } = this.#parts;
    const saveEvery = this.#hash
      ? { chunks: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }
      : { chunks: uploadSaveChunks, ms: uploadSaveMs };
    const save = (chunks: readonly StoredChunk[]) =>
      this.#hash ? this.#hold(chunks) : this.#saveChunks(chunks);
    const rest = await collectChunks({ content: this.#content(), keys, upload, save, saveEvery, clock });
    if (this.#hash) {
      if (this.#failure) throw this.#failure.error;
      this.#requireChecksum(this.#hash);
      if (this.#held.length > 0) await this.#saveChunks(this.#held);
    }
    const isCut = this.#head.chunkBytes > head.chunkBytes;
    await this.#saveTail(rest, isCut);
    if (this.#failure) throw this.#failure.error;
  }

  /** The bytes after the last cut, then what the request brings. Ends early, without an error, where that breaks off. */
  async *#content(): AsyncGenerator<Uint8Array> {
    const { table, seals, head, size, reservation, content } = this.#parts;
    for (const { row, sealed } of table.tailRows(head)) yield seals.openTail(row, sealed);
    let received = 0;
    try {
      for await (const piece of content) {
        if (size !== null && offsetOf(head) + received + piece.length > size) throw outgrown(size);
        reservation.grow(received + piece.length);
        received += piece.length;
        this.#hash?.update(piece);
        yield piece;
      }
    } catch (error) {
      this.#failure = { error };
    }
  }

  async #hold(chunks: readonly StoredChunk[]): Promise<void> {
    for (const chunk of chunks) this.#held.push(chunk);
  }

  async #saveChunks(chunks: readonly StoredChunk[]): Promise<void> {
    const { table, seals } = this.#parts;
    const before = this.#head;
    const bytes = chunks.reduce((sum, { slot }) => sum + slot.size, 0);
    // The first chunk after a break has the whole tail in it.
    this.#head = {
      ...this.#moved(),
      chunkBytes: before.chunkBytes + bytes,
      chunkRows: before.chunkRows + 1,
      tailBytes: 0,
      tailRows: 0,
    };
    const sealed = seals.sealChunks({ row: before.chunkRows, at: before.chunkBytes }, chunks);
    await table.save(this.#head, { chunks: sealed, dropTail: true });
  }

  async #saveTail(rest: Uint8Array, isCut: boolean): Promise<void> {
    const { table, seals } = this.#parts;
    const { tailBytes, tailRows } = this.#head;
    const fresh = isCut ? rest : rest.subarray(tailBytes);
    if (fresh.length === 0) return;
    const mustJoin = tailRows >= tailRowsMax;
    const row = mustJoin ? 0 : tailRows;
    this.#head = { ...this.#moved(), tailBytes: rest.length, tailRows: row + 1 };
    const tail = seals.sealTail(row, mustJoin ? rest : fresh);
    await table.save(this.#head, { tail, dropTail: mustJoin });
  }

  #moved(): UploadHead {
    return { ...this.#head, movedMs: Math.floor(this.#parts.clock.elapsedMs()) };
  }

  #requireChecksum(hash: Checksum): void {
    const { checksum } = this.#parts;
    if (checksum && equalBytes(hash.digest(), checksum.digest)) return;
    throw new PeerstorError('checksum-mismatch', 'What came is not what was sent: send this part again.');
  }
}

export function outgrown(size: number): PeerstorError {
  return new PeerstorError('too-large', `This upload was to have ${size} bytes, and more came.`);
}
