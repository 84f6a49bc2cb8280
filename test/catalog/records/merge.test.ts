import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareOrder, headsOf, type Mergeable, mergeRegisters } from '../../../src/catalog/records/merge.ts';
import { deviceId, type Revision, revision } from '../../../src/model/ids.ts';

const hex = (number: number) => number.toString(16).padStart(64, '0');

/** A history: each record may replace any earlier ones; clocks and devices are what they like. */
const histories = fc
  .array(
    fc.record({
      hlc: fc.integer({ min: 1, max: 5 }),
      device: fc.integer({ min: 1, max: 3 }),
      base: fc.array(fc.nat(), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((steps) =>
    steps.map(
      ({ hlc, device, base }, index): Mergeable => ({
        hlc,
        device: deviceId(hex(device)),
        revision: revision(hex(index + 1)),
        base: index === 0 ? [] : [...new Set(base.map((one) => revision(hex((one % index) + 1))))],
      }),
    ),
  );

const parts = histories.chain((history) =>
  fc.record({
    history: fc.constant(history),
    a: fc.subarray(history),
    b: fc.subarray(history),
    c: fc.subarray(history),
    shuffled: fc.shuffledSubarray(history, { minLength: history.length, maxLength: history.length }),
  }),
);

const revisions = (records: readonly Mergeable[]) => records.map((record) => record.revision);

describe('merging registers', () => {
  it('does not depend on who merges with whom, in which order, or how often', () => {
    fc.assert(
      fc.property(parts, ({ a, b, c }) => {
        assert.deepEqual(mergeRegisters(a, b), mergeRegisters(b, a));
        assert.deepEqual(mergeRegisters(mergeRegisters(a, b), c), mergeRegisters(a, mergeRegisters(b, c)));
        assert.deepEqual(mergeRegisters(mergeRegisters(a, b), b), mergeRegisters(a, b));
        assert.deepEqual(headsOf(mergeRegisters(a, b)), headsOf(mergeRegisters(b, a)));
      }),
    );
  });

  it('does not depend on the order of arrival', () => {
    fc.assert(
      fc.property(parts, ({ history, shuffled }) => {
        let arrived: Mergeable[] = [];
        for (const record of shuffled) arrived = mergeRegisters(arrived, [record]);
        assert.deepEqual(revisions(headsOf(arrived)), revisions(headsOf(history)));
      }),
    );
  });

  it('lets a successor win over everything that it replaces, however far back, whatever the clocks say', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const [winner] = headsOf(history);
        const replaced = new Set<Revision>();
        const byRevision = new Map(history.map((record) => [record.revision, record]));
        const waiting = history.flatMap(({ base }) => base);
        for (let one = waiting.pop(); one; one = waiting.pop()) {
          if (replaced.has(one)) continue;
          replaced.add(one);
          waiting.push(...(byRevision.get(one)?.base ?? []));
        }
        assert.ok(winner);
        assert.ok(!replaced.has(winner.revision));
        const rivals = history.filter((record) => !replaced.has(record.revision));
        assert.ok(rivals.every((rival) => compareOrder(rival, winner) <= 0));
      }),
    );
  });

  it('orders concurrent records by clock, then device, then revision', () => {
    const at = (hlc: number, device: number, number: number): Mergeable => ({
      hlc,
      device: deviceId(hex(device)),
      revision: revision(hex(number)),
      base: [],
    });
    const sorted = [at(1, 2, 9), at(2, 1, 3), at(2, 1, 4), at(2, 2, 1)];
    assert.deepEqual([...sorted].reverse().sort(compareOrder), sorted);
  });
});
