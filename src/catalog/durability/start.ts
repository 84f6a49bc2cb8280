/** What a catalog does before it answers: loads what it keeps in memory, and repairs what a crash left. */
import { setImmediate as breathe } from 'node:timers/promises';
import { PeerstorError } from '../../model/errors.ts';
import { type DeviceId, deviceId, type Revision } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { readHead } from '../records/log-head.ts';
import { parseRecord } from '../records/record-format.ts';
import { decodeRegister, dotOfHeld } from '../records/register-row.ts';
import {
  allHeads,
  allTables,
  type Dot,
  deviceOfKey,
  dotOfLogKey,
  empty,
  logKey,
  meta,
  numberOfBytes,
  registersOf,
  tableOfKey,
  wholeLog,
  wholeVector,
} from '../records/store-layout.ts';
import { addRecords } from '../registers/registers.ts';
import { type AuthorityRecord, authorityTables } from '../rights/authority-fold.ts';
import { isAuthorityRecord } from '../rights/policy.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import { newLateBytes } from '../state/marks.ts';
import { countRows, writtenRows } from '../state/row-counts.ts';
import { applyDue, catchUpWithAuthority, holdEarly, noteEarly } from '../writing/reexamine.ts';
import type { Writer } from '../writing/writer.ts';

const recordsAtOnce = 500;

/** @returns whether the last process stopped cleanly: if not, the database may have lost the end of its log */
export async function openState(
  state: CatalogState,
  writer: Writer,
): Promise<{ endedInOrder: boolean; areRowsCounted: boolean }> {
  checkGenesis(state);
  // Both say so: LevelDB left its files as they are, and the catalog had written what it had to.
  const isTrusted = state.store.asLeft === true && state.store.get(meta.ended) !== undefined;
  state.rows = isTrusted ? writtenRows(state.store) : await countRows(state.store);
  const isNew = state.store.get(meta.genesis) === undefined;
  for await (const [key, row] of state.store.range(wholeVector))
    state.vector.set(deviceOfKey(key), numberOfBytes(row));
  for await (const [key, row] of state.store.range(allHeads))
    state.heads.set(deviceOfKey(key), readHead(deviceOfKey(key), row));
  for await (const [key] of state.store.range(allTables)) state.tables.add(tableOfKey(key));
  state.hybrid.restore(numberOfBytes(state.store.get(meta.clock) ?? new Uint8Array(0)));
  await readHighest(state);
  await readAuthority(state);
  await state.outbox.open();
  checkOutbox(state);
  const own = state.vector.get(state.self) ?? 0;
  state.ownSeq = Math.max(own, state.outbox.lastSeq);
  // The catalog is new, or older than what the outbox has already forgotten.
  state.filling = isNew || own < state.outbox.forgottenSeq || state.store.get(meta.filling) !== undefined;
  const endedInOrder = state.store.get(meta.ended) !== undefined;
  await state.store.batch(
    [
      { key: meta.genesis, value: state.genesis.bytes },
      { key: meta.ended, value: null },
      { key: meta.filling, value: state.filling ? empty : null },
      // What was made from another database is not brought up to date from this one.
      ...(isNew ? [{ key: meta.late, value: newLateBytes() }] : []),
    ],
    { sync: true },
  );
  await writer.run(() => catchUpWithAuthority(state, writer));
  if (state.outbox.lastSeq > own) await restoreFromOutbox(state, writer);
  if ((state.heads.get(state.self)?.seq ?? 0) < state.ownSeq)
    await writer.run(() => writer.commit(writer.begin()));
  if (state.filling && hasAll(state)) await endFilling(state);
  await writer.run(() => holdEarly(state, writer));
  await writer.run(() => applyDue(state, writer));
  await noteEarly(state);
  return { endedInOrder, areRowsCounted: !isTrusted };
}

/** No other device is a member. */
export function isAlone({ self, authority }: CatalogState): boolean {
  return authority.members().every(({ id }) => id === self);
}

/** The first device, before it let another in: nobody else has anything, and its outbox has forgotten nothing. */
function hasAll(state: CatalogState): boolean {
  const { self, genesis, outbox, vector, ownSeq } = state;
  const hasOwn = ownSeq > 0 && outbox.forgottenSeq === 0 && vector.get(self) === ownSeq;
  return hasOwn && self === genesis.body.device && isAlone(state);
}

