/** Weeks in a network that keeps its copies, checked by an observer who sees all disks at every moment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClusterOptions, startCluster, type TestCluster } from '../replication/support/cluster.ts';
import { fileOf, save, type TestFile } from '../replication/support/files.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const tunables = { inventoryDigestMs: 6 * hourMs, scrubPeriodMs: 1000 * dayMs, auditEveryMs: 1000 * dayMs };
const file = fileOf(...Array.from({ length: 16 }, (_, number) => number));

/** @returns the network, and the lowest number of copies that any chunk had since then */
async function watched(count: number, options: ClusterOptions = {}) {
  const cluster = await startCluster(count, { tunables, ...options });
  await save(cluster, cluster.devices[0]!, 1, file);
  await cluster.clock.pass(5 * minuteMs);
  const seen = { fewest: Math.min(...copies(cluster, file)) };
  for (const { store } of cluster.devices) {
    store.onChange(() => {
      seen.fewest = Math.min(seen.fewest, ...copies(cluster, file));
    });
  }
  return { cluster, seen };
}

function copies(cluster: TestCluster, { chunks }: TestFile): number[] {
  return chunks.map(({ id }) => cluster.holdersOf(id).length);
}

function pushedBytes(cluster: TestCluster): number {
  const sent = cluster.devices.flatMap((device) => device.sent);
  return sent.filter(({ method }) => method === 'chunk/put').reduce((sum, { bytes }) => sum + bytes, 0);
}

test('a laptop that sleeps every night for 30 days costs no byte, and nothing is given up', async () => {
  const members = [{}, {}, {}, { class: 'sleeper' as const }];
  const { cluster, seen } = await watched(4, { members });
  const laptop = cluster.devices[3]!;
  const [bytes, before] = [pushedBytes(cluster), copies(cluster, file)];
  for (let night = 0; night < 30; night++) {
    await cluster.stop(laptop);
    await cluster.clock.pass(10 * hourMs);
    await cluster.restart(laptop);
    await cluster.clock.pass(14 * hourMs);
  }
  assert.equal(pushedBytes(cluster), bytes);
  assert.deepEqual(copies(cluster, file), before);
  assert.equal(seen.fewest, 3);
  await cluster.end();
});

test('a device that is lost for good: three copies again, and no more when it is removed', async () => {
  const { cluster } = await watched(5);
  const lost = cluster.devices[4]!;
  await cluster.stop(lost);
  lost.store.chunks.clear();
  await cluster.clock.pass(6 * hourMs + 10 * minuteMs);
  const whole = file.chunks.map(() => 3);
  assert.deepEqual(copies(cluster, file), whole);
  const bytes = pushedBytes(cluster);
  cluster.removeMember(lost.id);
  await cluster.clock.pass(5 * dayMs);
  assert.deepEqual(copies(cluster, file), whole);
  assert.equal(pushedBytes(cluster), bytes, 'its going moved nothing more');
  await cluster.end();
});

test('a network cut in two halves that both repair: never fewer than three copies, and three when all is over', async () => {
  const { cluster, seen } = await watched(6);
  const halves = [cluster.devices.slice(0, 3), cluster.devices.slice(3)];
  cluster.network.partition(halves.map((half) => half.map(({ id }) => id)));
  await cluster.clock.pass(12 * hourMs);
  for (const { id } of file.chunks) {
    for (const half of halves) {
      const here = half.filter(({ store }) => store.has(id)).length;
      assert.ok(here === 0 || here === 3, `${here} copies in one half`);
    }
  }
  assert.ok(
    copies(cluster, file).some((count) => count > 3),
    'both halves repaired',
  );
  cluster.network.heal();
  await cluster.clock.pass(30 * hourMs);
  assert.ok(
    copies(cluster, file).some((count) => count > 3),
    'what may be needed again is not given up at once',
  );
  await cluster.clock.pass(23 * hourMs);
  assert.deepEqual(
    copies(cluster, file),
    file.chunks.map(() => 3),
  );
  assert.equal(seen.fewest, 3);
  const bytes = pushedBytes(cluster);
  await cluster.clock.pass(5 * dayMs);
  assert.equal(pushedBytes(cluster), bytes, 'nothing goes to and fro');
  assert.equal(seen.fewest, 3);
  await cluster.end();
});
