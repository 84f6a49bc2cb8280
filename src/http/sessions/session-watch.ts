/** What outlives its request's check: a long transfer, a page that listens. It ends with the session. */
import type { FastifyRequest } from 'fastify';
import type { Timer } from '../../model/clock.ts';
import { sessionCheckMs } from '../limits/http-limits.ts';
import type { RouteContext } from '../requests/route-context.ts';

/**
 * Looks now and then whether the session of a request lives: it may end by signing out, by a new
 * password, or by an admin, at any device. Guests have none; what they read is watched by the drive.
 * @param onEnd called at most once
 * @returns stops it
 */
export function watchSession(
  { session }: FastifyRequest,
  { front, clock, log }: Pick<RouteContext, 'front' | 'clock' | 'log'>,
  onEnd: () => void,
): () => void {
  if (session === null) return () => undefined;
  let stopped = false;
  let timer: Timer;
  const check = async () => {
    const lives = (await front.accounts.resume(session.secret)) !== undefined;
    if (stopped) return;
    if (lives) timer = clock.after(sessionCheckMs, run);
    else onEnd();
  };
  const run = () => {
    check().catch((error: unknown) => {
      log.warn({ err: error }, 'a session could not be looked up');
      if (!stopped) onEnd();
    });
  };
  timer = clock.after(sessionCheckMs, run);
  return () => {
    stopped = true;
    timer.cancel();
  };
}
