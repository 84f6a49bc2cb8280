import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterPrefix } from '../../../src/model/contracts/ordered-store.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { startCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, indexOf, save } from '../support/files.ts';
import { chunkOf } from '../support/fixtures.ts';

test('a version is as safe as its rarest chunk on connected devices', async () => {
  const cluster = await startCluster(3);
  const [a, b, c] = cluster.devices;
  const file = fileOf(1, 2, 3);
  await save(cluster, a!, 1, file);
  assert.deepEqual(a!.replication.safetyOf(file.manifest), { level: 'full', copies: 3, wanted: 3 });
  await cluster.stop(c!);
  assert.deepEqual(a!.replication.safetyOf(file.manifest), { level: 'safe', copies: 2, wanted: 3 });
  await b!.store.delete(file.chunks[1]!.id);
  await cluster.clock.pass(200);
  assert.deepEqual(a!.replication.safetyOf(file.manifest), { level: 'accepted', copies: 1, wanted: 3 });
  assert.deepEqual(b!.replication.safetyOf(file.manifest), { level: 'accepted', copies: 1, wanted: 3 });
  await cluster.restart(c!);
  assert.equal(a!.replication.safetyOf(file.manifest).level, 'full', 'the lost copy was made again');
  await cluster.end();
});

test('the safety of an index counts the chunks below its parts', async () => {
  const cluster = await startCluster(2);
  const [a, b] = cluster.devices;
  const file = indexOf(fileOf(1, 2), fileOf(3, 4));
  await save(cluster, a!, 1, file);
  assert.equal(a!.replication.safetyOf(file.manifest).copies, 2);
  await b!.store.delete(chunkOf(3).id);
  await cluster.clock.pass(200);
  assert.equal(a!.replication.safetyOf(file.manifest).copies, 1);
  assert.equal((await a!.replication.health()).total, 4 + 2 + 1);
  await cluster.end();
});

test('health counts every needed chunk once, by its reachable copies', async () => {
  const cluster = await startCluster(3);
  const [a, , c] = cluster.devices;
  await save(cluster, a!, 1, fileOf(1, 2, 3));
  await save(cluster, a!, 2, fileOf(2, 3, 4));
  await cluster.clock.pass(200);
  for (const device of cluster.devices) {
    const { total, byCopies, bytes, unknownVersions } = await device.replication.health();
    assert.deepEqual([total, byCopies, unknownVersions], [6, { 3: 6 }, 0]);
    assert.ok(bytes > 4 * 200 && bytes < 4 * 200 + 2 * 600);
  }
  await cluster.stop(c!);
  assert.deepEqual((await a!.replication.health()).byCopies, { 2: 6 });
  cluster.versions.remove(2);
  await cluster.clock.pass(1);
  const left = await a!.replication.health();
  assert.deepEqual([left.total, left.byCopies], [4, { 2: 4 }]);
  cluster.versions.remove(1);
  await cluster.clock.pass(1);
  const { total, byCopies, bytes } = await a!.replication.health();
  assert.deepEqual([total, byCopies, bytes], [0, {}, 0]);
  await cluster.end();
});

test('counts after a restart are those of before it', async () => {
  const cluster = await startCluster(3);
  const [a, b] = cluster.devices;
  for (let number = 0; number < 20; number++) await save(cluster, a!, number, fileOf(number, number + 1));
  await b!.store.delete(chunkOf(5).id);
  await cluster.clock.pass(200);
  const before = await a!.replication.health();
  await cluster.stop(a!);
  cluster.versions.remove(3);
  cluster.versions.add(50, fileOf(1, 2).manifest);
  cluster.versions.remove(50);
  await cluster.restart(a!);
  const after = await a!.replication.health();
  assert.equal(after.total, before.total - 1, 'the manifest of the removed version');
  assert.deepEqual(after, await b!.replication.health());
  await cluster.end();
});

test('a manifest that is out of reach is read when its device comes', async () => {
  const cluster = await startCluster(2);
  const [a, b] = cluster.devices;
  const file = fileOf(1, 2);
  await cluster.stop(b!);
  for (const { id, bytes } of file.chunks) await b!.store.put(id, bytes);
  cluster.versions.add(1, file.manifest);
  await cluster.clock.pass(1000);
  assert.equal((await a!.replication.health()).unknownVersions, 1);
  assert.equal(a!.replication.safetyOf(file.manifest).copies, 0);
  await cluster.restart(b!);
  await cluster.clock.pass(2000);
  const health = await a!.replication.health();
  assert.deepEqual([health.total, health.unknownVersions], [3, 0]);
  await cluster.end();
});

test('a version with an invalid manifest counts as unknown, and nothing breaks', async () => {
  const cluster = await startCluster(1);
  const [a] = cluster.devices;
  const { id, bytes } = chunkOf(1);
  await a!.store.put(id, bytes);
  cluster.versions.add(1, id);
  await cluster.clock.pass(1000);
  assert.equal((await a!.replication.health()).unknownVersions, 1);
  assert.equal(a!.replication.safetyOf(id).copies, 1);
  await cluster.end();
});

