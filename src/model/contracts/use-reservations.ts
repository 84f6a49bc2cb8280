/** Agreement among connected devices about who counts the next use of a share link that has a limit. */
import type { GrantId } from '../ids.ts';

export interface UseReservations {
  /**
   * Runs `use` while no other device that can be asked counts a use of this link. What those who agreed know of its
   * uses is in the catalog before; what `use` wrote is known to them after.
   * @throws `not-ready` when others count its uses for too long; else what `use` throws
   */
  run<Result>(grant: GrantId, use: () => Promise<Result>): Promise<Result>;
}

/** For a device that has nobody to ask. */
export const alone: UseReservations = { run: (_grant, use) => use() };
