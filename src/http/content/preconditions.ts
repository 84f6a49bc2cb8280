/** Conditional requests (RFC 9110 section 13), all over the one strong validator: the version id. */
import type { IncomingHttpHeaders } from 'node:http';

/** The header value of a version. */
export function entityTag(version: string): string {
  return `"${version}"`;
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
        .replace(/^"(.*)"$/, '$1'),
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
  const since = httpDateMs(headers['if-unmodified-since']);
  return since !== undefined && wholeSeconds(modifiedAtMs) > since;
}

/** True when the client has this version already, so 304 is the answer. */
export function isNotModified(headers: IncomingHttpHeaders, version: string, modifiedAtMs: number): boolean {
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) {
    const named = versionsNamed(ifNoneMatch);
    return named === '*' || named.includes(version);
  }
  const since = httpDateMs(headers['if-modified-since']);
  return since !== undefined && wholeSeconds(modifiedAtMs) <= since;
}

/** False when If-Range names another version, so that Range must be ignored (strong comparison). */
export function ifRangeHolds(
  header: string | string[] | undefined,
  version: string,
  modifiedAtMs: number,
): boolean {
  if (header === undefined) return true;
  if (typeof header !== 'string') return false;
  if (header.includes('"')) return header.trim() === entityTag(version);
  return httpDateMs(header) === wholeSeconds(modifiedAtMs);
}

/** An HTTP date (RFC 9110 section 5.6.7) as Unix milliseconds; undefined when it is none. */
export function httpDateMs(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** HTTP dates have whole seconds. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