test('counts follow any mix of uploads, losses and removals', async () => {
  const cluster = await startCluster(3, { tunables: { inventoryDigestMs: 60_000 } });
  const [a] = cluster.devices;
  const random = cluster.network.random;
  const pick = (count: number) => Math.floor(random.next() * count);
  for (let step = 0; step < 60; step++) {
    const device = cluster.devices[pick(3)]!;
    const roll = random.next();
    if (roll < 0.5) await save(cluster, device, step, fileOf(pick(30), pick(30), pick(30)), 'safe');
    else if (roll < 0.7) cluster.versions.remove(pick(step));
    else await device.store.delete(chunkOf(pick(30)).id);
    a!.replication.safetyOf(fileOf(pick(30)).manifest);
  }
  await cluster.clock.pass(120_000);
  const counted = await a!.replication.health();
  await cluster.restart(a!);
  await cluster.clock.pass(120_000);
  assert.deepEqual(await a!.replication.health(), counted);
  await cluster.end();
});

test('a version that was deleted and came again is followed again', async () => {
  const cluster = await startCluster(2);
  const [a, b] = cluster.devices;
  const file = fileOf(1, 2);
  await save(cluster, a!, 1, file);
  assert.equal(a!.replication.safetyOf(file.manifest).copies, 2);
  cluster.versions.remove(1);
  await cluster.clock.pass(10);
  cluster.versions.add(2, file.manifest);
  await cluster.clock.pass(10);
  b!.store.full = true;
  await b!.store.delete(file.chunks[0]!.id);
  await cluster.clock.pass(200);
  assert.equal(a!.replication.safetyOf(file.manifest).copies, 1);
  await cluster.end();
});

test('a part that two files share is kept as long as one of them is there', async () => {
  const cluster = await startCluster(1);
  const [a] = cluster.devices;
  const shared = fileOf(1, 2);
  await save(cluster, a!, 1, indexOf(shared, fileOf(3)));
  await save(cluster, a!, 2, indexOf(shared, fileOf(4)));
  await save(cluster, a!, 3, shared);
  const total = async () => (await a!.replication.health()).total;
  assert.equal(await total(), 2 + 1 + 2 * 3);
  cluster.versions.remove(3);
  await cluster.clock.pass(10);
  assert.equal(await total(), 2 + 1 + 2 * 3);
  cluster.versions.remove(1);
  await cluster.clock.pass(10);
  assert.equal(await total(), 2 + 1 + 3);
  cluster.versions.add(4, shared.manifest);
  cluster.versions.remove(2);
  await cluster.clock.pass(10);
  assert.equal(await total(), 2 + 1);
  cluster.versions.remove(4);
  await cluster.clock.pass(10);
  assert.equal(await total(), 0);
  await cluster.end();
});

test('a manifest that arrives after its version is read at once', async () => {
  const cluster = await startCluster(1);
  const [a] = cluster.devices;
  const file = fileOf(1, 2);
  cluster.versions.add(1, file.manifest);
  await cluster.clock.pass(1000);
  assert.equal((await a!.replication.health()).unknownVersions, 1);
  for (const { id, bytes } of file.chunks) await a!.store.put(id, bytes);
  await cluster.clock.pass(100);
  assert.equal((await a!.replication.health()).unknownVersions, 0);
  await cluster.end();
});

test('a damaged row of the references is read again from the manifests', async () => {
  const cluster = await startCluster(1);
  const [a] = cluster.devices;
  const file = fileOf(1, 2, 3);
  await save(cluster, a!, 1, file);
  const before = await a!.replication.health();
  await damage(a!, 'P');
  await a!.store.delete(file.chunks[0]!.id);
  await a!.store.put(file.chunks[0]!.id, file.chunks[0]!.bytes);
  await cluster.clock.pass(5000);
  assert.deepEqual(await a!.replication.health(), before);
  await cluster.end();
});

test('damaged rows of the inventory are counted and fetched again', async () => {
  const cluster = await startCluster(2);
  const [a] = cluster.devices;
  const file = fileOf(1, 2, 3);
  await save(cluster, a!, 1, file);
  await damage(a!, 'c');
  await a!.store.delete(file.chunks[0]!.id);
  await cluster.clock.pass(cluster.tunables.inventoryDigestMs * 3);
  const health = await a!.replication.health();
  assert.deepEqual([health.total, health.unknownVersions], [4, 0]);
  assert.deepEqual(health, await cluster.devices[1]!.replication.health());
  await cluster.end();
});

/** Every row with this prefix fails its checksum the next time it is read. */
async function damage({ index }: TestDevice, prefix: string): Promise<void> {
  const damaged = new Set<string>();
  for await (const [key] of index.range({ gte: prefix, lt: afterPrefix(prefix) })) damaged.add(key);
  const get = index.get.bind(index);
  index.get = (key) => {
    if (damaged.delete(key)) throw new PeerstorError('index-corrupt', 'A test damaged this row.');
    return get(key);
  };
}
