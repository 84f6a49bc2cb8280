/**
 * Decides whether a chunk needs another copy, how soon, which device makes it and which device gets it. Pure:
 * devices with the same view decide the same, so one repairs and the others know that it will.
 *
 * A device that is off still has its copies, so repair waits for it: longer when more copies are left, and
 * longer for a device that sleeps. Where there are more holders than wanted, repair does not wait for those
 * that have been off longest: the chunk was complete without them.
 */
import type { DeviceId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';

export type RepairTunables = Pick<
  Tunables,
  'copiesWanted' | 'presenceStableMs' | 'repairOneCopyMs' | 'repairTwoCopiesMs' | 'repairTwoCopiesSleeperMs'
>;

/** A member of the network as seen from here. All times are monotonic. */
export interface DeviceSight {
  id: DeviceId;
  alwaysOn: boolean;
  /** The device is draining: its copies are given away and no longer count. */
  draining: boolean;
  /** The device lends space, and is not declining or failing now. */
  takes: boolean;
  /** null while the device is not connected. */
  connectedSinceMs: number | null;
  /** When the device was last connected for long enough to count. */
  lastSeenMs: number;
}

export interface NetworkSight {
  nowMs: number;
  /** Since when this device observes the others; it knows nothing about the time before. */
  watchingSinceMs: number;
  /** The members, this device among them. */
  devices: ReadonlyMap<DeviceId, DeviceSight>;
}

export interface Urgency {
  /** Copies on connected devices. */
  copies: number;
  /** When the next copy is due; a time in the past means at once. */
  dueMs: number;
  /** `lost`: holders have been off for too long. `short`: too few devices have it, whoever returns. */
  cause: 'lost' | 'short';
  /** Holders that the new copy replaces: off, draining, or no longer members. */
  missing: DeviceId[];
}

export interface ChunkSight {
  /** Every device that is known to have it, connected or not, member or not. */
  holders: readonly DeviceId[];
  /** Devices that may have it, best first. */
  order: readonly DeviceId[];
  /** Holders that sent an excuse: they cannot give the chunk to any device. */
  excused?: readonly DeviceId[];
}

export interface RepairPlan extends Urgency {
  repairer: DeviceId;
  target: DeviceId;
  /** Catch-up gives the chunk to a device that should have it: repair leaves it alone. */
  isCatchUps: boolean;
}

/** @returns undefined when there are enough copies, or when their holders are reconnecting */
export function urgencyOf(
  holders: readonly DeviceId[],
  sight: NetworkSight,
  tunables: RepairTunables,
): Urgency | undefined {
  const { copiesWanted, repairOneCopyMs, repairTwoCopiesMs, repairTwoCopiesSleeperMs } = tunables;
  const counted = holders.flatMap((id) => sight.devices.get(id) ?? []).filter(({ draining }) => !draining);
  const away = counted.filter(isAway).sort((a, b) => a.lastSeenMs - b.lastSeenMs);
  const copies = counted.length - away.length;
  if (copies >= copiesWanted) return undefined;
  if (counted.length < copiesWanted) {
    const missing = holders.filter((id) => sight.devices.get(id)?.draining !== false);
    return { copies, dueMs: sight.watchingSinceMs, cause: 'short', missing };
  }
  const missing = away.slice(counted.length - copiesWanted);
  const dues = missing.map(
    ({ lastSeenMs, alwaysOn }) => lastSeenMs + (alwaysOn ? repairTwoCopiesMs : repairTwoCopiesSleeperMs),
  );
  if (copies <= 1) dues.push(Math.max(...missing.map(({ lastSeenMs }) => lastSeenMs)) + repairOneCopyMs);
  // After a power cut all devices return, but not in the same minute.
  const dueMs = Math.max(Math.min(...dues), sight.watchingSinceMs + repairOneCopyMs);
  return { copies, dueMs, cause: 'lost', missing: missing.map(({ id }) => id) };
}

/**
 * When more than 40 % of three or more members are away, this device's own network has probably failed: nothing
 * is repaired for four times `repairOneCopyMs`, one hour by default.
 * @returns until when; -Infinity when fewer are away
 */
export function heldBackUntilMs(sight: NetworkSight, { repairOneCopyMs }: RepairTunables): number {
  const members = sight.devices.size;
  const away = [...sight.devices.values()].filter(isAway).map(({ lastSeenMs }) => lastSeenMs);
  // Of the members that left one after another, the first with which the share exceeded 40 %.
  const sinceMs = away.sort((a, b) => a - b)[Math.floor((members * 2) / 5)];
  if (members < 3 || sinceMs === undefined) return Number.NEGATIVE_INFINITY;
  return Math.max(sinceMs, sight.watchingSinceMs) + 4 * repairOneCopyMs;
}

/** @returns undefined when nothing is due, no holder can copy, or no device can take the copy */
export function planRepair(
  chunk: ChunkSight,
  sight: NetworkSight,
  tunables: RepairTunables,
): RepairPlan | undefined {
  const { holders, order, excused = [] } = chunk;
  const urgency = urgencyOf(holders, sight, tunables);
  if (!urgency) return undefined;
  const repairer = repairerOf(chunk, sight, tunables);
  const target = order.find((id) => isTarget(id, holders, sight, tunables));
  if (repairer === undefined || target === undefined) return undefined;
  const dueMs = Math.max(urgency.dueMs, heldBackUntilMs(sight, tunables));
  return {
    ...urgency,
    dueMs,
    repairer,
    target,
    // Catch-up chose a target too: the excused one.
    isCatchUps: excused.length === 0 && isCatchUps(chunk, urgency, sight, tunables),
  };
}

/** The first connected holder without an excuse. */
export function repairerOf(
  { holders, order, excused = [] }: ChunkSight,
  sight: NetworkSight,
  tunables: RepairTunables,
): DeviceId | undefined {
  const rank = (id: DeviceId) => (order.includes(id) ? order.indexOf(id) : order.length);
  const [repairer] = holders
    .filter((id) => isStable(sight.devices.get(id), sight, tunables) && !excused.includes(id))
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return repairer;
}

/** True when this device may be given a copy of a chunk with these holders. */
export function isTarget(
  id: DeviceId,
  holders: readonly DeviceId[],
  sight: NetworkSight,
  tunables: RepairTunables,
): boolean {
  const device = sight.devices.get(id);
  if (!device?.takes || device.draining || holders.includes(id)) return false;
  return isStable(device, sight, tunables);
}

export function isStable(
  device: DeviceSight | undefined,
  { nowMs }: Pick<NetworkSight, 'nowMs'>,
  { presenceStableMs }: Pick<RepairTunables, 'presenceStableMs'>,
): boolean {
  const sinceMs = device?.connectedSinceMs ?? null;
  return sinceMs !== null && nowMs - sinceMs >= presenceStableMs;
}

function isAway(device: DeviceSight): boolean {
  return device.connectedSinceMs === null;
}

/** The same choice as in `catch-up.ts`: a connected device among the first that should have it. */
function isCatchUps(
  { holders, order }: ChunkSight,
  { cause }: Urgency,
  { devices }: NetworkSight,
  { copiesWanted }: RepairTunables,
): boolean {
  if (cause !== 'short') return false;
  const wanted = order.filter((id) => devices.get(id)?.takes).slice(0, copiesWanted);
  return wanted.some((id) => !holders.includes(id) && devices.get(id)?.connectedSinceMs !== null);
}
