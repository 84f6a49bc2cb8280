import type { Clock, Timer } from '../../model/clock.ts';

export interface StallWatch {
  /** Bytes are waited for from now on. */
  waiting(): void;
  /** They came. */
  moved(): void;
  stop(): void;
}

/**
 * Calls `onStall` once when one wait lasted `ms`. A timer is set per period, not per wait, so it
 * costs nothing on a stream of thousands of pieces.
 */
export function createStallWatch(clock: Clock, ms: number, onStall: () => void): StallWatch {
  let waitingSinceMs: number | undefined;
  let timer: Timer | undefined;
  let stopped = false;

  const check = () => {
    timer = undefined;
    if (waitingSinceMs === undefined || stopped) return;
    const leftMs = waitingSinceMs + ms - clock.monotonicMs();
    if (leftMs > 0) {
      timer = clock.after(leftMs, check);
      return;
    }
    stopped = true;
    onStall();
  };

  return {
    waiting() {
      if (stopped) return;
      waitingSinceMs = clock.monotonicMs();
      timer ??= clock.after(ms, check);
    },
    moved() {
      waitingSinceMs = undefined;
    },
    stop() {
      stopped = true;
      timer?.cancel();
      timer = undefined;
    },
  };
}
