/**
 * A register's row in the local database: a summary of each of its records, the winner first. Row bytes:
 * per record flags (1) ‖ revision (32) ‖ device (32) ‖ seq (6) ‖ hlc (7) ‖ owner (32) ‖ count (1)
 * ‖ bases (32 each).
 */
import { assert } from '../../model/assert.ts';
import { deviceId, type PrincipalId, principalId, type Revision, revision } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { headsOf, type Mergeable } from './merge.ts';
import { isGrantedRecord, isRevocation, ownerOf as ownerOfRecord } from './owned-records.ts';
import { isTable } from './record-bodies.ts';
import type { Dot } from './store-layout.ts';

/** The summary of a record. */
export interface Held extends Mergeable {
  readonly seq: number;
  /** A fork: the log has another record under this number, which came first. */
  readonly isFork: boolean;
  /** The owner; the signer, for a tombstone and where a record belongs to nobody. */
  readonly owner: PrincipalId;
  /** Written by somebody other than the owner. */
  readonly byGrantee: boolean;
  /** Ends a grant. */
  readonly revokes: boolean;
  readonly tombstone: boolean;
  /** False while its right is not proved, or it is not due. */
  readonly applied: boolean;
  /** One of the heads that `get` and `heads` return. */
  readonly head: boolean;
}

export type Register = readonly Held[];

const flags = { tombstone: 1, applied: 2, head: 4, fork: 8, byGrantee: 16, revokes: 32 } as const;
const fixedBytes = 111;
const keyBytes = 32;

export function heldOf(record: CatalogRecord, dot: Dot, applied: boolean): Held {
  const { revision, device, seq, hlc, base, body } = record;
  const isFork = dot.fork !== undefined;
  return {
    revision,
    device,
    seq,
    isFork,
    hlc,
    owner: ownerOfRecord(record),
    byGrantee: isGrantedRecord(record),
    revokes: isRevocation(record),
    base,
    tombstone: body === null,
    applied,
    head: false,
  };
}

/** Where the record is in the log. */
export function dotOfHeld({ device, seq, isFork, revision }: Held): Dot {
  return isFork ? { device, seq, fork: revision } : { device, seq };
}

/**
 * Arranges a register: marks its heads and puts the winner first.
 * @param compareOwners for tables whose records belong to a user: one register belongs to one user.
 * Ids are random or derived from their creator, so two owners mean that somebody took an id that was not
 * theirs. The user whose account is older keeps it, whatever the clocks say.
 */
export function arrange(
  records: readonly Held[],
  compareOwners?: (left: PrincipalId, right: PrincipalId) => number,
): Register {
  const applied = records.filter((record) => record.applied);
  const heads = strictestFirst(headsOf(compareOwners ? ownOf(applied, compareOwners) : applied));
  const rest = records.filter((record) => !heads.includes(record)).map((record) => mark(record, false));
  return [...heads.map((record) => mark(record, true)), ...rest];
}

/** The records of the register's owner: the senior of those who wrote, or let others write, more than a tombstone. */
function ownOf(
  applied: readonly Held[],
  compareOwners: (left: PrincipalId, right: PrincipalId) => number,
): readonly Held[] {
  const owners = new Set(applied.filter(({ tombstone }) => !tombstone).map(({ owner }) => owner));
  const owner = owners.size > 1 ? [...owners].sort(compareOwners)[0] : [...owners][0];
  const own = applied.filter((record) => record.owner === owner);
  // An entry that the owner created is not the one that a grantee created under the same id.
  const isOwners = own.some((record) => isCreation(record) && !record.byGrantee);
  return isOwners ? own.filter((record) => !(isCreation(record) && record.byGrantee)) : own;
}

function isCreation({ base, tombstone }: Held): boolean {
  return base.length === 0 && !tombstone;
}

/** Among concurrent records of a grant, one that ends it wins. `heads` is ordered by clock. */
export function strictestFirst(heads: Held[]): Held[] {
  return heads.some(({ revokes }) => revokes)
    ? heads.sort((a, b) => Number(b.revokes) - Number(a.revokes))
    : heads;
}

function mark(record: Held, head: boolean): Held {
  return record.head === head ? record : { ...record, head };
}

