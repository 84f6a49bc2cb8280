import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { currentOf, historyOf, type VersionLink } from '../../../src/catalog/registers/conflicts.ts';
import { deviceId, revision } from '../../../src/model/ids.ts';
import { versionOf } from '../world.ts';

const hex64 = (number: number) => number.toString(16).padStart(64, '0');

/** A version by its number; a negative number is a deleted one. */
function version(number: number, ...replaces: number[]): VersionLink {
  const positive = Math.abs(number);
  return {
    id: versionOf(positive),
    replaces: replaces.map(versionOf),
    live: number > 0,
    hlc: positive,
    device: deviceId(hex64(1)),
    revision: revision(hex64(positive)),
  };
}

const numbers = (links: readonly VersionLink[]) => links.map(({ hlc }) => hlc);
const current = (...links: VersionLink[]) => numbers(currentOf(links));

/** Versions 1 to n, each replacing some earlier ones, some deleted. */
const graphs = fc
  .array(fc.record({ live: fc.boolean(), replaces: fc.array(fc.nat(), { maxLength: 3 }) }), { maxLength: 12 })
  .map((shapes) =>
    shapes.map(({ live, replaces }, index) => {
      const earlier = index === 0 ? [] : [...new Set(replaces.map((one) => (one % index) + 1))];
      return version(live ? index + 1 : -(index + 1), ...earlier);
    }),
  );

describe('current versions', () => {
  it('are those that nothing replaces, the latest first', () => {
    assert.deepEqual(current(version(1), version(2, 1)), [2]);
    assert.deepEqual(current(version(1), version(2, 1), version(3, 1)), [3, 2]);
    assert.deepEqual(current(version(1), version(2, 1), version(3, 1), version(4, 2, 3)), [4]);
    assert.deepEqual(current(), []);
  });

  it('do not come back when the history between them is thinned', () => {
    assert.deepEqual(current(version(1), version(-2, 1), version(3, 2)), [3]);
    assert.deepEqual(current(version(1), version(-2, 1), version(-3, 2), version(4, 3)), [4]);
  });

  it('fall back to the one before when the newest is deleted', () => {
    assert.deepEqual(current(version(1), version(2, 1), version(-3, 2)), [2]);
    assert.deepEqual(current(version(1), version(-2, 1), version(-3, 2)), [1]);
    assert.deepEqual(current(version(-1), version(-2, 1)), []);
  });

  it('do not fall back to a conflict that was settled', () => {
    assert.deepEqual(current(version(1), version(2, 1), version(3, 1), version(-4, 2, 3)), [3]);
    assert.deepEqual(current(version(1), version(2, 1), version(-3, 1), version(-4, 2, 3)), [2]);
  });

  it('do not fall back to what another line has replaced', () => {
    assert.deepEqual(current(version(1), version(2, 1), version(-3, 1)), [2]);
    assert.deepEqual(current(version(1), version(2, 1), version(-3, 1), version(4, 3)), [4, 2]);
  });

  it('stay two while one line of a conflict loses its newest', () => {
    assert.deepEqual(current(version(1), version(2, 1), version(-3, 2), version(4, 1)), [4, 2]);
  });

  it('never leave out everything, and never show a deleted one or one that another current one replaced', () => {
    fc.assert(
      fc.property(graphs, (links) => {
        const found = currentOf(links);
        assert.equal(
          found.length > 0,
          links.some(({ live }) => live),
        );
        const byId = new Map(links.map((link) => [link.id, link]));
        for (const one of found) {
          assert.ok(one.live);
          const waiting = [...one.replaces];
          for (let id = waiting.pop(); id; id = waiting.pop()) {
            const older = byId.get(id);
            assert.ok(!older || !found.includes(older));
            waiting.push(...(older?.replaces ?? []));
          }
        }
        assert.deepEqual(
          numbers(found),
          [...numbers(found)].sort((a, b) => b - a),
        );
        assert.deepEqual(numbers(currentOf([...links].reverse())), numbers(found));
        assert.deepEqual(
          numbers(historyOf(links)).sort((a, b) => a - b),
          numbers(links.filter(({ live }) => live)),
        );
        assert.equal(historyOf(links)[0], found[0]);
      }),
    );
  });

  it('are at most as many as there are lines', () => {
    fc.assert(
      fc.property(graphs, (links) => {
        const replaced = new Set(links.flatMap(({ replaces }) => replaces));
        const lines = links.filter(({ id }) => !replaced.has(id)).length;
        assert.ok(currentOf(links).length <= lines);
      }),
    );
  });
});
