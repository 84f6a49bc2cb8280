/** Stored content as an HTTP reply: conditions, ranges, labels, compression. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, systemRandom } from '../../model/clock.ts';
import type { OpenContent } from '../../model/contracts/drive.ts';
import { PeerstorError } from '../../model/errors.ts';
import { toHex } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import { compressedBytesMax, compressedBytesMin, slotContentBytesMin } from '../limits/http-limits.ts';
import { userContentHeaders } from '../replies/security-headers.ts';
import { type EndWatch, type StreamedReply, sendStream } from '../replies/streamed-reply.ts';
import { type ByteRange, contentRange, parseRanges } from './byte-ranges.ts';
import { contentDisposition } from './content-disposition.ts';
import { chooseEncoding, compress, mayCompress } from './content-encoding.ts';
import { isCompressible, typeToServe } from './content-type.ts';
import { digestFields, digestsWanted } from './digest-fields.ts';
import { compressedTag, entityTag, ifRangeHolds, isNotModified, preconditionFails } from './preconditions.ts';

/**
 * Answers GET or HEAD with `content`.
 * @param options.download true to have it saved under its name, whatever its type
 * @param options.headers beside those that every stored content has, or instead
 * @param options.beforeFirstByte awaited when the first bytes are read and none is sent; is told at
 * which byte of the content they begin
 * @param options.watch ends what is being sent when its reader may not read on
 * @throws `precondition-failed`, `bad-range`, and what reading the first byte throws
 */
export async function sendContent(
  request: FastifyRequest,
  reply: FastifyReply,
  content: OpenContent,
  options: {
    download: boolean;
    clock: Clock;
    log: Log;
    headers?: Readonly<Record<string, string>>;
    beforeFirstByte?: (startsAtByte: number) => Promise<void>;
    watch?: EndWatch;
    /** The SHA-256 of the whole content in hex; where it is not given none is told. */
    checksum?: () => Promise<string>;
    /** Takes what a download under way needs. @throws `too-many-tries` @returns gives it back */
    takeSlot?: () => () => void;
  },
): Promise<FastifyReply> {
  const { headers } = request;
  const { etag, modifiedAtMs, size } = content;
  if (preconditionFails(headers, etag, modifiedAtMs)) {
    throw new PeerstorError(
      'precondition-failed',
      'This file has changed: its current version is another one.',
    );
  }
  const common = {
    ...userContentHeaders,
    ...options.headers,
    etag: entityTag(etag),
    'last-modified': new Date(modifiedAtMs).toUTCString(),
    'accept-ranges': 'bytes',
    ...(compresses(content, options.download) ? { vary: 'accept-encoding' } : {}),
  };
  if (isNotModified(headers, etag, modifiedAtMs)) return reply.code(304).headers(common).send();

  const type = typeToServe(content.mime);
  const kind = type.inline && !options.download ? 'inline' : 'attachment';
  const named = { ...common, 'content-disposition': contentDisposition(kind, content.name) };
  const answer = chooseAnswer(request, content, type.contentType, options.download);
  if (answer === undefined) {
    reply.header('content-range', `bytes */${size}`);
    throw new PeerstorError('bad-range', `None of these ranges lies within the ${size} bytes of this file.`);
  }
  const wanted = options.checksum === undefined ? [] : digestsWanted(headers);
  const digests = wanted.length > 0 ? digestFields(wanted, (await options.checksum?.()) ?? '') : {};
  const whole = { ...answer, headers: { ...named, ...answer.headers, ...digests } };
  const { beforeFirstByte } = options;
  if (request.method === 'HEAD' || answer.length === 0) {
    if (request.method !== 'HEAD') await beforeFirstByte?.(0);
    if (answer.length !== undefined) reply.header('content-length', answer.length);
    return reply.code(answer.status).headers(whole.headers).send();
  }
  const open = (signal: AbortSignal) =>
    beforeFirstByte === undefined
      ? answer.open(signal)
      : after(() => beforeFirstByte(answer.startsAtByte), answer.open(signal));
  const isShort = (answer.length ?? size) < slotContentBytesMin;
  const free = isShort ? undefined : options.takeSlot?.();
  try {
    await sendStream(reply, { ...whole, open }, options);
  } finally {
    free?.();
  }
  return reply;
}

