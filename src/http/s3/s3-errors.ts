/** Errors as S3 has them: XML with a code that its clients know. */
import type { FastifyRequest } from 'fastify';
import { type ErrorCode, PeerstorError } from '../../model/errors.ts';
import type { RenderedError } from '../replies/error-reply.ts';
import { escapeXml, xmlHead } from '../requests/xml.ts';

/** An error that S3 has a name of its own for. */
export function s3Error(code: ErrorCode, s3Code: string, sentence: string): PeerstorError {
  return new PeerstorError(code, sentence, { details: { s3Code } });
}

export function signatureError(s3Code: string, sentence: string): PeerstorError {
  return s3Error('forbidden', s3Code, sentence);
}

export function notImplemented(what: string): PeerstorError {
  return s3Error('method-not-allowed', 'NotImplemented', `${what} is not offered here.`);
}

/** Of errors that come from deeper down. */
const codes: Partial<Record<ErrorCode, string>> = {
  'not-found': 'NoSuchKey',
  gone: 'NoSuchKey',
  forbidden: 'AccessDenied',
  'not-signed-in': 'AccessDenied',
  'precondition-failed': 'PreconditionFailed',
  'bad-range': 'InvalidRange',
  'bad-name': 'InvalidArgument',
  'bad-input': 'InvalidArgument',
  'bad-id': 'InvalidArgument',
  'bad-request': 'InvalidRequest',
  'method-not-allowed': 'MethodNotAllowed',
  'too-large': 'EntityTooLarge',
  'name-taken': 'KeyConflict',
  conflict: 'OperationAborted',
  'quota-exceeded': 'QuotaExceeded',
  'disk-full': 'InsufficientStorage',
  'request-timeout': 'RequestTimeout',
  aborted: 'RequestTimeout',
  'too-many-tries': 'SlowDown',
  'not-ready': 'ServiceUnavailable',
  internal: 'InternalError',
};

/** S3 says 403 to who is unknown, and 400 to what it cannot take. */
const statuses: Readonly<Record<number, number>> = { 401: 403, 410: 404, 422: 400, 413: 400 };
const statusOfCode: Readonly<Record<string, number>> = {
  NotImplemented: 501,
  MissingContentLength: 411,
  BadDigest: 400,
  XAmzContentSHA256Mismatch: 400,
};

/** The code that S3 has for an error; one that makes clients retry is given only where a retry can help. */
export function s3CodeOf({ code, details }: PeerstorError): string {
  return typeof details.s3Code === 'string' ? details.s3Code : (codes[code] ?? 'ServiceUnavailable');
}

export function renderS3Error(error: PeerstorError, request: FastifyRequest): RenderedError {
  const code = s3CodeOf(error);
  const [resource = ''] = (request.raw.url ?? '').split('?');
  const text = [
    `${xmlHead}<Error><Code>${code}</Code><Message>${escapeXml(error.message)}</Message>`,
    `<Resource>${escapeXml(resource)}</Resource><RequestId>${escapeXml(String(request.id))}</RequestId></Error>`,
  ].join('');
  return {
    status: statusOfCode[code] ?? statuses[error.status] ?? error.status,
    headers: { 'content-type': 'application/xml' },
    text,
  };
}
