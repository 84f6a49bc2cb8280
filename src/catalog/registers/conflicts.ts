/**
 * Which versions of a file are current. Pure.
 *
 * A version says which ones it replaces (`replaces`); time does not matter. Two versions that replace the same one
 * are a conflict, and both are shown. The rules for deleted versions:
 *
 * 1. A deleted version is never current, but what it replaced stays replaced while a newer version is
 *    live: thinning the middle of a history brings nothing back.
 * 2. When the newest version of a line was deleted, the line falls back to ONE version: the winner among
 *    its newest live ancestors. So deleting the version that settled a conflict does not bring the
 *    conflict back.
 * 3. A fallback is not current if another current version replaced it, directly or through others.
 *
 * These rules need the record of a deleted version, which is kept with its tombstone.
 */
import type { VersionId } from '../../model/ids.ts';
import { compareOrder, type Ordered } from '../records/merge.ts';

export interface VersionLink extends Ordered {
  readonly id: VersionId;
  readonly replaces: readonly VersionId[];
  /** False for one whose register is a tombstone. */
  readonly live: boolean;
}

/** The current versions among all (live and deleted) of one entry, winner first. */
export function currentOf<Link extends VersionLink>(links: readonly Link[]): Link[] {
  const byId = new Map<VersionId, Link>(links.map((link) => [link.id, link]));
  const replaced = new Set(links.flatMap(({ id, replaces }) => replaces.filter((other) => other !== id)));
  const found = new Set<Link>();
  for (const link of links) {
    if (replaced.has(link.id)) continue;
    const current = link.live ? link : newestLive(link, byId);
    if (current) found.add(current);
  }
  // Versions that replace each other in a circle have no newest one. That is a bug elsewhere, but must hide nothing.
  if (found.size === 0) {
    const newest = links.filter(({ live }) => live).sort((a, b) => compareOrder(b, a))[0];
    return newest ? [newest] : [];
  }
  const old = new Set([...found].flatMap((link) => [...ancestorsOf(link, byId)]));
  const current = [...found].filter((link) => !old.has(link));
  return (current.length > 0 ? current : [...found]).sort((a, b) => compareOrder(b, a));
}

/** Live versions, newest first, led by the current one. */
export function historyOf<Link extends VersionLink>(links: readonly Link[]): Link[] {
  const [current] = currentOf(links);
  const rest = links.filter((link) => link.live && link !== current).sort((a, b) => compareOrder(b, a));
  return current ? [current, ...rest] : rest;
}

/** What takes the place of a deleted version: the winner among its nearest live ancestors. */
function newestLive<Link extends VersionLink>(
  deleted: Link,
  byId: ReadonlyMap<VersionId, Link>,
): Link | undefined {
  const near = [...ancestorsOf(deleted, byId, (link) => link.live)].filter((link) => link.live);
  if (near.length < 2) return near[0];
  const older = new Set(near.flatMap((link) => [...ancestorsOf(link, byId)]));
  const newest = near.filter((link) => !older.has(link));
  return (newest.length > 0 ? newest : near).sort((a, b) => compareOrder(b, a))[0];
}

/**
 * Everything that a version replaces, directly or through others, deleted ones included.
 * @param stopsAt versions that are included, but whose own replacements are not
 */
function ancestorsOf<Link extends VersionLink>(
  from: Link,
  byId: ReadonlyMap<VersionId, Link>,
  stopsAt: (link: Link) => boolean = () => false,
): Set<Link> {
  const found = new Set<Link>();
  const waiting = [...from.replaces];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    const link = byId.get(id);
    if (!link || link === from || found.has(link)) continue;
    found.add(link);
    if (!stopsAt(link)) waiting.push(...link.replaces);
  }
  return found;
}
