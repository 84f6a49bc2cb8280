/**
 * Detects rows that the database lost. LevelDB can lose rows without an error: one damaged byte in its log takes many
 * rows with it. So every batch also writes the number of rows. A batch is there whole or not at all: a torn batch at
 * the end takes its own count with it, while rows lost before it make the count wrong.
 */
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError } from '../../model/errors.ts';
import { meta, numberBytes, numberOfBytes, wholeDatabase } from '../records/store-layout.ts';
import type { Batch } from './batch.ts';

/** Rows that are not counted: they are written outside of batches, or describe the database itself. */
const isCounted = (key: string): boolean => !key.startsWith('A') && !key.startsWith('m');

/**
 * Reads every row, and so every checksum. Rows may be written meanwhile: what is counted is the state at the beginning.
 * @param signal ends it with its reason
 * @returns how many rows there are
 * @throws `index-corrupt` when a value is damaged or rows are missing, or a damaged one was met before
 */
export async function countRows(store: OrderedStore, signal?: AbortSignal): Promise<number> {
  let rows = 0;
  // The count is written with the first row, so rows without a count mean that rows were lost.
  let expected = 0;
  for await (const [key, value] of store.range(wholeDatabase)) {
    signal?.throwIfAborted();
    rows += Number(isCounted(key));
    if (key === meta.rows) expected = numberOfBytes(value);
  }
  requireUndamaged(store);
  if (expected !== rows) throw damaged(`it should have ${expected} rows and has ${rows}`);
  return rows;
}

/**
 * The number of rows as the last batch wrote it: after a clean end, while `countRows` looks whether it is true.
 * @throws `index-corrupt` when a damaged value was met before
 */
export function writtenRows(store: OrderedStore): number {
  requireUndamaged(store);
  return numberOfBytes(store.get(meta.rows) ?? new Uint8Array(0));
}

function requireUndamaged(store: OrderedStore): void {
  if (store.get(meta.damaged)) throw damaged('a value of it was found damaged');
}

/** @returns the number of rows after the batch, which it also puts into the batch */
export function countBatch(before: number, batch: Batch): number {
  let rows = before;
  for (const { key, value } of batch.changes()) {
    if (isCounted(key)) rows += Number(value !== null) - Number(batch.isBelow(key));
  }
  batch.put(meta.rows, numberBytes(rows, 6));
  return rows;
}

function damaged(how: string): PeerstorError {
  return new PeerstorError('index-corrupt', `The database of the catalog is damaged: ${how}.`);
}
