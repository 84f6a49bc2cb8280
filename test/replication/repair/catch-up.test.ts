import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster, TestCluster } from '../support/cluster.ts';
import { fileOf, save } from '../support/files.ts';

function sent(cluster: TestCluster, method: string): number {
  return cluster.devices.flatMap((device) => device.sent.filter((one) => one.method === method)).length;
}

function pushes(cluster: TestCluster): number {
  return sent(cluster, 'chunk/put');
}

test('chunks uploaded on a lone device reach the devices that join later', async () => {
  const cluster = new TestCluster(3);
  const [a, b, c] = cluster.devices;
  await cluster.start(a!);
  const file = fileOf(1, 2, 3, 4, 5);
  await save(cluster, a!, 1, file, 'accepted');
  await cluster.start(b!);
  await cluster.clock.pass(3000);
  assert.equal(a!.replication.safetyOf(file.manifest).level, 'safe');
  await cluster.start(c!);
  await cluster.clock.pass(3000);
  assert.equal(a!.replication.safetyOf(file.manifest).level, 'full');
  assert.equal(pushes(cluster), 2 * file.chunks.length);
  await cluster.end();
});

test('chunks uploaded on a lone device reach later devices also after its restart', async () => {
  const cluster = new TestCluster(2);
  const [a, b] = cluster.devices;
  await cluster.start(a!);
  const file = fileOf(1, 2, 3);
  await save(cluster, a!, 1, file, 'accepted');
  await cluster.restart(a!);
  await cluster.start(b!);
  await cluster.clock.pass(3000);
  for (const { id } of file.chunks) assert.ok(b!.store.has(id));
  await cluster.end();
});

test('a device that restarts with its chunks intact is sent nothing', async () => {
  const cluster = await startCluster(4);
  for (let number = 0; number < 10; number++)
    await save(cluster, cluster.devices[number % 4]!, number, fileOf(number, 100 + number));
  await cluster.clock.pass(5000);
  const before = pushes(cluster);
  for (const device of cluster.devices) await cluster.restart(device);
  await cluster.clock.pass(3 * cluster.tunables.inventoryDigestMs);
  assert.equal(pushes(cluster), before);
  await cluster.end();
});

test('no chunk is copied because a device is off for a while', async () => {
  const cluster = await startCluster(5);
  const file = fileOf(1, 2, 3, 4, 5, 6, 7, 8);
  await save(cluster, cluster.devices[0]!, 1, file);
  await cluster.clock.pass(5000);
  const before = pushes(cluster);
  await cluster.stop(cluster.devices[1]!);
  await cluster.clock.pass(3_600_000);
  assert.equal(pushes(cluster), before);
  await cluster.restart(cluster.devices[1]!);
  await cluster.clock.pass(60_000);
  assert.equal(pushes(cluster), before);
  await cluster.end();
});

test('one holder pushes, not all of them', async () => {
  const cluster = new TestCluster(3);
  const [a, b, c] = cluster.devices;
  await cluster.start(a!, b!);
  const file = fileOf(1, 2, 3, 4, 5, 6);
  await save(cluster, a!, 1, file, 'safe');
  const before = pushes(cluster);
  await cluster.start(c!);
  await cluster.clock.pass(10_000);
  for (const { id } of file.chunks) assert.ok(c!.store.has(id));
  assert.equal(pushes(cluster) - before, file.chunks.length);
  await cluster.end();
});

test('a device that has a chunk without having reported it is asked, not sent it', async () => {
  const cluster = new TestCluster(3, { tunables: { inventoryDigestMs: 24 * 3_600_000 } });
  const [a, b, c] = cluster.devices;
  await cluster.start(a!, b!);
  const file = fileOf(1, 2, 3);
  await save(cluster, a!, 1, file);
  c!.store.full = true;
  await cluster.start(c!);
  c!.store.full = false;
  cluster.mangle = () => undefined;
  for (const { id, bytes } of file.chunks) await c!.store.put(id, bytes);
  const before = pushes(cluster);
  assert.equal(a!.replication.holders(file.manifest).length, 2);
  // As long as a device that was full is left alone.
  await cluster.clock.pass(11 * 60_000);
  assert.equal(pushes(cluster), before);
  for (const { id } of file.chunks) {
    const known = [a!, b!].filter(({ replication }) => replication.holders(id).includes(c!.id));
    assert.equal(known.length, 1, 'the one that would have pushed it knows');
  }
  await cluster.end();
});

