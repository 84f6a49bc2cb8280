/** The headers of tus 1.0.0 (tus.io): what a client says of an upload, and what it is told. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppendOptions, UploadProgress } from '../../model/contracts/uploads.ts';
import { PeerstorError } from '../../model/errors.ts';

export const tusVersion = '1.0.0';
export const tusExtensions =
  'creation,creation-with-upload,creation-defer-length,checksum,concatenation,expiration,termination';
export const tusContentType = 'application/offset+octet-stream';

/** Bytes of each digest that a client may send. */
const digestBytes = { sha1: 20, sha256: 32 } as const;

/** Refuses another version of the protocol, in the way that it asks for. @throws `precondition-failed` */
export function requireTus(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('tus-resumable', tusVersion);
  if (request.headers['tus-resumable'] === tusVersion) return;
  reply.header('tus-version', tusVersion);
  throw new PeerstorError(
    'precondition-failed',
    `Send "Tus-Resumable: ${tusVersion}": this is the only version of tus that is spoken here.`,
  );
}

/** A header that is a number of bytes; undefined where it was not sent. @throws `bad-request` */
export function bytesIn(request: FastifyRequest, name: string): number | undefined {
  const text = request.headers[name];
  if (text === undefined) return undefined;
  const bytes = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw badHeader(name, 'must be a whole number of bytes');
}

/** @returns the length in all, or null when it comes later. @throws `bad-request` */
export function lengthOf(request: FastifyRequest): number | null {
  const length = bytesIn(request, 'upload-length');
  const deferred = request.headers['upload-defer-length'];
  if (deferred !== undefined && deferred !== '1') throw badHeader('upload-defer-length', 'must be 1');
  if ((length === undefined) === (deferred === undefined)) {
    throw badHeader('upload-length', 'or "upload-defer-length: 1" must be sent, and not both');
  }
  return length ?? null;
}

/** The pairs of `Upload-Metadata`. @throws `bad-request` */
export function metadataOf(request: FastifyRequest): { text: string; fields: ReadonlyMap<string, string> } {
  const header = request.headers['upload-metadata'];
  const text = typeof header === 'string' ? header.trim() : '';
  const fields = new Map<string, string>();
  for (const pair of text === '' ? [] : text.split(',')) {
    const [key = '', value = '', more] = pair.trim().split(' ');
    if (key === '' || more !== undefined || fields.has(key)) {
      throw badHeader('upload-metadata', 'must be pairs of a key and its value in base64, each key once');
    }
    fields.set(key, textOf(value));
  }
  return { text, fields };
}

/** The digest of the body of this request. @throws `bad-request` */
export function checksumOf(request: FastifyRequest): Pick<AppendOptions, 'checksum'> {
  const header = request.headers['upload-checksum'];
  if (header === undefined) return {};
  const [algorithm, encoded = ''] = typeof header === 'string' ? header.split(' ') : [];
  const digest = new Uint8Array(Buffer.from(encoded, 'base64'));
  if ((algorithm === 'sha1' || algorithm === 'sha256') && digest.length === digestBytes[algorithm]) {
    return { checksum: { algorithm, digest } };
  }
  throw badHeader('upload-checksum', 'must be sha1 or sha256 and the digest in base64');
}

/** Tells how far an upload is. */
export function tellProgress(
  reply: FastifyReply,
  upload: UploadProgress,
  { isDrop }: { isDrop: boolean },
): void {
  const { finished, offset, expiresAt } = upload;
  reply.header('upload-offset', String(offset));
  reply.header('upload-expires', new Date(expiresAt).toUTCString());
  if (!finished) return;
  // Who drops something into a box is not told where it lies.
  if (!isDrop) reply.header('peerstor-entry', finished.entry.id);
  const { level, copies, wanted } = finished.entry.safety ?? { level: 'accepted', copies: 1, wanted: 1 };
  reply.header('peerstor-safety', level);
  reply.header('peerstor-copies', `${copies}/${wanted}`);
}

function textOf(encoded: string): string {
  try {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(encoded)) throw new TypeError('not base64');
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
  } catch (error) {
    if (error instanceof TypeError) throw badHeader('upload-metadata', 'must have values of UTF-8 in base64');
    throw error;
  }
}

function badHeader(name: string, rule: string): PeerstorError {
  return new PeerstorError('bad-request', `The header "${name}" ${rule}.`, { details: { field: name } });
}