/** What a device that fills its catalog has heard. */
export interface Met {
  /** Connected devices whose records are all here. */
  devices: readonly DeviceId[];
  /** True when one of them said that its own catalog is complete. */
  whole: boolean;
}

/** Ends the filling when a complete catalog was met, or when there is no other device. */
export async function caughtUp(state: CatalogState, { devices, whole }: Met): Promise<void> {
  if (!state.filling) return;
  const { self, authority } = state;
  const members = authority.members().map(({ id }) => deviceId(id));
  const allMet = members.includes(self) && members.every((id) => id === self || devices.includes(id));
  if (!whole && !allMet) return;
  await endFilling(state);
}

async function endFilling(state: CatalogState): Promise<void> {
  state.filling = false;
  await state.store.batch([{ key: meta.filling, value: null }], { sync: true });
}

/** Marks a clean stop. */
export async function endInOrder(state: CatalogState): Promise<void> {
  await state.store.batch([{ key: meta.ended, value: new Uint8Array(0) }], { sync: true });
}

/**
 * Puts own records back that the database has lost (I7).
 * @returns how many
 */
export async function restoreFromOutbox(
  state: CatalogState,
  writer: Writer,
  signal?: AbortSignal,
): Promise<number> {
  let restored = 0;
  let page: CatalogRecord[] = [];
  for await (const bytes of state.outbox.records()) {
    if (signal?.aborted) return restored;
    page.push(parseRecord(bytes).record);
    if (page.length < recordsAtOnce) continue;
    restored += await restorePage(state, writer, page);
    page = [];
    await breathe();
  }
  return restored + (await restorePage(state, writer, page));
}

async function restorePage(
  state: CatalogState,
  writer: Writer,
  page: readonly CatalogRecord[],
): Promise<number> {
  return writer.run(async () => {
    const lost = page.filter((record) => record.device === state.self && !state.store.get(logKey(record)));
    const change = writer.begin();
    addRecords(change, lost);
    let reaches = change.reaches(state.self);
    while (change.batch.get(logKey({ device: state.self, seq: reaches + 1 }))) reaches += 1;
    if (reaches > change.reaches(state.self)) change.vector.set(state.self, reaches);
    if (lost.length > 0 || change.vector.size > 0) await writer.commit(change);
    return lost.length;
  });
}

/** The last record of each log. A log of which only parts are here is in no vector. */
async function readHighest({ store, highest }: CatalogState): Promise<void> {
  let { lt } = wholeLog;
  for (;;) {
    let last: Dot | undefined;
    for await (const [key] of store.range({ gte: wholeLog.gte, lt, reverse: true, limit: 1 }))
      last = dotOfLogKey(key);
    if (!last) return;
    highest.set(last.device, last.seq);
    lt = logKey({ device: last.device, seq: 0 });
  }
}

function checkGenesis(state: CatalogState): void {
  const known = state.store.get(meta.genesis);
  if (!known || Buffer.compare(known, state.genesis.bytes) === 0) return;
  throw new PeerstorError('conflict', 'The database of this home belongs to another network.');
}

function checkOutbox({ outbox, self }: CatalogState): void {
  if (outbox.device === undefined || outbox.device === self) return;
  throw new PeerstorError(
    'conflict',
    'The outbox of this home belongs to another device key; move it aside.',
  );
}

/** Keeps all records of authority in memory: there are few, and every other right follows from them. */
async function readAuthority(state: CatalogState): Promise<void> {
  const records = new Map<Revision, AuthorityRecord>();
  const dueUpTo = state.hybrid.dueUpTo();
  for (const table of authorityTables) {
    for await (const [, row] of state.store.range(registersOf(table))) {
      for (const held of decodeRegister(row)) {
        const record = state.find(dotOfHeld(held));
        const due = held.device === state.self || held.hlc <= dueUpTo;
        if (record && due && isAuthorityRecord(record)) records.set(record.revision, record);
      }
    }
  }
  state.setAuthority(records);
}
