/**
 * Decides whether this device may give up its copy of a chunk that has surplus copies, and which devices must
 * promise to keep theirs first. Pure. Devices with different views may all decide to give up theirs: that is
 * why they ask for promises (`hold.ts`), and a device that is giving up a copy makes none.
 */
import type { DeviceId } from '../../model/ids.ts';
import { isStable, type NetworkSight, type RepairTunables } from '../repair/repair-plan.ts';

export interface TrimSight {
  self: DeviceId;
  /** Every device that is known to have the chunk, in placement order: best first. */
  keepOrder: readonly DeviceId[];
}

/** Holders whose copies count: members that are not draining, connected or not. */
export function countedHolders(holders: readonly DeviceId[], { devices }: NetworkSight): DeviceId[] {
  return holders.filter((id) => devices.get(id)?.draining === false);
}

/**
 * @returns the devices to ask, best first, at least `copiesWanted`; undefined when this device keeps its copy:
 * it is one of the best, or too few better ones are connected
 */
export function keepersFor(
  { self, keepOrder }: TrimSight,
  sight: NetworkSight,
  tunables: Pick<RepairTunables, 'copiesWanted' | 'presenceStableMs'>,
): DeviceId[] | undefined {
  const counted = countedHolders(keepOrder, sight);
  const rank = counted.indexOf(self);
  if (rank < tunables.copiesWanted) return undefined;
  const keepers = counted.slice(0, rank).filter((id) => isStable(sight.devices.get(id), sight, tunables));
  return keepers.length >= tunables.copiesWanted ? keepers : undefined;
}
