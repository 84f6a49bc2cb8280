/**
 * Who may write what (I5), computed from the genesis and all user, device and invite records. Pure: a function of
 * the set of records, whatever the order of their arrival. Their signatures, proofs and shapes were
 * checked before. This reads all of these records, so the log never drops them.
 *
 * Records are weighed in clock order. Each needs an admin and an author device that had their role before
 * it. The clock of an honest author is always past everything it knows, so honest records meet this rule.
 * Records of a removed device beyond its `lastSeq` never count, whatever their clock. For removals that
 * contradict each other see `removalsInForce`.
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

  /** Is this the network itself, a user or a device, including locked and removed ones? */
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

  /** Was the user locked out at the time `hlc`? */
  isDisabledAt(principal: PrincipalId, hlc: Hlc): boolean {
    return saysAt(this.#fold.users.get(principal), disabled, hlc);
  }

  isAdminAt(principal: PrincipalId, hlc: Hlc): boolean {
    return isAdmin(this.genesis, this.#fold.users.get(principal), principal, hlc);
  }

  /** Was the device a member at the time `hlc`? */
  isMemberAt(device: DeviceId, hlc: Hlc): boolean {
    return isMember(this.genesis, this.#fold.devices.get(device), device, hlc);
  }

  isStorageOnlyAt(device: DeviceId, hlc: Hlc): boolean {
    return saysAt(this.#fold.devices.get(device), storageOnly, hlc);
  }

  /** The last sequence number of a removed device that counts. */
  lastSeqOf(device: DeviceId): number | undefined {
    return this.#cuts.get(device);
  }

  /** The present record of a device, or undefined when it was never a member. */
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

  /** Orders users by seniority: the first admin, then by their first record. */
  compareSeniority(left: PrincipalId, right: PrincipalId): number {
    return seniority(this.genesis, this.#fold, left, right);
  }

  /** Records that prove the membership of a device: its own, those of all signers, and how these were admitted. */
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
   * What a change of authority may take back: applied records of these devices, of these users, or of
   * admins may have to be removed from the view again.
   */
  tightenedSince(before: Authority): { devices: DeviceId[]; users: boolean; admins: boolean } {
    const devices: DeviceId[] = [];
    // The first device and the first admin had rights before any record named them.
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

  /** Who was an admin at which time, as text to compare. */
  #ranks(): string {
    const { users } = this.#fold;
    return [...users]
      .map(([id, records]) => `${id} ${history(records, admin)}`)
      .sort()
      .join();
  }

  /** Changes whenever the verdict on any other record may change. */
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

/** The times at which a yes-or-no value changed, as text to compare. */
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
