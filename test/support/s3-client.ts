/** A client of S3 that signs as it is told, also wrongly (AWS Signature Version 4); written apart from what it tests. */
import { createHash, createHmac } from 'node:crypto';

export interface SigningKeys {
  accessKeyId: string;
  secret: string;
}

export interface SignOptions {
  method: string;
  /** Percent-encoded, with the query. */
  path: string;
  host: string;
  headers?: Record<string, string>;
  /** SHA-256 of the body in hex, or one of the words that S3 has for it. */
  payloadHash?: string;
  /** Unix ms. */
  atMs?: number;
  region?: string;
}

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Uint8Array, text: string) => createHmac('sha256', key).update(text).digest();

export function hashOf(body: string | Uint8Array): string {
  return sha256(body);
}

function keyFor(secret: string, scope: string): Buffer {
  return scope.split('/').reduce<Buffer>((key, part) => hmac(key, part), Buffer.from(`AWS4${secret}`));
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '');
}

function strict(text: string): string {
  return encodeURIComponent(decodeURIComponent(text)).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function signatureOf(
  { secret }: SigningKeys,
  { method, path }: Pick<SignOptions, 'method' | 'path'>,
  given: { headers: Record<string, string>; payloadHash: string; time: string; scope: string },
): { signature: string; signedHeaders: string } {
  const [route = '', query = ''] = path.split('?');
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('='))
    .map(([name = '', value = '']) => `${strict(name)}=${strict(value)}`);
  const names = Object.keys(given.headers)
    .map((name) => name.toLowerCase())
    .sort();
  const lower = Object.fromEntries(
    Object.entries(given.headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const signedHeaders = names.join(';');
  const canonical = [
    method,
    route.split('/').map(strict).join('/'),
    pairs.sort().join('&'),
    names.map((name) => `${name}:${lower[name]?.trim()}\n`).join(''),
    signedHeaders,
    given.payloadHash,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', given.time, given.scope, sha256(canonical)].join('\n');
  return { signature: hmac(keyFor(secret, given.scope), text).toString('hex'), signedHeaders };
}

/** The headers of a signed request. */
export function signedHeaders(keys: SigningKeys, options: SignOptions): Record<string, string> {
  const { host, headers = {}, payloadHash = sha256(''), atMs = Date.now(), region = 'eu-home-1' } = options;
  const time = timeOf(atMs);
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const sent = { ...headers, host, 'x-amz-content-sha256': payloadHash, 'x-amz-date': time };
  const { signature, signedHeaders: names } = signatureOf(keys, options, {
    headers: sent,
    payloadHash,
    time,
    scope,
  });
  const authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...sent, authorization };
}

/** An address that carries its signature. */
export function presigned(
  keys: SigningKeys,
  {
    method,
    path,
    host,
    atMs = Date.now(),
    region = 'eu-home-1',
    expiresInS = 600,
  }: SignOptions & { expiresInS?: number },
): string {
  const time = timeOf(atMs);
  const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`;
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${keys.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': String(expiresInS),
    'X-Amz-SignedHeaders': 'host',
  });
  const address = `${path}${path.includes('?') ? '&' : '?'}${query}`;
  const { signature } = signatureOf(
    keys,
    { method, path: address },
    { headers: { host }, payloadHash: 'UNSIGNED-PAYLOAD', time, scope },
  );
  return `${address}&X-Amz-Signature=${signature}`;
}

export interface PieceOptions {
  pieces: readonly (string | Uint8Array)[];
  /** Headers that follow the last piece. */
  trailers?: Record<string, string>;
  /** false for pieces without a signature. */
  signs?: boolean;
}

/** A body in signed pieces, and the headers of its request. */
export function inPieces(
  keys: SigningKeys,
  options: SignOptions & PieceOptions,
): { headers: Record<string, string>; body: Buffer } {
  const { pieces, trailers, signs = true } = options;
  const kind = signs
    ? `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailers ? '-TRAILER' : ''}`
    : 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
  const size = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  const headers = signedHeaders(keys, {
    ...options,
    headers: {
      ...options.headers,
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': String(size),
      ...(trailers ? { 'x-amz-trailer': Object.keys(trailers).join(',') } : {}),
    },
    payloadHash: kind,
  });
  const time = headers['x-amz-date'] ?? '';
  const scope = /Credential=[^/]+\/([^,]+),/.exec(headers.authorization ?? '')?.[1] ?? '';
  let before = /Signature=(\w+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  const sign = (algorithm: string, ...hashes: string[]) => {
    const text = [algorithm, time, scope, before, ...hashes].join('\n');
    before = hmac(keyFor(keys.secret, scope), text).toString('hex');
    return before;
  };
  const parts: Buffer[] = [];
  for (const piece of [...pieces, '']) {
    const bytes = Buffer.from(piece);
    const line = bytes.length.toString(16);
    const signature = signs
      ? `;chunk-signature=${sign('AWS4-HMAC-SHA256-PAYLOAD', sha256(''), sha256(bytes))}`
      : '';
    parts.push(Buffer.from(`${line}${signature}\r\n`), bytes, Buffer.from(bytes.length > 0 ? '\r\n' : ''));
  }
  for (const [name, value] of Object.entries(trailers ?? {})) parts.push(Buffer.from(`${name}:${value}\r\n`));
  if (signs && trailers) {
    const text = Object.entries(trailers)
      .map(([name, value]) => `${name}:${value}\n`)
      .join('');
    parts.push(Buffer.from(`x-amz-trailer-signature:${sign('AWS4-HMAC-SHA256-TRAILER', sha256(text))}\r\n`));
  }
  parts.push(Buffer.from('\r\n'));
  return { headers, body: Buffer.concat(parts) };
}
