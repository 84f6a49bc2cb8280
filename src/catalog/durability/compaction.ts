/**
 * Drops superseded records from the log when nobody can need them any more. A superseded record still
 * has three uses, and is kept as long as one of them lasts:
 *
 * - A device that has an older record of the register, but not this one, learns from it that the older
 *   one was replaced. So every member must have acknowledged every record of the register, and a record's
 *   bases are dropped before the record.
 * - When a stolen device is removed, its records no longer count and this one counts again. So it is
 *   kept for 30 days.
 * - The record under a tombstone is still read: when an edit brings a deleted entry back, and to see what
 *   a deleted version replaced. So the bases of a tombstone are kept with it, and version records always.
 * - User, device, invite and grant records say who had which right, and grantees prove theirs by the entry
 *   records on the way (`Via.steps`): these are never dropped. Neither are network secrets.
 *
 * Tombstones themselves are kept.
 */
import { type DeviceId, deviceId } from '../../model/ids.ts';
import { type Held, keepsSuperseded, type Register } from '../records/register-row.ts';
import { dotOfSupersededKey, supersededUntil } from '../records/store-layout.ts';
import { dropRecord } from '../registers/registers.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Change } from '../state/change.ts';
import type { Writer } from '../writing/writer.ts';

const dayMs = 24 * 60 * 60 * 1000;
export const supersededKeepMs = 30 * dayMs;
const recordsAtOnce = 500;

/** device → how far its catalog reaches, as it last said. */
export type Acknowledged = ReadonlyMap<DeviceId, ReadonlyMap<DeviceId, number>>;

/** @returns how many records were dropped */
export async function compact(
  state: CatalogState,
  writer: Writer,
  acknowledged: Acknowledged,
): Promise<number> {
  const until = supersededUntil(state.clock.wallMs() - supersededKeepMs);
  let { gte } = until;
  let dropped = 0;
  for (;;) {
    const keys: string[] = [];
    for await (const [key] of state.store.range({ gte, lt: until.lt, limit: recordsAtOnce })) keys.push(key);
    const last = keys.at(-1);
    if (last === undefined) return dropped;
    gte = `${last}\0`;
    dropped += await writer.run(async () => {
      const change = writer.begin();
      const count = keys.filter((key) => dropOne(change, key, acknowledged)).length;
      await writer.commit(change);
      return count;
    });
  }
}

function dropOne(change: Change, key: string, acknowledged: Acknowledged): boolean {
  const record = change.find(dotOfSupersededKey(key));
  const register = record ? change.register(record.table, record.id) : [];
  const held = register.find(({ revision }) => revision === record?.revision);
  if (!record || !held || held.head || !held.applied || keepsSuperseded(record.table)) {
    // It is gone, or counts again, or stays for ever: this row is done.
    change.batch.delete(key);
    return false;
  }
  if (isNeeded(held, register) || !isEverywhere(change, register, acknowledged)) return false;
  change.batch.delete(key);
  dropRecord(change, record);
  return true;
}

function isNeeded(held: Held, register: Register): boolean {
  if (register.some(({ revision }) => held.base.includes(revision))) return true;
  return register.some(({ tombstone, base }) => tombstone && base.includes(held.revision));
}

/** Does every member have all records of this register? */
function isEverywhere({ state }: Change, register: Register, acknowledged: Acknowledged): boolean {
  return state.authority.members().every(({ id }) => {
    if (id === state.self) return true;
    const vector = acknowledged.get(deviceId(id));
    return vector !== undefined && register.every(({ device, seq }) => (vector.get(device) ?? 0) >= seq);
  });
}
