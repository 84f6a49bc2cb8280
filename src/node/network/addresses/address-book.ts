/**
 * Where each device was reached, and where others say it is. libp2p forgets addresses after an hour, which
 * would lose a laptop overnight. So the last addresses that worked are kept on disk, and hints in memory.
 */
import { decode, encode, isFields } from '../../../crypto/index.ts';
import type { Clock } from '../../../model/clock.ts';
import { idKey, type OrderedStore } from '../../../model/contracts/ordered-store.ts';
import { sentenceOf } from '../../../model/errors.ts';
import type { DeviceId } from '../../../model/ids.ts';
import type { Log } from '../../../model/log.ts';
import { plainAddress } from './peer-address.ts';

const keptPerDevice = 8;
const hintsPerDevice = 16;
const hintedDevicesMax = 512;
/** Presence is sent every 30 s; an address that nobody repeated for this long is outdated. */
export const hintLifeMs = 10 * 60_000;

interface KeptAddress {
  address: string;
  /** Wall time; 0 when only the device itself claimed the address. */
  workedAtMs: number;
}

export class AddressBook {
  readonly #store: OrderedStore;
  readonly #clock: Clock;
  readonly #log: Log;
  /** In order of the last hint, so that the device with the oldest hint is dropped first. */
  readonly #hints = new Map<DeviceId, Map<string, number>>();

  constructor(store: OrderedStore, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  /** Addresses to try, without peer id: those that worked, latest first, then hints, then the device's own claims. */
  addressesOf(device: DeviceId): string[] {
    const kept = this.#kept(device);
    const worked = kept.filter(({ workedAtMs }) => workedAtMs > 0).map(({ address }) => address);
    const claimed = kept.filter(({ workedAtMs }) => workedAtMs === 0).map(({ address }) => address);
    return [...new Set([...worked, ...this.#hintsOf(device), ...claimed])];
  }

  /** Somebody reports addresses of the device. Text that is not an address is dropped. */
  hint(device: DeviceId, addresses: readonly string[]): void {
    const known = this.#hints.get(device) ?? new Map<string, number>();
    const nowMs = this.#clock.monotonicMs();
    for (const text of addresses) {
      const address = plainAddress(text);
      if (address === undefined) continue;
      known.delete(address);
      known.set(address, nowMs);
    }
    trimOldest(known, hintsPerDevice);
    if (known.size === 0) return;
    this.#hints.delete(device);
    this.#hints.set(device, known);
    trimOldest(this.#hints, hintedDevicesMax);
  }

  /** A dial to this address reached the device. */
  async worked(device: DeviceId, text: string): Promise<void> {
    const address = plainAddress(text);
    if (address === undefined) return;
    const others = this.#kept(device).filter((kept) => kept.address !== address);
    await this.#keep(device, [{ address, workedAtMs: this.#clock.wallMs() }, ...others]);
  }

  /** The device itself reports where it listens: kept where there is room, in case this device has to dial. */
  async claimed(device: DeviceId, addresses: readonly string[]): Promise<void> {
    const worked = this.#kept(device).filter(({ workedAtMs }) => workedAtMs > 0);
    const known = new Set(worked.map(({ address }) => address));
    const fresh = addresses
      .map(plainAddress)
      .filter((address) => address !== undefined && !known.has(address));
    const claims = [...new Set(fresh)].map((address) => ({ address: address ?? '', workedAtMs: 0 }));
    await this.#keep(device, [...worked, ...claims]);
  }

  #hintsOf(device: DeviceId): string[] {
    const oldestMs = this.#clock.monotonicMs() - hintLifeMs;
    const live = [...(this.#hints.get(device) ?? [])].filter(([, saidAtMs]) => saidAtMs >= oldestMs);
    return live.map(([address]) => address).reverse();
  }

  #kept(device: DeviceId): KeptAddress[] {
    try {
      const bytes = this.#store.get(idKey(device));
      const rows = bytes === undefined ? [] : decode(bytes);
      return Array.isArray(rows) ? rows.filter(isKeptAddress) : [];
    } catch (error) {
      // Only remembered addresses: losing them costs a search, so a damaged row counts as empty.
      this.#log.warn({ device, why: sentenceOf(error) }, 'the address book has a damaged page');
      return [];
    }
  }

  async #keep(device: DeviceId, rows: KeptAddress[]): Promise<void> {
    const value = encode(rows.slice(0, keptPerDevice));
    const before = this.#store.get(idKey(device));
    if (before !== undefined && Buffer.compare(before, value) === 0) return;
    await this.#store.batch([{ key: idKey(device), value }]);
  }
}

function isKeptAddress(value: unknown): value is KeptAddress {
  return isFields(value) && typeof value.address === 'string' && typeof value.workedAtMs === 'number';
}

/** A Map keeps the order of insertion: its first keys are the oldest. */
function trimOldest<Key>(map: Map<Key, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
