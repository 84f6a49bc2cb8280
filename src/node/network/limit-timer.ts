/** Time limits on others. One that fires late says that this process slept, not that the peer did. */
import type { Clock, Timer } from '../../model/clock.ts';
import { PeerstorError } from '../../model/errors.ts';

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

export interface WaitLimits {
  clock: Clock;
  timeoutMs: number;
  signal: AbortSignal | undefined;
  /** What `peer-timeout` says. */
  sentence: string;
}

/** The promise's outcome. @throws `peer-timeout` or the signal's reason when one of these comes first */
export function within<Value>(promise: Promise<Value>, limits: WaitLimits): Promise<Value> {
  const { clock, timeoutMs, signal, sentence } = limits;
  return new Promise((resolve, reject) => {
    const onAbort = () => settle(() => reject(signal?.reason));
    const timer = limit(clock, timeoutMs, () => {
      settle(() => reject(new PeerstorError('peer-timeout', sentence)));
    });
    const settle = (how: () => void) => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      how();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
