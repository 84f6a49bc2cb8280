/** Bytes of what was purged go back to the disk, and nothing else goes with them. */
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DiskChunkStore, MemoryOrderedStore } from '../../../src/store/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';
import { type TestChunk, testChunks } from '../chunks.ts';
import { DiskWorld, testDevice } from '../disk-world.ts';
import { diskError, faultyFiles } from '../faulty-files.ts';
import { PoweredFiles } from '../powered-files.ts';
import { rotOnDisk, segmentPaths } from '../segments-on-disk.ts';
import { TestHost } from '../test-processes.ts';

describe('compaction', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());

  const chunks = testChunks(40);
  const gone = chunks.filter((_, at) => at % 2 === 0);
  const kept = chunks.filter((_, at) => at % 2 === 1);
  const small = { segmentBytesMax: 8000 };

  async function halfPurged(options: Parameters<DiskWorld['open']>[0] = small): Promise<DiskChunkStore> {
    const store = await world.open(options);
    for (const { id, bytes } of chunks) await store.put(id, bytes);
    for (const { id } of gone) await store.delete(id);
    await store.purgeTrash(0);
    world.changes.length = 0;
    return store;
  }

  async function bytesUsed(): Promise<number> {
    const sizes = await Promise.all(
      (await segmentPaths(world.volume())).map(async (path) => (await stat(path)).size),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async function assertWhole(store: DiskChunkStore, some: readonly TestChunk[] = kept): Promise<void> {
    assert.equal(store.usage().chunks, some.length);
    for (const { id, bytes } of some) assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
  }

  it('begins though the trash is looked through again and again before it is due', async () => {
    const store = await halfPurged();
    const before = await bytesUsed();
    await until('bytes come back', async () => {
      await world.clock.pass(500);
      await store.purgeTrash(0);
      return (await bytesUsed()) < 0.7 * before;
    });
    await assertWhole(store);
  });

  it('gives back at least 90 % of what half of 10,000 purged chunks took, in one pass', async () => {
    const many = testChunks(10_000, 300);
    const store = await world.open();
    for (let at = 0; at < many.length; at += 500) {
      const some = many.slice(at, at + 500);
      await Promise.all(some.map(({ id, bytes }) => store.put(id, bytes, { trusted: true })));
    }
    const before = await bytesUsed();
    await Promise.all(many.slice(0, 5000).map(({ id }) => store.delete(id)));
    await store.purgeTrash(0);
    await store.compact();
    const given = before - (await bytesUsed());
    assert.ok(given >= 0.9 * 5000 * 300, `${given} bytes came back`);
    await assertWhole(store, many.slice(5000));
    world.loseIndex();
    await store.stop();
    await assertWhole(await world.open(), many.slice(5000));
  });

  it('keeps what is held, announces nothing, and leaves a log from which the index can be made', async () => {
    const store = await halfPurged();
    const before = await bytesUsed();
    const { segments, bytes } = await store.compact();
    assert.ok(segments > 2 && bytes > gone.length * 1000 * 0.8);
    assert.ok((await bytesUsed()) < before * 0.75);
    assert.deepEqual(world.changes, []);
    await assertWhole(store);
    assert.deepEqual(await store.rescan(), { added: 0, lost: 0 });
    await store.stop();
    world.loseIndex();
    await assertWhole(await world.open());
  });

  it('keeps the trash, and the time since when it is there', async () => {
    const store = await halfPurged();
    const [trashed] = kept as [TestChunk];
    await store.delete(trashed.id);
    await world.clock.pass(1000);
    await store.compact();
    assert.deepEqual(await store.purgeTrash(2000), { chunks: 0, bytes: 0 });
    await store.stop();
    world.loseIndex();
    const again = await world.open(small);
    assert.equal(again.has(trashed.id), false);
    assert.deepEqual(await again.purgeTrash(1), { chunks: 0, bytes: 0 }, 'it counts anew without the index');
    assert.equal(await again.touch(trashed.id), true);
    await assertWhole(again);
  });

  it('leaves a segment with few dead bytes as it is', async () => {
    const store = await world.open(small);
    for (const { id, bytes } of chunks) await store.put(id, bytes);
    const [one] = chunks as [TestChunk];
    await store.delete(one.id);
    await store.purgeTrash(0);
    assert.deepEqual(await store.compact(), { segments: 0, bytes: 0 });
  });

  it('copies nothing where the disk has no room for it, and deletes what holds nothing any more', async () => {
    let freeBytes = 1e9;
    const files = faultyFiles(() => undefined, { space: async () => ({ freeBytes, totalBytes: 1e9 }) });
    const store = await halfPurged({ ...small, files });
    freeBytes = 1000;
    assert.deepEqual(await store.compact(), { segments: 0, bytes: 0 });
    for (const { id } of kept) await store.delete(id);
    await store.purgeTrash(0);
    assert.ok((await store.compact()).segments > 2);
  });

  it('copies no rotten chunk, and says that it is lost', async () => {
    const store = await halfPurged();
    const [bad] = kept as [TestChunk];
    await rotOnDisk(await world.record(bad.id), Buffer.alloc(1000, 7));
    await store.compact();
    await assert.rejects(store.get(bad.id), (error: { code: string }) => /^chunk-/.test(error.code));
    assert.deepEqual(world.changes, [{ kind: 'lost', id: bad.id, reason: 'corrupt' }]);
    await store.rescan();
    await store.compact();
    await assertWhole(store, kept.slice(1));
  });

  it('can run while the segments are compared with the index, and neither misleads the other', async () => {
    for (let round = 0; round < 2; round += 1) {
      const store = await halfPurged();
      const [, rescanned] = await Promise.all([store.compact(), store.rescan(), store.compact()]);
      assert.deepEqual(rescanned, { added: 0, lost: 0 });
      assert.equal(store.usage().volumes[0]?.usedBytes, kept.length * 1000, 'nothing went into the trash');
      await assertWhole(store);
      for (const { id } of kept) await store.delete(id);
      await store.purgeTrash(0);
      await store.stop();
    }
  });

  it('deletes no segment while the index does not know all that is in it', async () => {
    const store = await halfPurged();
    await store.stop();
    // Rows are gone without a word, and the stop looked clean.
    const keys: string[] = [];
    for await (const [key] of world.index.range({ gte: 'c', lt: 'd' })) keys.push(key);
    await world.index.batch(keys.map((key) => ({ key, value: null })));
    const again = await world.open(small);
    await again.compact();
    await again.rescan();
    for (const { id } of kept) await again.get(id);
  });

  it('goes on after the disk failed in the middle of it', async () => {
    let isBroken = false;
    const files = faultyFiles((operation, path) =>
      isBroken && operation === 'unlink' && path.endsWith('.segment') ? diskError('EROFS') : undefined,
    );
    const store = await halfPurged({ ...small, files });
    isBroken = true;
    await assert.rejects(store.compact(), { code: 'storage-failed' });
    await assertWhole(store);
    isBroken = false;
    await store.stop();
    const again = await world.open(small);
    await again.rescan();
    await assertWhole(again);
  });

  it('survives a kill and a power cut at each of its steps, with its index and without', async () => {
    let steps = 0;
    for (let step = 0; step <= steps; step += 1) {
      for (const isPowerCut of [false, true]) {
        steps = Math.max(steps, await cutAt(step, isPowerCut));
      }
    }
    assert.ok(steps > 30, `${steps} steps were cut`);
  });
});

