/**
 * Who may say what (I5), from the genesis and all user and device records. Pure: a function of the
 * set of records, whatever the order of their arrival. Their signatures, proofs and shapes were
 * checked before. User and device records are never dropped from the log, because this reads them all.
 *
 * Records are weighed in the order of their clocks: each needs an admin, and an author device, that
 * were so before it. An honest author's clock is always past what it knows, so this asks nothing of
 * honest ones. A removed device's records beyond its `lastSeq` count for nothing whatever their time;
 * where removals contradict each other see `removalsInForce`.
 */
import { sha256 } from '../crypto/index.ts';
import { type DeviceId, deviceId, type PrincipalId, type Revision, toHex } from '../model/ids.ts';
import type { CatalogRecord, DeviceBody, GenesisBody, Hlc, UserBody } from '../model/records.ts';
import { compareOrder, headsOf, type Ordered } from './merge.ts';

export type UserRecord = CatalogRecord<UserBody> & { readonly table: 'user'; readonly body: UserBody };
export type DeviceRecord = CatalogRecord<DeviceBody> & { readonly table: 'device'; readonly body: DeviceBody };
export type AuthorityRecord = UserRecord | DeviceRecord;

/** What a device may change about itself without an admin. */
const ownFields: ReadonlySet<string> = new Set(['name', 'class', 'capacityBytes', 'place']);

export class Authority {
  readonly genesis: GenesisBody;
  readonly #fold: Fold;
  readonly #cuts: ReadonlyMap<string, number>;

  constructor(genesis: GenesisBody, records: readonly AuthorityRecord[]) {
    this.genesis = genesis;
    const sorted = [...records].sort(compareOrder);
    const inForce = removalsInForce(genesis, sorted);
    this.#cuts = cutsOf(inForce);
    this.#fold = foldRecords(genesis, sorted, this.#cuts);
  }

  /** Is this user or device record in force? */
  admits(revision: Revision): boolean {
    return this.#fold.inForce.has(revision);
  }

  isUser(principal: PrincipalId): boolean {
    return principal === this.genesis.admin || this.#fold.users.has(principal);
  }

