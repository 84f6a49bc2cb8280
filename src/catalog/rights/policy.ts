/**
 * May this record be written (I5)? Pure. Two questions, kept apart on purpose:
 *
 * `faultOf` looks at the record alone. A record that is wrong by itself is refused and not stored; every device
 * gives the same answer at any time.
 *
 * `reasonToHold` looks at other records too. A record without a proved right is stored and forwarded but not applied.
 * It is examined again when its dependencies change: user, device and invite records, and for what a grant allows
 * (`grants.ts`) that grant and the steps to its entry. So the order of arrival does not matter.
 */
import {
  grantedId,
  grantedNonceBytesMax,
  grantedNonceBytesMin,
  verify,
  verifyAsync,
} from '../../crypto/index.ts';
import { unreachable } from '../../model/assert.ts';
import { type DeviceId, fromHex, type NetworkId, type PrincipalId } from '../../model/ids.ts';
import type { CatalogRecord } from '../../model/records.ts';
import { type GrantedRecord, isGrantedRecord, isOwnedRecord, isUseRecord } from '../records/owned-records.ts';
import { isBody, isId, isTable } from '../records/record-bodies.ts';
import { type AuthorityRecord, authorityTables, type DeviceRecord } from './authority-fold.ts';
import { type GrantReason, type Known, reasonOfGranted, reasonOfUse } from './grants.ts';

export type HoldReason =
  /** Its clock is too far ahead: it waits until it is due. */
  | 'early'
  /** This version of peerstor does not know the table, the id or the body. */
  | 'unread'
  /** Its device is not known as a member, or was not yet one at that time. */
  | 'stranger'
  /** A removed device wrote it after its last sequence number that counts. */
  | 'removed-device'
  | 'storage-only-device'
  | 'unknown-user'
  /** Written while the user was locked out. */
  | 'disabled-user'
  /** The signer has no right to write this. */
  | 'no-right'
  | GrantReason;

const proofLabel = new TextEncoder().encode('peerstor device/1');

/** What a device signs to prove that it agreed to be in this network (`DeviceBody.proof`). */
export function deviceProofBytes(network: NetworkId, device: DeviceId): Uint8Array {
  return Buffer.concat([proofLabel, fromHex(network), fromHex(device)]);
}

/** Why a record is wrong whatever else is known, or undefined. Its signature is checked elsewhere. */
export function faultOf(record: CatalogRecord): string | undefined {
  const { table, principal, id, device, body } = record;
  if (isGrantedRecord(record)) return faultOfGranted(record);
  if (isOwnedRecord(record) && record.body.owner !== principal)
    return 'it is signed by another than its owner';
  if (table === 'bundle' && principal !== id) return 'the secrets of a user are signed by that user alone';
  if (table === 'use' && isId(table, id) && !id.endsWith(`.${device}`)) return 'it counts for another device';
  if ((table === 'media' || table === 'album') && isId(table, id)) {
    // The id names the owner, so nobody can take the place of another user's record.
    const isOwn = id.endsWith(`.${principal}`) && (!isBody(table, id, body) || body.owner === principal);
    if (!isOwn) return 'it is signed by another than its owner';
  }
  if (table === 'recovery' && isId(table, id) && !id.endsWith(`.${principal}`))
    return 'it is signed by another than its id names';
  if (table === 'secret' && isBody(table, id, body) && id !== `epoch-${body.epoch}`)
    return 'its id names another epoch';
  return undefined;
}

/** In another user's drive, people may create entries only under ids derived from their own key. */
function faultOfGranted({ table, id, principal, base, body }: GrantedRecord): string | undefined {
  if (table === 'facts' || (table === 'entry' && base.length > 0)) return undefined;
  const nonce = body.via.nonce ?? new Uint8Array(0);
  const fits = nonce.length >= grantedNonceBytesMin && nonce.length <= grantedNonceBytesMax;
  return fits && grantedId(principal, nonce) === id ? undefined : 'its id does not follow from its signer';
}

/** Did the device itself agree to be in this network? True for records of other tables. */
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
 * Raise it with every change of these rules: the next start then examines the whole log again, and applies
 * records that an older version had to hold.
 */
export const rulesVersion = 6;

/** @param isDue false while its clock is too far ahead */
export function reasonToHold(record: CatalogRecord, known: Known, isDue: boolean): HoldReason | undefined {
  const { table, id, device, seq, hlc, principal, body } = record;
  const { authority } = known;
  if (!isDue) return 'early';
  if (!isTable(table) || !(body === null ? isId(table, id) : isBody(table, id, body))) return 'unread';
  if (seq > (authority.lastSeqOf(device) ?? Number.POSITIVE_INFINITY)) return 'removed-device';
  if (!authority.isMemberAt(device, hlc)) return 'stranger';
  switch (table) {
    case 'user':
    case 'device':
    case 'invite':
      return authority.admits(record.revision) ? undefined : 'no-right';
    case 'genesis':
      return 'no-right';
    case 'secret':
      return body !== null && authority.isAdminAt(principal, hlc) ? undefined : 'no-right';
    case 'use':
      if (!isUseRecord(record)) return 'no-right';
      return authority.isStorageOnlyAt(device, hlc) ? 'storage-only-device' : reasonOfUse(record, known);
    case 'bundle':
      // A user is locked out, never deleted; `faultOf` has checked who signed the secrets.
      return body === null ? 'no-right' : reasonOfUser(record, principal, known);
    case 'media':
    case 'album':
      // Its id names the owner: `faultOf` has compared it with the signer.
      return reasonOfUser(record, principal, known);
    case 'recovery':
      // A member device says for itself that somebody asks for help at it, or that it helps.
      if ((principal as string) !== device) return reasonOfUser(record, principal, known);
      return authority.isStorageOnlyAt(device, hlc) ? 'storage-only-device' : undefined;
    case 'entry':
    case 'version':
    case 'facts':
    case 'grant':
      // `arrange` decides who owns the register. `faultOf` has checked that an owner signs for themselves.
      if (!isGrantedRecord(record)) return reasonOfUser(record, principal, known);
      return reasonOfUser(record, record.body.owner, known) ?? reasonOfGranted(record, known);
    default:
      return unreachable(table);
  }
}

/** Why no record of this user, or from this device, counts now; undefined if they count. */
function reasonOfUser(
  { device, hlc }: CatalogRecord,
  user: PrincipalId,
  { authority }: Known,
): HoldReason | undefined {
  if (authority.isStorageOnlyAt(device, hlc)) return 'storage-only-device';
  if (!authority.isUser(user)) return 'unknown-user';
  if (authority.isDisabledAt(user, hlc)) return 'disabled-user';
  return undefined;
}

export function isAuthorityRecord(record: CatalogRecord): record is AuthorityRecord {
  const { table, id, body } = record;
  return authorityTables.some((one) => one === table && isBody(one, id, body));
}

function isDeviceRecord(record: CatalogRecord): record is DeviceRecord {
  return record.table === 'device' && isBody('device', record.id, record.body);
}
