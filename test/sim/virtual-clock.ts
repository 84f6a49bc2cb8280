/** Time that passes only when told to: timers run in order, and everything they set off has its turn first. */
import type { Clock, Timer } from '../../src/model/clock.ts';

interface Waiting {
  atMs: number;
  order: number;
  run: () => void;
}

export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  /** A binary heap: the earliest first, equal times in the order they were asked for. */
  readonly #heap: Waiting[] = [];
  readonly #cancelled = new Set<Waiting>();
  readonly #startedMs: number;

  /** @param startedMs Unix ms at the beginning */
  constructor(startedMs = Date.UTC(2030, 0, 1)) {
    this.#startedMs = startedMs;
  }

  wallMs(): number {
    return Math.floor(this.#startedMs + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  after(ms: number, run: () => void): Timer {
    const waiting = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, run };
    this.#push(waiting);
    return { cancel: () => void this.#cancelled.add(waiting) };
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await drained();
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop();
      if (this.#cancelled.delete(next)) continue;
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
      await drained();
    }
    this.#nowMs = untilMs;
  }

  /** Lets time pass until the promise settles, at most `withinMs`. */
  async until<Value>(promise: Promise<Value>, withinMs = 3_600_000): Promise<Value> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    const endMs = this.#nowMs + withinMs;
    await drained();
    while (!settled) {
      const next = this.#heap[0];
      if (!next || next.atMs > endMs) throw new Error(`nothing happened within ${withinMs} virtual ms`);
      await this.advance(next.atMs - this.#nowMs);
    }
    return watched;
  }

  #push(waiting: Waiting): void {
    const heap = this.#heap;
    let at = heap.push(waiting) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!earlier(heap[at]!, heap[parent]!)) break;
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
        if (child < heap.length && earlier(heap[child]!, heap[first]!)) first = child;
      }
      if (first === at) return;
      [heap[at], heap[first]] = [heap[first]!, heap[at]!];
      at = first;
    }
  }
}

function earlier(a: Waiting, b: Waiting): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Every promise that can go on has gone on. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
