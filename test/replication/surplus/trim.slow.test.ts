import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ChunkStore } from '../../../src/model/contracts/chunk-store.ts';
import type { DeviceId } from '../../../src/model/ids.ts';
import type { DeviceSight, NetworkSight } from '../../../src/replication/repair/repair-plan.ts';
import { keepersFor } from '../../../src/replication/surplus/trim-plan.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { type ClusterOptions, startCluster, type TestCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, save, type TestFile } from '../support/files.ts';
import { deviceNumber } from '../support/fixtures.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const tunables = { inventoryDigestMs: 6 * hourMs, scrubPeriodMs: 1000 * dayMs, auditEveryMs: 1000 * dayMs };
const file = fileOf(...Array.from({ length: 10 }, (_, number) => number));

/** A network with the file on every device; `least` is the fewest copies that any chunk ever had since. */
async function allHaveIt(count: number, options: ClusterOptions = {}, stored = file) {
  const cluster = await startCluster(count, { ...options, tunables: { ...tunables, ...options.tunables } });
  await save(cluster, cluster.devices[0]!, 1, stored);
  for (const { store } of cluster.devices) {
    for (const { id, bytes } of stored.chunks) await store.put(id, bytes);
  }
  const watched = { least: count };
  for (const { store } of cluster.devices) {
    store.onChange(() => {
      watched.least = Math.min(watched.least, ...copies(cluster, stored));
    });
  }
  await cluster.clock.pass(minuteMs);
  return { cluster, watched };
}

function copies(cluster: TestCluster, { chunks }: TestFile = file): number[] {
  return chunks.map(({ id }) => cluster.holdersOf(id).length);
}

function all(count: number): number[] {
  return file.chunks.map(() => count);
}

test('six copies become three after two days, and never fewer', async () => {
  const { cluster, watched } = await allHaveIt(6);
  await cluster.clock.pass(47 * hourMs);
  assert.deepEqual(copies(cluster), all(6));
  await cluster.clock.pass(4 * hourMs);
  assert.deepEqual(copies(cluster), all(3));
  assert.equal(watched.least, 3);
  await cluster.clock.pass(3 * dayMs);
  assert.deepEqual(copies(cluster), all(3));
  await cluster.end();
});

test('three copies stay, whatever each device believes about the order, and with all asking at once', async () => {
  let given = 0;
  for (let run = 0; run < 6; run++) {
    const stored = fileOf(run);
    const { cluster, watched } = await allHaveIt(6, { network: { random: seededRandom(run) } }, stored);
    // Each takes itself for the one to give up its copy: a different order everywhere.
    for (const device of cluster.devices) confuse(device, cluster);
    cluster.network.setLatency(500, 4000);
    await cluster.clock.pass(3 * dayMs);
    assert.ok(watched.least >= 3, `${watched.least} copies in run ${run}`);
    given += copies(cluster, stored).filter((count) => count < 6).length;
    await cluster.end();
  }
  assert.ok(given > 0, 'some were given up');
});

/** The device sees members with other capacities than the others do: its order ends with itself. */
function confuse(device: TestDevice, cluster: TestCluster): void {
  cluster.seenBy.set(device.id, (members) =>
    members.map((one) => (one.id === device.id ? { ...one, capacityBytes: 2 ** 20 } : one)),
  );
  cluster.membersChanged();
}

test('a chunk whose keepers cannot read it is kept', async () => {
  const { cluster } = await allHaveIt(4);
  const { id } = file.chunks[0]!;
  const sound = cluster.devices.filter(({ store }) => store.has(id));
  for (const { store } of sound.slice(0, 2)) store.rot(id);
  await cluster.clock.pass(4 * dayMs);
  const left = cluster.devices.filter(({ store }) => {
    const bytes = store.chunks.get(id);
    return bytes !== undefined && Buffer.compare(bytes, file.chunks[0]!.bytes) === 0;
  });
  assert.ok(left.length >= 2, 'no sound copy was given up for a rotten one');
  await cluster.end();
});

test('no copy is given up while many devices are away, or the catalog is incomplete', async () => {
  const { cluster } = await allHaveIt(6);
  cluster.catalogComplete = false;
  await cluster.clock.pass(3 * dayMs);
  assert.deepEqual(copies(cluster), all(6));
  for (const device of cluster.devices.slice(3)) await cluster.stop(device);
  cluster.catalogComplete = true;
  await cluster.clock.pass(30 * minuteMs);
  assert.deepEqual(copies(cluster), all(6));
  await cluster.end();
});

test('a device that promised to keep a chunk keeps it for a day, also after a restart', async () => {
  const { cluster, watched } = await allHaveIt(5);
  const [first] = cluster.devices;
  assert.ok(first);
  const { id } = file.chunks[0]!;
  // A stranger to the order asks everybody: all have promised, and nobody may go.
  const ask = (to: DeviceId) =>
    cluster.clock.until(first.transport.call(to, 'chunk/hold', Buffer.from(id, 'hex'), { lane: 'bulk' }));
  await cluster.clock.pass(47 * hourMs);
  for (const device of cluster.devices.slice(1)) assert.deepEqual([...(await ask(device.id))], [1]);
  for (const device of cluster.devices.slice(1)) await cluster.restart(device);
  await cluster.clock.pass(20 * hourMs);
  assert.ok(cluster.devices.slice(1).every(({ store }) => store.has(id)));
  await cluster.clock.pass(2 * dayMs);
  assert.deepEqual(copies(cluster), all(3));
  assert.equal(watched.least, 3);
  await cluster.end();
});

