import assert from 'node:assert/strict';
import { chmod, rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { freeBytesKept } from '../../src/model/limits.ts';
import type { DiskChunkStore } from '../../src/store/index.ts';
import { bytesToKeepFree } from '../../src/store/volumes/volume-space.ts';
import { testChunk, testChunks } from './chunks.ts';
import { DiskWorld } from './disk-world.ts';
import { diskError, type Fault, faultyFiles } from './faulty-files.ts';

const KiB = 1024;
const GiB = 1024 ** 3;

describe('a disk that fails', () => {
  let world: DiskWorld;
  let fault: Fault;
  const files = faultyFiles((operation, path) => fault(operation, path));

  beforeEach(async () => {
    world = await DiskWorld.make();
    fault = () => undefined;
  });
  afterEach(() => world.remove());

  const a = testChunk('a');
  const b = testChunk('b');
  const put = (store: DiskChunkStore, { id, bytes } = b) => store.put(id, bytes);

  async function assertNothingOf(chunk = b): Promise<void> {
    assert.ok(!(await world.idsOf('held')).includes(chunk.id), 'no record of it is left');
  }

  for (const at of ['write', 'datasync', 'open'] as const) {
    it(`says disk-full when it is full at ${at}, keeps the rest, and goes on when there is room`, async () => {
      // The second chunk needs another segment, whose file has to be opened.
      const store = await world.open({ files, segmentBytesMax: 1400 });
      await put(store, a);
      fault = (operation, path) =>
        operation === at && path.endsWith('.segment') ? diskError('ENOSPC') : undefined;
      await assert.rejects(put(store), { code: 'disk-full' });
      assert.equal(store.has(b.id), false);
      await assertNothingOf();
      fault = () => undefined;
      assert.deepEqual(Buffer.from(await store.get(a.id)), Buffer.from(a.bytes));
      await assert.rejects(put(store), { code: 'disk-full' }, 'believed for a second');
      await world.clock.pass(1000);
      assert.equal(await put(store), 'stored');
      assert.equal(store.usage().volumes[0]?.state, 'ok');
    });
  }

  it('uses another volume when one is full', async () => {
    const volumes = [{ path: world.volume('one') }, { path: world.volume('two') }];
    const store = await world.open({ files, volumes });
    fault = (operation, path) =>
      operation === 'write' && path.includes('/one/') ? diskError('ENOSPC') : undefined;
    for (const chunk of testChunks(6)) assert.equal(await put(store, chunk), 'stored');
    assert.deepEqual(
      store.usage().volumes.map(({ usedBytes }) => usedBytes),
      [0, 6000],
    );
  });

  it('fails the chunk and the volume when a file cannot be synced, and never tries again', async () => {
    const store = await world.open({ files });
    await put(store, a);
    let syncs = 0;
    fault = (operation, path) =>
      operation === 'datasync' && path.endsWith('.segment') && ++syncs === 1 ? diskError('EIO') : undefined;
    await assert.rejects(put(store), { code: 'storage-failed', message: /EIO/ });
    await assertNothingOf();
    assert.equal(store.has(b.id), false);
    assert.equal(store.usage().volumes[0]?.state, 'failed');
    assert.match(store.usage().volumes[0]?.problem ?? '', /EIO/);
    await assert.rejects(put(store), { code: 'storage-failed' });
    assert.equal(syncs, 1);
    assert.deepEqual(Buffer.from(await store.get(a.id)), Buffer.from(a.bytes));
  });

  it('does not say that a chunk is stored whose segment has no durable name', async () => {
    const store = await world.open({ files });
    fault = (operation, path) =>
      operation === 'syncFolder' && path.endsWith('segments') ? diskError('EIO') : undefined;
    await assert.rejects(put(store), { code: 'storage-failed' });
    fault = () => undefined;
    await assertNothingOf();
    assert.deepEqual(await store.rescan(), { added: 0, lost: 0 });
    assert.deepEqual(world.changes, []);
  });

  it('fails every chunk that is under way on a volume whose sync failed', async () => {
    const store = await world.open({ files });
    let fail = true;
    fault = (operation, path) => {
      if (operation !== 'datasync' || !path.endsWith('.segment') || !fail) return undefined;
      fail = false;
      return diskError('EIO');
    };
    const ends = await Promise.allSettled(testChunks(6).map((chunk) => put(store, chunk)));
    assert.ok(ends.every(({ status }) => status === 'rejected'));
    assert.equal(store.usage().chunks, 0);
  });

  it('does not blame the disk when this process has too many files open', async () => {
    const store = await world.open({ files });
    fault = (operation) => (operation === 'open' ? diskError('EMFILE') : undefined);
    await assert.rejects(put(store), { code: 'storage-failed' });
    await assert.rejects(
      store.delete(a.id).then(() => put(store)),
      { code: 'storage-failed' },
    );
    await world.clock.pass(6000);
    fault = () => undefined;
    assert.equal(await put(store), 'stored');
    assert.equal(store.usage().volumes[0]?.state, 'ok');
  });

  it('treats bytes that cannot be read as a lost copy, and takes no more chunks', async () => {
    const store = await world.open({ files });
    await put(store, a);
    fault = (operation) => (operation === 'read' ? diskError('EIO') : undefined);
    await assert.rejects(store.get(a.id), { code: 'chunk-corrupt' });
    assert.deepEqual(world.changes.at(-1), { kind: 'lost', id: a.id, reason: 'corrupt' });
    assert.deepEqual(await world.idsOf('dead'), [a.id]);
    assert.equal(store.usage().volumes[0]?.state, 'failed');
  });

  it('concludes nothing about a chunk that it may not read just now', async () => {
    const store = await world.open({ files });
    await put(store, a);
    fault = (operation) => (operation === 'open' ? diskError('EMFILE') : undefined);
    await assert.rejects(store.get(a.id), { code: 'storage-failed' });
    fault = () => undefined;
    assert.equal(store.has(a.id), true);
    assert.deepEqual(Buffer.from(await store.get(a.id)), Buffer.from(a.bytes));
  });

  it('refuses with a code on a folder that it may not write to', async (context) => {
    if (process.getuid?.() === 0) return context.skip('root may write everywhere');
    const store = await world.open();
    await put(store, a);
    await chmod(`${world.volume()}/segments`, 0o500);
    await store.stop();
    const again = await world.open();
    await assert.rejects(put(again), { code: 'storage-failed' });
    await chmod(`${world.volume()}/segments`, 0o700);
    assert.equal(store.usage().volumes[0]?.state, 'failed');
  });

  it('fails a volume that became read-only', async () => {
    const store = await world.open({ files });
    await put(store, a);
    fault = (operation, path) =>
      operation === 'write' && path.endsWith('.segment') ? diskError('EROFS') : undefined;
    await assert.rejects(put(store), { code: 'storage-failed' });
    assert.equal(store.usage().volumes[0]?.state, 'failed');
    assert.deepEqual(Buffer.from(await store.get(a.id)), Buffer.from(a.bytes));
  });

  it('leaves the trash as it was when a chunk cannot be brought back', async () => {
    const store = await world.open({ files });
    await put(store, a);
    await store.delete(a.id);
    fault = (operation, path) =>
      operation === 'datasync' && path.endsWith('.segment') ? diskError('EIO') : undefined;
    await assert.rejects(store.touch(a.id), { code: 'storage-failed' });
    fault = () => undefined;
    assert.equal(store.has(a.id), false);
    assert.equal(store.usage().volumes[0]?.usedBytes, 1000);
    await store.stop();
    assert.equal(await (await world.open()).touch(a.id), true);
  });

  it('makes its folder again when somebody deleted it, and says what is lost with it', async () => {
    const store = await world.open();
    await put(store, a);
    await rm(`${world.volume()}/segments`, { recursive: true });
    assert.equal(await put(store), 'stored', 'no byte goes into the deleted file');
    await store.rescan();
    await assert.rejects(store.get(a.id), { code: 'chunk-missing' });
    assert.deepEqual(Buffer.from(await store.get(b.id)), Buffer.from(b.bytes));
    assert.equal(store.usage().volumes[0]?.state, 'ok');
  });
});

describe('the room on a volume', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());

  const spaceOf = (freeBytes: number, totalBytes: number) =>
    faultyFiles(() => undefined, { space: async () => ({ freeBytes, totalBytes }) });

  it('keeps 2 GiB or 2 % of the disk free, less on tiny disks and for small loans', () => {
    assert.equal(bytesToKeepFree(1000 * GiB, 500 * GiB), 20 * GiB);
    assert.equal(bytesToKeepFree(50 * GiB, 50 * GiB), freeBytesKept);
    assert.ok(Math.abs(bytesToKeepFree(4 * GiB, 4 * GiB) - 0.4 * GiB) < 1);
    assert.equal(bytesToKeepFree(1000 * GiB, 64 * KiB), 64 * KiB);
  });

  it('refuses a chunk that would eat into what stays free', async () => {
    const limitBytes = 100 * GiB;
    const store = await world.open({ files: spaceOf(20 * GiB + 2500, 1000 * GiB), limitBytes });
    const ends = await Promise.allSettled(testChunks(4).map(({ id, bytes }) => store.put(id, bytes)));
    assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 2);
  });

  it('lets a small loan be used on a disk with less than 2 GiB free', async () => {
    const store = await world.open({ files: spaceOf(0.1 * GiB, 100 * GiB), limitBytes: 64 * KiB });
    assert.equal(await store.put(testChunk('a').id, testChunk('a').bytes), 'stored');
  });

  it('asks the disk for its free space at most once a second', async () => {
    let asked = 0;
    const space = async () => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 5));
      return { freeBytes: 1000 * GiB, totalBytes: 1000 * GiB };
    };
    const store = await world.open({ files: faultyFiles(() => undefined, { space }) });
    await Promise.all(testChunks(20).map(({ id, bytes }) => store.put(id, bytes, { trusted: true })));
    assert.equal(asked, 1);
    await world.clock.pass(1000);
    await store.put(testChunk('later').id, testChunk('later').bytes);
    assert.equal(asked, 2);
  });

  it('fills volumes in proportion to what they lend', async () => {
    const volumes = [
      { path: world.volume('small'), limitBytes: 20_000 },
      { path: world.volume('large'), limitBytes: 60_000 },
    ];
    const store = await world.open({ volumes });
    for (const { id, bytes } of testChunks(40)) await store.put(id, bytes);
    const [small, large] = store.usage().volumes.map(({ usedBytes }) => usedBytes);
    assert.deepEqual([small, large], [10_000, 30_000]);
    assert.equal(store.usage().limitBytes, 80_000);
  });
});
