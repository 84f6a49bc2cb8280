/** What outlives its request's check: a long transfer, a page that listens. It ends with the session. */
import type { FastifyRequest } from 'fastify';

/**
 * Tells when the session of a request ends: by signing out, by a new password, or by an admin, at any
 * device. Guests have none; what they read is watched by the drive.
 * @param onEnd called at most once; at once where the session has ended already
 * @returns stops it
 */
export function watchSession({ session }: FastifyRequest, onEnd: () => void): () => void {
  const signal = session?.signal;
  if (signal?.aborted) onEnd();
  else signal?.addEventListener('abort', onEnd, { once: true });
  return () => signal?.removeEventListener('abort', onEnd);
}
