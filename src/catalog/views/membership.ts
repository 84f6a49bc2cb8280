/** Proves that a device is a member, to devices that do not have this catalog yet. */
import { verify } from '../../crypto/index.ts';
import { isPeerstorError } from '../../model/errors.ts';
import type { DeviceId, Revision } from '../../model/ids.ts';
import type { DeviceBody } from '../../model/records.ts';
import { parseRecord, signedBytes } from '../records/record-format.ts';
import { Authority } from '../rights/authority.ts';
import type { AuthorityRecord } from '../rights/authority-fold.ts';
import { faultOf, hasDeviceProofNow, isAuthorityRecord } from '../rights/policy.ts';
import type { CatalogState } from '../state/catalog-state.ts';

/** Certificates that are checked: each costs a signature check before the peer has proved anything. */
const certificatesMax = 256;

export function certificatesOf({ authority }: CatalogState, device: DeviceId): Uint8Array[] {
  return authority.proofOf(device).map(({ bytes }) => bytes);
}

/** The device's record by the catalog and the certificates together, if it is a member. */
export function verifyMember(
  state: CatalogState,
  device: DeviceId,
  certificates: readonly Uint8Array[],
): DeviceBody | undefined {
  const body = bodyOf(state, device, certificates);
  return body && body.state !== 'removed' ? body : undefined;
}

/** Do the catalog and the certificates together show that an admin removed the device? */
export function isRemoved(
  state: CatalogState,
  device: DeviceId,
  certificates: readonly Uint8Array[],
): boolean {
  return bodyOf(state, device, certificates)?.state === 'removed';
}

function bodyOf(
  state: CatalogState,
  device: DeviceId,
  certificates: readonly Uint8Array[],
): DeviceBody | undefined {
  const records = new Map<Revision, AuthorityRecord>(state.authorityRecords);
  for (const bytes of certificates.slice(0, certificatesMax)) {
    const record = readCertificate(state, bytes);
    if (record) records.set(record.revision, record);
  }
  const grown = records.size > state.authorityRecords.size;
  const authority = grown ? new Authority(state.genesis.body, [...records.values()]) : state.authority;
  return authority.device(device)?.body;
}

/** Undefined for bytes that are not a genuine user or device record of this network: they prove nothing. */
function readCertificate(state: CatalogState, bytes: Uint8Array): AuthorityRecord | undefined {
  try {
    const { record, payload, signature } = parseRecord(bytes);
    if (state.authorityRecords.has(record.revision) || !isAuthorityRecord(record)) return undefined;
    if (record.hlc > state.hybrid.dueUpTo()) return undefined;
    const genuine =
      faultOf(record) === undefined &&
      verify(record.principal, signedBytes(state.networkId, payload), signature) &&
      hasDeviceProofNow(state.networkId, record);
    return genuine ? record : undefined;
  } catch (error) {
    if (isPeerstorError(error)) return undefined;
    throw error;
  }
}
