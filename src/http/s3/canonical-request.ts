/** A request as its signature covers it (AWS Signature Version 4, "Create a canonical request"). */
import type { FastifyRequest } from 'fastify';
import { sha256 } from '../../crypto/index.ts';
import { PeerstorError } from '../../model/errors.ts';
import { toHex } from '../../model/ids.ts';
import { signedTargetOf } from '../requests/target.ts';
import { signatureError } from './s3-errors.ts';

/** @throws `forbidden` for a header that is missing; `bad-request` for an address that is not percent-encoded UTF-8 */
export function canonicalRequest(
  request: FastifyRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const [path = '', query = ''] = splitOnce(signedTargetOf(request), '?');
  const headers = signedHeaders.map((name) => `${name}:${headerValue(request, name)}\n`);
  return [
    request.method,
    path.split('/').map(encodedAgain).join('/'),
    canonicalQuery(query),
    headers.join(''),
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

export function hashOfText(text: string): string {
  return toHex(sha256(new TextEncoder().encode(text)));
}

/** Sorted by name and then by value; without the signature itself, which an address may carry. */
function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => splitOnce(pair, '='))
    .map(([name = '', value = '']) => [encodedAgain(name), encodedAgain(value)] as const)
    .filter(([name]) => name !== 'X-Amz-Signature');
  const inOrder = pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return inOrder.map(([name, value]) => `${name}=${value}`).join('&');
}

/** Everything but letters, digits and `-._~` percent-encoded, whatever the client left as it was. */
export function encodedAgain(text: string): string {
  let plain: string;
  try {
    plain = decodeURIComponent(text);
  } catch {
    throw new PeerstorError('bad-request', 'The address is not percent-encoded UTF-8.');
  }
  return encodeURIComponent(plain.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headerValue({ headers }: FastifyRequest, name: string): string {
  const value = headers[name];
  if (value === undefined) {
    throw signatureError('SignatureDoesNotMatch', `The header "${name}" was signed and did not come.`);
  }
  return [value].flat().join(',').trim().replace(/ +/g, ' ');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}
