/** Which user, device and invite records are in force: see `authority.ts`. */
import { encode, equalBytes } from '../../crypto/index.ts';
import { unreachable } from '../../model/assert.ts';
import type { DeviceId, PrincipalId, Revision } from '../../model/ids.ts';
import type {
  CatalogRecord,
  DeviceBody,
  GenesisBody,
  Hlc,
  InviteBody,
  UserBody,
} from '../../model/records.ts';
import { msOf } from '../records/clock.ts';
import { compareOrder, headsOf } from '../records/merge.ts';

export type UserRecord = CatalogRecord<UserBody> & { readonly table: 'user'; readonly body: UserBody };
export type DeviceRecord = CatalogRecord<DeviceBody> & {
  readonly table: 'device';
  readonly body: DeviceBody;
};
export type InviteRecord = CatalogRecord<InviteBody> & {
  readonly table: 'invite';
  readonly body: InviteBody;
};
export type AuthorityRecord = UserRecord | DeviceRecord | InviteRecord;

/** Tables whose records say who may do what. All of them are kept, and read at start. */
export const authorityTables = ['user', 'device', 'invite'] as const;

/** What a device may change about itself without an admin. */
const ownFields: ReadonlySet<string> = new Set([
  'name',
  'class',
  'capacityBytes',
  'place',
  'sealingKey',
  'tls',
]);

/** Records in force, each list ordered by clock. */
export interface Fold {
  readonly users: Map<string, UserRecord[]>;
  readonly devices: Map<string, DeviceRecord[]>;
  readonly invites: Map<string, InviteRecord[]>;
  /** Keys of invites that were used. */
  readonly usedInvites: Set<PrincipalId>;
  readonly inForce: Set<Revision>;
  /** What the network's root key said about users. It is known from the start, so it applies at any time. */
  readonly byRoot: readonly UserRecord[];
}

export function foldRecords(
  genesis: GenesisBody,
  sorted: readonly AuthorityRecord[],
  cuts: ReadonlyMap<string, number>,
): Fold {
  const fold: Fold = {
    users: new Map(),
    devices: new Map(),
    invites: new Map(),
    usedInvites: new Set(),
    inForce: new Set(),
    byRoot: sorted.filter(
      (record): record is UserRecord => record.table === 'user' && record.principal === genesis.root,
    ),
  };
  for (const record of sorted) {
    if (record.seq > (cuts.get(record.device) ?? Number.POSITIVE_INFINITY)) continue;
    if (!isMember(genesis, fold.devices.get(record.device), record.device, record.hlc)) continue;
    if (weigh(genesis, fold, record)) fold.inForce.add(record.revision);
  }
  return fold;
}

/** Adds a record to those in force, if its signer has the right. */
function weigh(genesis: GenesisBody, fold: Fold, record: AuthorityRecord): boolean {
  const { principal, hlc } = record;
  const byAdmin = isAdmin(genesis, fold.users.get(principal), principal, hlc);
  switch (record.table) {
    case 'user': {
      if (!leavesSettled(genesis, fold, record)) return false;
      const invited = !byAdmin && isInvited(genesis, fold, record);
      if (!byAdmin && !invited) return false;
      if (invited) fold.usedInvites.add(principal);
      append(fold.users, record);
      return true;
    }
    case 'invite':
      if (byAdmin) append(fold.invites, record);
      return byAdmin;
    case 'device': {
      const known = fold.devices.get(record.id) ?? [];
      const may = mayChangeDevice(known, record, byAdmin);
      if (may) append(fold.devices, record);
      return may;
    }
    default:
      return unreachable(record);
  }
}

/** The root key settles disputes between admins: no admin may change a rank that it has set. */
function leavesSettled({ root }: GenesisBody, { byRoot }: Fold, record: UserRecord): boolean {
  const { id, principal, hlc, base, body } = record;
  if (principal === root) return true;
  const settled = byRoot.filter((said) => said.id === id && (said.hlc < hlc || base.includes(said.revision)));
  const last = settled.at(-1)?.body;
  return !last || (last.role === body.role && last.disabled === body.disabled);
}

/** An invite makes one new user, in time, with the rank and the quota that the invite names. */
function isInvited(genesis: GenesisBody, fold: Fold, { id, principal, hlc, body }: UserRecord): boolean {
  const invite = stateAt(fold.invites.get(principal), hlc)?.body;
  if (!invite || invite.withdrawn || msOf(hlc) > invite.expiresAt) return false;
  if (fold.usedInvites.has(principal) || fold.users.has(id) || id === genesis.admin) return false;
  if (body.invite !== undefined && body.invite !== principal) return false;
  return body.role === invite.role && body.quotaBytes === invite.quotaBytes && !body.disabled;
}

function append<Item extends AuthorityRecord>(records: Map<string, Item[]>, record: Item): void {
  const known = records.get(record.id);
  if (known) known.push(record);
  else records.set(record.id, [record]);
}

function mayChangeDevice(known: readonly DeviceRecord[], record: DeviceRecord, byAdmin: boolean): boolean {
  const removed = record.body.state === 'removed';
  // A removal is permanent: a machine that comes back is a new device. It says where the device's log ends.
  if (removed ? record.body.lastSeq === undefined : known.some(({ body }) => body.state === 'removed'))
    return false;
  if (byAdmin) return true;
  if (record.principal !== record.id) return false;
  const base = known.filter(({ revision }) => record.base.includes(revision));
  const [before] = headsOf(base);
  return before !== undefined && base.length === record.base.length && isOwnChange(before.body, record.body);
}

/** Does the new body differ only in fields that a device may set for itself? */
function isOwnChange(before: DeviceBody, after: DeviceBody): boolean {
  // In canonical bytes: in memory the order of fields may differ, also within a field.
  const rest = (body: DeviceBody) =>
    encode(Object.fromEntries(Object.entries(body).filter(([name]) => !ownFields.has(name))));
  return equalBytes(rest(before), rest(after));
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

/** The value of a register at the time `hlc`. */
function stateAt<Item extends AuthorityRecord>(
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

/** A yes-or-no value of a register at the time `hlc`. Asked for every record, and hardly ever yes. */
export function saysAt<Item extends AuthorityRecord>(
  records: readonly Item[] | undefined,
  says: (record: Item) => boolean,
  hlc: Hlc,
): boolean {
  if (!records?.some(says)) return false;
  const state = stateAt(records, hlc);
  return state !== undefined && says(state);
}
