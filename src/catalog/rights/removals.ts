/** Removals of devices that contradict each other. */
import type { Revision } from '../../model/ids.ts';
import type { GenesisBody } from '../../model/records.ts';
import { compareOrder, headsOf } from '../records/merge.ts';
import {
  type AuthorityRecord,
  type DeviceRecord,
  type Fold,
  foldRecords,
  seniority,
} from './authority-fold.ts';

/**
 * Which removals of devices count. A removal cancels what the removed device wrote after its last
 * sequence number, other removals included, so removals may contradict each other:
 * 1. a removal that no other cancels is in force, and those that it cancels are not;
 * 2. where removals cancel each other in a circle, the more senior wins: the root key's, else that of
 *    the more senior admin, else the one written on the older device, else the earlier one.
 */
export function removalsInForce(genesis: GenesisBody, sorted: readonly AuthorityRecord[]): DeviceRecord[] {
  const barred = new Set<Revision>();
  for (;;) {
    const records = sorted.filter(({ revision }) => !barred.has(revision));
    const inForce: DeviceRecord[] = [];
    for (;;) {
      const fold = foldRecords(genesis, records, cutsOf(inForce));
      const fallen = inForce.find(({ revision }) => !fold.inForce.has(revision));
      if (fallen) {
        barred.add(fallen.revision);
        break;
      }
      const open = [...fold.devices.values()]
        .flat()
        .filter((record) => record.body.state === 'removed' && !inForce.includes(record));
      if (open.length === 0) return inForce;
      const unstruck = open.filter((record) => !open.some((other) => strikesOut(other, record)));
      const candidates = unstruck.length > 0 ? unstruck : open;
      inForce.push(...candidates.sort((a, b) => compareRemovals(genesis, fold, a, b)).slice(0, 1));
    }
  }
}

function strikesOut(removal: DeviceRecord, other: DeviceRecord): boolean {
  return removal !== other && other.device === removal.id && other.seq > lastSeqIn(removal);
}

function compareRemovals(genesis: GenesisBody, fold: Fold, left: DeviceRecord, right: DeviceRecord): number {
  const bySigner = seniority(genesis, fold, left.principal, right.principal);
  if (bySigner !== 0) return bySigner;
  if (left.device !== right.device) {
    if (left.device === genesis.device) return -1;
    if (right.device === genesis.device) return 1;
    const [a, b] = [fold.devices.get(left.device)?.[0], fold.devices.get(right.device)?.[0]];
    if (a && b) return compareOrder(a, b);
  }
  return compareOrder(left, right);
}

export function cutsOf(removals: readonly DeviceRecord[]): Map<string, number> {
  const byDevice = Map.groupBy(removals, ({ id }) => id);
  const cuts = new Map<string, number>();
  for (const [id, records] of byDevice) {
    const [winner] = headsOf(records);
    if (winner) cuts.set(id, lastSeqIn(winner));
  }
  return cuts;
}

/** An admin may remove the device on which they are signed in: that record itself still counts. */
function lastSeqIn(removal: DeviceRecord): number {
  const lastSeq = removal.body.lastSeq ?? 0;
  return removal.device === removal.id ? Math.max(lastSeq, removal.seq) : lastSeq;
}
