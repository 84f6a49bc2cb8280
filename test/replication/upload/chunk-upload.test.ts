import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { startCluster, TestCluster } from '../support/cluster.ts';
import { chunkOf } from '../support/fixtures.ts';

const chunks = (from: number, count: number) => Array.from({ length: count }, (_, n) => chunkOf(from + n));

test('an upload among three devices puts every chunk on three disks', async () => {
  const cluster = await startCluster(3);
  const some = chunks(0, 20);
  const safety = await cluster.upload(cluster.devices[0]!, some, 'full');
  assert.deepEqual(safety, { level: 'full', copies: 3, wanted: 3 });
  for (const { id } of some) assert.equal(cluster.holdersOf(id).length, 3);
  await cluster.end();
});

test('among many devices a chunk gets exactly the wanted copies, one of them where it was uploaded', async () => {
  const cluster = await startCluster(6);
  const some = chunks(0, 30);
  const [first] = cluster.devices;
  await cluster.upload(first!, some, 'full');
  for (const { id } of some) {
    const holders = cluster.holdersOf(id);
    assert.equal(holders.length, 3);
    assert.ok(holders.includes(first!.id));
    assert.deepEqual([...first!.replication.holders(id)].sort(), holders.sort());
  }
  await cluster.end();
});

test('a device whose others are off answers accepted after the wait, and not before', async () => {
  const cluster = new TestCluster(2);
  await cluster.start(cluster.devices[0]!);
  const before = cluster.clock.monotonicMs();
  const safety = await cluster.upload(cluster.devices[0]!, chunks(0, 3), 'safe');
  assert.deepEqual(safety, { level: 'accepted', copies: 1, wanted: 3 });
  assert.equal(cluster.clock.monotonicMs() - before, cluster.tunables.safeWaitMs);
  await cluster.end();
});

test('the only device of its network does not wait for others', async () => {
  const cluster = await startCluster(1);
  const before = cluster.clock.monotonicMs();
  const safety = await cluster.upload(cluster.devices[0]!, chunks(0, 3), 'safe');
  assert.deepEqual(safety, { level: 'accepted', copies: 1, wanted: 3 });
  assert.equal(cluster.clock.monotonicMs() - before, 0);
  await cluster.end();
});

test('a device that connects while an upload waits is given the chunks', async () => {
  const cluster = new TestCluster(2, { tunables: { safeWaitMs: 20_000 } });
  const [a, b] = cluster.devices;
  await cluster.start(a!);
  const upload = a!.replication.beginUpload();
  const { id, bytes } = chunkOf(1);
  await cluster.clock.until(upload.put(id, bytes));
  const settled = upload.settle('safe', 20_000);
  await cluster.clock.pass(1000);
  await cluster.start(b!);
  const safety = await cluster.clock.until(settled);
  assert.equal(safety.level, 'safe');
  assert.ok(b!.store.has(id));
  await cluster.end();
});

test('a peer that stalls is replaced by the next one', async () => {
  const cluster = await startCluster(4);
  const [a, b] = cluster.devices;
  b!.store.onPut = () => new Promise(() => undefined);
  const some = chunks(0, 12);
  const before = cluster.clock.monotonicMs();
  const safety = await cluster.upload(a!, some, 'full');
  assert.equal(safety.level, 'full');
  assert.ok(cluster.clock.monotonicMs() - before < cluster.tunables.transferStallMs + 1000);
  for (const { id } of some) assert.ok(!b!.store.has(id));
  await cluster.end();
});

test('when the only peer stalls the answer is accepted, after the stall and the wait', async () => {
  const cluster = await startCluster(2);
  const [a, b] = cluster.devices;
  b!.store.onPut = () => new Promise(() => undefined);
  const before = cluster.clock.monotonicMs();
  const safety = await cluster.upload(a!, chunks(0, 12), 'safe');
  assert.equal(safety.level, 'accepted');
  const { transferStallMs, safeWaitMs } = cluster.tunables;
  assert.ok(cluster.clock.monotonicMs() - before <= transferStallMs + safeWaitMs + 100);
  await cluster.end();
});

test('a slow peer that keeps answering is waited for', async () => {
  const cluster = await startCluster(2);
  const [a, b] = cluster.devices;
  b!.store.onPut = () => new Promise((resolve) => void cluster.clock.after(1500, resolve));
  const safety = await cluster.upload(a!, chunks(0, 40), 'safe');
  assert.equal(safety.level, 'safe');
  await cluster.end();
});

test('a full device declines and the next one takes its copies', async () => {
  const cluster = await startCluster(4);
  const [a, b] = cluster.devices;
  b!.store.full = true;
  const some = chunks(0, 20);
  assert.equal((await cluster.upload(a!, some, 'full')).level, 'full');
  for (const { id } of some) assert.equal(cluster.holdersOf(id).length, 3);
  const offers = a!.sent.filter(({ method, to }) => method === 'chunk/put' && to === b!.id);
  assert.ok(offers.length < some.length, 'it is not offered every chunk');
  await cluster.end();
});