test('a device promises nothing that it has in a file which somebody may edit', async () => {
  const { cluster } = await allHaveIt(4);
  const [first, second] = cluster.devices as [TestDevice, TestDevice];
  const { id } = file.chunks[0]!;
  const ask = () =>
    cluster.clock.until(
      first.transport.call(second.id, 'chunk/hold', Buffer.from(id, 'hex'), { lane: 'bulk' }),
    );
  const store: ChunkStore = second.store;
  store.isEditable = (one) => one === id;
  assert.deepEqual([...(await ask())], [0]);
  store.isEditable = () => false;
  assert.deepEqual([...(await ask())], [1]);
  await cluster.end();
});

test('a draining device promises nothing', async () => {
  const { cluster } = await allHaveIt(4);
  const [first, second] = cluster.devices;
  assert.ok(first && second);
  cluster.changeMember(1, { state: 'draining' });
  const { id } = file.chunks[0]!;
  const answer = first.transport.call(second.id, 'chunk/hold', Buffer.from(id, 'hex'), { lane: 'bulk' });
  assert.deepEqual([...(await cluster.clock.until(answer))], [0]);
  await cluster.clock.pass(4 * dayMs);
  assert.deepEqual(
    file.chunks.map(
      (chunk) =>
        cluster.devices.filter(({ id: one, store }) => one !== second.id && store.has(chunk.id)).length,
    ),
    all(3),
  );
  await cluster.end();
});

test('one copy of each place is kept where copies are in two places', async () => {
  const members = [
    { place: 'home' },
    { place: 'home' },
    { place: 'home' },
    { place: 'home' },
    { place: 'cabin' },
  ];
  const { cluster } = await allHaveIt(5, { members });
  await cluster.clock.pass(4 * dayMs);
  const cabin = cluster.devices[4]!;
  assert.deepEqual(copies(cluster), all(3));
  assert.ok(file.chunks.every(({ id }) => cabin.store.has(id)));
  assert.deepEqual((await cabin.replication.health()).offSite, { places: 2, onePlaceChunks: 0 });
  await cluster.stop(cabin);
  cluster.removeMember(cabin.id);
  cluster.changeMember(3, { place: 'cabin' });
  await cluster.clock.pass(minuteMs);
  const { offSite } = await cluster.devices[0]!.replication.health();
  assert.equal(
    offSite.onePlaceChunks,
    file.chunks.filter(({ id }) => !cluster.devices[3]!.store.has(id)).length,
  );
  await cluster.end();
});

const ids = Array.from({ length: 6 }, (_, number) => deviceNumber(number));

test('a device that gives up its copy leaves as many better ones as wanted, all connected', () => {
  const sightOf = fc.array(fc.record({ here: fc.boolean(), draining: fc.boolean() }), {
    minLength: 6,
    maxLength: 6,
  });
  fc.assert(
    fc.property(
      sightOf,
      fc.shuffledSubarray(ids),
      fc.integer({ min: 1, max: 4 }),
      (facts, keepOrder, wanted) => {
        const nowMs = 1e9;
        const devices = new Map(
          ids.map((id, at): [DeviceId, DeviceSight] => {
            const { here, draining } = facts[at]!;
            const sight = { id, alwaysOn: true, draining, takes: true, lastSeenMs: 0 };
            return [id, { ...sight, connectedSinceMs: here ? 0 : null }];
          }),
        );
        const sight: NetworkSight = { nowMs, watchingSinceMs: 0, devices };
        const limits = { copiesWanted: wanted, presenceStableMs: 1000 };
        const givers = keepOrder.filter((self) => keepersFor({ self, keepOrder }, sight, limits));
        for (const self of givers) {
          const keepers = keepersFor({ self, keepOrder }, sight, limits) ?? [];
          assert.ok(keepers.length >= wanted && !keepers.includes(self));
          for (const id of keepers) {
            const device = devices.get(id)!;
            assert.ok(!device.draining && device.connectedSinceMs !== null);
            assert.ok(keepOrder.indexOf(id) < keepOrder.indexOf(self));
          }
        }
        const best = keepOrder.filter((id) => !devices.get(id)!.draining).slice(0, wanted);
        assert.ok(
          best.every((id) => !givers.includes(id)),
          'the best never give up theirs',
        );
      },
    ),
  );
});

test('no copy is given up for a promise of a device that lacks the chunk', async () => {
  const { cluster } = await allHaveIt(4);
  const liars = cluster.devices.slice(0, 3);
  // They say yes to everything, and have none of the bytes.
  for (const { store } of liars) store.get = async () => new Uint8Array(200);
  const honest = cluster.devices[3]!;
  await cluster.clock.pass(5 * dayMs);
  assert.ok(file.chunks.every(({ id }) => honest.store.has(id)));
  await cluster.end();
});
