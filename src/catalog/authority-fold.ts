/** Which user and device records are in force: see `authority.ts`. */
import type { DeviceId, PrincipalId, Revision } from '../model/ids.ts';
import type { CatalogRecord, DeviceBody, GenesisBody, Hlc, UserBody } from '../model/records.ts';
import { compareOrder, headsOf } from './merge.ts';

export type UserRecord = CatalogRecord<UserBody> & { readonly table: 'user'; readonly body: UserBody };
export type DeviceRecord = CatalogRecord<DeviceBody> & {
  readonly table: 'device';
  readonly body: DeviceBody;
};
export type AuthorityRecord = UserRecord | DeviceRecord;

/** What a device may change about itself without an admin. */
const ownFields: ReadonlySet<string> = new Set(['name', 'class', 'capacityBytes', 'place']);

/** Records in force, each list in the order of the clocks. */
export interface Fold {
  readonly users: Map<string, UserRecord[]>;
  readonly devices: Map<string, DeviceRecord[]>;
  readonly inForce: Set<Revision>;
}

export function foldRecords(
  genesis: GenesisBody,
  sorted: readonly AuthorityRecord[],
  cuts: ReadonlyMap<string, number>,
): Fold {
  const fold: Fold = { users: new Map(), devices: new Map(), inForce: new Set() };
  for (const record of sorted) {
    if (record.seq > (cuts.get(record.device) ?? Number.POSITIVE_INFINITY)) continue;
    if (!isMember(genesis, fold.devices.get(record.device), record.device, record.hlc)) continue;
    if (record.table === 'user') {
      if (!isAdmin(genesis, fold.users.get(record.principal), record.principal, record.hlc)) continue;
      append(fold.users, record);
    } else {
      const known = fold.devices.get(record.id) ?? [];
      if (!mayChangeDevice(genesis, fold, known, record)) continue;
      append(fold.devices, record);
    }
    fold.inForce.add(record.revision);
  }
  return fold;
}

function append<Item extends AuthorityRecord>(records: Map<string, Item[]>, record: Item): void {
  const known = records.get(record.id);
  if (known) known.push(record);
  else records.set(record.id, [record]);
}

function mayChangeDevice(
  genesis: GenesisBody,
  fold: Fold,
  known: readonly DeviceRecord[],
  record: DeviceRecord,
): boolean {
  const removed = record.body.state === 'removed';
  // Removed is for ever: a machine that comes back is a new device. A removal says where it ends.
  if (removed ? record.body.lastSeq === undefined : known.some(({ body }) => body.state === 'removed'))
    return false;
  const { principal, hlc } = record;
  if (isAdmin(genesis, fold.users.get(principal), principal, hlc)) return true;
  if (principal !== record.id) return false;
  const base = known.filter(({ revision }) => record.base.includes(revision));
  const [before] = headsOf(base);
  return before !== undefined && base.length === record.base.length && isOwnChange(before.body, record.body);
}

/** Does the new body differ in nothing but what a device may say about itself? */
function isOwnChange(before: DeviceBody, after: DeviceBody): boolean {
  const rest = (body: DeviceBody) =>
    Object.entries(body)
      .filter(([name]) => !ownFields.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(rest(before)) === JSON.stringify(rest(after));
}

export function isAdmin(
  genesis: GenesisBody,
  records: readonly UserRecord[] | undefined,
  principal: PrincipalId,
  hlc: Hlc,
): boolean {
  if (principal === genesis.root) return true;
  const state = stateAt(records, hlc)?.body;
  if (state) return state.role === 'admin' && !state.disabled;
  return principal === genesis.admin;
}

export function isMember(
  genesis: GenesisBody,
  records: readonly DeviceRecord[] | undefined,
  device: DeviceId,
  hlc: Hlc,
): boolean {
  const [first] = records ?? [];
  return device === genesis.device || (first !== undefined && first.hlc < hlc);
}

/** What a register said when the clocks said `hlc`. */
function stateAt<Item extends UserRecord | DeviceRecord>(
  records: readonly Item[] | undefined,
  hlc: Hlc,
): Item | undefined {
  return headsOf(records?.filter((record) => record.hlc < hlc) ?? [])[0];
}

export function seniority(genesis: GenesisBody, fold: Fold, left: PrincipalId, right: PrincipalId): number {
  if (left === right) return 0;
  for (const first of [genesis.root, genesis.admin]) {
    if (left === first) return -1;
    if (right === first) return 1;
  }
  const [a, b] = [fold.users.get(left)?.[0], fold.users.get(right)?.[0]];
  if (a && b) return compareOrder(a, b);
  if (a || b) return a ? -1 : 1;
  return left < right ? -1 : 1;
}

/** What a register said when the clocks said `hlc`: asked for every record, and hardly ever yes. */
export function saysAt<Item extends AuthorityRecord>(
  records: readonly Item[] | undefined,
  says: (record: Item) => boolean,
  hlc: Hlc,
): boolean {
  if (!records?.some(says)) return false;
  const state = stateAt(records, hlc);
  return state !== undefined && says(state);
}
