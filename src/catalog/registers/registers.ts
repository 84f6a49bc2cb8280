/** Puts records into a change: into the log, into their register, and into the rows that depend on it. */
import { type EntryId, entryId, type PrincipalId, type Revision, versionId } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { isOwnedTable } from '../records/owned-records.ts';
import { isBody, isId, isTable } from '../records/record-bodies.ts';
import { arrange, dotOfHeld, type Held, heldOf, type Register, winnerOf } from '../records/register-row.ts';
import {
  dueKey,
  empty,
  heldKey,
  logKey,
  supersededKey,
  tableKey,
  versionKey,
} from '../records/store-layout.ts';
import type { AuthorityRecord } from '../rights/authority-fold.ts';
import { type HoldReason, isAuthorityRecord, reasonToHold } from '../rights/policy.ts';
import type { Change } from '../state/change.ts';
import { noteCause, noteDependencies } from './dependents.ts';
import { noteVersion } from './version-line.ts';

/**
 * Puts new records into the log and applies those that may be applied. Records of authority go first,
 * because the rights of the others follow from them.
 * @returns for each record, in the order given, why it is held, or undefined
 */
export function addRecords(change: Change, records: readonly CatalogRecord[]): (HoldReason | undefined)[] {
  for (const record of records) change.putRecord(record);
  admit(change, records.filter(isAuthorityRecord));
  return records.map((record) => {
    const reason = reasonToHold(record, change, change.isDue(record));
    enter(change, record, reason);
    return reason;
  });
}

/** Adds user, device and invite records that are due to the authority, and corrects known records accordingly. */
export function admit(change: Change, records: readonly AuthorityRecord[]): void {
  const due = records.filter((record) => change.isDue(record));
  if (due.length === 0) return;
  const before = change.authority;
  const known = change.authorityRecords;
  const added = new Map<Revision, AuthorityRecord>(known);
  for (const record of due) added.set(record.revision, record);
  change.setAuthorityRecords(added);
  for (const record of known.values()) {
    const admitted = change.authority.admits(record.revision);
    if (admitted !== before.admits(record.revision)) setApplied(change, record);
  }
}

/** Examines a record of the log again: applies it, or removes it from the view. */
export function setApplied(change: Change, record: CatalogRecord): void {
  const reason = reasonToHold(record, change, change.isDue(record));
  const { table, id } = record;
  const register = change.register(table, id);
  const known = register.find(({ revision }) => revision === record.revision);
  // An older version of peerstor may have stored it without its dependencies.
  if (reason !== undefined) noteDependencies(change, record);
  if (!known || known.applied !== (reason === undefined)) enter(change, record, reason);
  // Two users wrote to it, and the answer to which account is older may have changed.
  else if (isContested(register)) replaceRegister(change, table, id, register, register);
}

function isContested(register: Register): boolean {
  return register.some(({ owner }) => owner !== register[0]?.owner);
}

/** Takes a record out of the log and out of its register. */
export function dropRecord(change: Change, record: CatalogRecord): void {
  const { table, id, revision } = record;
  const before = change.register(table, id);
  replaceRegister(
    change,
    table,
    id,
    before,
    before.filter((held) => held.revision !== revision),
  );
  change.batch.delete(logKey(change.dotOf(record)));
}

function enter(change: Change, record: CatalogRecord, reason: HoldReason | undefined): void {
  const { table, id, revision, hlc } = record;
  const before = change.register(table, id);
  const dot = change.dotOf(record);
  const held = heldOf(record, dot, reason === undefined);
  replaceRegister(
    change,
    table,
    id,
    before,
    [...before.filter((one) => one.revision !== revision), held],
    record,
  );
  noteDependencies(change, record);
  const was = before.find((one) => one.revision === revision);
  if (!was || was.applied !== held.applied) noteCause(change, record, before);
  if (reason === undefined) {
    if (was && !was.applied) change.batch.delete(heldKey(dot));
    change.state.hybrid.observe(hlc);
  } else {
    change.batch.put(heldKey(dot), empty);
    if (reason === 'early') {
      change.batch.put(dueKey(hlc, dot), empty);
      change.early.push(record);
    }
  }
  if (!change.state.tables.has(table) && !change.tables.has(table)) {
    change.tables.add(table);
    change.batch.put(tableKey(table), empty);
  }
  if (table === 'version' && isBody(table, id, record.body)) {
    change.batch.put(versionKey(entryId(record.body.entry), versionId(id)), empty);
    noteVersion(change, { ...record, body: record.body }, before, held.applied);
  }
}

/** Writes a register and notes what depends on it. */
export function replaceRegister(
  change: Change,
  table: string,
  id: string,
  before: Register,
  records: readonly Held[],
  record?: CatalogRecord,
): void {
  const after = arrange(records, isOwnedTable(table) ? seniorityIn(change) : undefined);
  change.putRegister(table, id, after);
  change.digests.replace(table, ofKnown(change, table, before), ofKnown(change, table, after));
  for (const held of after) {
    const was = before.find(({ revision }) => revision === held.revision);
    const superseded = held.applied && !held.head;
    if (superseded && (!was?.applied || was.head))
      change.batch.put(supersededKey(change.nowMs, dotOfHeld(held)), empty);
  }
  // What is under a tombstone may become visible again: see `places.ts`.
  const shows = table !== 'entry' || !winnerOf(after)?.tombstone;
  if (shows && sameHeads(before, after)) return;
  change.tellChanged(table, id, record);
  if (table === 'entry' && isId('entry', id)) change.entries.add(entryId(id));
  if (table === 'version') touchEntries(change, [...before, ...after]);
}

/**
 * In a table that only newer devices know, digests count only records of known signers. Otherwise anyone with a
 * fresh key could make tables that devices must compare.
 */
function ofKnown({ authority }: Change, table: string, register: Register): Register {
  return isTable(table) ? register : register.filter(({ owner }) => authority.knows(owner));
}

const seniorityIn =
  (change: Change) =>
  (left: PrincipalId, right: PrincipalId): number =>
    change.authority.compareSeniority(left, right);

function sameHeads(before: Register, after: Register): boolean {
  const heads = after.filter(({ head }) => head);
  const old = before.filter(({ head }) => head);
  return (
    heads.length === old.length && heads.every(({ revision }, index) => revision === old[index]?.revision)
  );
}

/** A version may bring a deleted entry back, or let it go. */
function touchEntries(change: Change, versions: Register): void {
  for (const entry of new Set(versions.flatMap((held) => entryOfVersion(change, held)))) {
    if (winnerOf(change.register('entry', entry))?.tombstone) change.entries.add(entry);
  }
}

function entryOfVersion(change: Change, held: Held): EntryId[] {
  if (held.tombstone) return [];
  const record = change.find(dotOfHeld(held));
  if (!record || !isBody('version', record.id, record.body)) return [];
  return [entryId(record.body.entry)];
}
