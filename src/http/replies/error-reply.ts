/** The one place where an error becomes a reply: RFC 9457 problem+json with a stable `code`. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import type { ProblemView } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import { type ErrorCode, isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { Log } from '../../model/log.ts';
import { hasUnreadBody, replyAndDrain } from './unread-body.ts';

export const problemType = 'application/problem+json';
const retryAfterDefaultS = 5;

/** What the web framework and its plugins throw that is the caller's doing. */
const frameworkErrors: Readonly<Record<string, [ErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported-media-type',
    'Send the body as "Content-Type: application/json".',
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: ['too-large', 'The body of the request is too large.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['bad-request', 'The body is not as long as its Content-Length says.'],
  FST_ERR_BAD_URL: ['bad-request', 'The address is not percent-encoded UTF-8.'],
  FST_ERR_MAX_PARAM_LENGTH: ['bad-id', 'No id is that long.'],
};

/** Statuses that RFC 9110 does not have: of nginx, and of tus. */
const ownTitles: Readonly<Record<number, string>> = {
  499: 'Client Closed Request',
  460: 'Checksum Mismatch',
};

export type SendError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/** An error as a reply. */
export interface RenderedError {
  status: number;
  headers: Record<string, string>;
  text: string;
}

type Render = (error: PeerstorError, request: FastifyRequest) => RenderedError;

/** Makes the error handler of the gateway. @param render another form than problem+json, where a protocol has its own */
export function createErrorReply(log: Log, clock: Clock, render: Render = renderProblem): SendError {
  return (thrown, request, reply) => {
    const error = toPeerstorError(thrown);
    if (error.code === 'internal') {
      log.error({ err: thrown, method: request.method, route: request.routeOptions.url }, 'a request failed');
    }
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const { status, headers, text } = render(error, request);
    if (hasUnreadBody(request.raw)) {
      replyAndDrain(reply, status, headers, text, clock);
    } else {
      // As bytes: to a string the framework would add a charset, which this type does not have.
      reply.code(status).headers(headers).send(Buffer.from(text));
    }
  };
}

function renderProblem(error: PeerstorError, request: FastifyRequest): RenderedError {
  const headers = { ...headersOf(error, request), 'content-type': problemType };
  return { status: error.status, headers, text: JSON.stringify(problemOf(error)) };
}

/** The problem document of an error; facts for programs go beside the members of RFC 9457. */
export function problemOf(error: PeerstorError): ProblemView & Record<string, unknown> {
  const { retryAfterS: _header, ...facts } = error.details;
  return {
    ...facts,
    type: 'about:blank',
    title: STATUS_CODES[error.status] ?? ownTitles[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
  };
}

/** A browser asks for name and password only where it is told `Basic`: at what programs mount. */
function headersOf(error: PeerstorError, { routeOptions }: FastifyRequest): Record<string, string> {
  const asksPassword = routeOptions.config?.takesPassword === true;
  const scheme = asksPassword ? 'Basic realm="peerstor", charset="UTF-8"' : 'Bearer realm="peerstor"';
  if (error.status === 401) return { 'www-authenticate': scheme };
  return waitHeaders(error);
}

/** When to come back, where that helps. */
export function waitHeaders(error: PeerstorError): Record<string, string> {
  const { status } = error;
  if (status !== 429 && status !== 503) return {};
  return { 'retry-after': String(Math.max(1, Math.ceil(error.details.retryAfterS ?? retryAfterDefaultS))) };
}

/** Anything thrown as one of ours; what is unexpected becomes `internal` with a neutral sentence. */
function toPeerstorError(thrown: unknown): PeerstorError {
  if (isPeerstorError(thrown)) return thrown;
  if (isFrameworkError(thrown)) {
    const [fault] = thrown.validation ?? [];
    if (fault !== undefined) return validationError(fault, thrown.validationContext ?? 'body');
    const known = frameworkErrors[thrown.code];
    if (known !== undefined) return new PeerstorError(known[0], known[1], { cause: thrown });
  }
  return new PeerstorError('internal', 'Something went wrong on this device; its log says what.', {
    cause: thrown,
  });
}

function isFrameworkError(thrown: unknown): thrown is FastifyError {
  return (
    thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' && 'statusCode' in thrown
  );
}

/** The first fault that a schema found, as a sentence that names the field. */
function validationError(fault: FastifySchemaValidationError, part: string): PeerstorError {
  const { keyword, params, instancePath } = fault;
  const where = instancePath.slice(1).replaceAll('/', '.');
  const inner = String(params.missingProperty ?? params.additionalProperty ?? '');
  const field = [where, inner].filter((step) => step !== '').join('.');
  const noun = part === 'querystring' ? 'parameter' : 'field';
  const say = (sentence: string) => new PeerstorError('bad-input', sentence, { details: { field } });
  if (field === '')
    return say(`The ${part} of the request is not what is expected here: it ${fault.message}.`);
  switch (keyword) {
    case 'required':
      return say(`The ${noun} "${field}" is missing.`);
    case 'additionalProperties':
      return say(`The ${noun} "${field}" is not known here.`);
    case 'enum':
      return say(`The ${noun} "${field}" must be one of: ${[params.allowedValues].flat().join(', ')}.`);
    default:
      return say(`The ${noun} "${field}" ${describe(fault) ?? fault.message}.`);
  }
}

/** A schema may say in its `description` what is right, in words for people. */
function describe(fault: FastifySchemaValidationError): string | undefined {
  if (!('parentSchema' in fault) || typeof fault.parentSchema !== 'object' || fault.parentSchema === null) {
    return undefined;
  }
  const { parentSchema } = fault;
  return 'description' in parentSchema ? `must be ${String(parentSchema.description)}` : undefined;
}
