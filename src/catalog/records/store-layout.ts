/**
 * Every key of the catalog's database on one page. `[x]` is an id as raw bytes, `n6` a number in six
 * big-endian bytes, so that keys sort like their numbers.
 *
 *   l [device] n6 seq             → record bytes                     the log: what is stored and forwarded
 *   r table 00 id                 → summaries of its records         see register-row.ts
 *   T table                       → (empty)                          tables seen, known or not
 *   h [device] n6 seq             → (empty)                          in the log, not applied
 *   d n7 hlc [device] n6 seq      → (empty)                          those of them not due yet
 *   s n6 ms [device] n6 seq       → (empty)                          superseded since then
 *   e [entry]                     → its place, and by which record   see tree/place-row.ts
 *   c [parent] [entry]            → dot of its record                children by effective parent
 *   C [owner] [entry]             → dot of its record                recovered: shown in the drive's root
 *   w [entry] [dependent]         → (empty)                          its place may change with the entry's
 *   W [entry]                     → (empty)                          it has or had a `w` row
 *   o [owner] [entry]             → (empty)                          parentless entries
 *   O [owner]                     → [entry]                          the root of the drive
 *   v [entry] [version]           → (empty)                          versions of an entry, live or deleted
 *   u [entry]                     → its newest version               can it have a conflict? version-line.ts
 *   k [entry] [grant]             → (empty)                          grants of an entry, past ones too
 *   K [grantee] [grant]           → (empty)                          grants for somebody, past ones too
 *   g [grant] n7 hlc dot          → (empty)                          written by a grant, by clock
 *   y [revision] dot              → (empty)                          proves its right by that revision
 *   Y [revision]                  → (empty)                          it has a `y` row
 *   q n7 hlc cause                → (empty)                          examine again what depends on it
 *   V [device]                    → n6 seq                           the version vector
 *   H [device]                    → signature, seq, revision         newest head of a log: log-head.ts
 *   A [device]                    → CBOR vector                      how far a peer's catalog reaches
 *   m name                        → see `meta`
 *
 * A dot is [device] n6 seq: the place of a record in the log. Where a device has written two records
 * under one number (its home was restored from an old copy, or ran twice), both are kept: the second is
 * a fork, and its dot ends in its revision. A cause is `g` [grant] (for what it wrote after hlc) or
 * `y` [revision]. Everything but l, H, V and A can be rebuilt from the log.
 */
import { afterPrefix, idKey, idOfKey } from '../../model/contracts/ordered-store.ts';
import {
  type DeviceId,
  deviceId,
  type EntryId,
  entryId,
  type GrantId,
  type PrincipalId,
  type Revision,
  revision,
  type UserId,
  type VersionId,
} from '../../model/ids.ts';
import type { Hlc } from '../../model/records.ts';

/** Where a record is in the log. */
export interface Dot {
  readonly device: DeviceId;
  readonly seq: number;
  /** Set for a second record under this number. */
  readonly fork?: Revision;
}

export interface Bounds {
  gte: string;
  lt: string;
}

export const empty = new Uint8Array(0);

/** Of a stamp of the clock. */
export const clockBytes = 7;

export const meta = {
  /** n8: the highest stamp of the clock. */
  clock: 'mclock',
  /** Text: the version of the rules, and the authority, by which the log was last examined. */
  authority: 'mauthority',
  /** (empty), present after a clean stop, while no process has the catalog open. */
  ended: 'mended',
  /** n6: the number of rows; see row-counts.ts. */
  rows: 'mrows',
  /** Random bytes, new whenever registers changed that the vector does not tell of: see `state/marks.ts`. */
  late: 'mlate',
  /** (empty), present once a damaged value was found that only a rebuild repairs. */
  damaged: 'mdamaged',
  /** (empty), present while this catalog, new or rebuilt, may lack records of others. */
  filling: 'mfilling',
  /** (empty), present once the device's key was found to have signed records that are not here. */
  overtaken: 'movertaken',
  /** Bytes of the genesis of the network to which this database belongs. */
  genesis: 'mgenesis',
} as const;

export const logKey = (dot: Dot): string => `l${dotKey(dot)}`;
export const logAfter = (device: DeviceId, seq: number): Bounds => ({
  gte: logKey({ device, seq: seq + 1 }),
  lt: afterId(`l${idKey(device)}`),
});
export const wholeLog: Bounds = prefixed('l');
export const dotOfLogKey = (key: string): Dot => dotOf(key.slice(1));

