/** The content of an object while it arrives, held against everything that the client said of it. */
import { crc32 } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { type ContentHash, createContentHash } from '../../crypto/index.ts';
import { PeerstorError } from '../../model/errors.ts';
import { toHex } from '../../model/ids.ts';
import { uploadStallMs } from '../limits/http-limits.ts';
import { declaredLength, openBody, tooLarge } from '../requests/request-body.ts';
import type { RouteContext } from '../sessions/route-context.ts';
import { watchSession } from '../sessions/session-watch.ts';
import { Crc64, crc32c } from './checksums.ts';
import { contentOfPieces, piecesOf } from './chunked-body.ts';
import { s3Error } from './s3-errors.ts';
import type { SignedRequest } from './signature.ts';

export interface ObjectBody {
  /** Ends with an error where a length, checksum or signature is not what was said. */
  content: AsyncIterable<Uint8Array>;
  size: number;
  signal: AbortSignal;
  /** Of the whole content, in hex; known when it was read. */
  md5(): string;
  /** Why the body did not become complete. */
  readonly failure: PeerstorError | undefined;
  close(): void;
}

/** @throws `bad-request` as `MissingContentLength`, `too-large`, `forbidden` for signatures that are not taken */
export function openObjectBody(
  request: FastifyRequest,
  signed: SignedRequest,
  { clock, maxUploadBytes }: RouteContext,
): ObjectBody {
  const pieces = piecesOf(signed);
  const size = pieces === undefined ? declaredLength(request.raw) : decodedLength(request);
  if (size === undefined) {
    throw s3Error('bad-request', 'MissingContentLength', 'The length of the content must be said.');
  }
  if (size > maxUploadBytes) throw tooLarge(maxUploadBytes);
  const body = openBody(request.raw, { bytesMax: Number.MAX_SAFE_INTEGER, stallMs: uploadStallMs, clock });
  const stopWatching = watchSession(request, () => {
    body.fail(
      new PeerstorError('not-signed-in', 'The access key was taken back meanwhile; nothing was stored.'),
    );
  });
  const checks = new ContentChecks(request, signed);
  const content =
    pieces === undefined
      ? body.content
      : contentOfPieces(body.content, signed, pieces, (name, value) => checks.expect(name, value));
  return {
    content: checks.through(content, size),
    size,
    signal: body.signal,
    md5: () => checks.md5,
    get failure() {
      return body.failure;
    },
    close() {
      stopWatching();
      body.close();
    },
  };
}

function decodedLength({ headers }: FastifyRequest): number | undefined {
  const text = headers['x-amz-decoded-content-length'];
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

interface Running {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** Checksums of S3 by the name of their header. */
const checksums: Readonly<Record<string, () => Running>> = {
  'x-amz-checksum-crc32': () => runningCrc((bytes, before) => crc32(bytes, before)),
  'x-amz-checksum-crc32c': () => runningCrc(crc32c),
  'x-amz-checksum-crc64nvme': () => new Crc64(),
  'x-amz-checksum-sha1': () => createContentHash('sha1'),
  'x-amz-checksum-sha256': () => createContentHash('sha256'),
};

class ContentChecks {
  readonly #md5 = createContentHash('md5');
  readonly #sha256: string | undefined;
  readonly #expected = new Map<string, string>();
  readonly #running = new Map<string, Running>();
  #md5Digest: Uint8Array | undefined;

  constructor({ headers }: FastifyRequest, { payloadHash }: SignedRequest) {
    this.#sha256 = /^[0-9a-f]{64}$/i.test(payloadHash) ? payloadHash.toLowerCase() : undefined;
    if (this.#sha256 !== undefined) this.#start('sha256');
    // A trailer brings the checksum at the end, and says before which one it will be.
    const announced = String(headers['x-amz-trailer'] ?? '')
      .toLowerCase()
      .split(',');
    for (const name of Object.keys(checksums)) {
      const value = headers[name];
      if (typeof value === 'string') this.expect(name, value);
      if (value !== undefined || announced.some((one) => one.trim() === name)) this.#start(name);
    }
    const md5 = headers['content-md5'];
    if (typeof md5 === 'string') this.expect('content-md5', md5);
  }

  /** In hex. */
  get md5(): string {
    this.#md5Digest ??= this.#md5.digest();
    return toHex(this.#md5Digest);
  }

  expect(name: string, value: string): void {
    this.#expected.set(name, value);
  }

  async *through(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
    let received = 0;
    for await (const piece of content) {
      received += piece.length;
      if (received > size) throw wrongLength(size);
      this.#md5.update(piece);
      for (const running of this.#running.values()) running.update(piece);
      yield piece;
    }
    if (received !== size) throw wrongLength(size);
    this.#require();
  }

  #require(): void {
    const digests = new Map([...this.#running].map(([name, running]) => [name, running.digest()]));
    const sha256 = digests.get('sha256');
    if (this.#sha256 !== undefined && sha256 !== undefined && toHex(sha256) !== this.#sha256) {
      throw s3Error('bad-request', 'XAmzContentSHA256Mismatch', 'The content is not what was signed.');
    }
    for (const [name, value] of this.#expected) {
      const digest = name === 'content-md5' ? Buffer.from(this.md5, 'hex') : digests.get(name);
      if (digest === undefined || Buffer.from(digest).toString('base64') === value) continue;
      throw s3Error(
        'bad-request',
        'BadDigest',
        `The content is not what "${name}" says: it was changed on the way.`,
      );
    }
  }

  #start(name: string): void {
    const running = name === 'sha256' ? createContentHash(name satisfies ContentHash) : checksums[name]?.();
    if (running !== undefined) this.#running.set(name, running);
  }
}

function runningCrc(add: (bytes: Uint8Array, before: number) => number): Running {
  let value = 0;
  return {
    update(bytes) {
      value = add(bytes, value);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

function wrongLength(size: number): PeerstorError {
  return s3Error(
    'bad-request',
    'IncompleteBody',
    `The content does not have the ${size} bytes that were said.`,
  );
}
