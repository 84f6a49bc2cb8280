/** Time that stands still until a test moves it. */
import type { Clock, Timer } from '../../../src/model/clock.ts';

interface Due {
  atMs: number;
  order: number;
  fn: () => void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #wallAheadMs = 1_000_000;
  #order = 0;
  readonly #due = new Set<Due>();

  wallMs(): number {
    return this.#nowMs + this.#wallAheadMs;
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

  /** Lets `ms` pass, every timer on its time; promises settle in between. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settled();
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      this.#due.delete(next);
      next.fn();
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

  /** Only the wall clock moves, as when the machine is suspended. */
  sleepMachine(ms: number): void {
    this.#wallAheadMs += ms;
  }

  #next(endMs: number): Due | undefined {
    const due = [...this.#due].filter(({ atMs }) => atMs <= endMs);
    return due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0];
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
