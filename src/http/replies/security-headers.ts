/** What browsers are told to forbid. Tried against the web UI's libraries: research on the web page. */

/** On every reply. */
export const everyReplyHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** On replies of the API, which are never a page. */
export const apiHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** On the pages of the web UI. 'self' in connect-src covers ws: of the same address too. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "font-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "frame-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
};

/**
 * On what users stored. Sandboxed: an origin of its own, no script, no form, whatever the type. The
 * sources let a browser show an image, a video or text that is opened by itself; only our own pages
 * may frame it.
 */
export const userContentHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'",
  // May be kept, but must be asked for each time: after signing out it is not shown again.
  'cache-control': 'private, no-cache',
};

/** On what guests get, in its place: a machine that is not theirs should keep nothing. */
export const guestContentHeaders: Readonly<Record<string, string>> = { 'cache-control': 'no-store' };
