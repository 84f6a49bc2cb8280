/** One limit for what an address may ask without an account, over all routes that anybody may ask. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';
import { publicRequestsPerMinute } from './http-limits.ts';

const windowMs = 60_000;
/** Addresses remembered; who has more of them forgets the oldest. */
const addressesKept = 10_000;

/** @returns counts one request of an address. @throws `too-many-tries` with the seconds to wait */
export function limitPublicRequests(clock: Clock): (address: string) => void {
  const windows = new LRUCache<string, { sinceMs: number; count: number }>({ max: addressesKept });
  return (address) => {
    const nowMs = clock.monotonicMs();
    const known = windows.get(address);
    const window =
      known !== undefined && nowMs < known.sinceMs + windowMs ? known : { sinceMs: nowMs, count: 0 };
    window.count += 1;
    windows.set(address, window);
    if (window.count <= publicRequestsPerMinute) return;
    const retryAfterS = Math.max(1, Math.ceil((window.sinceMs + windowMs - nowMs) / 1000));
    throw new PeerstorError(
      'too-many-tries',
      `Too many requests from this address: wait ${retryAfterS} seconds.`,
      {
        details: { retryAfterS },
      },
    );
  };
}
