/** What one download under way counts against. */
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../limits/caller.ts';
import {
  downloadsMax,
  downloadsPerAddress,
  downloadsPerLink,
  downloadsPerUser,
} from '../limits/http-limits.ts';
import type { RouteContext } from './route-context.ts';

/**
 * Counts a download against its address, against its user or link, and against all.
 * @param link id of the link of a guest
 * @returns takes the slot when called. @throws `too-many-tries`
 */
export function downloadSlot(
  request: FastifyRequest,
  { downloads }: RouteContext,
  link?: string,
): () => () => void {
  const whose =
    link === undefined
      ? { key: `user ${request.session?.user.id}`, max: downloadsPerUser }
      : { key: `link ${link}`, max: downloadsPerLink };
  const limits = [
    whose,
    { key: `address ${callerOf(request)}`, max: downloadsPerAddress },
    { key: 'all', max: downloadsMax },
  ];
  return () => downloads.take(limits, 'Too many downloads are under way at once: let one of them end first.');
}
