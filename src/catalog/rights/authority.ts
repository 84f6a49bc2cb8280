/**
 * Who may say what (I5), from the genesis and all user, device and invite records. Pure: a function of
 * the set of records, whatever the order of their arrival. Their signatures, proofs and shapes were
 * checked before. These records are never dropped from the log, because this reads them all.
 *
 * Records are weighed in the order of their clocks: each needs an admin, and an author device, that
 * were so before it. An honest author's clock is always past what it knows, so this asks nothing of
 * honest ones. A removed device's records beyond its `lastSeq` count for nothing whatever their time;
 * where removals contradict each other see `removalsInForce`.
 */
import { sha256 } from '../../crypto/index.ts';
import { type DeviceId, deviceId, type PrincipalId, type Revision, toHex } from '../../model/ids.ts';
import type { GenesisBody, Hlc } from '../../model/records.ts';
import { compareOrder, headsOf } from '../records/merge.ts';
import {
  type AuthorityRecord,
  type DeviceRecord,
  type Fold,
  foldRecords,
  isAdmin,
  isMember,
  saysAt,
  seniority,
  type UserRecord,
} from './authority-fold.ts';
import { cutsOf, removalsInForce } from './removals.ts';

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

  /** Is this user, device or invite record in force? */
  admits(revision: Revision): boolean {
    return this.#fold.inForce.has(revision);
  }

  /** Is this the network itself, a user or a device, also one that was locked out or removed? */
  knows(principal: PrincipalId): boolean {
    const { root, device } = this.genesis;
    return (
      principal === root ||
      principal === device ||
      this.isUser(principal) ||
      this.#fold.devices.has(principal)
    );
  }

  isUser(principal: PrincipalId): boolean {
    return principal === this.genesis.admin || this.#fold.users.has(principal);
  }

  /** Was the user locked out when the clocks said `hlc`? */
  isDisabledAt(principal: PrincipalId, hlc: Hlc): boolean {
    return saysAt(this.#fold.users.get(principal), disabled, hlc);
  }

  isAdminAt(principal: PrincipalId, hlc: Hlc): boolean {
    return isAdmin(this.genesis, this.#fold.users.get(principal), principal, hlc);
  }

  /** Had the device been admitted when the clocks said `hlc`? */
  isMemberAt(device: DeviceId, hlc: Hlc): boolean {
    return isMember(this.genesis, this.#fold.devices.get(device), device, hlc);
  }

  isStorageOnlyAt(device: DeviceId, hlc: Hlc): boolean {
    return saysAt(this.#fold.devices.get(device), storageOnly, hlc);
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

  /** Records that show that a device is a member: its own, those of all who signed, and how they came in. */
  proofOf(device: DeviceId): AuthorityRecord[] {
    const proof = new Map<Revision, AuthorityRecord>();
    const waiting: AuthorityRecord[] = [...(this.#fold.devices.get(device) ?? [])];
    for (let record = waiting.pop(); record; record = waiting.pop()) {
      if (proof.has(record.revision)) continue;
      proof.set(record.revision, record);
      waiting.push(...(this.#fold.users.get(record.principal) ?? []));
      waiting.push(...(this.#fold.invites.get(record.principal) ?? []));
      waiting.push(...(this.#fold.devices.get(record.device) ?? []));
    }
    return [...proof.values()].sort(compareOrder);
  }

  /**
   * What a change of authority takes back: records of these devices, of these users, or of admins,
   * that were applied may have to be taken out of the view again.
   */
  tightenedSince(before: Authority): { devices: DeviceId[]; users: boolean; admins: boolean } {
    const devices: DeviceId[] = [];
    // The first device and the first admin had rights before there was a record of them.
    const { device: firstDevice, admin: firstAdmin } = this.genesis;
    const known = new Set<string>([firstDevice, ...before.#fold.devices.keys(), ...this.#cuts.keys()]);
    for (const id of known) {
      const cut = this.#cuts.get(id) ?? Number.POSITIVE_INFINITY;
      const lower = cut < (before.#cuts.get(id) ?? Number.POSITIVE_INFINITY);
      const [was, is] = [before.#fold.devices.get(id), this.#fold.devices.get(id)];
      const later = was?.[0] !== undefined && (is?.[0]?.hlc ?? Number.POSITIVE_INFINITY) > was[0].hlc;
      if (lower || later || history(was, storageOnly) !== history(is, storageOnly))
        devices.push(deviceId(id));
    }
    const users = [firstAdmin, ...before.#fold.users.keys()].some((id) => {
      const [was, is] = [before.#fold.users.get(id), this.#fold.users.get(id)];
      const otherFirst = was !== undefined && is?.[0]?.revision !== was[0]?.revision;
      return otherFirst || history(was, disabled) !== history(is, disabled);
    });
    const admins = this.#ranks() !== before.#ranks();
    return { devices, users, admins };
  }

  /** Who was an admin when, as text to compare. */
  #ranks(): string {
    const { users } = this.#fold;
    return [...users]
      .map(([id, records]) => `${id} ${history(records, admin)}`)
      .sort()
      .join();
  }

  /** Changes whenever a verdict on some other record may change. */
  fingerprint(): string {
    const { users, devices } = this.#fold;
    const said = [
      [...this.#cuts].map(([id, lastSeq]) => `${id} ${lastSeq}`).sort(),
      [...users].map(([id, records]) => `${id} ${records[0]?.revision} ${history(records, disabled)}`).sort(),
      [...devices].map(([id, records]) => `${id} ${records[0]?.hlc} ${history(records, storageOnly)}`).sort(),
      this.#ranks(),
    ];
    return toHex(sha256(Buffer.from(JSON.stringify(said))));
  }
}

const disabled = (record: UserRecord): boolean => record.body.disabled;
const admin = ({ body }: UserRecord): boolean => body.role === 'admin' && !body.disabled;
const storageOnly = (record: DeviceRecord): boolean => record.body.storageOnly;

/** When a yes-or-no changed, as text to compare. */
function history<Item extends AuthorityRecord>(
  records: readonly Item[] | undefined,
  says: (record: Item) => boolean,
): string {
  if (!records?.some(says)) return '';
  const changes: string[] = [];
  let last = false;
  for (const { hlc } of records) {
    const now = saysAt(records, says, hlc + 1);
    if (now !== last) changes.push(`${hlc}`);
    last = now;
  }
  return changes.join(',');
}
