import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MemberDevice } from '../../../src/model/contracts/replication.ts';
import { type DeviceId, toHex } from '../../../src/model/ids.ts';
import { Placement, rank, wantedHolders, weightOf } from '../../../src/replication/placement/placement.ts';
import { chunkNumber, deviceNumber, member } from '../support/fixtures.ts';

const GiB = 2 ** 30;

const someMembers = fc
  .uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 9 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers.map((number) =>
        fc
          .record({
            capacityBytes: fc.integer({ min: 1, max: 4000 }).map((n) => n * GiB),
            class: fc.constantFrom<MemberDevice['class']>('always-on', 'sleeper'),
            place: fc.constantFrom('', 'home', 'parents', 'office'),
          })
          .map((facts) => member(number, facts)),
      ),
    ),
  );
const someChunk = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => toHex(bytes));

function chunks(count: number) {
  return Array.from({ length: count }, (_, number) => chunkNumber(number));
}

/** Copies that `after` has and `before` has not, as a share of all copies. */
function moved(before: readonly MemberDevice[], after: readonly MemberDevice[], count: number): number {
  const [was, is] = [new Placement(before), new Placement(after)];
  let fresh = 0;
  let total = 0;
  for (const chunk of chunks(count)) {
    const old = new Set<DeviceId>(was.wanted(chunk, 3));
    const now = is.wanted(chunk, 3);
    total += now.length;
    fresh += now.filter((id) => !old.has(id)).length;
  }
  return fresh / total;
}

test('the order of the member list makes no difference to the placement', () => {
  fc.assert(
    fc.property(someMembers, someChunk, fc.integer({ min: 1, max: 5 }), (members, hex, copies) => {
      const chunk = chunkNumber(hex);
      const backwards = [...members].reverse();
      assert.deepEqual(rank(chunk, backwards), rank(chunk, members));
      assert.deepEqual(wantedHolders(chunk, backwards, copies), wantedHolders(chunk, members, copies));
    }),
  );
});

test('wanted devices are distinct, as many as there can be, and one of them is always on', () => {
  fc.assert(
    fc.property(someMembers, someChunk, fc.integer({ min: 1, max: 5 }), (members, hex, copies) => {
      const chunk = chunkNumber(hex);
      const placement = new Placement(members);
      const wanted = placement.wanted(chunk, copies);
      assert.equal(new Set(wanted).size, Math.min(copies, members.length));
      const alwaysOn = (id: DeviceId) => members.find((m) => m.id === id)?.class === 'always-on';
      assert.equal(
        wanted.some(alwaysOn),
        members.some(({ id }) => alwaysOn(id)),
      );
      const order = placement.order(chunk, copies);
      assert.deepEqual(order.slice(0, wanted.length), wanted);
      assert.deepEqual([...order].sort(), [...rank(chunk, members)].sort());
    }),
  );
});

test('copies go to as many named places as there are before two share one', () => {
  const members = [
    member(1, { place: 'home', capacityBytes: 4000 * GiB }),
    member(2, { place: 'home', capacityBytes: 4000 * GiB }),
    member(3, { place: 'parents', capacityBytes: 10 * GiB }),
  ];
  for (const chunk of chunks(50)) {
    assert.ok(wantedHolders(chunk, members, 2).includes(deviceNumber(3)));
  }
});

test('a draining device and one that lends nothing are given nothing', () => {
  const members = [member(1, { state: 'draining' }), member(2, { capacityBytes: 0 }), member(3)];
  for (const chunk of chunks(20)) assert.deepEqual(rank(chunk, members), [deviceNumber(3)]);
});

test('devices get chunks in proportion to what they lend', () => {
  const members = [100, 200, 400, 800].map((size, number) => member(number, { capacityBytes: size * GiB }));
  const placement = new Placement(members);
  const counts = new Map<DeviceId, number>();
  const total = 20_000;
  for (const chunk of chunks(total)) {
    const [first] = placement.wanted(chunk, 1);
    if (first) counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  const weights = members.reduce((sum, m) => sum + weightOf(m), 0);
  for (const m of members) {
    const fair = (weightOf(m) / weights) * total;
    const got = counts.get(m.id) ?? 0;
    assert.ok(Math.abs(got - fair) < 0.08 * fair + 40, `${got} of ${fair}`);
  }
});

test('a device that joins takes its share and nothing else moves', () => {
  const six = Array.from({ length: 6 }, (_, number) => member(number));
  const seven = [...six, member(6)];
  const share = moved(six, seven, 5000);
  assert.ok(share <= 1.2 / 7, `moved ${share}`);
  assert.ok(share > 0.8 / 7, `moved ${share}`);
  const newcomer = deviceNumber(6);
  const [was, is] = [new Placement(six), new Placement(seven)];
  for (const chunk of chunks(500)) {
    const old = was.wanted(chunk, 3);
    const fresh = is.wanted(chunk, 3).filter((id) => !old.includes(id));
    assert.ok(fresh.length === 0 || (fresh.length === 1 && fresh[0] === newcomer));
  }
});

test('a device that leaves moves only the copies it had', () => {
  const six = Array.from({ length: 6 }, (_, number) => member(number));
  const five = six.slice(0, 5);
  assert.ok(moved(six, five, 5000) <= 1.2 / 6);
});

test('a disk that grows by less than a step moves nothing', () => {
  const capacityBytes = weightOf(member(0, { capacityBytes: 500 * GiB })) + 1;
  const before = Array.from({ length: 5 }, (_, number) => member(number, { capacityBytes }));
  const after = before.map((m, at) => (at === 0 ? { ...m, capacityBytes: capacityBytes * 1.05 } : m));
  assert.equal(moved(before, after, 1000), 0);
});
