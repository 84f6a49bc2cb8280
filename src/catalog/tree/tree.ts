/**
 * Computes where entries are. Pure: a function of the location registers alone, so devices with the
 * same records show the same tree, whatever the order in which the records arrived.
 *
 * Each entry has a ladder of places: its parent, its fallback, and last the root of its owner's
 * drive ("Recovered": nothing disappears). A place counts if it is a live folder of the same owner.
 * An entry stands on the first rung that counts. If that makes a cycle, the entry of the cycle
 * with the lowest (hlc, device, revision) climbs to its next rung, and so on until there is no cycle.
 *
 * The outcome does not depend on which of several cycles is broken first: cycles of a graph with one
 * edge per entry share no entry, and a cycle remains until its own weakest entry climbs. For the same
 * reason the place of an entry follows from the entries above it alone: `placeOf` walks up and
 * reads nothing else, and the places that it computed on a path to a root are final too.
 */
import { assert } from '../../model/assert.ts';
import type { EntryId, UserId } from '../../model/ids.ts';
import type { EntryBody } from '../../model/records.ts';
import { compareOrder, type Ordered } from '../records/merge.ts';

/** What the tree needs to know of a live entry. */
export interface Location extends Ordered {
  readonly id: EntryId;
  readonly owner: UserId;
  readonly kind: EntryBody['kind'];
  readonly parent: EntryId | null;
  readonly fallback: EntryId | null;
  readonly createdAt: number;
}

/** The registers, as `placeOf` reads them. */
export interface Locations {
  /** Undefined for an entry that is unknown or deleted. */
  find(id: EntryId): Location | undefined;
  /** The root folder of a drive: see `mainRoot`. */
  rootOf(owner: UserId): EntryId | undefined;
}

export interface Place {
  /** `root`: this is the drive's root. `recovered`: shown in the drive's root because no other place counts. */
  readonly rung: 'root' | 'parent' | 'fallback' | 'recovered';
  /** The folder it is in; null for `root` and `recovered`. */
  readonly parent: EntryId | null;
  /** Entries besides itself and `parent` whose change may move it. */
  readonly dependsOn: ReadonlySet<EntryId>;
}

/**
 * Of several parentless entries of one owner, the oldest is the root of the drive; the others are
 * shown in it. Negative when `left` is the root rather than `right`.
 */
export function compareRoots(left: Location, right: Location): number {
  if (left.createdAt !== right.createdAt) return left.createdAt - right.createdAt;
  return left.id < right.id ? -1 : Number(left.id > right.id);
}

/**
 * @param settled places found so far with these same registers; more are added
 * @param onClimb called with every entry that a cycle on the way drove from its rung
 * @returns undefined when there is no such entry
 */
export function placeOf(
  id: EntryId,
  locations: Locations,
  settled: Map<EntryId, Place> = new Map(),
  onClimb?: (id: EntryId) => void,
): Place | undefined {
  const climbs = new Climbs(locations);
  for (;;) {
    const path: EntryId[] = [];
    const indexes = new Map<EntryId, number>();
    let at: EntryId | null = id;
    while (at !== null && !settled.has(at) && !indexes.has(at)) {
      indexes.set(at, path.length);
      path.push(at);
      at = climbs.next(at);
    }
    const start = at === null ? undefined : indexes.get(at);
    if (start === undefined) {
      for (const one of path) {
        const place = climbs.placeOf(one);
        if (place) settled.set(one, place);
      }
      return settled.get(id);
    }
    const weakest = climbs.breakCycle(path.slice(start));
    onClimb?.(weakest);
  }
}

interface Rung {
  readonly rung: Place['rung'];
  readonly parent: EntryId | null;
}

/** How far each entry on the way has climbed. */
class Climbs {
  readonly #locations: Locations;
  readonly #standing = new Map<EntryId, number>();
  readonly #ladders = new Map<EntryId, Rung[]>();
  readonly #rivals = new Map<EntryId, Set<EntryId>>();

  constructor(locations: Locations) {
    this.#locations = locations;
  }

  /** The entry above, or null at the top. */
  next(id: EntryId): EntryId | null {
    return this.#rungOf(id)?.parent ?? null;
  }

  /** Lets the weakest entry of a cycle climb. */
  breakCycle(cycle: readonly EntryId[]): EntryId {
    let weakest: Location | undefined;
    for (const id of cycle) {
      const location = this.#locations.find(id);
      if (location && (!weakest || compareOrder(location, weakest) < 0)) weakest = location;
    }
    assert(weakest, 'a cycle is made of entries that exist');
    const { id: loser } = weakest;
    this.#standing.set(loser, (this.#standing.get(loser) ?? 0) + 1);
    const rivals = this.#rivals.get(loser) ?? new Set();
    for (const id of cycle) if (id !== loser) rivals.add(id);
    this.#rivals.set(loser, rivals);
    return loser;
  }

  placeOf(id: EntryId): Place | undefined {
    const rung = this.#rungOf(id);
    const location = this.#locations.find(id);
    if (!rung || !location) return undefined;
    const dependsOn = new Set(this.#rivals.get(id));
    // Better rungs that do not count now may count later.
    if (rung.rung !== 'root') {
      const better = rung.rung === 'parent' ? [] : [location.parent, location.fallback];
      for (const one of better) if (one !== null && one !== id && one !== rung.parent) dependsOn.add(one);
    }
    return { ...rung, dependsOn };
  }

  #rungOf(id: EntryId): Rung | undefined {
    let ladder = this.#ladders.get(id);
    if (!ladder) {
      ladder = ladderOf(id, this.#locations);
      this.#ladders.set(id, ladder);
    }
    return ladder[this.#standing.get(id) ?? 0];
  }
}

/** The rungs that count, best first; empty for an entry that does not exist. */
function ladderOf(id: EntryId, locations: Locations): Rung[] {
  const location = locations.find(id);
  if (!location) return [];
  const { owner, parent, fallback } = location;
  if (parent === null && locations.rootOf(owner) === id) return [{ rung: 'root', parent: null }];
  const counts = (folder: EntryId | null): folder is EntryId => {
    if (folder === null || folder === id) return false;
    const found = locations.find(folder);
    return found?.kind === 'folder' && found.owner === owner;
  };
  const ladder: Rung[] = [];
  if (counts(parent)) ladder.push({ rung: 'parent', parent });
  if (counts(fallback) && fallback !== parent) ladder.push({ rung: 'fallback', parent: fallback });
  ladder.push({ rung: 'recovered', parent: null });
  return ladder;
}