/** @returns how many steps the whole compaction has */
async function cutAt(step: number, isPowerCut: boolean): Promise<number> {
  const seed = step * 2 + (isPowerCut ? 1 : 0);
  const files = new PoweredFiles(seededRandom(seed));
  const host = new TestHost();
  const index = new MemoryOrderedStore();
  const open = async (own: { files: PoweredFiles; index: MemoryOrderedStore }) => {
    host.killAll();
    const store = new DiskChunkStore({
      volumes: [{ path: '/volume', limitBytes: 1e9 }],
      clock: new ManualClock(),
      device: testDevice,
      process: host.start(),
      segmentBytesMax: 1500,
      random: seededRandom(seed + 1),
      ...own,
    });
    await store.start();
    return store;
  };
  const chunks = testChunks(9, 300);
  const [dead, trashed] = [chunks.slice(0, 3), chunks.slice(3, 4)];
  const store = await open({ files, index });
  for (const { id, bytes } of chunks) await store.put(id, bytes, { trusted: true });
  for (const { id } of [...dead, ...trashed]) await store.delete(id);
  for (const { id } of trashed) await store.touch(id);
  await store.purgeTrash(0);
  for (const { id } of trashed) await store.delete(id);
  const before = files.operations;
  files.cutAfter(step);
  await store.compact().catch((error: { code: string }) => assert.match(error.code, /storage-failed/));
  const steps = files.operations - before;

  const left = isPowerCut ? files.afterPowerCut() : files.afterKill();
  for (const known of [index, new MemoryOrderedStore()]) {
    const again = await open({ files: left.afterKill(), index: known });
    await again.rescan();
    await again.compact();
    for (const { id, bytes } of chunks.slice(4)) {
      assert.ok(again.has(id), `cut at step ${step}`);
      assert.deepEqual(Buffer.from(await again.get(id)), Buffer.from(bytes));
    }
    for (const { id } of trashed) assert.ok(await again.touch(id), `the trash is kept, cut at step ${step}`);
    await again.stop();
  }
  return steps;
}
