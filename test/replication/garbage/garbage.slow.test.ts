import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterPrefix } from '../../../src/model/contracts/ordered-store.ts';
import { type ClusterOptions, startCluster, type TestCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, indexOf, save, type TestFile } from '../support/files.ts';
import { chunkOf } from '../support/fixtures.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const tunables = { inventoryDigestMs: 12 * hourMs, scrubPeriodMs: 1000 * dayMs, auditEveryMs: 1000 * dayMs };

async function threeDevices(options: ClusterOptions = {}) {
  const cluster = await startCluster(3, { ...options, tunables: { ...tunables, ...options.tunables } });
  const [a, b, c] = cluster.devices;
  assert.ok(a && b && c);
  return { cluster, a, b, c };
}

/** Copies of each chunk, those in the trash not counted. */
function copies(cluster: TestCluster, { chunks }: TestFile): number[] {
  return chunks.map(({ id }) => cluster.holdersOf(id).length);
}

function bytesOnDisk({ store }: TestDevice): number {
  const all = [...store.chunks.values(), ...[...store.trash.values()].map(({ bytes }) => bytes)];
  return all.reduce((sum, bytes) => sum + bytes.length, 0);
}

test('deleted content leaves every disk after the grace and the days in the trash', async () => {
  const { cluster } = await threeDevices();
  const [kept, gone] = [fileOf(1, 2, 3), fileOf(3, 4, 5)];
  await save(cluster, cluster.devices[0]!, 1, kept);
  const before = cluster.devices.map(bytesOnDisk);
  await save(cluster, cluster.devices[0]!, 2, gone);
  cluster.versions.remove(2);
  await cluster.clock.pass(13 * dayMs);
  assert.deepEqual(copies(cluster, gone), [3, 3, 3, 3]);
  await cluster.clock.pass(3 * dayMs);
  assert.deepEqual(copies(cluster, gone), [3, 0, 0, 0], 'a chunk that another file needs stays');
  assert.ok(
    cluster.devices.every((device) => bytesOnDisk(device) > before[0]!),
    'it lies in the trash',
  );
  await cluster.clock.pass(9 * dayMs);
  assert.deepEqual(cluster.devices.map(bytesOnDisk), before);
  assert.deepEqual(copies(cluster, kept), [3, 3, 3, 3]);
  await cluster.end();
});

test('nothing is swept while the catalog is incomplete, or a manifest is out of reach', async () => {
  const { cluster, a } = await threeDevices({
    tunables: { garbageGraceMs: hourMs, garbageTrashMs: hourMs, garbageEveryMs: hourMs / 4 },
  });
  const file = fileOf(1, 2);
  await save(cluster, a, 1, file);
  await save(cluster, a, 2, fileOf(8));
  cluster.versions.remove(1);
  cluster.catalogComplete = false;
  await cluster.clock.pass(4 * hourMs);
  assert.deepEqual(copies(cluster, file), [3, 3, 3]);
  assert.match((await a.replication.garbageReport()).waitsFor ?? '', /not complete/);
  cluster.catalogComplete = true;
  cluster.versions.add(9, fileOf(77).manifest);
  await cluster.clock.pass(4 * hourMs);
  assert.deepEqual(copies(cluster, file), [3, 3, 3]);
  const report = await a.replication.garbageReport();
  assert.match(report.waitsFor ?? '', /not known/);
  assert.deepEqual([report.chunks, report.dueChunks], [3, 3]);
  cluster.versions.remove(9);
  await cluster.clock.pass(hourMs / 2);
  assert.deepEqual(copies(cluster, file), [0, 0, 0]);
  await cluster.end();
});

