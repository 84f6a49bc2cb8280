/**
 * The field `expiresAt` of a request.
 * @param lifeMs value of `--expires`, infinite for never; when absent, the device uses its default
 */
export function expiryFrom(lifeMs: number | undefined): { expiresAt?: string | null } {
  if (lifeMs === undefined) return {};
  return {
    expiresAt: lifeMs === Number.POSITIVE_INFINITY ? null : new Date(Date.now() + lifeMs).toISOString(),
  };
}
