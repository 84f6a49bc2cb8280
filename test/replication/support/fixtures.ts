/** Made-up ids and members, the same at every run. */
import { createHash } from 'node:crypto';
import type { MemberDevice } from '../../../src/model/contracts/replication.ts';
import { type ChunkId, chunkId, type DeviceId, deviceId } from '../../../src/model/ids.ts';

const GiB = 2 ** 30;

function hashHex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The id that goes with a number; a hex id is only branded. */
export function chunkNumber(number: number | string): ChunkId {
  return chunkId(typeof number === 'string' ? number : hashHex(`chunk ${number}`));
}

export function deviceNumber(number: number): DeviceId {
  return deviceId(hashHex(`device ${number}`));
}

export function member(number: number, facts: Partial<MemberDevice> = {}): MemberDevice {
  return {
    id: deviceNumber(number),
    name: `device-${number}`,
    class: 'always-on',
    state: 'active',
    capacityBytes: 500 * GiB,
    place: '',
    ...facts,
  };
}

/** Bytes that differ for each number, with the id they hash to. */
export function chunkOf(number: number, size = 200): { id: ChunkId; bytes: Uint8Array } {
  const bytes = new Uint8Array(size);
  const seed = createHash('sha256').update(`bytes ${number}`).digest();
  for (let at = 0; at < size; at++) bytes[at] = (seed[at % 32] ?? 0) ^ (at >> 5);
  return { id: chunkId(createHash('sha256').update(bytes).digest('hex')), bytes };
}
