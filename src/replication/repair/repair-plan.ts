/**
 * Whether a chunk needs another copy, how soon, which device makes it and where it goes. Pure: every
 * device that sees the same decides the same, so that one repairs and the others know that it will.
 *
 * A device that is off still has its copies, so it is waited for: the longer, the more copies are left
 * and the more it is one that sleeps. Of more holders than wanted, those that are off longest are not
 * waited for at all: the chunk was whole without them.
 */
import type { DeviceId } from '../../model/ids.ts';
import type { Tunables } from '../../model/limits.ts';

export type RepairTunables = Pick<
  Tunables,
  'copiesWanted' | 'presenceStableMs' | 'repairOneCopyMs' | 'repairTwoCopiesMs' | 'repairTwoCopiesSleeperMs'
>;

/** A member of the network as seen from here. All times are on one clock that never jumps. */
export interface DeviceSight {
  id: DeviceId;
  alwaysOn: boolean;
  /** It is being emptied: its copies are given away, and count no more. */
  draining: boolean;
  /** It lends space, and does not decline or fail just now. */
  takes: boolean;
  /** null while it is not connected. */
  connectedSinceMs: number | null;
  /** When it was last here for long enough to count. */
  lastSeenMs: number;
}

export interface NetworkSight {
  nowMs: number;
  /** Since when this device looks: what it missed before it does not know. */
  watchingSinceMs: number;
  /** The members, this device among them. */
  devices: ReadonlyMap<DeviceId, DeviceSight>;
}

export interface Urgency {
  /** Copies on connected devices. */
  copies: number;
  /** When the next copy is to be made; not later than now: at once. */
  dueMs: number;
  /** `lost`: holders are off for too long. `short`: too few devices have it, whoever comes back. */
  cause: 'lost' | 'short';
  /** Holders that the copy replaces: off, drained, or no members any more. */
  missing: DeviceId[];
}

export interface ChunkSight {
  /** Every device that is known to have it, connected or not, member or not. */
  holders: readonly DeviceId[];
  /** Devices that may have it, best first. */
  order: readonly DeviceId[];
  /** Holders that said that they cannot give it to anybody. */
  excused?: readonly DeviceId[];
}

export interface RepairPlan extends Urgency {
  repairer: DeviceId;
  target: DeviceId;
  /** Catch-up gives it to a device that should have it anyway: repair keeps off. */
  isCatchUps: boolean;
}

/** @returns undefined when enough copies are there, or are coming back just now */
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
  // After a power cut all come back, but not in the same minute.
  const dueMs = Math.max(Math.min(...dues), sight.watchingSinceMs + repairOneCopyMs);
  return { copies, dueMs, cause: 'lost', missing: missing.map(({ id }) => id) };
}

/**
 * When more than 40 % of three or more members are away, it is more likely this device's own network
 * that failed: nothing is repaired for four times `repairOneCopyMs`, an hour by default.
 * @returns until when; -Infinity when fewer are away
 */
export function heldBackUntilMs(sight: NetworkSight, { repairOneCopyMs }: RepairTunables): number {
  const members = sight.devices.size;
  const away = [...sight.devices.values()].filter(isAway).map(({ lastSeenMs }) => lastSeenMs);
  // Of those that left one after the other, the first with whom it was more than 40 %.
  const sinceMs = away.sort((a, b) => a - b)[Math.floor((members * 2) / 5)];
  if (members < 3 || sinceMs === undefined) return Number.NEGATIVE_INFINITY;
  return Math.max(sinceMs, sight.watchingSinceMs) + 4 * repairOneCopyMs;
}

/** @returns undefined when there is nothing to do, nobody to do it, or nobody to take the copy */
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
    // Catch-up has one device in mind too: the one that is excused.
    isCatchUps: excused.length === 0 && isCatchUps(chunk, urgency, sight, tunables),
  };
}

/** The first connected holder that has no excuse. */
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

/** May this device be given a copy of a chunk with these holders? */
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
