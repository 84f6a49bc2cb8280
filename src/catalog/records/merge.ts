/**
 * Merges the records of one register into one answer. Pure.
 *
 * A register is the set of its records that were ever seen. A record that another one names as its
 * base is superseded, whatever the clocks say; the others are the heads. More than one head means
 * concurrent writers: the highest (hlc, device, revision) wins, deletes included. This is a total
 * order, so every device that has the same records has the same winner.
 *
 * Superseded records take part in the decision, because they name bases too. They are kept until every device
 * has them: see `compaction.ts`.
 */
import type { DeviceId, Revision } from '../../model/ids.ts';
import type { Hlc } from '../../model/records.ts';

/** What the order of two concurrent records depends on. */
export interface Ordered {
  readonly hlc: Hlc;
  readonly device: DeviceId;
  readonly revision: Revision;
}

export interface Mergeable extends Ordered {
  readonly base: readonly Revision[];
}

/** Negative when `left` loses to `right`; zero only for the same revision. */
export function compareOrder(left: Ordered, right: Ordered): number {
  if (left.hlc !== right.hlc) return left.hlc - right.hlc;
  if (left.device !== right.device) return left.device < right.device ? -1 : 1;
  if (left.revision !== right.revision) return left.revision < right.revision ? -1 : 1;
  return 0;
}

/** The records that none of the others replaces, winner first. */
export function headsOf<Item extends Mergeable>(records: readonly Item[]): Item[] {
  const [only] = records;
  if (only && records.length === 1) return [only];
  const superseded = new Set<Revision>();
  for (const { base } of records) for (const one of base) superseded.add(one);
  return records.filter(({ revision }) => !superseded.has(revision)).sort((a, b) => compareOrder(b, a));
}

/** The records of two registers, each once. */
export function mergeRegisters<Item extends Mergeable>(
  left: readonly Item[],
  right: readonly Item[],
): Item[] {
  const merged = new Map<Revision, Item>();
  for (const record of [...left, ...right]) merged.set(record.revision, record);
  return [...merged.values()].sort(compareOrder);
}
