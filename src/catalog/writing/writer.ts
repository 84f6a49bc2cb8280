/**
 * The one queue of changes: each change sees all before it, and is durable before the next
 * begins. Its state in memory takes effect when it is durable, never before (I2). Own records are durable with the outbox:
 * what the database loses with a power cut, the next start puts back from there (decision 0070).
 */
import type { Timer } from '../../model/clock.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { isTable } from '../records/record-bodies.ts';
import { dotOfHeld, winnerOf } from '../records/register-row.ts';
import { clockBytes, headKey, meta, numberBytes, vectorKey } from '../records/store-layout.ts';
import { isStray } from '../registers/strays.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import { Change } from '../state/change.ts';
import { newLateBytes } from '../state/marks.ts';
import { countBatch } from '../state/row-counts.ts';
import { settlePlaces } from '../tree/places.ts';
import { signOwnHead } from './own-head.ts';

/** The database is synced at the latest so long after own records were written, in the background. */
const syncAfterMs = 1000;

export class Writer {
  readonly #state: CatalogState;
  #tail: Promise<unknown> = Promise.resolve();
  #sync: Timer | undefined;

  constructor(state: CatalogState) {
    this.#state = state;
  }

  /** Runs `task` after all earlier ones. */
  run<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all tasks are done. */
  idle(): Promise<unknown> {
    return this.#tail;
  }

  /** Call it at the end: what is written after it is synced at once. */
  stop(): void {
    this.#sync?.cancel();
    this.#sync = undefined;
  }

  begin(): Change {
    if (this.#state.failure) throw this.#state.failure;
    if (!this.#state.running)
      throw new PeerstorError('not-ready', 'The catalog is not started, or it was stopped.');
    this.#state.mustHaveRoom();
    return new Change(this.#state);
  }

  /**
   * Makes a change durable, then lets it take effect.
   * @param own bytes of records that were written here: they go into the outbox too (I7)
   * @throws `storage-failed`, `disk-full`: what reached the disk is not known, so nothing is written until the next start
   */
  async commit(change: Change, own: readonly Uint8Array[] = []): Promise<void> {
    const state = this.#state;
    await settlePlaces(change);
    for (const [device, seq] of change.vector) change.batch.put(vectorKey(device), numberBytes(seq, 6));
    signOwnHead(change);
    for (const [device, { bytes }] of change.heads) change.batch.put(headKey(device), bytes);
    change.batch.put(meta.clock, numberBytes(state.hybrid.last, clockBytes));
    // The first records of a network: nothing can be missing.
    const isFounding = own.length > 0 && state.ownSeq === 0 && state.self === state.genesis.body.device;
    if (isFounding && state.vector.size === 0) change.batch.delete(meta.filling);
    if (change.isLate()) change.batch.put(meta.late, newLateBytes());
    const rows = countBatch(state.rows, change.batch);
    // Before the rows exist, so that a reader finds the records while the outbox is still being written.
    for (const [device, seq] of change.highest) {
      state.highest.set(device, Math.max(seq, state.highest.get(device) ?? 0));
    }
    try {
      const isInOutbox = own.length > 0 && !isFounding;
      const written = [state.store.batch(change.batch.changes(), { sync: !isInOutbox })];
      if (own.length > 0) written.push(state.outbox.append(own));
      if (isInOutbox) this.#syncLater();
      const outcomes = await Promise.allSettled(written);
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    } catch (error) {
      state.failure = failed(error);
      throw state.failure;
    }
    if (isFounding && state.vector.size === 0) state.filling = false;
    state.rows = rows;
    this.#becomeTrue(change);
    state.emit(changesOf(change, own.length > 0));
  }

  /** The outbox is a second copy, not the only one for long. */
  #syncLater(): void {
    const { clock, log } = this.#state;
    this.#sync ??= clock.after(syncAfterMs, () => {
      this.#sync = undefined;
      this.run(() => this.#state.syncDatabase()).catch((error: unknown) => {
        log.warn(
          { error: sentenceOf(error) },
          'The catalog could not be synced; its records are in the outbox.',
        );
      });
    });
  }

  #becomeTrue(change: Change): void {
    const state = this.#state;
    for (const [device, seq] of change.vector) state.vector.set(device, seq);
    for (const [device, head] of change.heads) state.heads.set(device, head);
    for (const table of change.tables) state.tables.add(table);
    const isAuthorityNew = state.authority !== change.authority;
    state.authority = change.authority;
    state.authorityRecords = change.authorityRecords;
    state.ownSeq = change.ownSeq;
    for (const [key, record] of change.ownWritten()) state.remember(key, record);
    state.early ||= change.early.some((record) => !isStray(change.authority, record));
    // Records of newly known signers in tables of newer devices count from now on: scan again.
    if (isAuthorityNew && [...state.tables].some((table) => !isTable(table))) {
      state.digests = undefined;
      state.pendingDigests = undefined;
    }
    state.digests?.join(change.digests);
    state.pendingDigests?.join(change.digests);
  }
}

function changesOf(change: Change, local: boolean) {
  return [...change.told.values()].flatMap(({ table, id, record }) => {
    const winner = winnerOf(change.register(table, id));
    const shown = (winner && change.find(dotOfHeld(winner))) ?? record;
    return shown ? [{ record: shown, local }] : [];
  });
}

function failed(cause: unknown): PeerstorError {
  const sentence = `The catalog could not be written (${sentenceOf(cause)}). Nothing was lost; free the disk and start this device again.`;
  return new PeerstorError(isDiskFull(cause) ? 'disk-full' : 'storage-failed', sentence, { cause });
}

/** The database reports it with one of our codes, the journal with one of the system's. */
function isDiskFull(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return false;
  return cause.code === 'disk-full' || cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
}
