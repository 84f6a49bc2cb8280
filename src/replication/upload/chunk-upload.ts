/**
 * The chunks of one upload: made durable here first (I2), then pushed, and counted until the level of safety
 * that the caller asked for is reached or is out of reach.
 */
import type { SafetyLevel, SafetyView } from '../../model/api.ts';
import type { Clock } from '../../model/clock.ts';
import type { ChunkStore } from '../../model/contracts/chunk-store.ts';
import type { ChunkUpload } from '../../model/contracts/replication.ts';
import { type ErrorCode, isPeerstorError, PeerstorError } from '../../model/errors.ts';
import type { ChunkId } from '../../model/ids.ts';
import { copiesOf, safetyView } from '../../model/safety.ts';
import type { PushScheduler } from './push-scheduler.ts';
import type { Spread, SpreadWatcher } from './spread.ts';

/** However slow the uploads are: after this long a person needs an answer. */
const settleMaxMs = 30 * 60_000;

/** This device's own disk is full, gone, failing or read-only: other devices may have better ones. */
const ownDiskCodes: ReadonlySet<ErrorCode> = new Set(['disk-full', 'storage-failed', 'volume-missing']);

/** A chunk of this upload with fewer copies than wanted. */
interface Thin {
  copies: number;
  idle: boolean;
}

export interface ChunkUploadParts {
  /** The store, behind the garbage clock that protects incoming chunks from a sweep (I4). */
  store: Pick<ChunkStore, 'put' | 'touch'>;
  /** Devices that have the chunk and are connected, this one included. */
  connectedHolders(id: ChunkId): number;
  /** Called once, when the session ends. */
  onClose(): void;
  scheduler: PushScheduler;
  clock: Clock;
  copiesWanted: number;
  /** True when the network has another device, reachable or not. */
  hasOthers(): boolean;
  /** How long a chunk that this device's disk refuses may look for another device. */
  elsewhereMs: number;
  /** How much of that time may pass without a connected device that could take the chunk. */
  idleMs: number;
}

export class SpreadingUpload implements ChunkUpload, SpreadWatcher {
  readonly #parts: ChunkUploadParts;
  readonly #thin = new Map<ChunkId, Thin>();
  /** Indexed by copies below the wanted number: chunks with that many copies, and how many of them are idle. */
  readonly #withCopies: number[];
  readonly #idleWithCopies: number[];
  /** Chunks left to catch-up because too many are in flight: counted as one copy. */
  #untracked = 0;
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(parts: ChunkUploadParts) {
    this.#parts = parts;
    this.#withCopies = new Array<number>(parts.copiesWanted).fill(0);
    this.#idleWithCopies = [...this.#withCopies];
  }

