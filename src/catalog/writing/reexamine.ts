/**
 * Examines records again whose right may have changed or that may be due now: a few hundred in a batch, in
 * the writer's queue. The catalog stores which authority it has followed up to, so the next start notices a crash
 * in between.
 */

import { decodeRegister, dotOfHeld } from '../records/register-row.ts';
import {
  allCauses,
  allDue,
  allHeld,
  type Bounds,
  type Dot,
  dependentsOfCause,
  dotOfDueKey,
  dotOfHeldKey,
  dotOfLogKey,
  dueUntil,
  logAfter,
  meta,
  registersOf,
  wholeLog,
} from '../records/store-layout.ts';
import { admit, setApplied } from '../registers/registers.ts';
import { isStray } from '../registers/strays.ts';
import type { Authority } from '../rights/authority.ts';
import { isAuthorityRecord, rulesVersion } from '../rights/policy.ts';
import type { CatalogState } from '../state/catalog-state.ts';
import type { Change } from '../state/change.ts';
import type { Writer } from './writer.ts';

const recordsAtOnce = 500;

/** Applies and takes back records after a change of authority or of what grants depend on. */
export async function followAuthority(state: CatalogState, writer: Writer, before: Authority): Promise<void> {
  const { authority } = state;
  if (authority !== before && authority.fingerprint() !== before.fingerprint())
    await followTo(state, writer, before);
  await followCauses(state, writer);
}

async function followTo(state: CatalogState, writer: Writer, before: Authority): Promise<void> {
  const { devices, users, admins } = state.authority.tightenedSince(before);
  if (users) {
    await examine(state, writer, wholeLog, dotOfLogKey);
  } else {
    for (const device of devices) await examine(state, writer, logAfter(device, 0), dotOfLogKey);
    await examine(state, writer, allHeld, dotOfHeldKey);
    if (admins) await examineSecrets(state, writer);
  }
  await rememberFollowed(state);
}

/** Few: one for each removed device. */
async function examineSecrets({ store }: CatalogState, writer: Writer): Promise<void> {
  const dots: Dot[] = [];
  for await (const [, row] of store.range(registersOf('secret')))
    dots.push(...decodeRegister(row).map(dotOfHeld));
  const change = writer.begin();
  examineIn(change, dots);
  await writer.commit(change);
}

/**
 * Examines the dependents of records that arrived or no longer count, the earliest cause first. Everything
 * that follows from a cause is later than it, so each record is examined once for each of its dependencies.
 */
async function followCauses(state: CatalogState, writer: Writer): Promise<void> {
  while (state.unsettled) {
    let cause: string | undefined;
    for await (const [key] of state.store.range({ ...allCauses, limit: 1 })) cause = key;
    if (cause === undefined) state.unsettled = false;
    else await followCause(state, writer, cause);
  }
}

async function followCause(state: CatalogState, writer: Writer, cause: string): Promise<void> {
  const { bounds, dotOf } = dependentsOfCause(cause);
  await examine(state, writer, bounds, dotOf);
  const change = writer.begin();
  change.batch.delete(cause);
  await writer.commit(change);
}

/** At start: examines the whole log if the last process ended before it had followed all changes. */
export async function catchUpWithAuthority(state: CatalogState, writer: Writer): Promise<void> {
  const followed = state.store.get(meta.authority);
  if (followed && Buffer.from(followed).toString() === followedBy(state)) return;
  await examine(state, writer, wholeLog, dotOfLogKey);
  await rememberFollowed(state);
}

async function rememberFollowed(state: CatalogState): Promise<void> {
  await state.store.batch([{ key: meta.authority, value: Buffer.from(followedBy(state)) }], { sync: true });
}

function followedBy({ authority }: CatalogState): string {
  return `${rulesVersion} ${authority.fingerprint()}`;
}

/** Applies records that have become due, and examines those that a crash left out. */
export async function applyDue(state: CatalogState, writer: Writer): Promise<void> {
  await followCauses(state, writer);
  for (;;) {
    const change = writer.begin();
    const dots: Dot[] = [];
    for await (const [key] of state.store.range({ ...dueUntil(change.dueUpTo), limit: recordsAtOnce })) {
      dots.push(dotOfDueKey(key));
      change.batch.delete(key);
    }
    if (dots.length === 0) return;
    const before = state.authority;
    examineIn(change, dots);
    await writer.commit(change);
    await followAuthority(state, writer, before);
  }
}

/** Notes whether records of known signers wait for their time. Strangers could keep this true for ever, so they do not count. */
export async function noteEarly(state: CatalogState): Promise<void> {
  for await (const [key] of state.store.range(allDue)) {
    const record = state.find(dotOfDueKey(key));
    state.early = record !== undefined && !isStray(state.authority, record);
    if (state.early) return;
  }
  state.early = false;
}

/**
 * Takes back records that were applied while this device's clock was ahead: at the end of every log, those that
 * are not due. The next computation of the authority leaves early user and device records out.
 */
export async function holdEarly(state: CatalogState, writer: Writer): Promise<void> {
  const change = writer.begin();
  const early: Dot[] = [];
  for (const device of state.vector.keys()) {
    if (device === state.self) continue;
    for await (const [key] of state.store.range({ ...logAfter(device, 0), reverse: true })) {
      const dot = dotOfLogKey(key);
      if (state.record(dot).hlc <= change.dueUpTo) break;
      early.push(dot);
    }
  }
  if (early.length === 0) return;
  const before = state.authority;
  const due = [...state.authorityRecords].filter(([, record]) => change.isDue(record));
  if (due.length < state.authorityRecords.size) change.setAuthorityRecords(new Map(due));
  examineIn(change, early);
  await writer.commit(change);
  await followAuthority(state, writer, before);
}

async function examine(
  state: CatalogState,
  writer: Writer,
  bounds: Bounds,
  dotOf: (key: string) => Dot,
): Promise<void> {
  let { gte } = bounds;
  for (;;) {
    const dots: Dot[] = [];
    for await (const [key] of state.store.range({ gte, lt: bounds.lt, limit: recordsAtOnce })) {
      dots.push(dotOf(key));
      gte = `${key}\0`;
    }
    if (dots.length === 0) return;
    const change = writer.begin();
    examineIn(change, dots);
    await writer.commit(change);
  }
}

function examineIn(change: Change, dots: readonly Dot[]): void {
  const records = dots.flatMap((dot) => change.find(dot) ?? []);
  admit(change, records.filter(isAuthorityRecord));
  for (const record of records) setApplied(change, record);
}
