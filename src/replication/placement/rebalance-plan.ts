/**
 * Which chunks have to move because a device joined, left, or lends more or less: only the difference between
 * the old and the new placement. Pure. Neither presence nor the place where an upload left its copies moves
 * anything.
 */
import type { MemberDevice } from '../../model/contracts/replication.ts';
import { type ChunkId, type DeviceId, deviceId } from '../../model/ids.ts';
import { Placement, weightOf } from './placement.ts';

/** The fields of a member on which placement depends. */
export type PlacedDevice = Pick<MemberDevice, 'id' | 'class' | 'place' | 'capacityBytes'>;

export function placedDevices(members: readonly MemberDevice[]): PlacedDevice[] {
  return members
    .filter((member) => weightOf(member) > 0)
    .map(({ id, class: deviceClass, place, capacityBytes }) => ({
      id,
      class: deviceClass,
      place,
      capacityBytes,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function placementOf(devices: readonly PlacedDevice[]): Placement {
  return new Placement(devices.map(memberOf));
}

/** True when both lists give every chunk the same placement. */
export function placeAlike(one: readonly PlacedDevice[], other: readonly PlacedDevice[]): boolean {
  const [a, b] = [one, other].map((devices) =>
    devices.map((device) => [device.id, device.class, device.place, weightOf(memberOf(device))]),
  );
  return JSON.stringify(a) === JSON.stringify(b);
}

function memberOf(device: PlacedDevice): MemberDevice {
  return { ...device, name: '', state: 'active' };
}

/** Devices that should have the chunk now, should not before, and lack it. */
export function movesOf(
  chunk: ChunkId,
  before: Placement,
  now: Placement,
  { holders, copies }: { holders: readonly DeviceId[]; copies: number },
): DeviceId[] {
  const wantedBefore = before.wanted(chunk, copies);
  return now.wanted(chunk, copies).filter((id) => !wantedBefore.includes(id) && !holders.includes(id));
}

export function readPlaced(value: unknown): PlacedDevice[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const devices = value.flatMap((one: unknown): PlacedDevice[] => {
    if (typeof one !== 'object' || one === null) return [];
    const { id, class: named, place, capacityBytes }: Partial<Record<keyof PlacedDevice, unknown>> = one;
    if (typeof id !== 'string' || typeof place !== 'string' || typeof capacityBytes !== 'number') return [];
    const deviceClass = named === 'always-on' ? 'always-on' : 'sleeper';
    return [{ id: deviceId(id), class: deviceClass, place, capacityBytes }];
  });
  return devices.length === value.length ? devices : undefined;
}
