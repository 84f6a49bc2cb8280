import type { FastifyRequest } from 'fastify';
import { PeerstorError } from '../../model/errors.ts';

/**
 * Refuses a route that takes a token as a password over plain http from another machine, before it is asked for:
 * everybody on the way could read the token.
 * @throws `forbidden`
 */
export function refusePasswordInClear(request: FastifyRequest): void {
  if (request.routeOptions.config.takesPassword !== true || isSafe(request)) return;
  throw new PeerstorError(
    'forbidden',
    'Over plain http anybody on the way could read the token: use the https:// address, or start the device with --plain-dav.',
  );
}

/** Nobody reads along: https (a trusted proxy may end it), or this machine itself. */
export function isSafe({ protocol, ip }: Pick<FastifyRequest, 'protocol' | 'ip'>): boolean {
  return protocol === 'https' || ip === '::1' || /^(?:::ffff:)?127\./.test(ip);
}
