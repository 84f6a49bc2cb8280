import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster, type TestCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, indexOf, save, type TestFile } from '../support/files.ts';
import { chunkOf } from '../support/fixtures.ts';

const minuteMs = 60_000;

async function devices(count: number): Promise<{ cluster: TestCluster; all: TestDevice[] }> {
  const cluster = await startCluster(count);
  return { cluster, all: cluster.devices };
}

function bytesOf(file: TestFile): number {
  return file.chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

test('chunks that only one device has are lost with it, and so are the versions that need them', async () => {
  const { cluster, all } = await devices(3);
  const [a, b, c] = all as [TestDevice, TestDevice, TestDevice];
  const shared = fileOf(1, 2);
  await save(cluster, a, 1, shared);
  for (const device of [b, c]) await cluster.stop(device);
  const alone = indexOf(fileOf(3, 4), fileOf(1));
  await save(cluster, a, 2, alone, 'accepted');
  await cluster.clock.pass(minuteMs);
  const impact = await a.replication.impactOf(a.id);
  assert.equal(impact.lostChunks, alone.chunks.length - 1, 'chunk 1 is elsewhere');
  assert.equal(impact.lostBytes, bytesOf(alone) - chunkOf(1).bytes.length);
  assert.deepEqual(impact.lostVersions, ['2'.padStart(32, '0')]);
  assert.equal(impact.thinChunks, shared.chunks.length);
  assert.equal(impact.bytesLeft, impact.lostBytes);
  await cluster.restart(b);
  await cluster.restart(c);
  await cluster.clock.pass(5 * minuteMs);
  const after = await b.replication.impactOf(a.id);
  assert.deepEqual([after.lostChunks, after.lostVersions, after.bytesLeft], [0, [], 0]);
  await cluster.end();
});

test('the loss of one of four devices loses nothing, and chunks that only another device has do not count', async () => {
  const { cluster, all } = await devices(4);
  const [a, b, , d] = all as [TestDevice, TestDevice, TestDevice, TestDevice];
  await save(cluster, a, 1, fileOf(1, 2, 3, 4, 5, 6));
  await cluster.clock.pass(minuteMs);
  const impact = await a.replication.impactOf(d.id);
  const held = [...d.store.chunks.values()];
  assert.ok(held.length > 0);
  assert.deepEqual([impact.lostChunks, impact.thinChunks], [0, held.length]);
  assert.equal(
    impact.thinBytes,
    held.reduce((sum, bytes) => sum + bytes.length, 0),
  );
  assert.equal(impact.bytesLeft, impact.thinBytes);
  assert.deepEqual(await b.replication.impactOf(d.id), impact, 'all say the same');
  await cluster.end();
});

test('a draining device gives everything away at once, and then has nothing left', async () => {
  const { cluster, all } = await devices(4);
  const [a, , , d] = all as [TestDevice, TestDevice, TestDevice, TestDevice];
  const file = fileOf(...Array.from({ length: 20 }, (_, number) => number));
  await save(cluster, a, 1, file);
  await cluster.clock.pass(minuteMs);
  assert.ok((await a.replication.impactOf(d.id)).bytesLeft > 0);
  cluster.changeMember(3, { state: 'draining' });
  await cluster.clock.pass(3 * minuteMs);
  assert.equal((await a.replication.impactOf(d.id)).bytesLeft, 0);
  const others = cluster.devices.filter(({ id }) => id !== d.id);
  for (const { id } of file.chunks) assert.equal(others.filter(({ store }) => store.has(id)).length, 3);
  await cluster.stop(d);
  cluster.removeMember(d.id);
  await cluster.clock.pass(minuteMs);
  assert.equal((await a.replication.health()).byCopies[3], file.chunks.length);
  await cluster.end();
});

test('one of three devices is drained when the other two have everything', async () => {
  const { cluster, all } = await devices(3);
  const [a, , c] = all as [TestDevice, TestDevice, TestDevice];
  await save(cluster, a, 1, fileOf(1, 2));
  cluster.changeMember(2, { state: 'draining' });
  await cluster.clock.pass(minuteMs);
  const impact = await a.replication.impactOf(c.id);
  assert.deepEqual([impact.bytesLeft, impact.thinChunks], [0, 3]);
  await cluster.end();
});

test('the count before a shutdown has exactly the chunks that would have too few copies', async () => {
  const { cluster, all } = await devices(3);
  const [a, b, c] = all as [TestDevice, TestDevice, TestDevice];
  await save(cluster, a, 1, fileOf(1, 2));
  await cluster.clock.pass(minuteMs);
  assert.equal(a.replication.unprotectedChunks(), 0);
  await cluster.stop(b);
  assert.equal(a.replication.unprotectedChunks(), 0, 'it only sleeps');
  await save(cluster, a, 2, fileOf(3), 'safe');
  await cluster.clock.pass(1000);
  assert.equal(a.replication.unprotectedChunks(), 2);
  assert.equal(c.replication.unprotectedChunks(), 2);
  await cluster.restart(b);
  await cluster.clock.pass(minuteMs);
  assert.equal(a.replication.unprotectedChunks(), 0);
  await cluster.end();
});

test('an index below an index makes its version unknown, and reading it ends', async () => {
  const { cluster, all } = await devices(1);
  const [a] = all as [TestDevice];
  let nested = indexOf(fileOf(1), fileOf(2));
  for (let depth = 0; depth < 200; depth++) nested = indexOf(nested);
  await save(cluster, a, 1, nested, 'accepted');
  await cluster.clock.pass(minuteMs);
  assert.equal((await a.replication.health()).unknownVersions, 1);
  assert.match((await a.replication.garbageReport()).waitsFor ?? '', /not known/);
  assert.ok(a.replication.safetyOf(nested.manifest).copies <= 1);
  cluster.versions.remove(1);
  await cluster.clock.pass(2 * minuteMs);
  assert.equal((await a.replication.health()).unknownVersions, 0);
  await cluster.end();
});
