/** The bytes that go into a fake drive and come out of it, with the faults that tests ask for. */
import type { UploadOptions, UploadSource } from '../../src/model/contracts/drive.ts';
import { PeerstorError } from '../../src/model/errors.ts';

/** Content of a size that would not fit into memory is made up while it is read. */
export type FakeContent = Uint8Array | { size: number; fill: Uint8Array };

export function sizeOf(content: FakeContent): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

/** The bytes of an upload in one request. */
export function plainBytes(content: UploadSource): AsyncIterable<Uint8Array> {
  if ('collected' in content) throw new Error('the fake drive takes plain bytes only');
  return content;
}

export class FakeTransfers {
  /** Bytes that uploads have taken so far, finished or not. */
  receivedBytes = 0;
  /** What the sources of failed uploads threw. */
  readonly uploadErrors: unknown[] = [];
  /** Options of the last upload. */
  lastUpload: UploadOptions | undefined;
  /** Reads that were left before their end. */
  cancelledReads = 0;
  /** Reads fail once this many bytes were given. */
  readFailsAfterBytes = Number.POSITIVE_INFINITY;
  capacityBytes = Number.POSITIVE_INFINITY;
  readPieceBytes = 64 * 1024;

  #onBytes: (() => void) | undefined;

  /** Resolves once uploads have taken this many bytes. */
  async received(bytes: number): Promise<void> {
    while (this.receivedBytes < bytes) {
      await new Promise<void>((resolve) => {
        this.#onBytes = resolve;
      });
    }
  }

  protected async take(content: UploadSource): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    let taken = 0;
    try {
      for await (const piece of plainBytes(content)) {
        taken += piece.length;
        this.refuseFull(taken);
        // As a drive does: the piece is the source's again when the next one is asked for.
        pieces.push(Buffer.from(piece));
        this.receivedBytes += piece.length;
        this.#onBytes?.();
      }
    } catch (error) {
      this.uploadErrors.push(error);
      throw error;
    }
    return Buffer.concat(pieces);
  }

  protected async *read(
    content: FakeContent,
    range: { start: number; end: number },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    let finished = false;
    try {
      for (let start = range.start; start < range.end; start += this.readPieceBytes) {
        await Promise.resolve();
        signal.throwIfAborted();
        if (start - range.start >= this.readFailsAfterBytes) {
          throw new PeerstorError('chunk-missing', 'The only device with this chunk is off.', {
            details: { retryAfterS: 30, deviceId: 'd'.repeat(64) },
          });
        }
        const end = Math.min(range.end, start + this.readPieceBytes);
        yield content instanceof Uint8Array ? content.subarray(start, end) : repeat(content.fill, start, end);
      }
      finished = true;
    } finally {
      if (!finished) this.cancelledReads += 1;
    }
  }

  protected refuseFull(bytes: number): void {
    if (bytes > this.capacityBytes) throw new PeerstorError('disk-full', 'No device has room for this.');
  }
}

function repeat(fill: Uint8Array, start: number, end: number): Uint8Array {
  const offset = start % fill.length;
  if (offset + end - start <= fill.length) return fill.subarray(offset, offset + end - start);
  return Uint8Array.from({ length: end - start }, (_, index) => fill[(start + index) % fill.length] ?? 0);
}