export const registerKey = (table: string, id: string): string => `r${table}\0${id}`;
export const usesOfGrant = (grant: GrantId): Bounds => prefixed(registerKey('use', `${grant}.`));
export const registersOf = (table: string, after?: string): Bounds => ({
  gte: after === undefined ? `r${table}\0` : `${registerKey(table, after)}\0`,
  lt: `r${table}\x01`,
});
export const wholeDatabase: Bounds = { gte: '', lt: '\xff' };
export const allRegisters: Bounds = prefixed('r');
export const tableOfRegisterKey = (key: string): string => key.slice(1, key.indexOf('\0'));
export const idOfRegisterKey = (table: string, key: string): string => key.slice(table.length + 2);

export const tableKey = (table: string): string => `T${table}`;
export const allTables: Bounds = prefixed('T');
export const tableOfKey = (key: string): string => key.slice(1);

export const heldKey = (dot: Dot): string => `h${dotKey(dot)}`;
export const allHeld: Bounds = prefixed('h');
export const dotOfHeldKey = (key: string): Dot => dotOf(key.slice(1));

export const dueKey = (hlc: Hlc, dot: Dot): string => `d${numberKey(hlc, 7)}${dotKey(dot)}`;
export const dueUntil = (hlc: Hlc): Bounds => ({ gte: 'd', lt: `d${numberKey(hlc + 1, 7)}` });
export const allDue: Bounds = prefixed('d');
export const hlcOfDueKey = (key: string): Hlc => numberOf(key.slice(1, 8));
export const dotOfDueKey = (key: string): Dot => dotOf(key.slice(8));

export const supersededKey = (sinceMs: number, dot: Dot): string => `s${numberKey(sinceMs, 6)}${dotKey(dot)}`;
export const supersededUntil = (ms: number): Bounds => ({ gte: 's', lt: `s${numberKey(ms + 1, 6)}` });
export const dotOfSupersededKey = (key: string): Dot => dotOf(key.slice(7));

export const placeKey = (entry: EntryId): string => `e${idKey(entry)}`;
export const childKey = (parent: EntryId, entry: EntryId): string => `c${idKey(parent)}${idKey(entry)}`;
export const childrenOf = (parent: EntryId): Bounds => afterAndBefore(`c${idKey(parent)}`);
export const recoveredKey = (owner: UserId, entry: EntryId): string => `C${idKey(owner)}${idKey(entry)}`;
export const recoveredOf = (owner: UserId): Bounds => afterAndBefore(`C${idKey(owner)}`);
export const dependentKey = (on: EntryId, entry: EntryId): string => `w${idKey(on)}${idKey(entry)}`;
export const dependentsOf = (on: EntryId): Bounds => afterAndBefore(`w${idKey(on)}`);
export const hasDependentsKey = (on: EntryId): string => `W${idKey(on)}`;
export const parentlessKey = (owner: UserId, entry: EntryId): string => `o${idKey(owner)}${idKey(entry)}`;
export const parentlessOf = (owner: UserId): Bounds => afterAndBefore(`o${idKey(owner)}`);
export const rootKey = (owner: UserId): string => `O${idKey(owner)}`;
export const versionKey = (entry: EntryId, version: VersionId): string => `v${idKey(entry)}${idKey(version)}`;
export const versionsOf = (entry: EntryId): Bounds => afterAndBefore(`v${idKey(entry)}`);

export const lineKey = (entry: EntryId): string => `u${idKey(entry)}`;

export const grantOfEntryKey = (entry: EntryId, grant: GrantId): string => `k${idKey(entry)}${idKey(grant)}`;
export const grantsOfEntry = (entry: EntryId): Bounds => afterAndBefore(`k${idKey(entry)}`);
export const grantForKey = (grantee: PrincipalId, grant: GrantId): string =>
  `K${idKey(grantee)}${idKey(grant)}`;
export const grantsForGrantee = (grantee: PrincipalId): Bounds => afterAndBefore(`K${idKey(grantee)}`);
export const byGrantKey = (grant: GrantId, hlc: Hlc, dot: Dot): string =>
  `g${idKey(grant)}${numberKey(hlc, 7)}${dotKey(dot)}`;