test('a missing volume stops garbage collection', async () => {
  const { cluster, a } = await threeDevices();
  const file = fileOf(1, 2);
  await save(cluster, a, 1, file);
  await save(cluster, a, 2, fileOf(3));
  cluster.versions.remove(1);
  const usage = a.store.usage.bind(a.store);
  const volume = { id: 'v', path: '/v', limitBytes: 1, usedBytes: 0, state: 'missing' } as never;
  a.store.usage = () => ({ ...usage(), volumes: [volume] });
  await cluster.clock.pass(16 * dayMs);
  assert.deepEqual(copies(cluster, file), [1, 1, 1], 'the others do what they can know');
  a.store.usage = usage;
  await cluster.clock.pass(2 * dayMs);
  assert.deepEqual(copies(cluster, file), [0, 0, 0]);
  await cluster.end();
});

test('an index that was lost starts every clock again', async () => {
  const { cluster, a } = await threeDevices();
  const file = fileOf(1);
  await save(cluster, a, 1, file);
  await save(cluster, a, 2, fileOf(...Array.from({ length: 40 }, (_, number) => number + 2)));
  cluster.versions.remove(1);
  await cluster.clock.pass(12 * dayMs);
  await cluster.stop(a);
  const rows: string[] = [];
  for await (const [key] of a.index.range({ gte: 'g', lt: afterPrefix('g') })) rows.push(key);
  assert.equal(rows.length, 2);
  await a.index.batch(rows.map((key) => ({ key, value: null })));
  await cluster.restart(a);
  await cluster.clock.pass(5 * dayMs);
  assert.deepEqual(cluster.holdersOf(file.manifest), [a.id]);
  await cluster.clock.pass(12 * dayMs);
  assert.deepEqual(cluster.holdersOf(file.manifest), []);
  await cluster.end();
});

test('many chunks that nobody deleted wait for an admin, and go when the admin agreed', async () => {
  const { cluster, a } = await threeDevices();
  const file = fileOf(...Array.from({ length: 30 }, (_, number) => number));
  await save(cluster, a, 1, file);
  const strays = [100, 101, 102].map((number) => chunkOf(number, 5000));
  for (const { id, bytes } of strays) await a.store.put(id, bytes);
  await cluster.clock.pass(40 * dayMs);
  assert.ok(strays.every(({ id }) => a.store.has(id)));
  assert.deepEqual(a.replication.garbageStopped(), { chunks: 3, bytes: 15_000 });
  const { chunks, bytes, dueChunks, stopped } = await a.replication.garbageReport();
  assert.deepEqual([chunks, bytes, dueChunks, stopped?.chunks], [3, 15_000, 3, 3]);
  a.replication.confirmGarbage();
  await cluster.clock.pass(minuteMs);
  assert.ok(strays.every(({ id }) => !a.store.has(id)));
  assert.equal(a.replication.garbageStopped(), null);
  assert.deepEqual(
    copies(cluster, file),
    file.chunks.map(() => 3),
  );
  const [more] = [chunkOf(103, 5000)];
  await a.store.put(more.id, more.bytes);
  await cluster.clock.pass(16 * dayMs);
  assert.ok(a.store.has(more.id), 'it agreed to those, not to others');
  await cluster.end();
});

test('a version that vanished without a record is no deletion, so an admin is asked', async () => {
  const { cluster, a } = await threeDevices();
  await save(cluster, a, 1, fileOf(1, 2, 3));
  await save(cluster, a, 2, fileOf(4, 5, 6));
  await cluster.stop(a);
  cluster.versions.remove(1);
  await cluster.restart(a);
  await cluster.clock.pass(40 * dayMs);
  assert.equal(a.replication.garbageStopped()?.chunks, 4);
  assert.ok(a.store.has(chunkOf(1).id));
  await cluster.end();
});

test('an upload that goes on for longer than the grace loses nothing', async () => {
  const { cluster, a } = await threeDevices({
    tunables: { garbageGraceMs: 1000, garbageTrashMs: 1000, garbageEveryMs: 500 },
  });
  const file = fileOf(1, 2, 3);
  const upload = a.replication.beginUpload();
  for (const { id, bytes } of file.chunks) {
    await cluster.clock.until(upload.put(id, bytes));
    await cluster.clock.pass(5000);
  }
  assert.ok(file.chunks.every(({ id }) => a.store.has(id)));
  cluster.versions.add(1, file.manifest);
  upload.close();
  await cluster.clock.pass(60_000);
  assert.ok(file.chunks.every(({ id }) => a.store.has(id)));
  await cluster.end();
});

