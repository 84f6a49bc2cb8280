import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import { jsonBodyBytesMax } from '../../model/limits.ts';
import { jsonBodyWaitMs, jsonDepthMax, publicBodyBytesMax } from '../limits/http-limits.ts';
import { declaredLength, openBody, tooLarge } from './request-body.ts';

/**
 * Makes the parser of `application/json` bodies; an empty one is undefined.
 * Its errors: `bad-request` (no JSON), `too-large`, `request-timeout`, `aborted`.
 */
export function jsonBodyParser(clock: Clock): (request: FastifyRequest) => Promise<unknown> {
  return async (request) => {
    const isPublic = request.routeOptions.config.access === 'public';
    const bytesMax = isPublic ? publicBodyBytesMax : jsonBodyBytesMax;
    if ((declaredLength(request.raw) ?? 0) > bytesMax) throw tooLarge(bytesMax);
    const body = openBody(request.raw, { bytesMax, stallMs: jsonBodyWaitMs, clock });
    // The stall watch alone would let a client drip one byte at a time for hours.
    const deadline = clock.after(jsonBodyWaitMs, () => {
      body.fail(new PeerstorError('request-timeout', 'The request took too long to arrive; send it again.'));
    });
    try {
      const pieces: Uint8Array[] = [];
      for await (const piece of body.content) pieces.push(piece);
      return parse(Buffer.concat(pieces));
    } finally {
      deadline.cancel();
    }
  };
}

function parse(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (isNestedTooDeep(bytes)) {
    throw new PeerstorError(
      'bad-request',
      `The body of the request is nested deeper than ${jsonDepthMax} levels.`,
    );
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The engine's own sentence quotes the body, which may hold a password.
    throw new PeerstorError('bad-request', 'The body of the request is not valid JSON in UTF-8.');
  }
}

/** Looked at before parsing, which takes a second for a megabyte of brackets. */
function isNestedTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inText) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inText = false;
    } else if (byte === quote) inText = true;
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      if (depth > jsonDepthMax) return true;
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
  }
  return false;
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}');
