/** Reads what is left of a damaged database. Signatures prove each record and each head. */
import type { OrderedStore } from '../../model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../model/errors.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';
import { allHeads, type Bounds, deviceOfKey, wholeLog } from '../records/store-layout.ts';

const recordsAtOnce = 500;

/** A damaged database: `range` gives rows in any order, or in order and throws where one is damaged. */
export type DamagedRows = Pick<OrderedStore, 'range'>;

export interface SalvageInto {
  heardHead(device: DeviceId, head: Uint8Array): Promise<void>;
  accept(records: readonly Uint8Array[]): Promise<unknown>;
}

/** @returns how many records could be read */
export async function salvage(damaged: DamagedRows, into: SalvageInto): Promise<number> {
  for await (const [key, row] of readable(damaged, allHeads)) {
    // A damaged head is refused; a peer sends it again.
    await into.heardHead(deviceId(deviceOfKey(key)), row).catch(() => undefined);
  }
  let read = 0;
  let page: Uint8Array[] = [];
  for await (const [, bytes] of readable(damaged, wholeLog)) {
    page.push(bytes);
    read += 1;
    if (page.length < recordsAtOnce) continue;
    await into.accept(page);
    page = [];
  }
  await into.accept(page);
  return read;
}

/** All rows but damaged ones. Where LevelDB itself fails, the rest is lost. */
async function* readable(
  store: DamagedRows,
  { gte, lt }: Bounds,
): AsyncIterable<readonly [key: string, value: Uint8Array]> {
  for (let from = gte; ; ) {
    try {
      for await (const row of store.range({ gte: from, lt })) {
        yield row;
        from = `${row[0]}\0`;
      }
      return;
    } catch (error) {
      if (!isPeerstorError(error, 'index-corrupt')) throw error;
      const { key } = error.details;
      if (typeof key !== 'string' || key < from) return;
      from = `${key}\0`;
    }
  }
}
