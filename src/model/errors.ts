/**
 * Every error that a person or a program may see has a stable code from this table and a sentence
 * that says what happened and what to do. `http` maps the code to a status in one place
 * (`src/http/replies/error-reply.ts`); the command line prints the sentence.
 */

/** code → the HTTP status it becomes. A code never changes its meaning. */
export const errorStatus = {
  // what the caller sent
  /** Not HTTP or JSON that can be read at all; 'bad-input' is well-formed but wrong. */
  'bad-request': 400,
  /** The caller stopped sending in the middle of a request. */
  'request-timeout': 408,
  'bad-id': 404,
  'bad-input': 422,
  'bad-name': 422,
  'bad-range': 416,
  'bad-tune': 422,
  'bad-record': 422,
  'bad-frame': 400,
  /** What came is not what its checksum says; nothing of it was kept (tus). */
  'checksum-mismatch': 460,
  'unsupported-format': 422,
  'unsupported-media-type': 415,
  'method-not-allowed': 405,
  'too-large': 413,
  /** The Host header is no name of this device. */
  'unknown-host': 421,
  // who is asking
  'not-signed-in': 401,
  'wrong-password': 401,
  /** The password is right, and the account asks for a code of an authenticator app, too. */
  'totp-required': 401,
  'wrong-code': 403,
  'wrong-setup-code': 403,
  'wrong-pairing-code': 403,
  forbidden: 403,
  'not-a-member': 403,
  /** A share link needs its password, or this is not it. */
  'link-password': 401,
  'too-many-tries': 429,
  // what is (not) there
  'not-found': 404,
  /** Nothing shows what is in this file. */
  'no-thumbnail': 404,
  'no-rendition': 404,
  gone: 410,
  'name-taken': 409,
  'would-make-a-cycle': 409,
  conflict: 409,
  'precondition-failed': 412,
  /** A program that mounted the drive has locked it. */
  locked: 423,
  'already-set-up': 409,
  'already-in-network': 409,
  'no-network': 409,
  'pairing-closed': 410,
  // storage
  'chunk-missing': 503,
  'chunk-corrupt': 503,
  'disk-full': 507,
  'quota-exceeded': 507,
  'volume-missing': 503,
  /** A disk does not do what it should: nothing can be kept on it. */
  'storage-failed': 507,
  /** A value of the local database failed its checksum: the database must be rebuilt (I7). */
  'index-corrupt': 500,
  // network
  'peer-unreachable': 503,
  'peer-timeout': 503,
  'peer-failed': 502,
  'frame-too-large': 400,
  // this device
  'home-locked': 409,
  'home-newer': 409,
  'clock-wrong': 503,
  'not-ready': 503,
  'node-too-old': 500,
  aborted: 499,
  internal: 500,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** Facts for programs that go with an error: `retryAfterS` becomes the header Retry-After. */
export interface ErrorDetails {
  retryAfterS?: number;
  /** The device that would be needed, where one is off. */
  deviceId?: string;
  [fact: string]: unknown;
}

export class PeerstorError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  /** @param message what happened and what to do, for the person who sees it. */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PeerstorError';
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return errorStatus[this.code];
  }
}

/** True for a PeerstorError, of the given code if one is named. */
export function isPeerstorError(error: unknown, code?: ErrorCode): error is PeerstorError {
  return error instanceof PeerstorError && (code === undefined || error.code === code);
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorStatus, text);
}

/** The sentence of anything that was thrown (libraries reject with Events and plain objects too). */
export function sentenceOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'object' && error !== null && 'error' in error) return sentenceOf(error.error);
  return String(error);
}
