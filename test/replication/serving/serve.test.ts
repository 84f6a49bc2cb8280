import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPutAnswer, writePut } from '../../../src/replication/wire.ts';
import { startCluster } from '../support/cluster.ts';
import { fileOf, save } from '../support/files.ts';
import { chunkOf } from '../support/fixtures.ts';

test('a device with 95 % of its space used takes no new chunks, and still says what it has', async () => {
  const cluster = await startCluster(4);
  const [a, b] = cluster.devices;
  assert.ok(a && b);
  const { id, bytes } = chunkOf(1);
  await b.store.put(id, bytes);
  const usage = b.store.usage.bind(b.store);
  b.store.usage = () => ({ ...usage(), bytes: 95, limitBytes: 100 });
  const put = async (chunk: { id: typeof id; bytes: Uint8Array }) => {
    const body = writePut(chunk.id, chunk.bytes);
    return readPutAnswer(
      await cluster.clock.until(a.transport.call(b.id, 'chunk/put', body, { lane: 'bulk' })),
    );
  };
  assert.equal(await put(chunkOf(1)), 'present');
  assert.equal(await put(chunkOf(2)), 'full');
  const file = fileOf(3, 4, 5, 6);
  await save(cluster, a, 1, file);
  for (const chunk of file.chunks) assert.equal(cluster.holdersOf(chunk.id).length, 3);
  assert.equal(b.store.chunks.size, 1, 'others took them');
  b.store.usage = () => ({ ...usage(), bytes: 94, limitBytes: 100 });
  assert.equal(await put(chunkOf(2)), 'stored');
  await cluster.end();
});
