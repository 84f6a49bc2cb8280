import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { entryId } from '../../src/model/ids.ts';
import { BackupWorld } from './world.ts';

const count = 20;

async function inWorld(use: (world: BackupWorld, id: string) => Promise<void>): Promise<void> {
  const world = await BackupWorld.start();
  try {
    for (let n = 0; n < count; n += 1) await world.write(`old/${n}.txt`, `first ${n}`);
    const id = await world.add();
    assert.equal((await world.run(id)).added, count);
    await mkdir(world.at('new'));
    await use(world, id);
  } finally {
    await world.stop();
  }
}

describe('files that were edited and then moved between two runs', () => {
  it('are not gone for the brake, and keep their versions', async () => {
    await inWorld(async (world, id) => {
      const before = await world.drive.resolve(['Backups', 'laptop', 'old', '3.txt']);
      for (let n = 0; n < count; n += 1) {
        await world.write(`old/${n}.txt`, `second text ${n}`);
        await rename(world.at('old', `${n}.txt`), world.at('new', `${n}.md`));
      }
      const run = await world.run(id);
      assert.equal(run.state, 'done', run.sentence);
      assert.deepEqual([run.changed, run.deleted, run.added], [count, 0, 0], run.sentence);
      assert.deepEqual(await world.saved(), await world.source());
      const after = await world.drive.resolve(['Backups', 'laptop', 'new', '3.md']);
      assert.equal(after.id, before.id);
      assert.ok((await world.drive.versions(entryId(after.id))).length >= 2);
      assert.equal((await world.run(id)).unchanged, count);
    });
  });

  it('count for the brake when they became noise', async () => {
    await inWorld(async (world, id) => {
      for (let n = 0; n < count; n += 1) {
        await world.write(`old/${n}.txt`, randomBytes(8192));
        await rename(world.at('old', `${n}.txt`), world.at('new', `${n}.locked`));
      }
      const run = await world.run(id);
      assert.equal(run.state, 'stopped', run.sentence);
      assert.match(run.sentence, /20 were rewritten into what looks like encrypted data/);
    });
  });

  it('are gone when other files only took over their inodes', async () => {
    await inWorld(async (world, id) => {
      for (let n = 0; n < count; n += 1) await rm(world.at('old', `${n}.txt`));
      for (let n = 0; n < count; n += 1) await world.write(`new/${n}.txt`, `another text ${n}`);
      const run = await world.run(id);
      assert.equal(run.state, 'stopped', run.sentence);
      assert.match(run.sentence, /20 of 20 files are gone/);
    });
  });
});
