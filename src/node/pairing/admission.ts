/**
 * What the device that shows the pairing code does for the device that typed it: writes its record, or lets it
 * in again.
 */
import type { CatalogAuthor, CatalogMembership, Signer } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import type { DeviceBody } from '../../model/records.ts';
import type { StoredMembership } from '../home/home.ts';
import type { NetworkSecrets } from '../home/network-secrets.ts';
import type { Libp2pTransport } from '../network/index.ts';
import type { JoiningDevice, Welcome } from './pairing-window.ts';

export interface AdmissionParts {
  catalog: CatalogAuthor & CatalogMembership;
  transport: Libp2pTransport;
  membership: StoredMembership;
  secrets: NetworkSecrets;
  nowMs(): number;
}

/**
 * Collects what a joining device needs to find the others and to be accepted by them. A device that is a member
 * already, and was away while the network secret changed, gets the secret and no second record.
 * @throws `not-a-member` for a removed one: its key never returns
 */
export async function admit(
  { catalog, transport, membership, secrets, nowMs }: AdmissionParts,
  joiner: JoiningDevice,
  signer: Signer,
): Promise<Welcome> {
  if (catalog.isRemoved(joiner.id, [])) {
    throw new PeerstorError(
      'not-a-member',
      'That device was removed from this network for ever. Start it on a new home to join as a new device.',
    );
  }
  if (!catalog.get('device', joiner.id)) {
    await catalog.author([{ table: 'device', id: joiner.id, body: recordOf(joiner, nowMs()) }], signer);
  }
  const introductions: Record<string, string[]> = { [transport.self]: transport.addresses() };
  for (const peer of transport.peers()) introductions[peer.device] = peer.addresses;
  const { epoch, secret } = secrets.current;
  return {
    networkId: catalog.networkId,
    networkSecret: secret,
    epoch,
    genesis: membership.genesis,
    certificates: catalog.certificatesOf(joiner.id),
    introductions,
  };
}

function recordOf(joiner: JoiningDevice, addedAt: number): DeviceBody {
  const { name, class: deviceClass, capacityBytes, place, storageOnly, sealingKey, proof } = joiner;
  return {
    name,
    class: deviceClass,
    state: 'active',
    capacityBytes,
    place,
    storageOnly,
    sealingKey,
    proof,
    addedAt,
  };
}
