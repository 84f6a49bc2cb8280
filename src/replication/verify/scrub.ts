/**
 * Reads every chunk of this device once per period, so that rot is found in chunks that nobody asks for. It
 * reads slowly, pauses while people use the device, and continues where an earlier process ended.
 */
import type { ScrubView } from '../../model/api.ts';
import { type Clock, type Random, sleep } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import { releaseMemory } from '../../model/memory.ts';
import type { WriteBehind } from '../database/write-behind.ts';
import type { Foreground } from './foreground.ts';

/** A pass is planned to take this share of the period; the rest allows for pauses. */
const passShare = 5 / 6;
/** Two passes begin one period apart, plus or minus this share, so that devices do not run them together. */
const jitter = 1 / 6;
/** Lower bound of the speed: below it a disk would never sleep; a much higher speed would disturb people. */
const bytesPerSecondMin = 1024 * 1024;
const bytesPerSecondMax = 40 * 1024 * 1024;
/** Minimum length of a pacing step. */
const stepMs = 10;
const busyLookMs = 500;
/** All pauses of a pass together: a device that is always busy is scrubbed too. */
const pausedShareMax = 1 / 4;
const savedEveryChunks = 1000;
const savedEveryMs = 60_000;
const againMs = 60_000;
const stateKey = 'z';

export interface ScrubParts {
  store: ChunkStore;
  index: WriteBehind;
  foreground: Foreground;
  clock: Clock;
  random: Random;
  log: Log;
  /** `scrubPeriodMs`. */
  periodMs: number;
  /** True when this machine runs on battery. */
  onBattery(): boolean;
  /** The copy of a chunk is gone from the disk. */
  lost(id: ChunkId): void;
}

interface State {
  /** The last chunk that was read in the pass in progress; null between two passes. */
  cursor: string | null;
  /** Unix ms. */
  startedAtMs: number;
  finishedAtMs: number | null;
  nextAtMs: number;
  checked: number;
  bad: number;
}

export class Scrub {
  readonly #parts: ScrubParts;
  readonly #stopping = new AbortController();
  #state: State;
  #running: Promise<void> = Promise.resolve();
  #owedMs = 0;
  #pausedMs = 0;
  #savedAtMs = 0;

  constructor(parts: ScrubParts) {
    this.#parts = parts;
    this.#state = this.#fresh();
  }

  start(): void {
    this.#state = this.#read() ?? this.#fresh();
    this.#running = this.#run().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) throw error;
    });
  }

  /** Saves the position of the pass. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#save();
  }

  status(): ScrubView {
    const { cursor, finishedAtMs, checked, bad } = this.#state;
    return {
      running: cursor !== null,
      lastFinishedAt: finishedAtMs === null ? null : new Date(finishedAtMs).toISOString(),
      checkedChunks: checked,
      badChunks: bad,
    };
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#due();
      try {
        await this.#relay();
      } catch (error) {
        signal.throwIfAborted();
        log.warn({ error }, 'Scrubbing was interrupted and goes on later');
        await sleep(clock, againMs, signal);
      }
    }
  }

  async #due(): Promise<void> {
    const { clock, periodMs } = this.#parts;
    if (this.#state.cursor !== null) return;
    // A wall clock that was wrong when the next pass was planned must not delay it for years.
    const waitMs = Math.min(this.#state.nextAtMs - clock.wallMs(), 2 * periodMs);
    await sleep(clock, Math.max(waitMs, stepMs), this.#stopping.signal);
    this.#state = { ...this.#state, cursor: '', startedAtMs: clock.wallMs(), checked: 0, bad: 0 };
  }

  async #relay(): Promise<void> {
    const { store, clock, random, periodMs } = this.#parts;
    const perSecond = Math.max(
      bytesPerSecondMin,
      Math.min(bytesPerSecondMax, (store.usage().bytes * 1000) / (passShare * periodMs)),
    );
    this.#pausedMs = 0;
    const { cursor } = this.#state;
    for await (const { id, size, position } of store.inReadingOrder({ after: cursor ?? '' })) {
      await this.#pace((size * 1000) / perSecond);
      await this.#check(id);
      this.#state.cursor = position;
      this.#state.checked += 1;
      const isDue = clock.monotonicMs() - this.#savedAtMs >= savedEveryMs;
      if (isDue || this.#state.checked % savedEveryChunks === 0) this.#save();
    }
    const nextAtMs = this.#state.startedAtMs + periodMs * (1 - jitter + 2 * jitter * random.next());
    this.#state = { ...this.#state, cursor: null, finishedAtMs: clock.wallMs(), nextAtMs };
    this.#save();
  }

  async #pace(ms: number): Promise<void> {
    const { clock, foreground, onBattery, periodMs } = this.#parts;
    const { signal } = this.#stopping;
    signal.throwIfAborted();
    this.#owedMs += ms;
    if (this.#owedMs >= stepMs) {
      await sleep(clock, this.#owedMs, signal);
      this.#owedMs = 0;
    }
    while (onBattery()) await sleep(clock, againMs, signal);
    while (foreground.isBusy && this.#pausedMs < periodMs * pausedShareMax) {
      await sleep(clock, busyLookMs, signal);
      this.#pausedMs += busyLookMs;
    }
  }

  /** The store quarantines a bad copy and reports it; a missing one is reported here. */
  async #check(id: ChunkId): Promise<void> {
    const { store, log, lost } = this.#parts;
    let reason: 'deleted' | 'corrupt' | 'missing' | undefined;
    const stopListening = store.onChange((change) => {
      if (change.id === id && change.kind === 'lost') reason = change.reason;
    });
    try {
      releaseMemory(await store.get(id, { verify: true, signal: this.#stopping.signal }));
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      if (!isPeerstorError(error)) throw error;
      if (reason === 'missing' || reason === 'corrupt') {
        this.#state.bad += 1;
        log.warn({ error, chunk: id }, 'Scrubbing found a bad copy');
      }
      if (reason === 'missing') lost(id);
    } finally {
      stopListening();
    }
  }

  #fresh(): State {
    const nowMs = this.#parts.clock.wallMs();
    return { cursor: null, startedAtMs: nowMs, finishedAtMs: null, nextAtMs: nowMs, checked: 0, bad: 0 };
  }

  #save(): void {
    this.#savedAtMs = this.#parts.clock.monotonicMs();
    this.#parts.index.set(stateKey, Buffer.from(JSON.stringify(this.#state)));
  }

  /** Unreadable state starts a new pass. */
  #read(): State | undefined {
    try {
      const value = this.#parts.index.get(stateKey);
      const state: unknown = value && JSON.parse(Buffer.from(value).toString('utf8'));
      return isState(state) ? state : undefined;
    } catch (error) {
      this.#parts.log.warn({ error }, 'How far scrubbing came was lost; it begins anew');
      return undefined;
    }
  }
}

function isState(value: unknown): value is State {
  if (typeof value !== 'object' || value === null) return false;
  const state = value as Record<keyof State, unknown>;
  const isNumber = (one: unknown) => typeof one === 'number' && Number.isFinite(one);
  const isCursor =
    state.cursor === null || (typeof state.cursor === 'string' && /^[0-9a-f/]{0,64}$/.test(state.cursor));
  return (
    isCursor &&
    [state.startedAtMs, state.nextAtMs, state.checked, state.bad].every(isNumber) &&
    (state.finishedAtMs === null || isNumber(state.finishedAtMs))
  );
}
