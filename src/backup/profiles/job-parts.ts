/** What every run of a profile is given: a backup, a sync, a look at an adopted folder. */
import type { Clock } from '../../model/clock.ts';
import type { Drive } from '../../model/contracts/drive.ts';
import type { Target } from '../snapshots/target.ts';
import type { ScanWatcher } from '../source/scanner.ts';
import type { KnownFiles } from './known-files.ts';
import type { Profile } from './profile.ts';
import { packedEntry, RowTable } from './row-table.ts';
import type { Counts } from './run-outcome.ts';

export interface JobParts {
  profile: Profile;
  /** What the token of the profile opens. */
  drive: Drive;
  known: KnownFiles;
  clock: Clock;
  /** A file must have been left alone for so long before it is read. */
  settleMs: number;
  /** Folders that are never read: the home of this device, and what it lends. */
  never: readonly string[];
  watcher: ScanWatcher | undefined;
  dryRun: boolean;
  signal: AbortSignal;
  onProgress(counts: Counts): void;
}

/**
 * What is known from earlier runs.
 * @param checked leaves out files that are no longer below the target
 */
export async function knownRows(known: KnownFiles, target: Target, checked: boolean): Promise<RowTable> {
  const rows = await RowTable.from(known.rows());
  if (!checked || rows.length === 0) return rows;
  const there = new Set<string>();
  for await (const { id } of target.below()) there.add(packedEntry(id));
  rows.dropOthers(there);
  return rows;
}
