/** Guests: what a browser that opened a link is remembered by, and which downloads count. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { type Clock, systemRandom } from '../../model/clock.ts';
import type { DeviceFront } from '../../model/contracts/device.ts';
import type { Guest } from '../../model/contracts/drive.ts';
import { toHex } from '../../model/ids.ts';
import { callerOf } from '../limits/caller.ts';
import { begunDownloadMs, begunDownloadsMax, unlockedMax, unlockedMs } from '../limits/http-limits.ts';
import { basicPassword } from './credentials.ts';

const unlockCookie = 'peerstor_link';
const passwordHeader = 'x-share-password';

export interface GuestAccess {
  /** @throws `not-found`, `gone`, `link-password`, `too-many-tries` */
  open(request: FastifyRequest, secret: string): Promise<Guest>;
  /** Checks a password and gives the browser a cookie that stands for it, for this link alone. */
  unlock(request: FastifyRequest, reply: FastifyReply, secret: string, password: string): Promise<Guest>;
  /**
   * Counts a download, unless it goes on with one of the same version that this address began.
   * @param startsAtByte where in the content the asked bytes begin
   */
  count(request: FastifyRequest, guest: Guest, version: string, startsAtByte: number): Promise<void>;
}

export function createGuestAccess({ accounts }: DeviceFront, clock: Clock): GuestAccess {
  // Kept here and not in the cookie, so that no browser stores a password.
  const unlocked = new LRUCache<string, { secret: string; password: string; untilMs: number }>({
    max: unlockedMax,
  });
  const begun = new LRUCache<string, number>({ max: begunDownloadsMax });

  const passwordOf = (request: FastifyRequest, secret: string): string | undefined => {
    const header = request.headers[passwordHeader];
    if (typeof header === 'string') return header;
    const kept = unlocked.get(request.cookies[unlockCookie] ?? '');
    const isKept = kept?.secret === secret && kept.untilMs > clock.monotonicMs();
    return isKept ? kept.password : basicPassword(request);
  };

  return {
    open: (request, secret) => accounts.openLink(secret, passwordOf(request, secret), callerOf(request)),

    async unlock(request, reply, secret, password) {
      const guest = await accounts.openLink(secret, password, callerOf(request));
      const id = toHex(systemRandom.bytes(32));
      unlocked.set(id, { secret, password, untilMs: clock.monotonicMs() + unlockedMs });
      reply.setCookie(unlockCookie, id, {
        path: `/s/${encodeURIComponent(secret)}`,
        httpOnly: true,
        sameSite: 'strict',
        secure: request.protocol === 'https',
        maxAge: unlockedMs / 1000,
      });
      return guest;
    },

    async count(request, guest, version, startsAtByte) {
      const download = `${callerOf(request)} ${guest.id} ${version}`;
      const nowMs = clock.monotonicMs();
      if (startsAtByte > 0 && nowMs < (begun.get(download) ?? Number.NEGATIVE_INFINITY) + begunDownloadMs)
        return;
      await guest.countUse();
      begun.set(download, nowMs);
    },
  };
}
