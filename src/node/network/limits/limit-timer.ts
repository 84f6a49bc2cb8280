/** Time limits for peers. A timer that fires late means that this process slept, not that the peer did. */
import type { Clock, Timer } from '../../../model/clock.ts';
import { PeerstorError } from '../../../model/errors.ts';

/** A timer later than this means that this event loop stood still, or that the machine slept. */
export const ownLagMs = 2000;

/** Calls `fn` after `ms`, or after `ms` more when this process itself was not running meanwhile. */
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
  /** The text of `peer-timeout`. */
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
