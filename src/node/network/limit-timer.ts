/** Time limits on others. One that fires late says that this process slept, not that the peer did. */
import type { Clock, Timer } from '../../model/clock.ts';

/** A timer later than this means that our own event loop stood still, or the machine slept. */
export const ownLagMs = 2000;

/** Calls `fn` after `ms`, or after one more `ms` when this process itself was not running meanwhile. */
export function limit(clock: Clock, ms: number, fn: () => void): Timer {
  const startedAtMs = clock.monotonicMs();
  let timer = clock.after(ms, () => {
    const lateMs = clock.monotonicMs() - startedAtMs - ms;
    if (lateMs > ownLagMs) timer = clock.after(ms, fn);
    else fn();
  });
  return { cancel: () => timer.cancel() };
}
