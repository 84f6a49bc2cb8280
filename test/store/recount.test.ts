import assert from 'node:assert/strict';
import { rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { type TestChunk, testChunks } from './chunks.ts';
import { DiskWorld } from './disk-world.ts';
import { diskError, faultyFiles } from './faulty-files.ts';
import { flipOnDisk, segmentPaths } from './segments-on-disk.ts';

const recountMs = 1_000_000;

describe('the recount', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());

  const chunks = testChunks(20);
  const [first, cut] = [chunks[0], chunks.at(-1)] as [TestChunk, TestChunk];
  const aside = () => join(world.folder, 'aside');
  const segment = async () => (await segmentPaths(world.volume()))[0] ?? '';

  async function filled() {
    const store = await world.open({ recountMs });
    for (const { id, bytes } of chunks) await store.put(id, bytes);
    // The first look of a new device only notes the time.
    await world.clock.pass(recountMs / 5);
    world.changes.length = 0;
    return store;
  }

  const changed = () => world.changes.map((change) => [change.kind, change.id].join(' ')).sort();

  /** Time passes on the virtual clock, files are read by the real one. */
  async function after(ms: number, done: () => boolean): Promise<boolean> {
    await world.clock.pass(ms);
    return await until('files are read', done).then(
      () => true,
      () => false,
    );
  }

  it('notices what was deleted and put back behind the back of the device, and announces it', async () => {
    const store = await filled();
    const path = await segment();
    await rename(path, aside());
    assert.ok(store.has(first.id));
    assert.ok(await after(recountMs, () => changed().length === chunks.length));
    assert.deepEqual(changed(), chunks.map(({ id }) => `lost ${id}`).sort());
    world.changes.length = 0;
    await rename(aside(), path);
    assert.ok(await after(recountMs, () => changed().length === chunks.length));
    assert.deepEqual(changed(), chunks.map(({ id }) => `added ${id}`).sort());
    await store.stop();
  });

  it('notices a segment that was cut, and takes no rotten chunk that was put back', async () => {
    const store = await filled();
    const [path, last] = [await segment(), await world.record(cut.id)];
    await truncate(path, last.offset + 10);
    assert.ok(await after(recountMs, () => !store.has(cut.id)));
    assert.deepEqual(changed(), [`lost ${cut.id}`]);
    await store.stop();
    await flipOnDisk(await world.record(first.id));
    world.loseIndex();
    const again = await world.open({ recountMs });
    await again.rescan();
    assert.deepEqual([again.has(first.id), again.usage().chunks], [false, chunks.length - 2]);
    assert.deepEqual(await world.idsOf('dead'), [first.id], 'it is marked, and never taken again');
  });

  it('is neither repeated nor left out by a restart', async () => {
    await (await filled()).stop();
    await rm(await segment());
    let lists = 0;
    const files = faultyFiles((operation, path) => {
      if (operation === 'list' && path.endsWith('segments')) lists += 1;
      return undefined;
    });
    const store = await world.open({ recountMs, files });
    lists = 0;
    await after(recountMs / 2, () => true);
    assert.equal(lists, 0);
    assert.ok(await after(recountMs / 2, () => !store.has(first.id)));
    await store.stop();
    const again = await world.open({ recountMs, files });
    lists = 0;
    await after(recountMs / 2, () => true);
    assert.equal(lists, 0);
    await again.stop();
  });

  it('calls nothing lost on a volume that is gone, and goes on when it is back', async () => {
    const store = await filled();
    let isGone = true;
    let isOpen = false;
    await store.stop();
    await rm(await segment());
    const files = faultyFiles((operation, path) =>
      isGone && isOpen && operation === 'list' && path.endsWith('segments') ? diskError('EMFILE') : undefined,
    );
    const other = await world.open({ recountMs, files });
    isOpen = true;
    await after(recountMs, () => true);
    assert.ok(other.has(first.id), 'what cannot be looked at is not judged');
    await other.stop();
    isGone = false;
    const third = await world.open({ recountMs });
    assert.ok(await after(1, () => !third.has(first.id)), 'what was not finished is due at the next start');
  });
});
