/**
 * Frees chunks that nothing references, on this device alone (I4). It checks every chunk once a day, moves
 * chunks that were garbage for the whole grace period to the volume's trash, and empties the trash later. It
 * does nothing while it cannot know every reference, and stops when too much would go.
 */
import { decode, encode } from '../../crypto/index.ts';
import { type Clock, type Random, sleep, type Timer } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { GarbageReport } from '../../model/contracts/health.ts';
import { idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import type { CatalogStanding } from '../../model/contracts/replication.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { chunkId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';
import type { Log } from '../../model/log.ts';
import type { ChunkKey } from '../database/bucket-digest.ts';
import type { WriteBehind } from '../database/write-behind.ts';
import type { ReferenceIndex } from '../references/reference-index.ts';
import type { Holds } from '../surplus/holds.ts';
import type { GarbageClock } from './garbage-clock.ts';
import { type Garbage, isSweepable, isTooMuch, refusalOf, type SweepTimes } from './garbage-plan.ts';

/** Wait after the start: the first hours belong to the people who use the device. Shorter where the tunable is. */
const firstAfterMs = 30 * 60_000;
/** Lower bound, so that the loop always pauses. */
const everyMinMs = 50;
const jitter = 0.1;
/** The disk rests after this many chunks were checked or deleted. */
const lookedAtOnce = 2000;
const deletedAtOnce = 64;
const restMs = 20;
/** Unexplained sweeps of the last days: their chunks can still be restored. */
const sweptKey = 'u';

export interface GarbageParts {
  store: ChunkStore;
  times: GarbageClock;
  holds: Holds;
  references: ReferenceIndex;
  index: WriteBehind;
  clock: Clock;
  random: Random;
  log: Log;
  tunables: Pick<Tunables, 'garbageGraceMs' | 'garbageTrashMs' | 'garbageEveryMs'>;
  catalog: CatalogStanding;
  referencesComplete(): boolean;
  /** When the oldest upload began that goes on in later requests, by `Clock.elapsedMs`. */
  oldestUploadMs?: (() => number) | undefined;
}

/** Bytes that a sweep took and that nobody had deleted. */
interface Swept {
  atMs: number;
  bytes: number;
}

export class GarbageCollection {
  readonly #parts: GarbageParts;
  readonly #stopping = new AbortController();
  readonly #uploadsSinceMs: number[] = [];
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #swept: Swept[] = [];
  /** What a sweep would take, while it waits for an admin. */
  #stopped: { chunks: number; bytes: number } | null = null;
  #confirmedBytes = 0;

  constructor(parts: GarbageParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#readSwept();
    const { garbageEveryMs } = this.#parts.tunables;
    this.#runAfter(Math.min(firstAfterMs, garbageEveryMs));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#timer?.cancel();
    await this.#running;
  }

  /** Call it when an upload begins here: no chunk that the upload stores or finds is swept before it calls `end`. */
  uploadBegan(): { end: () => void } {
    const sinceMs = this.#parts.clock.elapsedMs();
    this.#uploadsSinceMs.push(sinceMs);
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      this.#uploadsSinceMs.splice(this.#uploadsSinceMs.indexOf(sinceMs), 1);
    };
    return { end };
  }

  /** Reports the garbage, what is due, and why a sweep is refused. Sweeps nothing. */
  async report(): Promise<GarbageReport> {
    const report: GarbageReport = {
      chunks: 0,
      bytes: 0,
      dueChunks: 0,
      dueBytes: 0,
      oldestAt: null,
      waitsFor: this.#refusal() ?? null,
      stopped: this.#stopped,
    };
    let oldestMs = Number.POSITIVE_INFINITY;
    const times = this.#times();
    for await (const { key, garbage } of this.#garbage()) {
      const bytes = this.#parts.store.sizeOf(chunkId(idOfKey(key))) ?? 0;
      report.chunks += 1;
      report.bytes += bytes;
      oldestMs = Math.min(oldestMs, garbage.sinceMs);
      if (!isSweepable(garbage, times)) continue;
      report.dueChunks += 1;
      report.dueBytes += bytes;
    }
    if (Number.isFinite(oldestMs)) {
      const { clock } = this.#parts;
      report.oldestAt = new Date(clock.wallMs() - (clock.elapsedMs() - oldestMs)).toISOString();
    }
    return report;
  }

  /** Chunks and bytes that wait for an admin's decision, or null. */
  get stopped(): { chunks: number; bytes: number } | null {
    return this.#stopped;
  }

  /** An admin agreed to `stopped`: the next sweep takes that much and no more without asking again. */
  confirm(): void {
    if (!this.#stopped) return;
    this.#confirmedBytes = this.#stopped.bytes + this.#sweptBytes();
    this.#runAfter(0);
  }

  #runAfter(ms: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(ms, () => {
      const { random, tunables, log } = this.#parts;
      this.#running ??= this.#run()
        .catch((error: unknown) => {
          if (!this.#stopping.signal.aborted)
            log.warn({ error }, 'Garbage could not be collected; trying again later');
        })
        .finally(() => {
          this.#running = undefined;
        });
      const everyMs = Math.max(everyMinMs, tunables.garbageEveryMs);
      this.#runAfter(everyMs * (1 - jitter + 2 * jitter * random.next()));
    });
  }

  async #run(): Promise<void> {
    const { store, tunables, log, holds, catalog } = this.#parts;
    await holds.tidy();
    await catalog.refresh();
    if (this.#refusal() !== undefined) return;
    await this.#observe();
    const refusal = this.#refusal();
    if (refusal !== undefined) return log.debug({ refusal }, 'Garbage is left alone');
    if (await this.#mustAsk()) return;
    await this.#sweep();
    if (this.#refusal() === undefined) await store.purgeTrash(tunables.garbageTrashMs);
  }

  /** Makes the clocks of exactly the unreferenced chunks run. */
  async #observe(): Promise<void> {
    const { store, times, index } = this.#parts;
    let looked = 0;
    for await (const { id } of store.list()) {
      times.observe(idKey(id));
      if (++looked % lookedAtOnce > 0) continue;
      await index.room();
      await this.#rest();
    }
    for await (const page of times.pages()) {
      for (const { key } of page) if (!store.has(chunkId(idOfKey(key)))) this.#forgetIfGone(key);
    }
  }

  /** Nothing may be concluded about a missing volume: the check of `refusal` comes before this. */
  #forgetIfGone(key: ChunkKey): void {
    if (!this.#isVolumeMissing()) this.#parts.times.forget(key);
  }

  /** Stops the sweep and reports it when more would go than users deleted. */
  async #mustAsk(): Promise<boolean> {
    const { store, tunables, clock, log } = this.#parts;
    const times = this.#times();
    const unexplained = { chunks: 0, bytes: 0 };
    for await (const { key, garbage } of this.#garbage()) {
      if (garbage.cause !== 'found' || !isSweepable(garbage, times)) continue;
      unexplained.chunks += 1;
      unexplained.bytes += store.sizeOf(chunkId(idOfKey(key))) ?? 0;
    }
    this.#swept = this.#swept.filter(({ atMs }) => atMs > clock.elapsedMs() - tunables.garbageTrashMs);
    const sweep = {
      heldBytes: store.usage().bytes,
      unexplainedBytes: unexplained.bytes + this.#sweptBytes(),
      confirmedBytes: this.#confirmedBytes,
    };
    const mustAsk = unexplained.bytes > 0 && isTooMuch(sweep);
    if (mustAsk && !this.#stopped)
      log.warn(unexplained, 'Much is referenced by nothing; waiting for an admin before it is deleted');
    this.#stopped = mustAsk ? unexplained : null;
    return mustAsk;
  }

  async #sweep(): Promise<void> {
    const { store, log } = this.#parts;
    const swept = { chunks: 0, bytes: 0, unexplainedBytes: 0 };
    try {
      for await (const { key, garbage } of this.#garbage()) {
        if (!isSweepable(garbage, this.#times())) continue;
        const id = chunkId(idOfKey(key));
        const bytes = store.sizeOf(id) ?? 0;
        if (!(await this.#delete(key))) continue;
        swept.chunks += 1;
        swept.bytes += bytes;
        if (garbage.cause === 'found') swept.unexplainedBytes += bytes;
        if (swept.chunks % deletedAtOnce === 0) await this.#rest();
      }
    } finally {
      this.#confirmedBytes = 0;
      if (swept.unexplainedBytes > 0) this.#remember(swept.unexplainedBytes);
      if (swept.chunks > 0) log.info(swept, 'Chunks that nothing references were deleted');
    }
  }

  /** Checks every condition again under the store's lock of this id, so that no `put` or `touch` comes in between. */
  async #delete(key: ChunkKey): Promise<boolean> {
    const { store, times, holds, references } = this.#parts;
    const id = chunkId(idOfKey(key));
    let deleted = false;
    const onlyIf = () => {
      const garbage = times.of(key);
      const isNeeded = references.needOf(key) !== undefined;
      deleted =
        garbage !== undefined &&
        isSweepable(garbage, this.#times()) &&
        !isNeeded &&
        !holds.isHeld(key) &&
        this.#refusal() === undefined &&
        !this.#stopping.signal.aborted;
      return deleted;
    };
    try {
      await store.delete(id, { onlyIf });
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      this.#parts.log.warn({ error, chunk: id }, 'A chunk that nothing references could not be deleted');
      return false;
    }
    return deleted;
  }

  async *#garbage(): AsyncIterable<{ key: ChunkKey; garbage: Garbage }> {
    for await (const page of this.#parts.times.pages()) {
      this.#stopping.signal.throwIfAborted();
      for (const one of page) if (this.#parts.store.has(chunkId(idOfKey(one.key)))) yield one;
    }
  }

  #times(): SweepTimes {
    const { clock, tunables, oldestUploadMs } = this.#parts;
    return {
      nowMs: clock.elapsedMs(),
      graceMs: tunables.garbageGraceMs,
      oldestUploadMs: Math.min(oldestUploadMs?.() ?? Number.POSITIVE_INFINITY, ...this.#uploadsSinceMs),
    };
  }

  #refusal(): string | undefined {
    const { catalog, referencesComplete } = this.#parts;
    return refusalOf({
      catalogComplete: catalog.isComplete(),
      referencesComplete: referencesComplete(),
      volumeMissing: this.#isVolumeMissing(),
      clockRight: catalog.isClockRight(),
    });
  }

  #isVolumeMissing(): boolean {
    return this.#parts.store.usage().volumes.some(({ state }) => state === 'missing');
  }

  #sweptBytes(): number {
    return this.#swept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #rest(): Promise<void> {
    return sleep(this.#parts.clock, restMs, this.#stopping.signal);
  }

  #remember(bytes: number): void {
    const { clock, index } = this.#parts;
    this.#swept.push({ atMs: clock.elapsedMs(), bytes });
    index.set(sweptKey, encode(this.#swept.map(({ atMs, bytes: swept }) => [atMs, swept])));
  }

  /** An unreadable note counts as none: all clocks start again with the index that contained it. */
  #readSwept(): void {
    try {
      const row = this.#parts.index.get(sweptKey);
      const read: unknown = row ? decode(row) : [];
      this.#swept = Array.isArray(read) ? read.flatMap(sweptOf) : [];
    } catch (error) {
      if (!isPeerstorError(error)) throw error;
      this.#parts.index.set(sweptKey, null);
    }
  }
}

function sweptOf(value: unknown): Swept[] {
  if (!Array.isArray(value)) return [];
  const [atMs, bytes]: unknown[] = value;
  return typeof atMs === 'number' && typeof bytes === 'number' ? [{ atMs, bytes }] : [];
}
