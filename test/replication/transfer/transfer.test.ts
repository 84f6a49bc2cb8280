import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeerstorError, PeerstorError } from '../../../src/model/errors.ts';
import { startCluster, TestCluster, type TestDevice } from '../support/cluster.ts';
import { chunkOf } from '../support/fixtures.ts';

const chunk = chunkOf(1, 5000);

/** The liar is always on, so it is asked before a device that sleeps. */
const liarFirst = [{}, { class: 'sleeper' }] as const;

/** A cluster in which device 0 has not the chunk and all others have it. */
async function withChunkElsewhere(
  count: number,
): Promise<{ cluster: TestCluster; a: TestDevice; others: TestDevice[] }> {
  const cluster = new TestCluster(count);
  const [a, ...others] = cluster.devices;
  for (const { store } of others) await store.put(chunk.id, chunk.bytes);
  await cluster.start();
  return { cluster, a: a!, others };
}

function asks(device: TestDevice): number {
  return device.sent.filter(({ method }) => method === 'chunk/get').length;
}

test('a chunk is read from another device, and hashes to its id', async () => {
  const { cluster, a } = await withChunkElsewhere(2);
  assert.deepEqual(await cluster.clock.until(a.replication.read(chunk.id)), chunk.bytes);
  await cluster.end();
});

test('readers of one chunk share one fetch', async () => {
  const { cluster, a } = await withChunkElsewhere(3);
  const reads = Array.from({ length: 10 }, () => a.replication.read(chunk.id));
  await cluster.clock.until(Promise.all(reads));
  assert.equal(asks(a), 1);
  await cluster.end();
});

test('one reader that gives up does not end the fetch of another', async () => {
  const { cluster, a } = await withChunkElsewhere(2);
  const ending = new AbortController();
  const first = a.replication.read(chunk.id, { signal: ending.signal });
  const second = a.replication.read(chunk.id);
  ending.abort(new Error('gone'));
  await assert.rejects(first, /gone/);
  assert.deepEqual(await cluster.clock.until(second), chunk.bytes);
  await cluster.end();
});

test('a rotten copy is quarantined by its holder and another holder is asked', async () => {
  const cluster = new TestCluster(3, { members: [{}, {}, { class: 'sleeper' }] });
  const [a, rotten, sound] = cluster.devices;
  for (const { store } of [rotten!, sound!]) await store.put(chunk.id, chunk.bytes);
  await cluster.start();
  rotten!.store.rot(chunk.id);
  const lost: string[] = [];
  rotten!.store.onChange((change) => change.kind === 'lost' && lost.push(change.reason));
  assert.deepEqual(await cluster.clock.until(a!.replication.read(chunk.id)), chunk.bytes);
  assert.equal(asks(a!), 2);
  assert.deepEqual(lost, ['corrupt'], 'it was put away, even if it is healed by now');
  assert.deepEqual(a!.replication.holders(chunk.id), [sound!.id]);
  await cluster.end();
});

test('bytes that are not the chunk are discarded, and their sender is told', async () => {
  const cluster = new TestCluster(2, { members: liarFirst });
  const [a, b] = cluster.devices;
  await b!.store.put(chunk.id, chunk.bytes);
  const liar = cluster.addLiar({
    'chunk/get': async () => new Uint8Array(5000),
    'chunk/have': async (ids) => new Uint8Array(ids.length / 32).fill(1),
  });
  await cluster.start();
  await liar.transport.start();
  await cluster.clock.pass(2000);
  await cluster.believe(a!, liar, chunk.id);
  assert.deepEqual(await cluster.clock.until(a!.replication.read(chunk.id)), chunk.bytes);
  await cluster.clock.pass(10);
  assert.equal(liar.asked('chunk/get'), 1);
  assert.equal(liar.asked('chunk/bad'), 1);
  await cluster.end();
});

test('when the only holder lies, the reader gets an error and never its bytes', async () => {
  const cluster = new TestCluster(1);
  const [a] = cluster.devices;
  const liar = cluster.addLiar({
    'chunk/get': async () => new Uint8Array(5000),
    'chunk/have': async (ids) => new Uint8Array(ids.length / 32).fill(1),
  });
  await cluster.start();
  await liar.transport.start();
  await cluster.clock.pass(2000);
  const read = cluster.clock.until(a!.replication.read(chunk.id));
  await assert.rejects(read, (error) => isPeerstorError(error, 'chunk-missing'));
  await cluster.clock.pass(10);
  assert.equal(liar.asked('chunk/get'), 1);
  assert.equal(liar.asked('chunk/bad'), 1);
  await cluster.end();
});

test("a second holder's answer is used when the first one is slow", async () => {
  const { cluster, a, others } = await withChunkElsewhere(3);
  const before = cluster.clock.monotonicMs();
  // The nearest holder is silent from now on, but still counts as connected.
  const first = a.transport.peers()[0]!.device;
  const rest = cluster.devices.map(({ id }) => id).filter((id) => id !== first);
  cluster.network.partition([rest, [first]]);
  assert.deepEqual(await cluster.clock.until(a.replication.read(chunk.id)), chunk.bytes);
  assert.ok(cluster.clock.monotonicMs() - before < 500);
  assert.equal(others.length, 2);
  await cluster.end();
});

