/**
 * Time and chance, injected wherever they matter, so that the simulator can replay days from a
 * seed. Production uses `systemClock` and `systemRandom`.
 */

export interface Clock {
  /** Wall clock, Unix milliseconds. It may jump. */
  wallMs(): number;
  /** Milliseconds that never run backwards. */
  monotonicMs(): number;
  /**
   * Milliseconds that have surely passed for this device, over all of its runs: never more than really
   * passed by much, whatever the wall clock shows (`node/process/device-clock.ts`). It counts from an
   * arbitrary start. Everything that expires, and is destroyed when it does, is measured by this.
   */
  elapsedMs(): number;
  /** Calls `fn` once after `ms`; the handle cancels it. Never keeps the process alive. */
  after(ms: number, fn: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** Fresh random bytes; in production from the system's secure source. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
}

/** Node's timers hold 31 bits and fire at once beyond: 25 days and more are waited for in steps. */
const timerMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  // Of one process: a device keeps its count over restarts, see `node/process/device-clock.ts`.
  elapsedMs: () => performance.now(),
  after(ms, fn) {
    let handle: NodeJS.Timeout;
    const arm = (leftMs: number) => {
      const stepMs = Math.min(leftMs, timerMsMax);
      handle = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : fn()), stepMs);
      handle.unref();
    };
    arm(ms);
    return { cancel: () => clearTimeout(handle) };
  },
};

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};

/** Waits `ms`; rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}
