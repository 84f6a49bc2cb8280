/** Conditional requests (RFC 9110 section 13), all over the one strong validator: the version id. */
import type { IncomingHttpHeaders } from 'node:http';
import { httpDateMs } from '../requests/times.ts';
import type { Encoding } from './content-encoding.ts';

/** The header value of a version. */
export function entityTag(version: string): string {
  return `"${version}"`;
}

/** The header value of the compressed form of a version: weak, because the same version may be compressed otherwise. */
export function compressedTag(version: string, encoding: Encoding): string {
  return `W/"${version}-${encoding}"`;
}

/**
 * The versions that If-Match or If-None-Match names. A weak tag counts as the version it names: we
 * give one out only for the compressed form of that same version.
 */
export function versionsNamed(header: string): '*' | string[] {
  const text = header.trim();
  if (text === '*') return '*';
  return text
    .split(',')
    .map((tag) =>
      tag
        .trim()
        .replace(/^W\//, '')
        .replace(/^"(.*?)(?:-(?:zstd|br|gzip))?"$/, '$1'),
    )
    .filter((tag) => tag !== '');
}

/** True when If-Match (or If-Unmodified-Since) says that this is not the version that was meant. */
export function preconditionFails(
  headers: IncomingHttpHeaders,
  version: string,
  modifiedAtMs: number,
): boolean {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    const named = versionsNamed(ifMatch);
    return named !== '*' && !named.includes(version);
  }
  const since = headers['if-unmodified-since'];
  return httpDateMs(since) !== undefined && !isOfDate(since, modifiedAtMs);
}

/** True when the client has this version already, so 304 is the answer. */
export function isNotModified(headers: IncomingHttpHeaders, version: string, modifiedAtMs: number): boolean {
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) {
    const named = versionsNamed(ifNoneMatch);
    return named === '*' || named.includes(version);
  }
  return isOfDate(headers['if-modified-since'], modifiedAtMs);
}

/**
 * False when If-Range does not name this version, so that Range must be ignored (strong comparison). A
 * date never does: two versions may have the same, and their parts would be joined.
 */
export function ifRangeHolds(header: string | string[] | undefined, version: string): boolean {
  return header === undefined || (typeof header === 'string' && header.trim() === entityTag(version));
}

/**
 * Is this the date of the version that is there? Dates come from who uploads, so a later one need not
 * mean a later version: only the very date that we gave out is evidence, and weak evidence.
 */
export function isOfDate(header: string | undefined, modifiedAtMs: number): boolean {
  return httpDateMs(header) === Math.floor(modifiedAtMs / 1000) * 1000;
}
