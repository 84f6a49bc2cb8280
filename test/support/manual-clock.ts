/** Time that stands still until a test moves it. */
import type { Clock, Timer } from '../../src/model/clock.ts';

const leapMs = 6 * 3_600_000;

interface Due {
  atMs: number;
  order: number;
  fn: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #wallAheadMs: number;
  #wallWrongMs = 0;
  #order = 0;
  readonly #due = new Set<Due>();

  /** @param startMs what the wall clock shows at first */
  constructor(startMs = Date.UTC(2026, 10, 21, 12)) {
    this.#wallAheadMs = startMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallAheadMs + this.#wallWrongMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  after(ms: number, fn: () => void): Timer {
    this.#order += 1;
    const due: Due = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order, fn };
    this.#due.add(due);
    return { cancel: () => void this.#due.delete(due) };
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#due.size;
  }

  /** Lets `ms` pass at once, every timer on its time; what the timers start goes on later. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) this.#fire(next);
    this.#nowMs = endMs;
  }

  /** Lets `ms` pass, every timer on its time; promises settle in between. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#fire(next);
      await settled();
    }
    this.#nowMs = endMs;
    await settled();
  }

  /** The process stands still for so long, and the wall clock too: timers come late. */
  async stall(ms: number): Promise<void> {
    this.#nowMs += ms;
    await this.pass(0);
  }

  /** Lets days pass in leaps of six hours: what comes due within one happens once, at its end. */
  async leap(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= leapMs) {
      this.#nowMs += Math.min(left, leapMs);
      await this.pass(0);
    }
  }

  /** The wall clock alone shows something else: so far ahead of the right time. */
  setWall(aheadMs: number): void {
    this.#wallWrongMs = aheadMs;
  }

  /** Only the wall clock moves, as when the machine is suspended. */
  sleepMachine(ms: number): void {
    this.#wallAheadMs += ms;
  }

  #fire(next: Due): void {
    this.#nowMs = Math.max(this.#nowMs, next.atMs);
    this.#due.delete(next);
    next.fn();
  }

  #next(endMs: number): Due | undefined {
    const due = [...this.#due].filter(({ atMs }) => atMs <= endMs);
    return due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
