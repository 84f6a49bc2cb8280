import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idKey } from '../../../src/model/contracts/ordered-store.ts';
import { WrittenManifests } from '../../../src/replication/references/written-manifests.ts';
import { startCluster, type TestDevice } from '../support/cluster.ts';
import { fileOf, indexOf, save } from '../support/files.ts';

test('a device does not read back the manifests that were just stored there, nor those below them', async () => {
  const cluster = await startCluster(2);
  const [a] = cluster.devices as [TestDevice, TestDevice];
  const reads: string[] = [];
  const get = a.store.get.bind(a.store);
  a.store.get = (id, options) => {
    reads.push(id);
    return get(id, options);
  };
  const file = indexOf(fileOf(1, 2), fileOf(3));
  await save(cluster, a, 1, file);
  const impact = await a.replication.impactOf(a.id);
  assert.equal(impact.thinChunks, file.chunks.length, 'every chunk counts as needed');
  assert.deepEqual(reads, []);
  await cluster.end();
});

test('what a manifest refers to is told once, and a chunk that is none is not kept', () => {
  const written = new WrittenManifests();
  const { chunks, manifest } = fileOf(1, 2);
  for (const { id, bytes } of chunks) written.note(id, bytes);
  const known = written.take(idKey(manifest));
  assert.deepEqual(
    known?.references.map(({ key }) => key),
    chunks.slice(0, -1).map(({ id }) => idKey(id)),
  );
  assert.equal(written.take(idKey(manifest)), undefined);
  for (const { id } of chunks) assert.equal(written.take(idKey(id)), undefined);
});

test('the oldest manifests without a version make room for new ones', () => {
  const written = new WrittenManifests();
  const many = fileOf(...Array.from({ length: 5000 }, (_, number) => number % 7));
  const { bytes } = many.chunks.at(-1)!;
  const idOf = (number: number) => fileOf(number).manifest;
  const ids = Array.from({ length: 8 }, (_, number) => idOf(number));
  for (const id of ids) written.note(id, bytes);
  assert.equal(written.take(idKey(ids[0]!)), undefined);
  assert.equal(written.take(idKey(ids[7]!))?.references.length, 5000);
});
