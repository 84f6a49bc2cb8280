import assert from 'node:assert/strict';
import { rm, truncate } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { until } from '../support/until.ts';
import { type TestChunk, testChunk, testChunks } from './chunks.ts';
import { DiskWorld } from './disk-world.ts';
import { diskError, faultyFiles } from './faulty-files.ts';

const recountMs = 1_000_000;

describe('the recount', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());

  const chunks = testChunks(20);
  const [deleted, cut] = chunks as [TestChunk, TestChunk];

  async function filled() {
    const store = await world.open({ recountMs });
    for (const { id, bytes } of chunks) await store.put(id, bytes);
    // The first look of a new device only notes the time.
    await world.clock.advance(recountMs / 5);
    world.changes.length = 0;
    return store;
  }

  const changed = () => world.changes.map((change) => [change.kind, change.id].join(' ')).sort();

  /** Time passes on the virtual clock, files are read by the real one. */
  async function after(ms: number, done: () => boolean): Promise<boolean> {
    await world.clock.advance(ms);
    return await until('files are read', done).then(
      () => true,
      () => false,
    );
  }

  it('notices what was deleted, cut and added behind the back of the device, and announces it', async () => {
    const store = await filled();
    const added = testChunk('added');
    const foreign = testChunk('foreign');
    await rm(world.blob(deleted.id));
    await truncate(world.blob(cut.id), 10);
    await world.putFile(world.blob(added.id), added.bytes);
    await world.putFile(world.blob(foreign.id), added.bytes);
    assert.ok(store.has(deleted.id));
    const expected = [`added ${added.id}`, `lost ${cut.id}`, `lost ${deleted.id}`].sort();
    assert.ok(await after(recountMs, () => changed().length >= 3 && !store.has(foreign.id)));
    await store.stop();
    assert.deepEqual(changed(), expected);
    assert.deepEqual(
      (await world.names('quarantine')).length,
      2,
      'nothing is deleted, the wrong bytes are put aside',
    );
  });

  it('is neither repeated nor left out by a restart', async () => {
    await (await filled()).stop();
    await rm(world.blob(deleted.id));
    let lists = 0;
    const files = faultyFiles((operation) => {
      if (operation === 'list') lists += 1;
      return undefined;
    });
    const store = await world.open({ recountMs, files });
    lists = 0;
    await after(recountMs / 2, () => true);
    assert.equal(lists, 0);
    assert.ok(await after(recountMs / 2, () => !store.has(deleted.id)));
    await store.stop();
    const again = await world.open({ recountMs, files });
    lists = 0;
    await after(recountMs / 2, () => true);
    assert.equal(lists, 0);
    await again.stop();
  });

  it('calls nothing lost on a volume that is gone, and goes on when it is back', async () => {
    const store = await filled();
    await rm(world.blob(deleted.id));
    let isGone = true;
    await store.stop();
    const files = faultyFiles((operation, path) =>
      isGone && operation === 'list' && path.includes('blobs') ? diskError('EMFILE') : undefined,
    );
    const other = await world.open({ recountMs, files });
    await after(recountMs, () => true);
    assert.ok(other.has(deleted.id), 'what cannot be looked at is not judged');
    await other.stop();
    isGone = false;
    const third = await world.open({ recountMs });
    assert.ok(await after(1, () => !third.has(deleted.id)), 'what was not finished is due at the next start');
  });
});