test('a device that dies in mid push is replaced by the next one', async () => {
  const cluster = await startCluster(4);
  const [a, b] = cluster.devices;
  let puts = 0;
  b!.store.onPut = async () => {
    puts += 1;
    if (puts === 5) cluster.network.crash(b!.id);
    if (puts >= 5) await new Promise(() => undefined);
  };
  const some = chunks(0, 60);
  assert.equal((await cluster.upload(a!, some, 'full')).level, 'full');
  assert.ok(puts >= 5);
  for (const { id } of some) assert.ok(cluster.holdersOf(id).length >= 3);
  await cluster.end();
});

test('a device is asked about a chunk that it claims, not sent it', async () => {
  const cluster = await startCluster(3);
  const [a] = cluster.devices;
  const some = chunks(0, 10);
  await cluster.upload(a!, some, 'full');
  a!.sent.length = 0;
  assert.equal((await cluster.upload(a!, some, 'full')).level, 'full');
  assert.equal(a!.sent.filter(({ method }) => method === 'chunk/put').length, 0);
  assert.ok(a!.sent.filter(({ method }) => method === 'chunk/have').length <= 4);
  await cluster.end();
});

test('copies that exist only in the inventory are made again', async () => {
  const cluster = await startCluster(3);
  const [a, b] = cluster.devices;
  const { id, bytes } = chunkOf(1);
  await cluster.upload(a!, [{ id, bytes }], 'full');
  b!.store.vanish(id);
  assert.ok(a!.replication.holders(id).includes(b!.id), 'the inventory is stale');
  assert.equal((await cluster.upload(a!, [{ id, bytes }], 'full')).level, 'full');
  assert.ok(b!.store.has(id));
  await cluster.end();
});

test('copies on devices that are off count as placed, but not for safety', async () => {
  const cluster = await startCluster(4);
  const [a, b, c, d] = cluster.devices;
  const some = chunks(0, 8);
  await cluster.stop(d!);
  await cluster.upload(a!, some, 'full');
  await cluster.stop(b!);
  await cluster.stop(c!);
  await cluster.restart(d!);
  assert.equal((await cluster.upload(a!, some, 'safe')).level, 'safe');
  for (const { id } of some) assert.equal(cluster.holdersOf(id).length, 4);
  await cluster.end();
});

test('stored content is not copied again because one of its devices is off', async () => {
  const cluster = await startCluster(4);
  const [a, b, , d] = cluster.devices;
  const some = chunks(0, 8);
  await cluster.stop(d!);
  await cluster.upload(a!, some, 'full');
  await cluster.restart(d!);
  await cluster.stop(b!);
  assert.equal((await cluster.upload(a!, some, 'safe')).level, 'safe');
  await cluster.clock.pass(1000);
  for (const { id } of some) assert.ok(!d!.store.has(id));
  await cluster.end();
});

test('one peer has at most eight pushes under way', async () => {
  const cluster = await startCluster(2);
  const [a, b] = cluster.devices;
  let now = 0;
  let most = 0;
  b!.store.onPut = async () => {
    most = Math.max(most, ++now);
    await new Promise<void>((resolve) => void cluster.clock.after(30, resolve));
    now -= 1;
  };
  await cluster.upload(a!, chunks(0, 100), 'safe');
  assert.equal(most, 8);
  await cluster.end();
});

test('a device whose own disk is full stores the chunk on others', async () => {
  const cluster = await startCluster(3);
  const [a, b, c] = cluster.devices;
  a!.store.full = true;
  const some = chunks(0, 5);
  const safety = await cluster.upload(a!, some, 'safe');
  assert.deepEqual(safety, { level: 'safe', copies: 2, wanted: 3 });
  for (const { id } of some) assert.ok(b!.store.has(id) && c!.store.has(id));
  await cluster.end();
});

test('a full device without peers says that the disk is full', async () => {
  const cluster = await startCluster(1);
  cluster.devices[0]!.store.full = true;
  const { id, bytes } = chunkOf(1);
  const put = cluster.devices[0]!.replication.beginUpload().put(id, bytes);
  await assert.rejects(cluster.clock.until(put), (error) => isPeerstorError(error, 'disk-full'));
  await cluster.end();
});

