import assert from 'node:assert/strict';
import { rename, rm } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { entryId } from '../../src/model/ids.ts';
import { BackupWorld } from './world.ts';

async function put(world: BackupWorld, path: string, text: string): Promise<void> {
  const names = path.split('/');
  const name = names.pop() ?? '';
  const top = await world.drive.ensureFolder(['Docs', ...names]);
  async function* content() {
    yield Buffer.from(text);
  }
  await world.drive.upload(entryId(top.id), name, content(), {});
}

describe('a mirror', () => {
  it('is as the drive is, whatever happens on either side, and never changes the drive', async () => {
    const world = await BackupWorld.start();
    try {
      await world.write('of its own', 'stays');
      await world.write('a', 'another a');
      for (const path of ['a', 'sub/b', 'sub/c', 'd']) await put(world, path, `from there: ${path}`);
      const there = await world.saved('/Docs');
      const id = await world.add({ kind: 'mirror', target: '/Docs', name: 'docs' });
      const settle = async () => {
        for (let runs = 0; runs < 10; runs += 1) {
          const { added, changed, moved, deleted, state, sentence } = await world.run(id);
          assert.equal(state, 'done', sentence);
          if (added + changed + moved + deleted === 0) return;
        }
        assert.fail('it never comes to rest');
      };
      await settle();
      const first = await world.source();
      for (const [path, text] of Object.entries(there)) assert.equal(first[path], text, path);
      assert.equal(first['of its own'], 'stays');
      const aside = Object.entries(first).find(([path]) => path.startsWith('a (conflict'));
      assert.equal(aside?.[1], 'another a');

      await world.write('d', 'edited here');
      await rm(world.at('sub', 'b'));
      await rename(world.at('sub', 'c'), world.at('renamed'));
      await settle();
      const second = await world.source();
      for (const [path, text] of Object.entries(there)) assert.equal(second[path], text, path);
      assert.equal(second.renamed, 'from there: sub/c');
      assert.ok(
        Object.entries(second).some(
          ([path, text]) => path.startsWith('d (conflict') && text === 'edited here',
        ),
      );
      assert.deepEqual(await world.saved('/Docs'), there, 'the drive is as it was');

      await put(world, 'a', 'changed there');
      await world.drive.trash(entryId((await world.drive.resolve(['Docs', 'd'])).id));
      await settle();
      const third = await world.source();
      assert.deepEqual([third.a, third.d], ['changed there', undefined]);

      // The device holds a token that only reads.
      const { token } = JSON.parse([...world.profiles.values()][0] ?? '').profile;
      const granted = await world.device.accounts.resume(token);
      const top = await granted?.drive.root();
      async function* content() {
        yield Buffer.from('written');
      }
      await assert.rejects(async () => granted?.drive.upload(entryId(top?.id ?? ''), 'x', content(), {}));
    } finally {
      await world.stop();
    }
  });
});
