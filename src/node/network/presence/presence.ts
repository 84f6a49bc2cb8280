/**
 * Members tell each other where the others are: at connect and every 30 s each device sends the addresses at
 * which it reaches its connected devices, itself included. So C learns from A where B is now. Not in the
 * catalog: the news is outdated after ten minutes. All of it is hints.
 */
import { decode, encode, isFields } from '../../../crypto/index.ts';
import { type DeviceId, deviceId } from '../../../model/ids.ts';
import type { AddressBook } from '../addresses/address-book.ts';
import type { Redial } from '../addresses/redial.ts';
import type { Lanes } from '../lanes.ts';

export const presenceMethod = 'transport/presence';
export const presenceEveryMs = 30_000;

const devicesMax = 256;
const addressesMax = 12;

export interface Sighting {
  device: DeviceId;
  addresses: string[];
}

export interface PresenceOptions {
  self: DeviceId;
  lanes: Pick<Lanes, 'connected' | 'find'>;
  book: Pick<AddressBook, 'hint'>;
  redial: Pick<Redial, 'hearsay'>;
  /** The addresses that this device listens on now. */
  addresses: () => string[];
}

export class Presence {
  readonly #options: PresenceOptions;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Call it often: it sends presence when the interval is over. */
  tick(nowMs: number): void {
    if (nowMs - this.#toldAtMs < presenceEveryMs) return;
    this.#toldAtMs = nowMs;
    this.tell();
  }

  /** Sends everything that is known here to every connected device. */
  tell(): void {
    const { addresses, lanes, self } = this.#options;
    const peers = lanes.connected();
    if (peers.length === 0) return;
    const body = encodePresence([{ device: self, addresses: addresses() }, ...peers]);
    for (const { control } of peers) control?.channel.notify(presenceMethod, body);
  }

  /** Learns what another device reports. @throws `bad-record`, `bad-id` */
  learn(from: DeviceId, body: Uint8Array): void {
    const { book, lanes, redial, self } = this.#options;
    for (const { device, addresses } of decodePresence(body)) {
      if (device === self) continue;
      book.hint(device, addresses);
      const peer = lanes.find(device);
      if (peer === undefined) redial.hearsay(device);
      else if (device === from) peer.addresses = addresses;
    }
  }
}

export function encodePresence(sightings: readonly Sighting[]): Uint8Array {
  return encode(
    sightings
      .slice(0, devicesMax)
      .map(({ device, addresses }) => ({ device, addresses: addresses.slice(0, addressesMax) })),
  );
}

/** Ignores unknown fields. @throws `bad-record`, `bad-id` */
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
