/** How fast bytes go, over the last seconds, and how long the rest takes. */

/** Bytes count for so long. */
const windowMs = 8000;
/** Steps of the window: what is remembered stays small whatever arrives. */
const stepMs = 500;
/** Before that a figure would only jump about. */
const shortestMs = 1000;

export class TransferRate {
  readonly #now: () => number;
  #steps: { atMs: number; bytes: number }[] = [];
  #sinceMs: number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#sinceMs = now();
  }

  /** Forgets what went before: a pause is no slow transfer. */
  restart(): void {
    this.#steps = [];
    this.#sinceMs = this.#now();
  }

  add(bytes: number): void {
    if (bytes === 0) return;
    const nowMs = this.#now();
    const last = this.#steps.at(-1);
    if (last && nowMs - last.atMs < stepMs) last.bytes += bytes;
    else this.#steps.push({ atMs: nowMs, bytes });
    while (this.#steps[0] && nowMs - this.#steps[0].atMs > windowMs) this.#steps.shift();
  }

  /** Bytes a second; null before there is enough to say. */
  bytesPerSecond(): number | null {
    const nowMs = this.#now();
    const spanMs = Math.min(windowMs, nowMs - this.#sinceMs);
    if (spanMs < shortestMs) return null;
    const recent = this.#steps.filter(({ atMs }) => nowMs - atMs <= windowMs);
    return (recent.reduce((sum, { bytes }) => sum + bytes, 0) * 1000) / spanMs;
  }
}

/** Seconds for so many bytes; null where the rate says nothing. */
export function secondsLeft(bytes: number, bytesPerSecond: number | null): number | null {
  return bytesPerSecond === null || bytesPerSecond <= 0 ? null : Math.ceil(bytes / bytesPerSecond);
}