test('an upload that broke off leaves nothing, and no admin is asked about it', async () => {
  const { cluster, a } = await threeDevices();
  const file = fileOf(1, 2, 3);
  await cluster.upload(a, file.chunks);
  await cluster.clock.pass(16 * dayMs);
  assert.deepEqual(copies(cluster, file), [0, 0, 0, 0]);
  await cluster.end();
});

test('a device that comes back within the grace with a version of a deleted chunk finds it kept', async () => {
  const { cluster, a } = await threeDevices();
  const [old, fresh] = [fileOf(1, 2, 3), fileOf(2, 3, 4)];
  await save(cluster, a, 1, old);
  cluster.versions.remove(1);
  await cluster.clock.pass(13 * dayMs);
  cluster.versions.add(2, fresh.manifest);
  for (const { id, bytes } of fresh.chunks) await a.store.put(id, bytes);
  await cluster.clock.pass(20 * dayMs);
  assert.deepEqual(copies(cluster, fresh), [3, 3, 3, 3]);
  assert.equal(cluster.holdersOf(chunkOf(1).id).length, 0);
  await cluster.end();
});

test('a device that returns after the grace restores the chunks from the trash', async () => {
  const { cluster, a } = await threeDevices();
  const old = indexOf(fileOf(1, 2), fileOf(3));
  await save(cluster, a, 1, old);
  cluster.versions.remove(1);
  await cluster.clock.pass(17 * dayMs);
  assert.equal(cluster.holdersOf(chunkOf(2).id).length, 0);
  const fresh = fileOf(2, 3);
  const manifest = fresh.chunks.at(-1)!;
  await a.store.put(manifest.id, manifest.bytes);
  cluster.versions.add(2, fresh.manifest);
  await cluster.clock.pass(minuteMs);
  assert.deepEqual(copies(cluster, fresh), [3, 3, 3]);
  await cluster.clock.pass(30 * dayMs);
  assert.deepEqual(copies(cluster, fresh), [3, 3, 3]);
  await cluster.end();
});

test("a peer's question whether a chunk is here keeps it for another grace", async () => {
  const { cluster, a, b } = await threeDevices();
  const file = fileOf(1);
  await save(cluster, a, 1, file);
  cluster.versions.remove(1);
  await cluster.clock.pass(13 * dayMs);
  const ask = () =>
    cluster.clock.until(b.transport.call(a.id, 'chunk/have', Buffer.from(chunkOf(1).id, 'hex')));
  assert.deepEqual([...(await ask())], [1]);
  await cluster.clock.pass(10 * dayMs);
  assert.equal(a.store.has(chunkOf(1).id), true);
  assert.equal(b.store.has(chunkOf(1).id), false);
  await cluster.clock.pass(5 * dayMs);
  assert.equal(a.store.has(chunkOf(1).id), false);
  assert.deepEqual([...(await ask())], [1], 'back from the trash');
  await cluster.clock.pass(30 * dayMs);
  assert.deepEqual([...(await ask())], [0]);
  await cluster.end();
});

test('what came for an upload that goes on in later requests stays until that upload is over', async () => {
  const { cluster, a } = await threeDevices({
    tunables: { garbageGraceMs: hourMs, garbageTrashMs: hourMs, garbageEveryMs: hourMs / 4 },
  });
  const early = chunkOf(1);
  const late = chunkOf(2);
  await cluster.upload(a, [early], 'full');
  await cluster.clock.pass(10 * minuteMs);
  cluster.oldestUploadMs = cluster.clock.elapsedMs();
  await cluster.upload(a, [late], 'full');
  await cluster.clock.pass(5 * hourMs);
  assert.deepEqual([a.store.has(early.id), a.store.has(late.id)], [false, true]);
  cluster.oldestUploadMs = Number.POSITIVE_INFINITY;
  await cluster.clock.pass(hourMs);
  assert.equal(a.store.has(late.id), false);
  await cluster.end();
});