test('a holder that fails three times rests, and is asked only when nobody else has the chunk', async () => {
  const cluster = new TestCluster(2, { members: liarFirst });
  const [a, b] = cluster.devices;
  const some = Array.from({ length: 8 }, (_, number) => chunkOf(100 + number));
  for (const { id, bytes } of some) await b!.store.put(id, bytes);
  const liar = cluster.addLiar({
    'chunk/get': async () => {
      throw new PeerstorError('storage-failed', 'broken disk');
    },
    'chunk/have': async (ids) => new Uint8Array(ids.length / 32).fill(1),
  });
  await cluster.start();
  await liar.transport.start();
  await cluster.clock.pass(2000);
  for (const { id } of some) await cluster.believe(a!, liar, id);
  for (const { id, bytes } of some) {
    assert.deepEqual(await cluster.clock.until(a!.replication.read(id)), bytes);
  }
  assert.equal(liar.asked('chunk/get'), 3);
  await cluster.end();
});

test('a holder that lost the chunk is skipped, and the inventory is corrected', async () => {
  const { cluster, a, others } = await withChunkElsewhere(2);
  others[0]!.store.vanish(chunk.id);
  const read = cluster.clock.until(a.replication.read(chunk.id));
  await assert.rejects(read, (error) => isPeerstorError(error, 'chunk-missing'));
  assert.deepEqual(a.replication.holders(chunk.id), []);
  await cluster.end();
});

test('a chunk that the inventory does not know of is found by asking around', async () => {
  const cluster = await startCluster(3, { network: { notifyLoss: 1 } });
  const [a, b] = cluster.devices;
  await b!.store.put(chunk.id, chunk.bytes);
  await cluster.clock.pass(1000);
  assert.deepEqual(a!.replication.holders(chunk.id), []);
  assert.deepEqual(await cluster.clock.until(a!.replication.read(chunk.id)), chunk.bytes);
  await cluster.end();
});

test('when the holder is off the error names it and when it was last seen', async () => {
  const { cluster, a, others } = await withChunkElsewhere(2);
  const off = others[0]!;
  await cluster.stop(off);
  const read = cluster.clock.until(a.replication.read(chunk.id));
  await assert.rejects(read, (error) => {
    assert.ok(isPeerstorError(error, 'chunk-missing'));
    assert.match(error.message, /"device-1", last seen 2026-11-21T/);
    assert.equal(error.details.deviceId, off.id);
    return true;
  });
  await cluster.end();
});

test('a local copy that rotted is replaced from another device', async () => {
  const { cluster, a } = await withChunkElsewhere(2);
  await a.store.put(chunk.id, chunk.bytes);
  a.store.rot(chunk.id);
  assert.deepEqual(await cluster.clock.until(a.replication.read(chunk.id)), chunk.bytes);
  await cluster.clock.pass(1000);
  assert.deepEqual(a.store.chunks.get(chunk.id), chunk.bytes);
  await cluster.end();
});

test('a local copy that its reader found bad is replaced too', async () => {
  const { cluster, a } = await withChunkElsewhere(2);
  await a.store.put(chunk.id, chunk.bytes);
  a.store.rot(chunk.id);
  await a.replication.read(chunk.id, { verify: false });
  await a.replication.reportCorruptLocal(chunk.id);
  assert.deepEqual(await cluster.clock.until(a.replication.read(chunk.id)), chunk.bytes);
  await cluster.clock.pass(1000);
  assert.deepEqual(a.store.chunks.get(chunk.id), chunk.bytes);
  await cluster.end();
});

test('no more than eight chunks are asked of one device at once', async () => {
  const cluster = new TestCluster(2);
  const [a, b] = cluster.devices;
  const some = Array.from({ length: 40 }, (_, number) => chunkOf(number));
  for (const { id, bytes } of some) await b!.store.put(id, bytes);
  await cluster.start();
  let most = 0;
  let now = 0;
  const get = b!.store.get.bind(b!.store);
  b!.store.get = async (id, options) => {
    most = Math.max(most, ++now);
    await new Promise<void>((resolve) => void cluster.clock.after(20, resolve));
    now -= 1;
    return get(id, options);
  };
  await cluster.clock.until(Promise.all(some.map(({ id }) => a!.replication.read(id))));
  assert.equal(most, 8);
  await cluster.end();
});

test('a slow link is not taken for a bad holder', async () => {
  const cluster = new TestCluster(2);
  const [a, b] = cluster.devices;
  const some = Array.from({ length: 60 }, (_, number) => chunkOf(number));
  for (const { id, bytes } of some) await b!.store.put(id, bytes);
  await cluster.start();
  // One chunk in 1.5 s: the eighth that is under way waits for 12 s.
  let turn: Promise<void> = Promise.resolve();
  const get = b!.store.get.bind(b!.store);
  b!.store.get = async (id, options) => {
    turn = turn.then(() => new Promise<void>((resolve) => void cluster.clock.after(1500, resolve)));
    await turn;
    return get(id, options);
  };
  const reads = Promise.all(some.map(({ id }) => a!.replication.read(id)));
  await cluster.clock.until(reads);
  assert.equal(asks(a!), some.length);
  const { level } = await cluster.upload(a!, [chunkOf(1000)], 'safe');
  assert.equal(level, 'safe', 'it is not left alone as one that fails');
  await cluster.end();
});