  async put(id: ChunkId, bytes: Uint8Array): Promise<void> {
    const { store, scheduler } = this.#parts;
    try {
      await store.put(id, bytes, { trusted: true });
    } catch (error) {
      if (!isPeerstorError(error) || !ownDiskCodes.has(error.code)) throw error;
      return this.#putElsewhere(id, bytes, error);
    }
    if (this.#closed) return;
    const spread = scheduler.add(id, bytes, this, { storedHere: true });
    if (spread) this.changed(spread);
    else this.#untracked += 1;
  }

  async adopt(id: ChunkId): Promise<boolean> {
    const { store, scheduler, connectedHolders, copiesWanted } = this.#parts;
    const isHere = await store.touch(id);
    const holders = connectedHolders(id);
    if (!isHere && holders === 0) return false;
    if (this.#closed || holders >= copiesWanted) return true;
    const spread = isHere ? scheduler.add(id, undefined, this, { storedHere: true }) : undefined;
    if (spread) this.changed(spread);
    else this.#untracked += 1;
    return true;
  }

  async settle(level: SafetyLevel, waitMs: number, signal?: AbortSignal): Promise<SafetyView> {
    const { clock, copiesWanted, hasOthers } = this.#parts;
    const target = copiesOf(level, copiesWanted);
    const endMs = clock.monotonicMs() + settleMaxMs;
    let hopelessSinceMs: number | undefined;
    while (this.#copies() < target) {
      const nowMs = clock.monotonicMs();
      hopelessSinceMs = this.#isHopeless(target) ? (hopelessSinceMs ?? nowMs) : undefined;
      // The only device of its network waits for no other.
      if (hopelessSinceMs !== undefined && !hasOthers()) break;
      const untilMs = hopelessSinceMs === undefined ? endMs : Math.min(endMs, hopelessSinceMs + waitMs);
      if (nowMs >= untilMs) break;
      await this.#news(untilMs - nowMs, signal);
    }
    return safetyView(this.#copies(), copiesWanted);
  }

  close(): void {
    if (!this.#closed) this.#parts.onClose();
    this.#closed = true;
    this.#parts.scheduler.leave(this, this.#thin.keys());
    this.#wake();
  }

  changed(spread: Spread): void {
    const before = this.#thin.get(spread.id);
    if (before) this.#count(before, -1);
    const now: Thin = { copies: spread.confirmed.length, idle: spread.idle };
    if (now.copies >= this.#parts.copiesWanted) this.#thin.delete(spread.id);
    else {
      this.#thin.set(spread.id, now);
      this.#count(now, 1);
    }
    this.#wake();
  }

  /**
   * This device's disk refuses the chunk, so it counts when another device has it (I1).
   * @throws the own disk's error when no other device takes the chunk
   */
  async #putElsewhere(id: ChunkId, bytes: Uint8Array, refusal: PeerstorError): Promise<void> {
    const { scheduler, clock, elsewhereMs, idleMs } = this.#parts;
    const spread = scheduler.add(id, bytes, this, { storedHere: false });
    if (!spread) throw untaken(refusal);
    this.changed(spread);
    const endMs = clock.monotonicMs() + elsewhereMs;
    const isWaiting = () =>
      spread.confirmed.length === 0 || (spread.attempts.length > 0 && scheduler.isMemoryFull);
    let idleSinceMs: number | undefined;
    while (isWaiting() && !this.#closed) {
      const nowMs = clock.monotonicMs();
      idleSinceMs = spread.idle ? (idleSinceMs ?? nowMs) : undefined;
      const untilMs = idleSinceMs === undefined ? endMs : Math.min(endMs, idleSinceMs + idleMs);
      if (nowMs >= untilMs) break;
      await this.#news(untilMs - nowMs);
    }
    if (spread.confirmed.length === 0) throw untaken(refusal);
  }

  #count({ copies, idle }: Thin, difference: 1 | -1): void {
    this.#withCopies[copies] = (this.#withCopies[copies] ?? 0) + difference;
    if (idle) this.#idleWithCopies[copies] = (this.#idleWithCopies[copies] ?? 0) + difference;
  }

  /** Number of copies of the rarest chunk. */
  #copies(): number {
    const { copiesWanted } = this.#parts;
    const fewest = this.#withCopies.findIndex((count) => count > 0);
    return Math.min(fewest === -1 ? copiesWanted : fewest, this.#untracked > 0 ? 1 : copiesWanted);
  }

  /** True when some chunk has fewer than `target` copies and no device can take one now. */
  #isHopeless(target: number): boolean {
    const stuck = this.#idleWithCopies.some((count, copies) => copies < target && count > 0);
    return stuck || this.#untracked > 0 || this.#closed;
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  /** Waits until something changed for this upload, at most `ms`. */
  #news(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const end = (settle: () => void) => () => {
        this.#waiting.delete(wake);
        timer.cancel();
        signal?.removeEventListener('abort', stop);
        settle();
      };
      const wake = end(resolve);
      const stop = end(() => reject(signal?.reason));
      const timer = this.#parts.clock.after(ms, wake);
      this.#waiting.add(wake);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}

/** The error of a full disk tells what to do; for a failing disk, adds that the other devices were asked too. */
function untaken(refusal: PeerstorError): PeerstorError {
  const { code, message, details } = refusal;
  if (code === 'disk-full') return refusal;
  const ended = /[.!?]$/.test(message) ? message : `${message}.`;
  const sentence = `${ended} No other device could take it either. Turn one on, or add one.`;
  return new PeerstorError(code, sentence, { cause: refusal, details });
}