test('copies that a device lost are made again at once, each by one holder', async () => {
  const cluster = await startCluster(3);
  const [a, , c] = cluster.devices;
  const file = fileOf(1, 2, 3, 4, 5, 6, 7, 8);
  await save(cluster, a!, 1, file);
  await cluster.clock.pass(1000);
  for (const device of cluster.devices) device.sent.length = 0;
  for (const { id } of file.chunks) await c!.store.delete(id);
  await cluster.clock.pass(2000);
  for (const { id } of file.chunks) assert.ok(c!.store.has(id));
  const asked = cluster.devices.flatMap((one) => one.sent.filter(({ method }) => method === 'chunk/have'));
  assert.equal(
    asked.reduce((sum, { bytes }) => sum + bytes / 32, 0),
    file.chunks.length,
  );
  await cluster.end();
});

test('chunks that no version needs are not copied', async () => {
  const cluster = new TestCluster(2);
  const [a, b] = cluster.devices;
  await cluster.start(a!);
  await cluster.upload(a!, fileOf(1, 2).chunks, 'accepted');
  await cluster.start(b!);
  await cluster.clock.pass(60_000);
  assert.equal(b!.store.chunks.size, 0);
  await cluster.end();
});

test('chunks that no version needs are not copied even while others are', async () => {
  const cluster = new TestCluster(4);
  const [a, b, , d] = cluster.devices;
  await cluster.start(a!);
  const file = fileOf(...Array.from({ length: 20 }, (_, number) => number));
  await save(cluster, a!, 1, file, 'accepted');
  await cluster.start(b!, d!);
  await cluster.clock.pass(3000);
  const thin = file.chunks.filter(({ id }) => cluster.holdersOf(id).length < 3);
  assert.ok(thin.length > 0, 'some wait for the device that is off');
  for (const { id, bytes } of fileOf(100, 101, 102, 103, 104).chunks) await a!.store.put(id, bytes);
  await cluster.clock.pass(5000);
  for (const { id } of fileOf(100, 101, 102, 103, 104).chunks.slice(0, 5)) {
    assert.deepEqual(cluster.holdersOf(id), [a!.id]);
  }
  await cluster.end();
});

test('when a wanted device is full the next one is given the chunk', async () => {
  const cluster = new TestCluster(4);
  const [a, b, c, d] = cluster.devices;
  await cluster.start(a!);
  const file = fileOf(...Array.from({ length: 12 }, (_, number) => number));
  await save(cluster, a!, 1, file, 'accepted');
  b!.store.full = true;
  await cluster.start(b!, c!, d!);
  await cluster.clock.pass(200_000);
  for (const { id } of file.chunks) assert.equal(cluster.holdersOf(id).length, 3);
  await cluster.end();
});

test('copies of a device that is removed or drained are made elsewhere', async () => {
  const cluster = await startCluster(4);
  const [a, b, c] = cluster.devices;
  const file = fileOf(...Array.from({ length: 12 }, (_, number) => number));
  await save(cluster, a!, 1, file);
  await cluster.clock.pass(1000);
  await cluster.stop(b!);
  cluster.removeMember(b!.id);
  await cluster.clock.pass(10_000);
  const others = (id: (typeof file.chunks)[0]['id']) =>
    cluster.holdersOf(id).filter((device) => device !== b!.id);
  for (const { id } of file.chunks) assert.equal(others(id).length, 3);
  assert.ok(c);
  await cluster.end();
});

test('a failed push is tried again', async () => {
  const cluster = new TestCluster(2);
  const [a, b] = cluster.devices;
  await cluster.start(a!);
  const file = fileOf(1, 2);
  await save(cluster, a!, 1, file, 'accepted');
  let failures = 1;
  b!.store.onPut = async () => {
    if (failures-- > 0) throw new Error('a bad moment');
  };
  await cluster.start(b!);
  await cluster.clock.pass(120_000);
  assert.equal(a!.replication.safetyOf(file.manifest).level, 'safe');
  await cluster.end();
});

test('catch-up gives eight chunks at a time, and two at a time while people use the device', async () => {
  for (const { used, expected } of [
    { used: false, expected: 8 },
    { used: true, expected: 2 },
  ]) {
    const cluster = new TestCluster(2);
    const [kept, target] = cluster.devices;
    assert.ok(kept && target);
    await cluster.start(kept);
    const file = fileOf(...Array.from({ length: 24 }, (_, number) => number + 1));
    await save(cluster, kept, 1, file, 'accepted');
    // What an upload had begun would go on by itself.
    await cluster.restart(kept);
    await cluster.clock.pass(10_000);
    let now = 0;
    let most = 0;
    target.store.onPut = async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => void cluster.clock.after(200, resolve));
      now -= 1;
    };
    // As `cluster.start`, which lets seconds pass.
    target.running = true;
    await cluster.clock.until(target.replication.start());
    await target.transport.start();
    for (let step = 0; step < 60; step += 1) {
      if (used) await cluster.clock.until(kept.replication.read(file.manifest));
      await cluster.clock.pass(500);
    }
    assert.ok(file.chunks.every(({ id }) => target.store.has(id)));
    assert.equal(most, expected);
    await cluster.end();
  }
});
