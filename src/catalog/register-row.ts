/**
 * What the local database keeps of a register: its records in short, the winner first. Row bytes:
 * per record flags (1) ‖ revision (32) ‖ device (32) ‖ seq (6) ‖ hlc (7) ‖ principal (32) ‖ count (1)
 * ‖ bases (32 each).
 */
import { assert } from '../model/assert.ts';
import { deviceId, type PrincipalId, principalId, type Revision, revision } from '../model/ids.ts';
import type { CatalogRecord } from '../model/records.ts';
import { headsOf, type Mergeable } from './merge.ts';
import type { Dot } from './store-layout.ts';

/** A record in short. */
export interface Held extends Mergeable {
  readonly seq: number;
  /** The log has another record with this number in the first place. */
  readonly isTwin: boolean;
  readonly principal: PrincipalId;
  readonly tombstone: boolean;
  /** False while its right is not shown, or it is not due. */
  readonly applied: boolean;
  /** One of the register's heads as `get` and `heads` answer. */
  readonly head: boolean;
}

export type Register = readonly Held[];

const flags = { tombstone: 1, applied: 2, head: 4, twin: 8 } as const;
const fixedBytes = 111;
const keyBytes = 32;

export function heldOf(record: CatalogRecord, dot: Dot, applied: boolean): Held {
  const { revision, device, seq, hlc, principal, base, body } = record;
  const isTwin = dot.twin !== undefined;
  return {
    revision,
    device,
    seq,
    isTwin,
    hlc,
    principal,
    base,
    tombstone: body === null,
    applied,
    head: false,
  };
}

/** Where the record is in the log. */
export function dotOfHeld({ device, seq, isTwin, revision }: Held): Dot {
  return isTwin ? { device, seq, twin: revision } : { device, seq };
}

/**
 * Sorts a register out: marks its heads and puts the winner first.
 * @param compareOwners for tables whose records belong to a user: one register belongs to one user.
 * Ids are random, so two owners mean that somebody took an id that was not theirs; the user who has
 * been one for longer keeps it, whatever the clocks say.
 */
export function arrange(
  records: readonly Held[],
  compareOwners?: (left: PrincipalId, right: PrincipalId) => number,
): Register {
  const applied = records.filter((record) => record.applied);
  const owner = compareOwners && ownerOf(applied, compareOwners);
  const heads = headsOf(compareOwners ? applied.filter(({ principal }) => principal === owner) : applied);
  const rest = records.filter((record) => !heads.includes(record)).map((record) => mark(record, false));
  return [...heads.map((record) => mark(record, true)), ...rest];
}

/** Whose register it is: the senior of those who wrote more than a tombstone. */
function ownerOf(
  applied: readonly Held[],
  compareOwners: (left: PrincipalId, right: PrincipalId) => number,
): PrincipalId | undefined {
  const owners = new Set(applied.filter(({ tombstone }) => !tombstone).map(({ principal }) => principal));
  return owners.size > 1 ? [...owners].sort(compareOwners)[0] : [...owners][0];
}

function mark(record: Held, head: boolean): Held {
  return record.head === head ? record : { ...record, head };
}

/** The winner, tombstone or not. */
export function winnerOf(register: Register): Held | undefined {
  const [first] = register;
  return first?.head ? first : undefined;
}

export function headsIn(register: Register): Held[] {
  return register.filter(({ head }) => head);
}

/** The winner among the records that are no tombstones: what was there before it was deleted. */
export function lastLiveOf(register: Register): Held | undefined {
  const owner = winnerOf(register)?.principal;
  return headsOf(
    register.filter(({ applied, tombstone, principal }) => applied && !tombstone && principal === owner),
  )[0];
}

/** Does a digest count this record? Everything but what was superseded, and tombstones. */
export function isCounted({ applied, head, tombstone }: Held): boolean {
  return !tombstone && (head || !applied);
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
    at += row.write(held.principal, at, 'hex');
    at = row.writeUInt8(held.base.length, at);
    for (const one of held.base) at += row.write(one, at, 'hex');
  }
  assert(at === length, 'a register row is as long as was reckoned');
  return new Uint8Array(row.buffer, row.byteOffset, length);
}

function flagsOf({ tombstone, applied, head, isTwin }: Held): number {
  const status = (tombstone ? flags.tombstone : 0) | (applied ? flags.applied : 0);
  return status | (head ? flags.head : 0) | (isTwin ? flags.twin : 0);
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

/** The first record alone: all that `get` needs. */
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
    principal: principalId(hex(start + 78)),
    base,
    isTwin: (flag & flags.twin) !== 0,
    tombstone: (flag & flags.tombstone) !== 0,
    applied: (flag & flags.applied) !== 0,
    head: (flag & flags.head) !== 0,
  };
  return { held, end: start + fixedBytes + count * keyBytes };
}
