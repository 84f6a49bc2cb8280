/**
 * The pushes to one peer: a queue, a window of pushes in flight that grows while answers are quick and shrinks
 * when they are slow, and stall detection.
 */
import type { Clock, Timer } from '../../model/clock.ts';
import type { DeviceId } from '../../model/ids.ts';
import { putCreditsPerPeer, putCreditsStart } from '../../model/limits.ts';
import type { PutAnswer } from '../wire.ts';

const quickMs = 1000;
const slowMs = 4000;
/** A busy peer is asked again after this long. */
const busyMs = 250;

export interface PushLaneParts<Item> {
  clock: Clock;
  stallMs: number;
  /** Sends one item. Resolves to null when the item need not be sent any more. */
  push: (device: DeviceId, item: Item) => Promise<PutAnswer | null>;
  done: (device: DeviceId, item: Item, answer: PutAnswer | null) => void;
  failed: (device: DeviceId, item: Item, error: unknown) => void;
  /** No answer came for `stallMs`: `underWay` may still be answered, `queued` are returned. */
  stalled: (device: DeviceId, underWay: readonly Item[], queued: readonly Item[]) => void;
  /** The peer answers again. */
  recovered: (device: DeviceId) => void;
}

export class PushLane<Item> {
  readonly device: DeviceId;
  readonly #parts: PushLaneParts<Item>;
  #queue: Item[] = [];
  readonly #underWay = new Set<Item>();
  #window = putCreditsStart;
  #lastAnswerMs = 0;
  #stalled = false;
  #stallTimer: Timer | undefined;
  #pause: Timer | undefined;

  constructor(device: DeviceId, parts: PushLaneParts<Item>) {
    this.device = device;
    this.#parts = parts;
  }

  get isStalled(): boolean {
    return this.#stalled;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  add(item: Item): void {
    this.#queue.push(item);
    this.#pump();
  }

  /** Returns the items that were not sent yet, at most `most`. */
  drain(most = Number.POSITIVE_INFINITY): Item[] {
    return this.#queue.splice(0, most);
  }

  stop(): void {
    this.#queue = [];
    this.#stallTimer?.cancel();
    this.#pause?.cancel();
  }

  #pump(): void {
    while (this.#underWay.size < this.#window && !this.#pause && !this.#stalled) {
      const item = this.#queue.shift();
      if (item === undefined) return;
      this.#send(item);
    }
  }

  #send(item: Item): void {
    const { clock, push, done, failed } = this.#parts;
    const startedMs = clock.monotonicMs();
    if (this.#underWay.size === 0) this.#lastAnswerMs = startedMs;
    this.#underWay.add(item);
    this.#watch();
    push(this.device, item)
      .then((answer) => {
        this.#answered(item, answer === null ? undefined : clock.monotonicMs() - startedMs);
        if (answer === 'busy') this.#wait(item);
        else done(this.device, item, answer);
      })
      .catch((error: unknown) => {
        this.#answered(item, undefined);
        failed(this.device, item, error);
      })
      .finally(() => this.#pump());
  }

  /** @param tookMs undefined when the time tells nothing about the link */
  #answered(item: Item, tookMs: number | undefined): void {
    this.#underWay.delete(item);
    this.#lastAnswerMs = this.#parts.clock.monotonicMs();
    if (tookMs !== undefined && tookMs < quickMs)
      this.#window = Math.min(putCreditsPerPeer, this.#window + 1);
    if (tookMs !== undefined && tookMs > slowMs) this.#window = Math.max(1, this.#window >> 1);
    // A stall ends only with an answer, or when no answer is outstanding.
    if (!this.#stalled || (tookMs === undefined && this.#underWay.size > 0)) return;
    this.#stalled = false;
    this.#parts.recovered(this.device);
  }

  #wait(item: Item): void {
    this.#queue.unshift(item);
    this.#pause ??= this.#parts.clock.after(busyMs, () => {
      this.#pause = undefined;
      this.#pump();
    });
  }

  /** After `stallMs`, checks whether any answer came since. */
  #watch(): void {
    const { clock, stallMs } = this.#parts;
    this.#stallTimer ??= clock.after(this.#lastAnswerMs + stallMs - clock.monotonicMs(), () => {
      this.#stallTimer = undefined;
      if (this.#underWay.size === 0 || this.#stalled) return;
      if (clock.monotonicMs() - this.#lastAnswerMs < stallMs) this.#watch();
      else {
        this.#stalled = true;
        this.#window = putCreditsStart;
        this.#parts.stalled(this.device, [...this.#underWay], this.drain());
      }
    });
  }
}
