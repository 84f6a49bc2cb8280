/** Limits on routes that are open to anyone, by address of the caller. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { PeerstorError } from '../../model/errors.ts';
import { callerOf } from './caller.ts';

const minuteMs = 60_000;

export async function limitRates(app: FastifyInstance): Promise<void> {
  const quiet = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };
  await app.register(rateLimit, {
    global: false,
    keyGenerator: callerOf,
    addHeaders: { ...quiet, 'retry-after': false },
    addHeadersOnExceeding: quiet,
    errorResponseBuilder: (_request, { ttl }) => {
      const retryAfterS = Math.max(1, Math.ceil(ttl / 1000));
      return new PeerstorError(
        'too-many-tries',
        `Too many requests from this address: wait ${retryAfterS} seconds.`,
        {
          details: { retryAfterS },
        },
      );
    },
  });
}

/** Route configuration: open to anyone, `perMinute` times from one address. */
export function openToAnyone(perMinute: number) {
  return { access: 'public', rateLimit: { max: perMinute, timeWindow: minuteMs } } as const;
}