  /** Was the user locked out when the clocks said `hlc`? */
  isDisabledAt(principal: PrincipalId, hlc: Hlc): boolean {
    return stateAt(this.#fold.users.get(principal), hlc)?.body.disabled ?? false;
  }

  isAdminAt(principal: PrincipalId, hlc: Hlc): boolean {
    return isAdmin(this.genesis, this.#fold.users.get(principal), principal, hlc);
  }

  /** Had the device been admitted when the clocks said `hlc`? */
  isMemberAt(device: DeviceId, hlc: Hlc): boolean {
    return isMember(this.genesis, this.#fold.devices.get(device), device, hlc);
  }

  isStorageOnlyAt(device: DeviceId, hlc: Hlc): boolean {
    return stateAt(this.#fold.devices.get(device), hlc)?.body.storageOnly ?? false;
  }

  /** The last sequence that counts of a removed device. */
  lastSeqOf(device: DeviceId): number | undefined {
    return this.#cuts.get(device);
  }

  /** What is said of a device now, or undefined when it never was a member. */
  device(id: string): DeviceRecord | undefined {
    return headsOf(this.#fold.devices.get(id) ?? [])[0];
  }

  /** Devices that are in the network: active or draining. */
  members(): DeviceRecord[] {
    return [...this.#fold.devices.keys()].flatMap((id) => {
      const record = this.device(id);
      return record && record.body.state !== 'removed' ? [record] : [];
    });
  }

  /** Sorts users by how long they have been one: the first admin, then by their first record. */
  compareSeniority(left: PrincipalId, right: PrincipalId): number {
    return seniority(this.genesis, this.#fold, left, right);
  }

  /** User and device records that show that a device is a member: its own and those of all who signed. */
  proofOf(device: DeviceId): AuthorityRecord[] {
    const proof = new Map<Revision, AuthorityRecord>();
    const waiting: AuthorityRecord[] = [...(this.#fold.devices.get(device) ?? [])];
    for (let record = waiting.pop(); record; record = waiting.pop()) {
      if (proof.has(record.revision)) continue;
      proof.set(record.revision, record);
      waiting.push(...(this.#fold.users.get(record.principal) ?? []));
      waiting.push(...(this.#fold.devices.get(record.device) ?? []));
    }
    return [...proof.values()].sort(compareOrder);
  }

  /**
   * What a change of authority takes back: records of these devices, or of these users, that were
   * applied may have to be taken out of the view again.
   */
  tightenedSince(before: Authority): { devices: DeviceId[]; users: boolean } {
    const devices: DeviceId[] = [];
    const known = new Set<string>([...before.#fold.devices.keys(), ...before.#cuts.keys(), ...this.#cuts.keys()]);
    for (const id of known) {
      const cut = this.#cuts.get(id) ?? Number.POSITIVE_INFINITY;
      const lower = cut < (before.#cuts.get(id) ?? Number.POSITIVE_INFINITY);
      const [was, is] = [before.#fold.devices.get(id), this.#fold.devices.get(id)];
      const later = was?.[0] !== undefined && (is?.[0]?.hlc ?? Number.POSITIVE_INFINITY) > was[0].hlc;
      if (lower || later || history(was, storageOnly) !== history(is, storageOnly)) devices.push(deviceId(id));
    }
    const users = [...before.#fold.users].some(([id, was]) => {
      const is = this.#fold.users.get(id);
      return is?.[0]?.revision !== was[0]?.revision || history(was, disabled) !== history(is, disabled);
    });
    return { devices, users };
  }

  /** Changes whenever a verdict on some other record may change. */
  fingerprint(): string {
    const { users, devices } = this.#fold;
    const said = [
      [...this.#cuts].map(([id, lastSeq]) => `${id} ${lastSeq}`).sort(),
      [...users].map(([id, records]) => `${id} ${records[0]?.revision} ${history(records, disabled)}`).sort(),
      [...devices].map(([id, records]) => `${id} ${records[0]?.hlc} ${history(records, storageOnly)}`).sort(),
    ];
    return toHex(sha256(Buffer.from(JSON.stringify(said))));
  }
}

const disabled = (record: UserRecord): boolean => record.body.disabled;
const storageOnly = (record: DeviceRecord): boolean => record.body.storageOnly;

/** When a yes-or-no changed, as text to compare. */
function history<Item extends Ordered>(records: readonly Item[] | undefined, says: (record: Item) => boolean): string {
  const changes: string[] = [];
  let last = false;
  for (const record of records ?? []) {
    if (says(record) !== last) changes.push(`${record.hlc}`);
    last = says(record);
  }
  return changes.join(',');
}

/** Records in force, each list in the order of the clocks. */
interface Fold {
  readonly users: Map<string, UserRecord[]>;
  readonly devices: Map<string, DeviceRecord[]>;
  readonly inForce: Set<Revision>;
}

function foldRecords(
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
  if (removed ? record.body.lastSeq === undefined : known.some(({ body }) => body.state === 'removed')) return false;
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

function isAdmin(
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

function isMember(
  genesis: GenesisBody,
  records: readonly DeviceRecord[] | undefined,
  device: DeviceId,
  hlc: Hlc,
): boolean {
  return device === genesis.device || (records?.some((record) => record.hlc < hlc) ?? false);
}

/** What a register said when the clocks said `hlc`. */
function stateAt<Item extends UserRecord | DeviceRecord>(
  records: readonly Item[] | undefined,
  hlc: Hlc,
): Item | undefined {
  return headsOf(records?.filter((record) => record.hlc < hlc) ?? [])[0];
}

function seniority(genesis: GenesisBody, fold: Fold, left: PrincipalId, right: PrincipalId): number {
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

/**
 * Which removals of devices count. A removal strikes out what the removed device wrote beyond its
 * last sequence, other removals included, so they may contradict each other:
 * 1. one that no other strikes out is in force, and what it strikes out is not;
 * 2. where they strike out each other in a circle, the more senior wins: the root key's, else that of
 *    the admin who has been one for longer, else the one written on the older device, else the earlier.
 */
function removalsInForce(genesis: GenesisBody, sorted: readonly AuthorityRecord[]): DeviceRecord[] {
  const barred = new Set<Revision>();
  for (;;) {
    const records = sorted.filter(({ revision }) => !barred.has(revision));
    const inForce: DeviceRecord[] = [];
    for (;;) {
      const fold = foldRecords(genesis, records, cutsOf(inForce));
      const fallen = inForce.find(({ revision }) => !fold.inForce.has(revision));
      if (fallen) {
        barred.add(fallen.revision);
        break;
      }
      const open = [...fold.devices.values()]
        .flat()
        .filter((record) => record.body.state === 'removed' && !inForce.includes(record));
      if (open.length === 0) return inForce;
      const unstruck = open.filter((record) => !open.some((other) => strikesOut(other, record)));
      const candidates = unstruck.length > 0 ? unstruck : open;
      inForce.push(...candidates.sort((a, b) => compareRemovals(genesis, fold, a, b)).slice(0, 1));
    }
  }
}

function strikesOut(removal: DeviceRecord, other: DeviceRecord): boolean {
  return removal !== other && other.device === removal.id && other.seq > lastSeqIn(removal);
}

function compareRemovals(genesis: GenesisBody, fold: Fold, left: DeviceRecord, right: DeviceRecord): number {
  const bySigner = seniority(genesis, fold, left.principal, right.principal);
  if (bySigner !== 0) return bySigner;
  if (left.device !== right.device) {
    if (left.device === genesis.device) return -1;
    if (right.device === genesis.device) return 1;
    const [a, b] = [fold.devices.get(left.device)?.[0], fold.devices.get(right.device)?.[0]];
    if (a && b) return compareOrder(a, b);
  }
  return compareOrder(left, right);
}

function cutsOf(removals: readonly DeviceRecord[]): Map<string, number> {
  const byDevice = Map.groupBy(removals, ({ id }) => id);
  const cuts = new Map<string, number>();
  for (const [id, records] of byDevice) {
    const [winner] = headsOf(records);
    if (winner) cuts.set(id, lastSeqIn(winner));
  }
  return cuts;
}

/** An admin may remove the very device they sit at: that record itself still counts. */
function lastSeqIn(removal: DeviceRecord): number {
  const lastSeq = removal.body.lastSeq ?? 0;
  return removal.device === removal.id ? Math.max(lastSeq, removal.seq) : lastSeq;
}
