import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareOrder } from '../../../src/catalog/records/merge.ts';
import {
  compareRoots,
  type Location,
  type Locations,
  type Place,
  placeOf,
} from '../../../src/catalog/tree/tree.ts';
import { deviceId, type EntryId, entryId, revision, type UserId, userId } from '../../../src/model/ids.ts';

const hex64 = (number: number) => number.toString(16).padStart(64, '0');
const id = (number: number) => entryId(number.toString(16).padStart(32, '0'));
const alice = userId(hex64(1));
const bob = userId(hex64(2));

function location(number: number, change: Partial<Location> = {}): Location {
  return {
    id: id(number),
    owner: alice,
    kind: 'folder',
    parent: id(0),
    fallback: id(0),
    createdAt: number,
    hlc: number + 1,
    device: deviceId(hex64(1)),
    revision: revision(hex64(number + 1)),
    ...change,
  };
}

const root = location(0, { parent: null, fallback: null });

function tree(...locations: Location[]): Locations {
  const byId = new Map(locations.map((one) => [one.id, one]));
  return {
    find: (one) => byId.get(one),
    rootOf: (owner: UserId) =>
      [...byId.values()].filter((one) => one.parent === null && one.owner === owner).sort(compareRoots)[0]
        ?.id,
  };
}

function shown(place: Place | undefined): string {
  return place
    ? `${place.rung} ${place.parent === null ? '' : Number.parseInt(place.parent, 16)}`.trim()
    : 'nowhere';
}

/** The rule as it is written, on the whole tree at once, breaking cycles in an order of `pick`'s choice. */
function allPlaces(locations: readonly Location[], pick: (count: number) => number): Map<EntryId, string> {
  const all = tree(...locations);
  const ladders = new Map<EntryId, string[]>();
  for (const one of locations) {
    const counts = (folder: EntryId | null) => {
      const found = folder === null || folder === one.id ? undefined : all.find(folder);
      return found?.kind === 'folder' && found.owner === one.owner;
    };
    const ladder: string[] = [];
    if (one.parent === null && all.rootOf(one.owner) === one.id) ladder.push('root');
    if (counts(one.parent)) ladder.push(`parent ${one.parent}`);
    if (counts(one.fallback) && one.fallback !== one.parent) ladder.push(`fallback ${one.fallback}`);
    ladders.set(one.id, [...ladder, 'recovered']);
  }
  const rungOf = (one: EntryId) => ladders.get(one)?.[0] ?? '';
  const next = (one: EntryId) => (rungOf(one).split(' ')[1] ?? null) as EntryId | null;
  for (;;) {
    const cycles: EntryId[][] = [];
    const seen = new Set<EntryId>();
    for (const { id: start } of locations) {
      const path: EntryId[] = [];
      let at: EntryId | null = start;
      while (at !== null && !seen.has(at)) {
        seen.add(at);
        path.push(at);
        at = next(at);
      }
      if (at !== null && path.includes(at)) cycles.push(path.slice(path.indexOf(at)));
    }
    const cycle = cycles[pick(cycles.length)];
    if (!cycle) {
      const places = locations.map(({ id: one }) => {
        const [rung = '', parent] = rungOf(one).split(' ');
        return [one, parent ? `${rung} ${Number.parseInt(parent, 16)}` : rung] as const;
      });
      return new Map(places);
    }
    const members = cycle.flatMap((one) => all.find(one) ?? []);
    const weakest = members.sort(compareOrder)[0];
    if (weakest) ladders.get(weakest.id)?.shift();
  }
}

