/**
 * Is the database whole? LevelDB can lose rows without an error (a damaged byte in its log takes many with
 * it), so how many rows there are is written with every batch. A batch is there
 * whole or not at all: what is cut off at the end takes its count with it, what is lost before does not.
 */
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { PeerstorError } from '../../model/errors.ts';
import { meta, numberBytes, numberOfBytes, wholeDatabase } from '../records/store-layout.ts';
import type { Batch } from './batch.ts';

/** Rows that are written beside, or say something of the database itself. */
const isCounted = (key: string): boolean => !key.startsWith('A') && !key.startsWith('m');

/**
 * Reads every row, and so every checksum.
 * @returns how many rows there are
 * @throws `index-corrupt` when a value is damaged or rows are missing, or a damaged one was met before
 */
export async function countRows(store: OrderedStore): Promise<number> {
  let rows = 0;
  for await (const [key] of store.range(wholeDatabase)) rows += Number(isCounted(key));
  if (store.get(meta.damaged)) throw damaged('a value of it was found damaged');
  // Its count is written with the first row, so rows without it are what is left of more.
  const expected = numberOfBytes(store.get(meta.rows) ?? new Uint8Array(0));
  if (expected !== rows) throw damaged(`it should have ${expected} rows and has ${rows}`);
  return rows;
}

/** @returns how many rows there will be once the batch is written; puts that into it */
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
