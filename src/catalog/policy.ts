/**
 * May this record be written (I5)? Pure. Two questions, kept apart on purpose:
 *
 * `faultOf` looks at the record alone. What is wrong by itself is refused and not stored; every device
 * comes to the same answer at any time.
 *
 * `reasonToHold` looks at what else is known. A record whose right cannot be shown (yet, or any more)
 * is stored and forwarded but not applied, and examined again when user or device records change. So
 * it does not matter what arrives first.
 */
import { verify, verifyAsync } from '../crypto/index.ts';
import { unreachable } from '../model/assert.ts';
import { type DeviceId, fromHex, type NetworkId, type PrincipalId } from '../model/ids.ts';
import type { CatalogRecord, EntryBody, FactsBody, VersionBody } from '../model/records.ts';
import type { Authority } from './authority.ts';
import type { AuthorityRecord, DeviceRecord, UserRecord } from './authority-fold.ts';
import { isBody, isId, isTable } from './record-bodies.ts';

/** Tables whose records belong to a user and are signed by them. */
export type OwnedTable = 'entry' | 'version' | 'facts';

export type HoldReason =
  /** Its clock is too far ahead: it waits until it is due. */
  | 'early'
  /** A table, an id or a body that this version of peerstor does not know. */
  | 'unread'
  /** Its device is not known to be a member, or was not yet one at that time. */
  | 'stranger'
  /** Written by a removed device after its last sequence that counts. */
  | 'removed-device'
  | 'storage-only-device'
  | 'unknown-user'
  /** Written while the user was locked out. */
  | 'disabled-user'
  /** Not signed by anyone who may say this. */
  | 'no-right';

const proofLabel = new TextEncoder().encode('peerstor device/1');

/** What a device signs to show that it wants to be in this network (`DeviceBody.proof`). */
export function deviceProofBytes(network: NetworkId, device: DeviceId): Uint8Array {
  return Buffer.concat([proofLabel, fromHex(network), fromHex(device)]);
}

/** Why a record is wrong whatever else is known, or undefined. Its signature is checked elsewhere. */
export function faultOf(record: CatalogRecord): string | undefined {
  const { table, principal, id } = record;
  if (isOwnedRecord(record) && record.body.owner !== principal)
    return 'it is signed by another than its owner';
  if (table === 'bundle' && principal !== id) return 'the secrets of a user are signed by that user alone';
  return undefined;
}

/** Did the device itself agree to be in this network? True for every record of another table. */
export async function hasDeviceProof(network: NetworkId, record: CatalogRecord): Promise<boolean> {
  if (!isDeviceRecord(record)) return true;
  return verifyAsync(record.id, proofBytesOf(network, record), record.body.proof);
}

export function hasDeviceProofNow(network: NetworkId, record: CatalogRecord): boolean {
  return !isDeviceRecord(record) || verify(record.id, proofBytesOf(network, record), record.body.proof);
}

function proofBytesOf(network: NetworkId, record: DeviceRecord): Uint8Array {
  return Buffer.concat([proofLabel, fromHex(network), fromHex(record.id)]);
}

/**
 * Raised with every change of what is applied: the next start then examines the whole log again, so
 * that what an older version had to hold gets its due.
 */
export const rulesVersion = 1;

/** @param isDue false while its clock is too far ahead */
export function reasonToHold(
  record: CatalogRecord,
  authority: Authority,
  isDue: boolean,
): HoldReason | undefined {
  const { table, id, device, seq, hlc, body } = record;
  if (!isDue) return 'early';
  if (!isTable(table) || !(body === null ? isId(table, id) : isBody(table, id, body))) return 'unread';
  if (seq > (authority.lastSeqOf(device) ?? Number.POSITIVE_INFINITY)) return 'removed-device';
  if (!authority.isMemberAt(device, hlc)) return 'stranger';
  switch (table) {
    case 'user':
    case 'device':
      return authority.admits(record.revision) ? undefined : 'no-right';
    case 'genesis':
      return 'no-right';
    case 'bundle':
      // A user is locked out, never deleted; who signs the secrets was checked by `faultOf`.
      return body === null ? 'no-right' : reasonOfUser(record, authority);
    case 'entry':
    case 'version':
    case 'facts':
      // That the owner signs was checked by `faultOf`; whose the register is, `arrange` decides.
      return reasonOfUser(record, authority);
    default:
      return unreachable(table);
  }
}

/** Why a record of a user's own does not count (yet). */
function reasonOfUser(
  { device, hlc, principal }: CatalogRecord,
  authority: Authority,
): HoldReason | undefined {
  if (authority.isStorageOnlyAt(device, hlc)) return 'storage-only-device';
  if (!authority.isUser(principal)) return 'unknown-user';
  if (authority.isDisabledAt(principal, hlc)) return 'disabled-user';
  return undefined;
}

export function isOwnedTable(table: string): table is OwnedTable {
  return table === 'entry' || table === 'version' || table === 'facts';
}

export function isAuthorityRecord(record: CatalogRecord): record is AuthorityRecord {
  return isUserRecord(record) || isDeviceRecord(record);
}

function isUserRecord(record: CatalogRecord): record is UserRecord {
  return record.table === 'user' && isBody('user', record.id, record.body);
}

function isDeviceRecord(record: CatalogRecord): record is DeviceRecord {
  return record.table === 'device' && isBody('device', record.id, record.body);
}

function isOwnedRecord(
  record: CatalogRecord,
): record is CatalogRecord<EntryBody | VersionBody | FactsBody> & { body: { owner: PrincipalId } } {
  return isOwnedTable(record.table) && isBody(record.table, record.id, record.body);
}
