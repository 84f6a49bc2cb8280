/**
 * Which versions of a file are kept: every one for an hour, then the newest of each hour for a day, of each
 * day for 30 days, and of each week after that. Pure.
 *
 * A version goes only because a newer one in the same hour, day or week stays. Hours lie in days and days in
 * weeks, so it makes no difference how often, or on how many devices, a history is thinned.
 */
import type { VersionId } from '../../model/ids.ts';

export interface KeptVersion {
  readonly id: VersionId;
  /** When it was written, Unix ms: says in which hour, day and week it lies. */
  readonly writtenAtMs: number;
  /** Its hybrid clock: finer, and never equal on one device. */
  readonly order: number;
  /** For how long it surely has been there. */
  readonly ageMs: number;
  /** It has a name, or is current: it goes in no case. */
  readonly stays: boolean;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;

/** From that age on, one version of each such span is kept. */
const spans: readonly { fromAgeMs: number; spanMs: number }[] = [
  { fromAgeMs: 30 * dayMs, spanMs: weekMs },
  { fromAgeMs: dayMs, spanMs: dayMs },
  { fromAgeMs: hourMs, spanMs: hourMs },
];

/** @returns the versions that may go */
export function superfluousVersions(versions: readonly KeptVersion[]): VersionId[] {
  return versions.filter((version) => mayGo(version, versions)).map(({ id }) => id);
}

function mayGo(version: KeptVersion, versions: readonly KeptVersion[]): boolean {
  if (version.stays) return false;
  const span = spans.find(({ fromAgeMs }) => version.ageMs >= fromAgeMs);
  if (!span) return false;
  const number = Math.floor(version.writtenAtMs / span.spanMs);
  return versions.some(
    (other) => Math.floor(other.writtenAtMs / span.spanMs) === number && isNewer(other, version),
  );
}

function isNewer(left: KeptVersion, right: KeptVersion): boolean {
  if (left.order !== right.order) return left.order > right.order;
  return left.id > right.id;
}
