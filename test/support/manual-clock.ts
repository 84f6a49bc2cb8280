/** Time that stands still until a test moves it: timers run in order, and what they set off has its turn. */
import type { Clock, Timer } from '../../src/model/clock.ts';

const leapMs = 6 * 3_600_000;

interface Due {
  atMs: number;
  /** Equal times run in the order in which they were asked for. */
  order: number;
  fn: () => void;
  isOver: boolean;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  #wallAheadMs: number;
  #wallWrongMs = 0;
  #order = 0;
  /** A binary heap, the earliest first; canceled timers stay in it until they would run. */
  readonly #heap: Due[] = [];
  #pending = 0;

  /** @param startMs what the wall clock shows at first */
  constructor(startMs = Date.UTC(2026, 10, 21, 12)) {
    this.#wallAheadMs = startMs;
  }

  wallMs(): number {
    return Math.floor(this.#nowMs + this.#wallAheadMs + this.#wallWrongMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  after(ms: number, fn: () => void): Timer {
    const due: Due = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, fn, isOver: false };
    this.#push(due);
    this.#pending += 1;
    return { cancel: () => this.#end(due) };
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#pending;
  }

  /** Lets `ms` pass at once, every timer on its time; what the timers start goes on later. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    while (this.#fireNext(endMs));
    this.#nowMs = endMs;
  }

  /** Lets `ms` pass, every timer on its time; promises settle in between. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settled();
    while (this.#fireNext(endMs)) await settled();
    this.#nowMs = endMs;
    await settled();
  }

  /**
   * Lets time pass until the promise settles, at most `withinMs`.
   * @throws Error where that is not enough, or no timer is set any more
   */
  async until<Value>(promise: Promise<Value>, withinMs = 3_600_000): Promise<Value> {
    let isSettled = false;
    const watched = promise.finally(() => {
      isSettled = true;
    });
    watched.catch(() => undefined);
    const endMs = this.#nowMs + withinMs;
    await settled();
    while (!isSettled) {
      if (!this.#fireNext(endMs)) throw new Error(`nothing happened within ${withinMs} virtual ms`);
      await settled();
    }
    return watched;
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

  /** Runs the earliest timer that is due until `endMs`. @returns false when there is none */
  #fireNext(endMs: number): boolean {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= endMs; next = this.#heap[0]) {
      this.#pop();
      if (next.isOver) continue;
      this.#end(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.fn();
      return true;
    }
    return false;
  }

  #end(due: Due): void {
    if (due.isOver) return;
    due.isOver = true;
    this.#pending -= 1;
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isEarlier(heap[at]!, heap[parent]!)) break;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ; ) {
      let first = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && isEarlier(heap[child]!, heap[first]!)) first = child;
      }
      if (first === at) return;
      [heap[at], heap[first]] = [heap[first]!, heap[at]!];
      at = first;
    }
  }
}

function isEarlier(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Every promise that can go on has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
