/**
 * The target of a request (RFC 9112 section 3.2), read once: what the router matches and what the code
 * after it reads is one text.
 */
import type { IncomingMessage } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { PeerstorError } from '../../model/errors.ts';

/** Why a target is refused. The router runs before anything can be answered, so this is kept until a hook asks. */
const faults = new WeakMap<IncomingMessage, PeerstorError>();

export const s3Prefix = '/s3';
/** Requests of S3 that name buckets at the root. */
const atRoot = new WeakSet<IncomingMessage>();

/**
 * Gives the target in origin form and normal spelling (RFC 3986 section 6.2.2), so that no two
 * spellings of one address differ later. Sets the Host of an absolute-form target, as RFC 9112 asks.
 */
export function normalTarget(request: IncomingMessage): string {
  const raw = request.url ?? '/';
  const [, authority, rest] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(raw) ?? [];
  if (authority !== undefined) request.headers.host = authority;
  const target = rest === undefined ? raw : rest.startsWith('/') ? rest : `/${rest}`;
  // The router ends a path at "#", which no client may send (RFC 9112 section 3.2.1).
  if (target.includes('#') || (target !== '*' && !target.startsWith('/'))) {
    faults.set(request, new PeerstorError('bad-request', 'This is not a valid address of a request.'));
    return '/';
  }
  const end = target.indexOf('?');
  const path = end === -1 ? target : target.slice(0, end);
  const query = end === -1 ? '' : target.slice(end);
  return doorOf(request, path, query) + normalPath(path) + query;
}

/**
 * Some clients of S3 (restic, s3cmd) know only the host of a server, so they ask for `/BUCKET/KEY`. What is signed as
 * S3 has it means S3, wherever it is sent.
 */
function doorOf(request: IncomingMessage, path: string, query: string): string {
  const isSigned =
    request.headers.authorization?.startsWith('AWS4-HMAC-SHA256') === true ||
    /[?&]X-Amz-Signature=/.test(query);
  if (!isSigned || path === '*' || /^\/s3(?:\/|$)/.test(path)) return '';
  atRoot.add(request);
  return s3Prefix;
}

/** The target as its client sent and signed it, but for its spelling. */
export function signedTargetOf({ raw }: FastifyRequest): string {
  const target = raw.url ?? '';
  return atRoot.has(raw) ? target.slice(s3Prefix.length) : target;
}

/** @throws `bad-request` for a target or a Host that can be read in two ways */
export function requireOneTarget({ raw }: FastifyRequest): void {
  const fault = faults.get(raw);
  if (fault !== undefined) throw fault;
  const hosts = raw.rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === 'host');
  if (hosts.length > 1) throw new PeerstorError('bad-request', 'A request has one Host header, not several.');
}

/** The URL without its query. */
export function pathnameOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}

/**
 * What a wildcard route `PREFIX/*` left over, still percent-encoded: `` or `/a/b`. Counted in segments,
 * because the router decodes names and would turn `%2F` into a separator.
 */
export function restOfRoute({ raw, routeOptions }: FastifyRequest): string {
  const route = routeOptions.url ?? '';
  const prefixSegments = route.replace(/\/\*$/, '').split('/').length;
  const segments = pathnameOf(raw.url ?? '')
    .split('/')
    .slice(prefixSegments);
  return segments.map((segment) => `/${segment}`).join('');
}

function normalPath(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (text) => {
    const character = String.fromCharCode(Number.parseInt(text.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : text.toUpperCase();
  });
}
