import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { type ClusterOptions, startCluster, TestCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, save, type TestFile } from '../support/files.ts';
import { deviceNumber } from '../support/fixtures.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Comparing lists is not what these days are about. */
const tunables = { inventoryDigestMs: 6 * hourMs };
const file = fileOf(...Array.from({ length: 12 }, (_, number) => number));

interface Home {
  cluster: TestCluster;
  devices: [TestDevice, TestDevice, TestDevice, TestDevice];
}

/** Four devices with a file of three copies; the last one has some of it. */
async function fourDevices(options: ClusterOptions = {}): Promise<Home> {
  const cluster = await startCluster(4, { tunables, ...options });
  const [a, b, c, d] = cluster.devices;
  assert.ok(a && b && c && d);
  await save(cluster, a, 1, file);
  await cluster.clock.pass(5 * minuteMs);
  assert.ok(copiesLeft(cluster, file).every((copies) => copies === 3));
  assert.ok(d.store.chunks.size > 0);
  return { cluster, devices: [a, b, c, d] };
}

/** Copies of each chunk on devices that run. */
function copiesLeft(cluster: TestCluster, { chunks }: TestFile): number[] {
  const running = cluster.devices.filter((device) => device.running);
  return chunks.map(({ id }) => running.filter(({ store }) => store.has(id)).length);
}

function pushes(cluster: TestCluster): number {
  return cluster.devices.flatMap(({ sent }) => sent.filter(({ method }) => method === 'chunk/put')).length;
}

test("a lost device's chunks have three copies again after six hours, and not before", async () => {
  const { cluster, devices } = await fourDevices();
  const [, , , lost] = devices;
  const held = lost.store.chunks.size;
  const before = pushes(cluster);
  await cluster.stop(lost);
  await cluster.clock.pass(6 * hourMs - minuteMs);
  assert.equal(pushes(cluster), before);
  await cluster.clock.pass(3 * minuteMs);
  assert.ok(copiesLeft(cluster, file).every((copies) => copies === 3));
  assert.equal(pushes(cluster) - before, held);
  await cluster.clock.pass(dayMs);
  assert.equal(pushes(cluster) - before, held);
  const receipts = devices.slice(0, 3).flatMap(({ replication }) => replication.receipts());
  const counts = receipts.map(({ sentence }) =>
    Number(/^(\d+) chunks? .* lost with device-3;/.exec(sentence)?.[1]),
  );
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    held,
  );
  const [one] = devices.filter(({ replication }) => replication.receipts().length > 0);
  assert.ok(one);
  const kept = one.replication.receipts();
  await cluster.restart(one);
  assert.deepEqual(one.replication.receipts(), kept);
  assert.deepEqual(one.replication.repairStatus(), { queued: 0, active: 0, etaSeconds: null });
  await cluster.end();
});

test('repair waits six hours also when all the other devices restart in between', async () => {
  const { cluster, devices } = await fourDevices();
  await cluster.stop(devices[3]);
  await cluster.clock.pass(4 * hourMs);
  for (const device of devices.slice(0, 3)) await cluster.stop(device);
  for (const device of devices.slice(0, 3)) await cluster.restart(device);
  await cluster.clock.pass(2 * hourMs + 2 * minuteMs);
  assert.ok(copiesLeft(cluster, file).every((copies) => copies === 3));
  await cluster.end();
});

test('a device that slept does not count a device as lost that the others saw an hour ago', async () => {
  const { cluster, devices } = await fourDevices({ tunables: { ...tunables, repairTwoCopiesMs: dayMs } });
  const [a, , , d] = devices;
  const before = pushes(cluster);
  await cluster.stop(a);
  await cluster.clock.pass(20 * hourMs);
  await cluster.stop(d);
  await cluster.clock.pass(10 * minuteMs);
  await cluster.restart(a);
  await cluster.clock.pass(10 * hourMs);
  assert.equal(pushes(cluster), before);
  await cluster.end();
});

test('repair does nothing when two of three devices are away', async () => {
  const cluster = await startCluster(3, { tunables });
  const [a, b, c] = cluster.devices;
  assert.ok(a && b && c);
  await save(cluster, a, 1, file);
  const before = pushes(cluster);
  await cluster.stop(b);
  await cluster.stop(c);
  await cluster.clock.pass(10 * dayMs);
  assert.equal(pushes(cluster), before);
  await cluster.end();
});