test('a device whose own disk fails in the middle of an upload stores the rest on others', async () => {
  const cluster = await startCluster(3);
  const [a, b, c] = cluster.devices;
  const some = chunks(0, 6);
  const upload = a!.replication.beginUpload();
  for (const [index, { id, bytes }] of some.entries()) {
    a!.store.broken = index >= 3;
    await cluster.clock.until(upload.put(id, bytes));
  }
  const safety = await cluster.clock.until(upload.settle('safe', 2000));
  assert.deepEqual(safety, { level: 'safe', copies: 2, wanted: 3 });
  await cluster.clock.pass(1000);
  for (const { id } of some) assert.ok(b!.store.has(id) && c!.store.has(id));
  assert.ok(!a!.store.has(some[5]!.id));
  await cluster.end();
});

test('a device with a failing disk whose peers are off or full says what to do: 507, not 500', async () => {
  const cluster = new TestCluster(3);
  const [a, b] = cluster.devices;
  await cluster.start(a!);
  await cluster.start(b!);
  await cluster.clock.pass(1000);
  a!.store.broken = true;
  b!.store.full = true;
  const { id, bytes } = chunkOf(1);
  const put = a!.replication.beginUpload().put(id, bytes);
  await assert.rejects(cluster.clock.until(put), (error) => {
    assert.ok(isPeerstorError(error, 'storage-failed'));
    assert.equal(error.status, 507);
    assert.match(error.message, /EROFS\)\. No other device could take it/);
    return true;
  });
  await cluster.end();
});

test('bytes beyond the memory for pushing are read from the disk again', async () => {
  const cluster = await startCluster(2);
  const [a, b] = cluster.devices;
  b!.store.onPut = () => new Promise((resolve) => void cluster.clock.after(50, resolve));
  const many = Array.from({ length: 30 }, (_, n) => chunkOf(n, 1024 * 1024));
  const upload = a!.replication.beginUpload();
  const before = cluster.clock.monotonicMs();
  for (const { id, bytes } of many) {
    await cluster.clock.until(upload.put(id, bytes));
    // The uploader may use its buffer again.
    bytes.fill(0);
  }
  assert.ok(cluster.clock.monotonicMs() - before < 50, 'putting does not wait for the peer');
  const safety = await cluster.clock.until(upload.settle('safe', 2000));
  assert.equal(safety.level, 'safe');
  for (const { id } of many) assert.equal(cluster.holdersOf(id).length, 2);
  await cluster.end();
});

test('pushes go on after the upload was closed', async () => {
  const cluster = await startCluster(3);
  const [a, b] = cluster.devices;
  b!.store.onPut = () => new Promise((resolve) => void cluster.clock.after(200, resolve));
  const some = chunks(0, 30);
  const upload = a!.replication.beginUpload();
  for (const { id, bytes } of some) await cluster.clock.until(upload.put(id, bytes));
  await cluster.clock.until(upload.settle('safe', 2000));
  upload.close();
  await cluster.clock.pass(10_000);
  for (const { id } of some) assert.equal(cluster.holdersOf(id).length, 3);
  await cluster.end();
});

test('a wait for safety ends when the caller gives up', async () => {
  const cluster = new TestCluster(2);
  await cluster.start(cluster.devices[0]!);
  const upload = cluster.devices[0]!.replication.beginUpload();
  const { id, bytes } = chunkOf(1);
  await cluster.clock.until(upload.put(id, bytes));
  const ending = new AbortController();
  const settled = upload.settle('full', 60_000, ending.signal);
  ending.abort(new Error('gone'));
  await assert.rejects(cluster.clock.until(settled), /gone/);
  await cluster.end();
});

test('chunks that an earlier session put count again, and get the copies that they lack', async () => {
  const cluster = new TestCluster(3);
  const [a, b, c] = cluster.devices;
  assert.ok(a && b && c);
  await cluster.start(a);
  const some = chunks(0, 5);
  assert.equal((await cluster.upload(a, some, 'accepted')).copies, 1);
  await cluster.start(b);
  await cluster.start(c);
  const upload = a.replication.beginUpload();
  for (const { id } of some) assert.equal(await cluster.clock.until(upload.adopt(id)), true);
  const safety = await cluster.clock.until(upload.settle('full', 20_000));
  assert.deepEqual(safety, { level: 'full', copies: 3, wanted: 3 });
  for (const { id } of some) assert.equal(cluster.holdersOf(id).length, 3);
  assert.equal(await cluster.clock.until(upload.adopt(chunkOf(99).id)), false, 'one that nobody has');
  upload.close();
  await cluster.end();
});

test('a chunk that only another device has is found there while it is connected', async () => {
  const cluster = await startCluster(2);
  const [a, b] = cluster.devices;
  assert.ok(a && b);
  const { id, bytes } = chunkOf(1);
  await cluster.upload(a, [{ id, bytes }], 'safe');
  await a.store.delete(id);
  await cluster.clock.pass(1000);
  const upload = a.replication.beginUpload();
  assert.equal(await cluster.clock.until(upload.adopt(id)), true);
  upload.close();
  await cluster.end();
});
