import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idKey } from '../../../src/model/contracts/ordered-store.ts';
import type { ChunkId } from '../../../src/model/ids.ts';
import { BucketDigests, bucketOf } from '../../../src/replication/database/bucket-digest.ts';
import { writeBuckets, writeDigests } from '../../../src/replication/wire.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { liarFeed, startCluster, TestCluster, type TestDevice } from '../support/cluster.ts';
import { chunkOf } from '../support/fixtures.ts';

/** Every device knows of every other one exactly what is on its disk. */
function assertTrue(cluster: TestCluster, ids: readonly ChunkId[]): void {
  const running = cluster.devices.filter(({ running }) => running);
  for (const device of running) {
    for (const id of ids) {
      const holders = running.filter(({ store }) => store.has(id)).map((one) => one.id);
      assert.deepEqual([...device.replication.holders(id)].sort(), holders.sort());
    }
  }
}

async function fill(device: TestDevice, from: number, count: number): Promise<ChunkId[]> {
  const ids: ChunkId[] = [];
  for (let number = from; number < from + count; number++) {
    const { id, bytes } = chunkOf(number, 40);
    await device.store.put(id, bytes);
    ids.push(id);
  }
  return ids;
}

function clearSent(cluster: TestCluster): void {
  for (const { sent } of cluster.devices) sent.length = 0;
}

/** What was said about chunks. */
function sentMethods(cluster: TestCluster): Set<string> {
  const methods = cluster.devices.flatMap(({ sent }) => sent.map(({ method }) => method));
  return new Set(methods.filter((method) => /^(chunk|inventory)\//.test(method)));
}

test('chunks stored before and after the start are known everywhere', async () => {
  const cluster = new TestCluster(3);
  const ids = await fill(cluster.devices[0]!, 0, 200);
  await cluster.start();
  ids.push(...(await fill(cluster.devices[1]!, 100, 200)));
  await cluster.devices[0]!.store.delete(ids[3]!);
  await cluster.clock.pass(200);
  assertTrue(cluster, ids);
  await cluster.end();
});

test('when a device restarts with everything still there, nothing but digests moves', async () => {
  const cluster = new TestCluster(3);
  const ids = await fill(cluster.devices[0]!, 0, 300);
  ids.push(...(await fill(cluster.devices[1]!, 200, 300)));
  await cluster.start();
  clearSent(cluster);
  await cluster.restart(cluster.devices[0]!);
  await cluster.clock.pass(60_000);
  assertTrue(cluster, ids);
  assert.deepEqual(sentMethods(cluster), new Set(['inventory/digests']));
  await cluster.end();
});

test('a device whose index was lost learns everything again', async () => {
  const cluster = new TestCluster(2);
  const ids = await fill(cluster.devices[0]!, 0, 50);
  await cluster.start();
  const [, b] = cluster.devices;
  await cluster.stop(b!);
  const rows: string[] = [];
  for await (const [key] of b!.index.range({ gte: '', lt: '\xff' })) rows.push(key);
  await b!.index.batch(rows.map((key) => ({ key, value: null })));
  await cluster.restart(b!);
  assertTrue(cluster, ids);
  await cluster.end();
});

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`lost, doubled and late messages heal in one comparison (seed ${seed})`, async () => {
    const cluster = await startCluster(3);
    const random = seededRandom(seed);
    // Each message is lost, sent twice, or kept back to be sent after a later one.
    const late: (() => void)[] = [];
    cluster.mangle = (deliver) => {
      const chance = random.next();
      if (chance < 0.3) return;
      if (chance < 0.6) late.push(deliver);
      else deliver();
      if (chance > 0.8) deliver();
      if (random.next() < 0.5) late.shift()?.();
    };
    const ids: ChunkId[] = [];
    for (let round = 0; round < 10; round++) {
      const device = cluster.devices[Math.floor(random.next() * 3)]!;
      ids.push(...(await fill(device, round * 5, 8)));
      await device.store.delete(ids[Math.floor(random.next() * ids.length)]!);
      await cluster.clock.pass(60 + random.next() * 100);
    }
    for (const deliver of late) deliver();
    cluster.mangle = undefined;
    // Longer than the pause before a comparison that a gap asks for, and the last message may be the lost one.
    await cluster.clock.pass(cluster.tunables.inventoryDigestMs + 5000);
    assertTrue(cluster, ids);
    await cluster.end();
  });
}

test('a gap is noticed at the next message, long before the regular comparison', async () => {
  const cluster = await startCluster(2);
  const [a] = cluster.devices;
  cluster.mangle = () => undefined;
  const ids = await fill(a!, 0, 10);
  await cluster.clock.pass(100);
  cluster.mangle = undefined;
  ids.push(...(await fill(a!, 10, 1)));
  await cluster.clock.pass(3000);
  assertTrue(cluster, ids);
  await cluster.end();
});