const trees = fc
  .array(
    fc.record({
      owner: fc.constantFrom(alice, alice, alice, bob),
      kind: fc.constantFrom('folder' as const, 'folder' as const, 'folder' as const, 'file' as const),
      parent: fc.option(fc.nat({ max: 12 }), { freq: 12 }),
      fallback: fc.option(fc.nat({ max: 12 }), { freq: 4 }),
      hlc: fc.integer({ min: 1, max: 4 }),
      present: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((shapes) =>
    shapes.flatMap(({ owner, kind, parent, fallback, hlc, present }, number) => {
      const place = {
        parent: parent === null ? null : id(parent),
        fallback: fallback === null ? null : id(fallback),
      };
      return present || number < 4 ? [location(number, { owner, kind, hlc, ...place })] : [];
    }),
  );

describe('places in the tree', () => {
  it('puts an entry into its parent', () => {
    const locations = tree(root, location(1), location(2, { parent: id(1) }));
    assert.equal(shown(placeOf(id(2), locations)), 'parent 1');
    assert.equal(shown(placeOf(id(0), locations)), 'root');
    assert.equal(shown(placeOf(id(9), locations)), 'nowhere');
  });

  it('uses the fallback of an orphan, and the root when that is gone too', () => {
    const orphan = location(3, { parent: id(8), fallback: id(1) });
    assert.equal(shown(placeOf(id(3), tree(root, location(1), orphan))), 'fallback 1');
    assert.equal(shown(placeOf(id(3), tree(root, orphan))), 'recovered');
  });

  it('breaks a cycle at the entry with the lowest clock', () => {
    const locations = tree(
      root,
      location(1, { parent: id(2), hlc: 7 }),
      location(2, { parent: id(1), hlc: 5 }),
    );
    assert.equal(shown(placeOf(id(2), locations)), 'fallback 0');
    assert.equal(shown(placeOf(id(1), locations)), 'parent 2');
  });

  it('breaks the cycle that a fallback closes too', () => {
    const locations = tree(
      root,
      location(1, { parent: id(2), fallback: id(3), hlc: 1 }),
      location(2, { parent: id(1), hlc: 5 }),
      location(3, { parent: id(1), hlc: 6 }),
    );
    assert.equal(shown(placeOf(id(1), locations)), 'recovered');
    assert.equal(shown(placeOf(id(3), locations)), 'parent 1');
  });

  it('takes no file and no folder of another user for a parent', () => {
    const theirs = location(1, { owner: bob });
    const file = location(2, { kind: 'file' });
    const locations = tree(
      root,
      theirs,
      file,
      location(3, { parent: id(1) }),
      location(4, { parent: id(2) }),
    );
    assert.equal(shown(placeOf(id(3), locations)), 'fallback 0');
    assert.equal(shown(placeOf(id(4), locations)), 'fallback 0');
  });

  it('shows a second parentless entry in the root of the drive, which is the oldest', () => {
    const second = location(5, { parent: null, fallback: null });
    assert.equal(shown(placeOf(id(5), tree(root, second))), 'recovered');
    assert.equal(shown(placeOf(id(0), tree(root, second))), 'root');
  });

  it('finds for one entry what the whole tree gives, in whatever order cycles are broken', () => {
    fc.assert(
      fc.property(trees, fc.infiniteStream(fc.nat()), (locations, choices) => {
        const expected = allPlaces(locations, () => 0);
        const random = allPlaces(locations, (count) =>
          count === 0 ? 0 : (choices.next().value ?? 0) % count,
        );
        assert.deepEqual(random, expected);
        const alone = locations.map((one) => [one.id, shown(placeOf(one.id, tree(...locations)))] as const);
        assert.deepEqual(new Map(alone), expected);
        const settled = new Map<EntryId, Place>();
        for (const one of locations) placeOf(one.id, tree(...locations), settled);
        assert.deepEqual(
          new Map([...settled].map(([one, place]) => [one, shown(place)] as const)).size,
          expected.size,
        );
        for (const [one, place] of settled) assert.equal(shown(place), expected.get(one));
      }),
      { numRuns: 500 },
    );
  });

  it('leads from every entry to a root', () => {
    fc.assert(
      fc.property(trees, (locations) => {
        const all = tree(...locations);
        for (const { id: start } of locations) {
          let at: EntryId | null = start;
          for (let steps = 0; at !== null; steps += 1) {
            assert.ok(steps <= locations.length, 'a cycle is left');
            at = placeOf(at, all)?.parent ?? null;
          }
        }
      }),
    );
  });

  it('gives the same places whatever order the entries are asked for in', () => {
    fc.assert(
      fc.property(trees, fc.infiniteStream(fc.nat()), (locations, choices) => {
        const shuffled = [...locations].sort(() => ((choices.next().value ?? 0) % 2 === 0 ? -1 : 1));
        const [one, other] = [new Map<EntryId, Place>(), new Map<EntryId, Place>()];
        for (const { id: at } of locations) placeOf(at, tree(...locations), one);
        for (const { id: at } of shuffled) placeOf(at, tree(...shuffled), other);
        for (const [at, place] of one) {
          assert.equal(shown(other.get(at)), shown(place));
          assert.deepEqual([...(other.get(at)?.dependsOn ?? [])].sort(), [...place.dependsOn].sort());
        }
      }),
    );
  });
});
