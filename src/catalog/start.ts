/** What a catalog does before it answers: reads what it keeps in memory, and makes good what a crash left. */
import { setImmediate as breathe } from 'node:timers/promises';
import { PeerstorError } from '../model/errors.ts';
import type { Revision } from '../model/ids.ts';
import type { CatalogRecord } from '../model/records.ts';
import { hlcTicksPerMs } from '../model/records.ts';
import type { AuthorityRecord } from './authority-fold.ts';
import type { CatalogState } from './catalog-state.ts';
import { futureMsMax } from './clock.ts';
import { isAuthorityRecord } from './policy.ts';
import { parseRecord } from './record-format.ts';
import { applyDue, catchUpWithAuthority, holdEarly } from './reexamine.ts';
import { decodeRegister, dotOfHeld } from './register-row.ts';
import { addRecords } from './registers.ts';
import {
  allTables,
  type Dot,
  deviceOfKey,
  dotOfLogKey,
  logKey,
  meta,
  numberOfBytes,
  registersOf,
  tableOfKey,
  wholeLog,
  wholeVector,
} from './store-layout.ts';
import type { Writer } from './writer.ts';

const recordsAtOnce = 500;

/** @returns whether the last process ended in order: if not, the database may have lost the end of its log */
export async function openState(state: CatalogState, writer: Writer): Promise<{ endedInOrder: boolean }> {
  checkGenesis(state);
  for await (const [key, row] of state.store.range(wholeVector))
    state.vector.set(deviceOfKey(key), numberOfBytes(row));
  for await (const [key] of state.store.range(allTables)) state.tables.add(tableOfKey(key));
  state.hybrid.restore(numberOfBytes(state.store.get(meta.clock) ?? new Uint8Array(0)));
  await readHighest(state);
  await readAuthority(state);
  await state.outbox.open();
  checkOutbox(state);
  const own = state.vector.get(state.self) ?? 0;
  state.ownSeq = Math.max(own, state.outbox.lastSeq);
  const endedInOrder = state.store.get(meta.ended) !== undefined;
  await state.store.batch(
    [
      { key: meta.genesis, value: state.genesis.bytes },
      { key: meta.ended, value: null },
    ],
    { sync: true },
  );
  await writer.run(() => catchUpWithAuthority(state, writer));
  if (state.outbox.lastSeq > own) await restoreFromOutbox(state, writer);
  await writer.run(() => holdEarly(state, writer));
  await writer.run(() => applyDue(state, writer));
  return { endedInOrder };
}

/** Says that nothing was under way when the process ended. */
export async function endInOrder(state: CatalogState): Promise<void> {
  await state.store.batch([{ key: meta.ended, value: new Uint8Array(0) }], { sync: true });
}

/**
 * Puts own records that the database has lost back into it (I7).
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

/** The last record of each log. Logs that this device has only pieces of are in no vector. */
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

/** User and device records are all kept in memory: there are few, and every other right follows from them. */
async function readAuthority(state: CatalogState): Promise<void> {
  const records = new Map<Revision, AuthorityRecord>();
  const dueUpTo = (state.clock.wallMs() + futureMsMax) * hlcTicksPerMs;
  for (const table of ['user', 'device']) {
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
