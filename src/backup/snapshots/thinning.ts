/**
 * Which snapshots stay: all of the last hour, then the newest of each hour, day, week and month, as many as the
 * profile keeps. Pure.
 */
import type { BackupKeep } from '../../model/backups/backups.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** The first Monday of 1970 was its fifth day. */
const mondayMs = 4 * dayMs;

const spans: readonly { name: keyof BackupKeep; spanOf(atMs: number): number }[] = [
  { name: 'hourly', spanOf: (atMs) => Math.floor(atMs / hourMs) },
  { name: 'daily', spanOf: (atMs) => Math.floor(atMs / dayMs) },
  { name: 'weekly', spanOf: (atMs) => Math.floor((atMs - mondayMs) / (7 * dayMs)) },
  { name: 'monthly', spanOf: (atMs) => new Date(atMs).getUTCFullYear() * 12 + new Date(atMs).getUTCMonth() },
];

/** Of the last hour: a watched folder that changes all the time must not fill the drive with lists. */
const lastHourMax = 60;

/**
 * @param times of snapshots, Unix ms, in any order
 * @returns the times of those that may go; never the newest one
 */
export function superfluousSnapshots(times: readonly number[], keep: BackupKeep, nowMs: number): number[] {
  const newestFirst = [...times].sort((left, right) => right - left);
  const isFresh = (atMs: number, at: number) => at === 0 || (at < lastHourMax && nowMs - atMs < hourMs);
  const stays = new Set<number>(newestFirst.filter(isFresh));
  for (const { name, spanOf } of spans) {
    const seen = new Set<number>();
    for (const atMs of newestFirst) {
      const span = spanOf(atMs);
      if (seen.has(span)) continue;
      if (seen.size >= keep[name]) break;
      seen.add(span);
      stays.add(atMs);
    }
  }
  return newestFirst.filter((atMs) => !stays.has(atMs));
}