export const shownByKey = (shown: Revision, dot: Dot): string => `y${idKey(shown)}${dotKey(dot)}`;
export const showsSomeKey = (shown: Revision): string => `Y${idKey(shown)}`;

/** The key of a cause: a grant changed for everything that was written by it after `hlc`. */
export const grantCauseKey = (hlc: Hlc, grant: GrantId): string => `q${numberKey(hlc, 7)}g${idKey(grant)}`;
/** The key of a cause: the record with this revision and hlc counts now, or no longer does. */
export const revisionCauseKey = (hlc: Hlc, cause: Revision): string =>
  `q${numberKey(hlc, 7)}y${idKey(cause)}`;
export const allCauses: Bounds = prefixed('q');

/** The range of rows that a cause concerns; each key ends in the dot of a record. */
export function dependentsOfCause(key: string): { bounds: Bounds; dotOf: (row: string) => Dot } {
  const id = key.slice(9);
  const [dotStart, start] =
    key[8] === 'g' ? [24, `g${id}${numberKey(hlcOfCause(key) + 1, 7)}`] : [33, `y${id}`];
  return {
    bounds: { gte: start, lt: afterId(start.slice(0, 1 + id.length)) },
    dotOf: (row) => dotOf(row.slice(dotStart)),
  };
}

const hlcOfCause = (key: string): Hlc => numberOf(key.slice(1, 8));

export const vectorKey = (device: DeviceId): string => `V${idKey(device)}`;
export const wholeVector: Bounds = prefixed('V');
export const headKey = (device: DeviceId): string => `H${idKey(device)}`;
export const allHeads: Bounds = prefixed('H');
export const ackedKey = (device: DeviceId): string => `A${idKey(device)}`;
export const allAcked: Bounds = prefixed('A');
export const deviceOfKey = (key: string): DeviceId => deviceId(idOfKey(key.slice(1, 33)));

/** The entry (or version) id that ends a key. */
export const entryAtEnd = (key: string): EntryId => entryId(idOfKey(key.slice(-16)));
export const idAtEnd = (key: string): string => idOfKey(key.slice(-16));

export function dotKey({ device, seq, fork }: Dot): string {
  return deviceKey(device) + numberKey(seq, 6) + (fork === undefined ? '' : idKey(fork));
}

/** Cached, because a few devices write everything. */
const deviceKeys = new Map<DeviceId, string>();
const deviceKeysMax = 1000;

function deviceKey(device: DeviceId): string {
  let key = deviceKeys.get(device);
  if (key === undefined) {
    key = idKey(device);
    if (deviceKeys.size >= deviceKeysMax) deviceKeys.clear();
    deviceKeys.set(device, key);
  }
  return key;
}

export function dotOf(key: string): Dot {
  const dot = { device: deviceId(idOfKey(key.slice(0, 32))), seq: numberOf(key.slice(32, 38)) };
  return key.length === 38 ? dot : { ...dot, fork: revision(idOfKey(key.slice(38))) };
}

export function dotBytes(dot: Dot): Uint8Array {
  return Buffer.from(dotKey(dot), 'latin1');
}

export function dotOfBytes(bytes: Uint8Array): Dot {
  return dotOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'));
}

export function numberBytes(value: number, length: number): Uint8Array {
  return Buffer.from(numberKey(value, length), 'latin1');
}

export function numberOfBytes(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}

/** Whole numbers up to 2^53 in up to seven big-endian bytes. */
function numberKey(value: number, length: number): string {
  let key = '';
  let rest = value;
  for (let index = 0; index < length; index += 1) {
    key = String.fromCharCode(rest % 256) + key;
    rest = Math.floor(rest / 256);
  }
  return key;
}

function numberOf(key: string): number {
  let value = 0;
  for (let index = 0; index < key.length; index += 1) value = value * 256 + key.charCodeAt(index);
  return value;
}

function prefixed(prefix: string): Bounds {
  return { gte: prefix, lt: afterPrefix(prefix) };
}

function afterAndBefore(prefix: string): Bounds {
  return { gte: prefix, lt: afterId(prefix) };
}

/** Like `afterPrefix`, for prefixes that may end in 0xff, as an id may. */
function afterId(prefix: string): string {
  let end = prefix.length;
  while (prefix.charCodeAt(end - 1) === 0xff) end -= 1;
  return afterPrefix(prefix.slice(0, end));
}
