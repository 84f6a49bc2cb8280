import type { Clock } from '../../src/model/clock.ts';

export interface ManualClock extends Clock {
  /** Lets time pass, and what was due happen in order. */
  pass(ms: number): Promise<void>;
  /** As if the device had slept: what was due meanwhile happens once, now. */
  sleep(ms: number): Promise<void>;
  /** The wall clock alone shows something else: so far ahead of the right time. */
  setWall(aheadMs: number): void;
}

/** A clock that stands still at a fixed date until it is told to go on. */
export function createManualClock(startMs = Date.UTC(2026, 10, 21, 12)): ManualClock {
  let nowMs = 0;
  let aheadMs = 0;
  let due: { atMs: number; fn: () => void }[] = [];
  async function run(untilMs: number): Promise<void> {
    for (;;) {
      const [next] = due.filter(({ atMs }) => atMs <= untilMs).sort((left, right) => left.atMs - right.atMs);
      if (!next) break;
      nowMs = Math.max(nowMs, next.atMs);
      due = due.filter((other) => other !== next);
      next.fn();
      // What the timer started goes on in later turns.
      await new Promise((resolve) => setImmediate(resolve));
    }
    nowMs = untilMs;
  }
  return {
    wallMs: () => startMs + nowMs + aheadMs,
    monotonicMs: () => nowMs,
    elapsedMs: () => nowMs,
    after(ms, fn) {
      const timer = { atMs: nowMs + ms, fn };
      due.push(timer);
      return {
        cancel: () => {
          due = due.filter((other) => other !== timer);
        },
      };
    },
    setWall(ms) {
      aheadMs = ms;
    },
    pass: (ms) => run(nowMs + ms),
    sleep(ms) {
      nowMs += ms;
      return run(nowMs);
    },
  };
}
