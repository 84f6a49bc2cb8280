import type { Clock } from '../../src/model/clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass, and what was due happen in order. */
  pass(ms: number): Promise<void>;
}

/** A clock that stands still at a fixed date until it is told to go on. */
export function createManualClock(startMs = Date.UTC(2026, 10, 21, 12)): ManualClock {
  let nowMs = 0;
  let due: { atMs: number; fn: () => void }[] = [];
  return {
    wallMs: () => startMs + nowMs,
    monotonicMs: () => nowMs,
    after(ms, fn) {
      const timer = { atMs: nowMs + ms, fn };
      due.push(timer);
      return {
        cancel: () => {
          due = due.filter((other) => other !== timer);
        },
      };
    },
    async pass(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = due.filter(({ atMs }) => atMs <= endMs).sort((left, right) => left.atMs - right.atMs);
        if (!next) break;
        nowMs = Math.max(nowMs, next.atMs);
        due = due.filter((other) => other !== next);
        next.fn();
        // What the timer started goes on in later turns.
        await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs = endMs;
    },
  };
}
