import type { FastifyReply, FastifyRequest } from 'fastify';
import { PeerstorError } from '../../model/errors.ts';
import type { AllowedMethods } from '../requests/allowed-methods.ts';
import { pathnameOf } from '../requests/target.ts';

/** The error for an address that no route takes: 405 with Allow if another method would do, else 404. */
export function noSuchAddress(
  request: FastifyRequest,
  reply: FastifyReply,
  allowed: AllowedMethods,
): PeerstorError {
  const methods = allowed.at(pathnameOf(request.raw.url ?? ''));
  // The method is taken by an address of this shape: a part of this one is longer than any id or secret.
  const isTooLong = methods.includes(request.method);
  if (methods.length === 0 || isTooLong)
    return new PeerstorError('not-found', 'There is nothing at this address.');
  reply.header('allow', methods.join(', '));
  return new PeerstorError(
    'method-not-allowed',
    `This address takes ${methods.join(', ')}, not ${request.method}.`,
  );
}
