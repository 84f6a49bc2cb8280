/**
 * Members tell each other where everyone is: each device says, at connect and every 30 s, under which
 * addresses it reaches or is told to reach the devices that it is connected to, itself included. So C
 * learns from A where B is now. Not catalog: the news is old after ten minutes. All of it is hints.
 */
import { decode, encode, isFields } from '../../crypto/index.ts';
import { type DeviceId, deviceId } from '../../model/ids.ts';

export const presenceMethod = 'transport/presence';
export const presenceEveryMs = 30_000;

const devicesMax = 256;
const addressesMax = 12;

export interface Sighting {
  device: DeviceId;
  addresses: string[];
}

export function encodePresence(sightings: readonly Sighting[]): Uint8Array {
  return encode(
    sightings
      .slice(0, devicesMax)
      .map(({ device, addresses }) => ({ device, addresses: addresses.slice(0, addressesMax) })),
  );
}

/** Unknown fields are ignored. @throws `bad-record`, `bad-id` */
export function decodePresence(body: Uint8Array): Sighting[] {
  const rows = decode(body);
  if (!Array.isArray(rows)) return [];
  const sightings: Sighting[] = [];
  for (const row of rows.slice(0, devicesMax)) {
    if (!isFields(row) || typeof row.device !== 'string' || !Array.isArray(row.addresses)) continue;
    const addresses = row.addresses.filter((address) => typeof address === 'string').slice(0, addressesMax);
    sightings.push({ device: deviceId(row.device), addresses });
  }
  return sightings;
}