/** The same pieces; the first one is given when `allowed` has resolved. */
async function* after(
  allowed: () => Promise<void>,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const piece of pieces) {
    if (first) await allowed();
    first = false;
    yield piece;
  }
}

/** Not what is saved as a file: a download whose length is unknown shows no progress. */
function compresses(content: OpenContent, download: boolean): boolean {
  const { size, mime } = content;
  return !download && size >= compressedBytesMin && size <= compressedBytesMax && isCompressible(mime);
}

/** What to send, and at which byte of the content it begins. */
type Answer = StreamedReply & { startsAtByte: number };

/** Undefined when no range can be satisfied. */
function chooseAnswer(
  request: FastifyRequest,
  content: OpenContent,
  contentType: string,
  download: boolean,
): Answer | undefined {
  const { headers, method } = request;
  const { size } = content;
  // Range has a meaning for GET only (RFC 9110 section 14.2).
  const wanted =
    method === 'GET' && ifRangeHolds(headers['if-range'], content.etag)
      ? parseRanges(headers.range, size)
      : ({ kind: 'whole' } as const);
  if (wanted.kind === 'unsatisfiable') return undefined;
  if (wanted.kind === 'part') {
    const [range, ...more] = wanted.ranges;
    return more.length > 0
      ? severalRanges(content, wanted.ranges, contentType)
      : {
          status: 206,
          headers: { 'content-type': contentType, 'content-range': contentRange(range, size) },
          length: range.end - range.start,
          startsAtByte: range.start,
          open: (signal) => content.read(range, signal),
        };
  }
  const whole = (signal: AbortSignal) => content.read({ start: 0, end: size }, signal);
  const plain = {
    status: 200,
    headers: { 'content-type': contentType },
    length: size,
    startsAtByte: 0,
    open: whole,
  };
  // A checksum that was asked for is of the bytes as they are.
  const asTheyAre = digestsWanted(headers).length > 0 || !compresses(content, download) || !mayCompress();
  const encoding = asTheyAre ? undefined : chooseEncoding(headers['accept-encoding']);
  if (encoding === undefined) return plain;
  return {
    ...plain,
    // Weak: the same version, but other bytes, so that no range of the one is joined to the other.
    headers: { ...plain.headers, 'content-encoding': encoding, etag: compressedTag(content.etag, encoding) },
    length: undefined,
    open: (signal) => compress(whole(signal), encoding),
  };
}

/** A multipart/byteranges answer (RFC 9110 section 14.6). */
function severalRanges(content: OpenContent, ranges: readonly ByteRange[], contentType: string): Answer {
  const boundary = toHex(systemRandom.bytes(16));
  const openings = ranges.map((range) =>
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Range: ${contentRange(range, content.size)}\r\n\r\n`,
    ),
  );
  const closing = Buffer.from(`\r\n--${boundary}--\r\n`);
  const partsBytes = ranges.reduce((sum, range) => sum + range.end - range.start, 0);
  const framesBytes = openings.reduce((sum, opening) => sum + opening.length, closing.length);

  async function* parts(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (const [index, range] of ranges.entries()) {
      let opening = openings[index];
      // A part is opened only when its first bytes are there: an error before them is still coded.
      for await (const piece of content.read(range, signal)) {
        if (opening !== undefined) yield opening;
        opening = undefined;
        yield piece;
      }
    }
    yield closing;
  }
  return {
    status: 206,
    headers: { 'content-type': `multipart/byteranges; boundary=${boundary}` },
    length: partsBytes + framesBytes,
    startsAtByte: Math.min(...ranges.map((range) => range.start)),
    open: parts,
  };
}