test('repair does nothing for an hour when two of four devices vanish at once', async () => {
  const { cluster, devices } = await fourDevices();
  const before = pushes(cluster);
  await cluster.stop(devices[2]);
  await cluster.stop(devices[3]);
  await cluster.clock.pass(hourMs - minuteMs);
  assert.equal(pushes(cluster), before);
  await cluster.clock.pass(3 * minuteMs);
  assert.ok(copiesLeft(cluster, file).every((copies) => copies === 2));
  await cluster.end();
});

test('a rotted copy is never sent to others, and the lost copies come from a sound one', async () => {
  const { cluster, devices } = await fourDevices();
  const [a, b, c, lost] = devices;
  await cluster.stop(lost);
  const rotten = [...a.store.chunks.keys()];
  for (const id of rotten) a.store.rot(id);
  const offered: string[] = [];
  for (const { store } of [b, c]) {
    const put = store.put.bind(store);
    store.put = (id, bytes, options) => {
      if (createHash('sha256').update(bytes).digest('hex') !== id) offered.push(id);
      return put(id, bytes, options);
    };
  }
  await cluster.clock.pass(6 * hourMs + 10 * minuteMs);
  assert.deepEqual(offered, []);
  for (const { id, bytes } of file.chunks.filter(({ id }) => lost.store.has(id))) {
    for (const { store } of [b, c]) assert.deepEqual(await store.get(id), bytes);
  }
  await cluster.end();
});

test('the copies of a device that was removed are made at once', async () => {
  const { cluster, devices } = await fourDevices();
  await cluster.stop(devices[3]);
  cluster.removeMember(devices[3].id);
  await cluster.clock.pass(minuteMs);
  assert.ok(copiesLeft(cluster, file).every((copies) => copies === 3));
  await cluster.end();
});

test('a device that returned while its copies were made again is sent nothing, and nothing is lost', async () => {
  const { cluster, devices } = await fourDevices();
  await cluster.stop(devices[3]);
  await cluster.clock.pass(7 * hourMs);
  const before = pushes(cluster);
  await cluster.restart(devices[3]);
  await cluster.clock.pass(dayMs);
  assert.equal(pushes(cluster), before);
  assert.ok(copiesLeft(cluster, file).every((copies) => copies >= 3));
  assert.equal(devices[3].id, deviceNumber(3));
  await cluster.end();
});

test('a chunk whose third device is off goes to the next one that is there', async () => {
  const cluster = await startCluster(4, { tunables });
  const [a, b, c, d] = cluster.devices;
  assert.ok(a && b && c && d);
  for (const device of [b, c, d]) await cluster.stop(device);
  await save(cluster, a, 1, file, 'accepted');
  await cluster.restart(c);
  await cluster.restart(d);
  await cluster.clock.pass(5 * minuteMs);
  assert.ok(copiesLeft(cluster, file).every((copies) => copies === 3));
  await cluster.end();
});

test('when the repairing device cannot reach the only possible target, the next holder repairs', async () => {
  const cluster = await startCluster(4, { tunables });
  const [a, b, c, d] = cluster.devices;
  assert.ok(a && b && c && d);
  await cluster.stop(d);
  await save(cluster, a, 1, file);
  await cluster.clock.pass(5 * minuteMs);
  await cluster.stop(c);
  // Of the holders that are left, the first for each chunk never gets through to the last device.
  const first = a;
  cluster.network.separate(first.id, d.id);
  await cluster.restart(d);
  cluster.removeMember(c.id);
  await cluster.clock.pass(30 * minuteMs);
  assert.deepEqual(
    file.chunks.filter(({ id }) => !d.store.has(id)),
    [],
    'the other holder gave what was the first one’s part',
  );
  await cluster.end();
});

test('lost copies are made eight at a time, and two at a time while people use the device', async () => {
  for (const { used, expected } of [
    { used: false, expected: 8 },
    { used: true, expected: 2 },
  ]) {
    const cluster = new TestCluster(3, { tunables: { ...tunables, copiesWanted: 2 } });
    const [kept, lost, target] = cluster.devices;
    assert.ok(kept && lost && target);
    await cluster.start(kept, lost);
    await save(cluster, kept, 1, file);
    await cluster.start(target);
    await cluster.stop(lost);
    let now = 0;
    let most = 0;
    target.store.onPut = async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => void cluster.clock.after(200, resolve));
      now -= 1;
    };
    for (let seconds = 0; seconds < 30 * 60; seconds += 1) {
      if (used) await cluster.clock.until(kept.replication.read(file.manifest));
      await cluster.clock.pass(1000);
    }
    assert.ok(copiesLeft(cluster, file).every((copies) => copies === 2));
    assert.equal(most, expected);
    await cluster.end();
  }
});
