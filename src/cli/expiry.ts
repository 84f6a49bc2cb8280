/**
 * The field `expiresAt` of a request.
 * @param lifeMs what `--expires` said, infinite for never; absent, the device's default holds
 */
export function expiryFrom(lifeMs: number | undefined): { expiresAt?: string | null } {
  if (lifeMs === undefined) return {};
  return {
    expiresAt: lifeMs === Number.POSITIVE_INFINITY ? null : new Date(Date.now() + lifeMs).toISOString(),
  };
}
