/**
 * Bodies in signed pieces (`aws-chunked`, "Signature calculations: transferring payload in multiple chunks"): each
 * piece has its length and, where it is signed, a signature that follows from the one before.
 */
import { createContentHash, requestSignature } from '../../crypto/index.ts';
import { PeerstorError } from '../../model/errors.ts';
import { toHex } from '../../model/ids.ts';
import { chunkLineBytesMax, chunkTrailerBytesMax } from '../limits/http-limits.ts';
import { hashOfText } from './canonical-request.ts';
import { signatureError } from './s3-errors.ts';
import { equalHex, type SignedRequest } from './signature.ts';

const signedPieces = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
const signedPiecesAndTrailer = `${signedPieces}-TRAILER`;
const unsignedPieces = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** How the pieces of a body are signed; undefined for a body that comes as it is. @throws `forbidden` */
export function piecesOf({
  payloadHash,
}: SignedRequest): { isSigned: boolean; hasTrailer: boolean } | undefined {
  if (!payloadHash.startsWith('STREAMING-')) return undefined;
  if (payloadHash === signedPieces) return { isSigned: true, hasTrailer: false };
  if (payloadHash === signedPiecesAndTrailer) return { isSigned: true, hasTrailer: true };
  if (payloadHash === unsignedPieces) return { isSigned: false, hasTrailer: true };
  throw signatureError('AccessDenied', `Pieces signed as ${payloadHash.slice(0, 60)} are not taken.`);
}

/**
 * The content in such a body, as it comes. It ends with an error when a piece, its signature, or what follows the
 * last one is not as it should be: what was given before counts for nothing then.
 * @param onTrailer is told each header that follows the last piece
 */
export async function* contentOfPieces(
  body: AsyncIterable<Uint8Array>,
  signed: SignedRequest,
  { isSigned, hasTrailer }: { isSigned: boolean; hasTrailer: boolean },
  onTrailer: (name: string, value: string) => void,
): AsyncGenerator<Uint8Array> {
  const reader = new PieceReader(body);
  const chain = new SignatureChain(signed);
  try {
    for (;;) {
      const { length, signature } = readPieceLine(await reader.line(), isSigned);
      const hash = createContentHash('sha256');
      for await (const bytes of reader.bytes(length)) {
        if (isSigned) hash.update(bytes);
        yield bytes;
      }
      if (isSigned) chain.requirePiece(toHex(hash.digest()), signature);
      if (length === 0) break;
      if ((await reader.line()) !== '') throw malformed('a piece is longer than it says');
    }
    const trailers = await readTrailers(reader);
    if (!hasTrailer && trailers.length > 0) throw malformed('something follows the last piece');
    if (hasTrailer && isSigned) chain.requireTrailers(trailers);
    for (const [name, value] of trailers) onTrailer(name, value);
    await reader.requireEnd();
  } finally {
    await reader.close();
  }
}

function readPieceLine(line: string, isSigned: boolean): { length: number; signature: string } {
  const shape = isSigned ? /^([0-9a-f]{1,10});chunk-signature=([0-9a-f]{64})$/i : /^([0-9a-f]{1,10})()$/i;
  const [, length, signature = ''] = shape.exec(line) ?? [];
  if (length === undefined) throw malformed('a piece does not begin with its length');
  return { length: Number.parseInt(length, 16), signature };
}

async function readTrailers(reader: PieceReader): Promise<[name: string, value: string][]> {
  const trailers: [string, string][] = [];
  let bytes = 0;
  for (let line = await reader.lastLine(); line !== ''; line = await reader.lastLine()) {
    bytes += line.length;
    const [, name, value = ''] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || bytes > chunkTrailerBytesMax)
      throw malformed('what follows the last piece is no header');
    trailers.push([name.toLowerCase(), value.trim()]);
  }
  return trailers;
}

class SignatureChain {
  readonly #signed: SignedRequest;
  #before: string;

  constructor(signed: SignedRequest) {
    this.#signed = signed;
    this.#before = signed.signature;
  }

  requirePiece(hash: string, signature: string): void {
    this.#require('AWS4-HMAC-SHA256-PAYLOAD', [hashOfText(''), hash], signature.toLowerCase());
  }

  requireTrailers(trailers: readonly (readonly [string, string])[]): void {
    const signature = trailers.find(([name]) => name === 'x-amz-trailer-signature')?.[1] ?? '';
    const others = trailers.filter(([name]) => name !== 'x-amz-trailer-signature');
    const text = others.map(([name, value]) => `${name}:${value}\n`).join('');
    this.#require('AWS4-HMAC-SHA256-TRAILER', [hashOfText(text)], signature.toLowerCase());
  }

  #require(algorithm: string, hashes: readonly string[], signature: string): void {
    const { time, scope, signingKey } = this.#signed;
    const right = requestSignature(signingKey, [algorithm, time, scope, this.#before, ...hashes].join('\n'));
    if (!equalHex(right, signature)) {
      throw signatureError('SignatureDoesNotMatch', 'The signature of a piece of the body is wrong.');
    }
    this.#before = right;
  }
}

/** Lines and runs of bytes from a stream of pieces of any size. */
class PieceReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next line, without its CRLF. */
  async line(): Promise<string> {
    const line = await this.#line();
    if (line === undefined) throw malformed('it ends too early');
    return line;
  }

  /** The same behind the last piece, where some clients leave the last empty line away. */
  async lastLine(): Promise<string> {
    return (await this.#line()) ?? '';
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) {
        const text = Buffer.from(this.#rest.subarray(0, end)).toString('latin1');
        this.#rest = this.#rest.subarray(end + 1);
        if (!text.endsWith('\r')) throw malformed('a line does not end with CRLF');
        return text.slice(0, -1);
      }
      if (this.#rest.length > chunkLineBytesMax) throw malformed('a line is too long');
      if (await this.#fill()) continue;
      if (this.#rest.length > 0) throw malformed('it ends too early');
      return undefined;
    }
  }

  async *bytes(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0 && !(await this.#fill())) throw malformed('it ends too early');
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  }

  async requireEnd(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#fill())) throw malformed('something follows its end');
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #fill(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done === true) return false;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return true;
  }
}

function malformed(why: string): PeerstorError {
  return new PeerstorError('bad-request', `The pieces of the body cannot be read: ${why}.`);
}
