/**
 * Marks: what somebody who keeps something made from the catalog stores with it, to learn later what changed since.
 * Almost everything that changes comes by a record beyond the vector of the mark. What does not (a held record that
 * counts now, one that was healed) changes the random bytes `meta.late`, and then a mark tells nothing.
 */
import { randomBytes } from '../../crypto/index.ts';
import type { CatalogMark } from '../../model/contracts/catalog.ts';
import { type DeviceId, deviceId, toHex } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { dotOfLogKey, logAfter, meta } from '../records/store-layout.ts';
import type { CatalogState } from './catalog-state.ts';

const lateBytes = 16;

export function newLateBytes(): Uint8Array {
  return randomBytes(lateBytes);
}

export function markOf(state: CatalogState): CatalogMark {
  return { vector: Object.fromEntries(state.vector), late: lateOf(state) };
}

/** @returns undefined where the mark is of another state of the database, or of another database */
export function changedSince(
  state: CatalogState,
  mark: CatalogMark,
): AsyncIterable<CatalogRecord> | undefined {
  if (mark.late !== lateOf(state)) return undefined;
  for (const [device, seq] of Object.entries(mark.vector)) {
    if ((state.vector.get(deviceId(device)) ?? 0) < seq) return undefined;
  }
  return recordsSince(state, mark);
}

async function* recordsSince(state: CatalogState, { vector }: CatalogMark): AsyncIterable<CatalogRecord> {
  for (const device of [...state.highest.keys()]) {
    for await (const [key] of state.store.range(logAfter(device, sinceOf(vector, device)))) {
      yield state.record(dotOfLogKey(key));
    }
  }
}

function sinceOf(vector: CatalogMark['vector'], device: DeviceId): number {
  return vector[device] ?? 0;
}

function lateOf({ store }: CatalogState): string {
  return toHex(store.get(meta.late) ?? new Uint8Array(0));
}
