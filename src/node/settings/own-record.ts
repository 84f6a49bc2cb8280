/** What this device says of itself in the catalog. */

import { deviceProofBytes } from '../../catalog/index.ts';
import {
  equalBytes,
  hkdf,
  type SealingKey,
  type SigningKey,
  sealingKeyFromSeed,
} from '../../crypto/index.ts';
import type { CatalogAuthor } from '../../model/contracts/catalog.ts';
import { sentenceOf } from '../../model/errors.ts';
import { deviceId, type NetworkId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { DeviceBody } from '../../model/records.ts';
import type { DeviceConfig } from '../home/config.ts';
import type { HomeSettings } from '../home/home.ts';
import { lentBytes } from '../volumes/volumes.ts';

/**
 * The key to which network secrets are sealed for this device: derived from its own key, so nothing more has to
 * be stored.
 */
export function deviceSealingKey(identity: SigningKey): SealingKey {
  return sealingKeyFromSeed(hkdf(identity.seed, 'device-sealing/1'));
}

/** The first record of a device, in the network that it founds. */
export function ownRecord(
  identity: SigningKey,
  settings: HomeSettings,
  network: NetworkId,
  addedAt: number,
): DeviceBody {
  return {
    name: settings.name,
    class: settings.class,
    state: 'active',
    capacityBytes: lentBytes(settings),
    place: settings.place,
    storageOnly: false,
    sealingKey: deviceSealingKey(identity).publicKey,
    proof: identity.sign(deviceProofBytes(network, deviceId(identity.principal))),
    addedAt,
  };
}

/**
 * A device may change its own name, class, lent bytes and sealing key: keeps them true in the catalog. A clock
 * that is wrong now must not keep the device from starting.
 */
export async function keepOwnRecord(
  {
    identity,
    config,
    settings,
    log,
  }: { identity: SigningKey; config: DeviceConfig; settings: HomeSettings; log: Log },
  catalog: CatalogAuthor,
): Promise<void> {
  const body = catalog.get('device', catalog.self)?.body;
  if (!body || body.state === 'removed') return;
  const { publicKey } = deviceSealingKey(identity);
  const changed: DeviceBody = {
    ...body,
    capacityBytes: lentBytes(settings),
    sealingKey: publicKey,
    ...(config.name === undefined ? {} : { name: settings.name }),
    ...(config.class === undefined ? {} : { class: settings.class }),
  };
  const isSame =
    changed.capacityBytes === body.capacityBytes &&
    changed.name === body.name &&
    changed.class === body.class &&
    body.sealingKey !== undefined &&
    equalBytes(body.sealingKey, publicKey);
  if (isSame) return;
  try {
    await catalog.author([{ table: 'device', id: catalog.self, body: changed }], identity);
  } catch (error) {
    log.warn({}, `This device's record could not be updated: ${sentenceOf(error)}`);
  }
}