test('the next count finds a chunk that silently vanished from a disk', async () => {
  const cluster = new TestCluster(2, { tunables: { inventoryDigestMs: 1000 } });
  const ids = await fill(cluster.devices[0]!, 0, 20);
  await cluster.start();
  cluster.devices[0]!.store.vanish(ids[5]!);
  await cluster.clock.pass(150_000);
  assertTrue(cluster, ids);
  await cluster.end();
});

test('a device that was stopped in order lists its chunks at the next start only where their number is another', async () => {
  const cluster = new TestCluster(2);
  const [a] = cluster.devices as [TestDevice];
  const ids = await fill(a, 0, 100);
  await cluster.start();
  let lists = 0;
  const list = a.store.list.bind(a.store);
  a.store.list = (options) => {
    lists += 1;
    return list(options);
  };
  await cluster.restart(a);
  assert.equal(lists, 0);
  assertTrue(cluster, ids);
  await cluster.stop(a);
  a.store.vanish(ids[5]!);
  await cluster.restart(a);
  assert.equal(lists, 1);
  assertTrue(cluster, ids);
  await cluster.end();
});

test('changes while a device counts its chunks are not lost', async () => {
  const cluster = new TestCluster(2);
  const [a, b] = cluster.devices;
  const ids = await fill(a!, 0, 500);
  const list = a!.store.list.bind(a!.store);
  a!.store.list = async function* (options) {
    let number = 0;
    for await (const row of list(options)) {
      // The list is a snapshot; meanwhile chunks come and go before and behind it.
      if (++number % 50 === 0) {
        ids.push(...(await fill(a!, 1000 + number, 3)));
        await a!.store.delete(ids[number]!);
      }
      yield row;
    }
  };
  await cluster.start();
  assertTrue(cluster, ids);
  a!.sent.length = 0;
  b!.sent.length = 0;
  await cluster.clock.pass(cluster.tunables.inventoryDigestMs * 2);
  assert.deepEqual(sentMethods(cluster), new Set(['inventory/digests']));
  await cluster.end();
});

test('after more changes than can be told one by one peers compare instead', async () => {
  const cluster = await startCluster(2);
  const ids = await fill(cluster.devices[0]!, 0, 6000);
  await cluster.clock.pass(3000);
  assertTrue(cluster, ids.slice(0, 300));
  const told = cluster.devices[0]!.sent.filter(({ method }) => method === 'inventory/delta');
  assert.equal(told.length, 1);
  await cluster.end();
});

test('a fetched list is compared once more, and only once', async () => {
  const cluster = new TestCluster(1, { tunables: { inventoryDigestMs: 20_000 } });
  const [a] = cluster.devices;
  const { id } = chunkOf(1);
  const bucket = bucketOf(idKey(id));
  const theirs = new BucketDigests();
  theirs.toggle(idKey(id), true);
  let fetches = 0;
  const liar = cluster.addLiar({
    'inventory/digests': async () => writeDigests({ feed: liarFeed, batch: 1 }, theirs.toBytes()),
    'inventory/buckets': async () => {
      fetches += 1;
      return writeBuckets({ feed: liarFeed, batch: 1 }, [{ bucket, keys: fetches === 2 ? [idKey(id)] : [] }]);
    },
  });
  await cluster.start();
  await liar.transport.start();
  await cluster.clock.pass(500);
  const isHeld = () => a!.replication.holders(id).includes(liar.id);
  assert.ok(!isHeld());
  await cluster.clock.pass(3000);
  assert.ok(isHeld(), 'the list was not what the digests said');
  theirs.toggle(idKey(chunkOf(2).id), true);
  const before = fetches;
  await cluster.clock.pass(65_000);
  const more = fetches - before;
  assert.ok(
    more >= 3 && more <= 16,
    `a list that never becomes equal was asked for ${more} times in a minute`,
  );
  await cluster.end();
});

test('a change that a fetched list already includes, or that comes twice, changes nothing', async () => {
  const cluster = new TestCluster(1);
  const [a] = cluster.devices;
  const { id } = chunkOf(1);
  const theirs = new BucketDigests();
  theirs.toggle(idKey(id), true);
  const list = [{ bucket: bucketOf(idKey(id)), keys: [idKey(id)] }];
  const liar = cluster.addLiar({
    'inventory/digests': async () => writeDigests({ feed: liarFeed, batch: 1 }, theirs.toBytes()),
    'inventory/buckets': async () => writeBuckets({ feed: liarFeed, batch: 3 }, list),
  });
  await cluster.start();
  await liar.transport.start();
  // Before the fetched list is compared once more.
  await cluster.clock.pass(500);
  const isHeld = () => a!.replication.holders(id).includes(liar.id);
  assert.ok(isHeld());
  await cluster.tell(a!, liar, 2, id, false);
  assert.ok(isHeld(), 'the list of batch 3 is newer');
  await cluster.tell(a!, liar, 3, id, true);
  await cluster.tell(a!, liar, 4, id, false);
  assert.ok(!isHeld());
  await cluster.tell(a!, liar, 5, id, true);
  await cluster.tell(a!, liar, 4, id, false);
  assert.ok(isHeld(), 'the batch came twice');
  await cluster.end();
});
