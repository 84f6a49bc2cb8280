import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DeviceId } from '../../../src/model/ids.ts';
import { Placement } from '../../../src/replication/placement/placement.ts';
import {
  movesOf,
  placeAlike,
  placedDevices,
  placementOf,
} from '../../../src/replication/placement/rebalance-plan.ts';
import { startCluster, type TestCluster } from '../support/cluster.ts';
import { fileOf, save, type TestFile } from '../support/files.ts';
import { chunkNumber, deviceNumber, member } from '../support/fixtures.ts';

const GiB = 2 ** 30;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const tunables = { inventoryDigestMs: 6 * hourMs, scrubPeriodMs: 1000 * dayMs, auditEveryMs: 1000 * dayMs };

const membersOf = fc
  .array(fc.integer({ min: 1, max: 4000 }), { minLength: 3, maxLength: 8 })
  .map((sizes) => sizes.map((size, number) => member(number, { capacityBytes: size * GiB })));

test('a device that joins is brought its share, and nobody else is brought anything', () => {
  fc.assert(
    fc.property(membersOf, fc.integer({ min: 1, max: 4000 }), (members, size) => {
      const joined = member(50, { capacityBytes: size * GiB });
      const [before, now] = [new Placement(members), new Placement([...members, joined])];
      for (let number = 0; number < 60; number++) {
        const chunk = chunkNumber(number);
        const holders = before.wanted(chunk, 3);
        const moves = movesOf(chunk, before, now, { holders, copies: 3 });
        assert.deepEqual(moves, now.wanted(chunk, 3).includes(joined.id) ? [joined.id] : []);
      }
    }),
    { numRuns: 40 },
  );
});

test('nothing moves where the members did not change, wherever the copies are', () => {
  fc.assert(
    fc.property(membersOf, fc.uniqueArray(fc.integer({ min: 0, max: 7 })), (members, numbers) => {
      const holders = numbers.map(deviceNumber);
      const [before, now] = [placementOf(placedDevices(members)), new Placement(members)];
      for (let number = 0; number < 20; number++) {
        assert.deepEqual(movesOf(chunkNumber(number), before, now, { holders, copies: 3 }), []);
      }
      const drained = [...members.slice(1), { ...members[0]!, state: 'draining' as const }];
      assert.equal(placeAlike(placedDevices(members), placedDevices(members.toReversed())), true);
      assert.equal(placeAlike(placedDevices(members), placedDevices(drained)), false);
    }),
    { numRuns: 60 },
  );
});

function pushedBytes(cluster: TestCluster): number {
  const sent = cluster.devices.flatMap((device) => device.sent);
  return sent.filter(({ method }) => method === 'chunk/put').reduce((sum, { bytes }) => sum + bytes, 0);
}

function holding({ chunks }: TestFile, cluster: TestCluster, device: DeviceId): number {
  return chunks.filter(({ id }) => cluster.holdersOf(id).includes(device)).length;
}

test('a device that joins gets what it should hold and no more, then surplus copies go', async () => {
  const file = fileOf(...Array.from({ length: 60 }, (_, number) => number));
  const cluster = await startCluster(5, { tunables });
  const joined = cluster.devices[4]!;
  await cluster.stop(joined);
  cluster.removeMember(joined.id);
  await save(cluster, cluster.devices[0]!, 1, file);
  await cluster.clock.pass(10 * minuteMs);
  const before = pushedBytes(cluster);
  cluster.addMember(member(4));
  await cluster.restart(joined);
  await cluster.clock.pass(hourMs);
  const placement = new Placement([0, 1, 2, 3, 4].map((number) => member(number)));
  const wanted = file.chunks.filter(({ id }) => placement.wanted(id, 3).includes(joined.id));
  assert.equal(holding(file, cluster, joined.id), wanted.length);
  const theory = wanted.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const moved = pushedBytes(cluster) - before;
  assert.ok(moved >= theory && moved <= 1.2 * theory + 64 * wanted.length, `${moved} of ${theory} bytes`);
  await cluster.clock.pass(4 * dayMs);
  for (const { id } of file.chunks) assert.equal(cluster.holdersOf(id).length, 3);
  assert.equal(holding(file, cluster, joined.id), wanted.length);
  assert.equal(pushedBytes(cluster) - before, moved, 'nothing goes to and fro');
  await cluster.end();
});

test('a change is not forgotten in a restart, and waits for a device that is off', async () => {
  const file = fileOf(...Array.from({ length: 30 }, (_, number) => number));
  const cluster = await startCluster(4, { tunables });
  await save(cluster, cluster.devices[0]!, 1, file);
  await cluster.clock.pass(10 * minuteMs);
  const grown = cluster.devices[3]!;
  const before = holding(file, cluster, grown.id);
  await cluster.stop(grown);
  cluster.changeMember(3, { capacityBytes: 50_000 * GiB });
  await cluster.clock.pass(10 * minuteMs);
  for (const device of cluster.devices.slice(0, 3)) await cluster.restart(device);
  await cluster.clock.pass(10 * minuteMs);
  assert.equal(holding(file, cluster, grown.id), before);
  await cluster.restart(grown);
  await cluster.clock.pass(hourMs);
  assert.ok(holding(file, cluster, grown.id) > before);
  await cluster.end();
});

test('a device that connects and disconnects moves nothing', async () => {
  const cluster = await startCluster(4, { tunables });
  await save(cluster, cluster.devices[0]!, 1, fileOf(1, 2, 3, 4, 5, 6, 7, 8));
  await cluster.clock.pass(10 * minuteMs);
  const before = pushedBytes(cluster);
  for (const device of cluster.devices) {
    await cluster.stop(device);
    await cluster.clock.pass(30 * minuteMs);
    await cluster.restart(device);
    await cluster.clock.pass(2 * hourMs);
  }
  assert.equal(pushedBytes(cluster), before);
  await cluster.end();
});