/** The winner, which may be a tombstone. */
export function winnerOf(register: Register): Held | undefined {
  const [first] = register;
  return first?.head ? first : undefined;
}

export function headsIn(register: Register): Held[] {
  return register.filter(({ head }) => head);
}

/** The winner among the records that are not tombstones: what was there before the deletion. */
export function lastLiveOf(register: Register): Held | undefined {
  const owner = winnerOf(register)?.owner;
  return headsOf(register.filter((held) => held.applied && !held.tombstone && held.owner === owner))[0];
}

/** Tables whose superseded records are never dropped: `compaction.ts` says why. */
const kept: ReadonlySet<string> = new Set([
  'user',
  'device',
  'invite',
  'version',
  'entry',
  'grant',
  'secret',
]);

export function keepsSuperseded(table: string): boolean {
  return kept.has(table);
}

/**
 * Does a digest count this record? Yes for records in force, deletions included, and for superseded ones that are kept
 * for ever: others may depend on them, and a fork arrives only by comparing digests. No for a record that waits: a
 * comparison finds it once it counts. Tables that only newer devices know are the exception: they count at once.
 */
export function isCounted(table: string, { applied, head }: Held): boolean {
  return applied ? head || keepsSuperseded(table) : !isTable(table);
}

export function encodeRegister(register: Register): Uint8Array {
  const length = register.reduce((sum, { base }) => sum + fixedBytes + base.length * keyBytes, 0);
  const row = Buffer.allocUnsafe(length);
  let at = 0;
  for (const held of register) {
    at = row.writeUInt8(flagsOf(held), at);
    at += row.write(held.revision, at, 'hex');
    at += row.write(held.device, at, 'hex');
    at = row.writeUIntBE(held.seq, at, 6);
    at = row.writeUInt8(Math.floor(held.hlc / 2 ** 48), at);
    at = row.writeUIntBE(held.hlc % 2 ** 48, at, 6);
    at += row.write(held.owner, at, 'hex');
    at = row.writeUInt8(held.base.length, at);
    for (const one of held.base) at += row.write(one, at, 'hex');
  }
  assert(at === length, 'a register row has the length that was computed');
  return new Uint8Array(row.buffer, row.byteOffset, length);
}

function flagsOf({ tombstone, applied, head, isFork, byGrantee, revokes }: Held): number {
  const status = (tombstone ? flags.tombstone : 0) | (applied ? flags.applied : 0);
  const kind = (byGrantee ? flags.byGrantee : 0) | (revokes ? flags.revokes : 0);
  return status | kind | (head ? flags.head : 0) | (isFork ? flags.fork : 0);
}

export function decodeRegister(bytes: Uint8Array | undefined): Register {
  if (!bytes) return [];
  const row = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const register: Held[] = [];
  for (let at = 0; at < row.length; ) {
    const { held, end } = decodeHeld(row, at);
    register.push(held);
    at = end;
  }
  return register;
}

/** Only the first record, which is all that `get` needs. */
export function decodeWinner(bytes: Uint8Array | undefined): Held | undefined {
  if (!bytes || bytes.length === 0) return undefined;
  const { held } = decodeHeld(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
  return held.head ? held : undefined;
}

function decodeHeld(row: Buffer, start: number): { held: Held; end: number } {
  const flag = row.readUInt8(start);
  const hex = (offset: number) => row.toString('hex', offset, offset + keyBytes);
  const count = row.readUInt8(start + 110);
  const base: Revision[] = [];
  for (let index = 0; index < count; index += 1)
    base.push(revision(hex(start + fixedBytes + index * keyBytes)));
  const held = {
    revision: revision(hex(start + 1)),
    device: deviceId(hex(start + 33)),
    seq: row.readUIntBE(start + 65, 6),
    hlc: row.readUInt8(start + 71) * 2 ** 48 + row.readUIntBE(start + 72, 6),
    owner: principalId(hex(start + 78)),
    byGrantee: (flag & flags.byGrantee) !== 0,
    revokes: (flag & flags.revokes) !== 0,
    base,
    isFork: (flag & flags.fork) !== 0,
    tombstone: (flag & flags.tombstone) !== 0,
    applied: (flag & flags.applied) !== 0,
    head: (flag & flags.head) !== 0,
  };
  return { held, end: start + fixedBytes + count * keyBytes };
}
