import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { lstat, mkdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { OwnFolders } from '../../src/backup/source/own-folders.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { entryId } from '../../src/model/ids.ts';
import { BackupWorld } from './world.ts';

/** A source folder with the home of the device in it. */
async function inWorld(use: (world: BackupWorld) => Promise<void>): Promise<void> {
  const world = await BackupWorld.start();
  try {
    await world.write('letter', 'dear Ada');
    await world.write('home/identity.key', 'secret of the device');
    world.never = [world.at('home')];
    await use(world);
  } finally {
    await world.stop();
  }
}

const withoutMounts = mayMount() ? false : 'this machine lets nobody mount a folder here';

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'peerstor-test-mount-'));
  const mounted = spawnSync('mount', ['--bind', folder, folder]).status === 0;
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return mounted;
}

const isForbidden = (error: unknown) => isPeerstorError(error, 'forbidden');

describe('a backup', () => {
  it('cannot save the folders of peerstor itself, by whatever path', async () => {
    await inWorld(async (world) => {
      await mkdir(world.at('home', 'db'));
      const alias = join(dirname(world.folder), 'alias');
      await symlink(dirname(world.folder), alias);
      for (const folder of [
        world.at('home'),
        world.at('home', 'db'),
        join(alias, 'source', 'home'),
        join(alias, 'source', 'home', 'db'),
      ])
        await assert.rejects(world.add({ folder }), isForbidden, folder);
      const id = await world.add({ folder: join(alias, 'source') });
      assert.equal((await world.run(id)).state, 'done');
      assert.deepEqual(await world.saved(), { letter: 'dear Ada' });
    });
  });

  it('is not added for a folder that is not there, so that nobody trusts in it', async () => {
    await inWorld(async (world) => {
      for (const folder of [world.at('leter'), world.at('letter')])
        await assert.rejects(world.add({ folder }), (error) => isPeerstorError(error, 'not-found'), folder);
      assert.deepEqual(await world.service.list(world.session), []);
    });
  });

  it('does not run any more when its owner is no admin any more', async () => {
    await inWorld(async (world) => {
      const id = await world.add();
      world.role = 'member';
      const run = await world.run(id);
      assert.equal(run.state, 'failed');
      assert.match(run.sentence, /Only backups of an admin run/);
      assert.deepEqual(await world.saved(), {});
    });
  });

  it('of an owner who is no admin any more does not begin by itself again, until it ran well', async () => {
    await inWorld(async (world) => {
      const next = async () => (await world.service.list(world.session))[0]?.nextRunAt ?? null;
      const id = await world.add({ every: '1h' });
      await world.run(id);
      assert.notEqual(await next(), null);
      world.role = 'member';
      await world.run(id);
      assert.equal(await next(), null);
      world.role = 'admin';
      assert.equal((await world.run(id)).state, 'done');
      assert.notEqual(await next(), null);
    });
  });

  it('knows the home of the device where it is mounted a second time', async () => {
    await inWorld(async (world) => {
      const { dev, ino } = await lstat(world.at('home'), { bigint: true });
      const own = await OwnFolders.of([world.at('home')]);
      assert.equal(own.has({ dev, ino }), true);
      assert.equal(own.has({ dev: dev + 1n, ino }), false);
      assert.equal(own.has({ dev, ino: 0n }), false);
    });
  });

  it('leaves out the home of the device where a bind mount shows it', { skip: withoutMounts }, async () => {
    await inWorld(async (world) => {
      const mounted = world.at('shown');
      await mkdir(mounted);
      await mkdir(world.at('home', 'db'));
      const home = world.at('home');
      world.never = [home];
      execFileSync('mount', ['--bind', home, mounted]);
      try {
        for (const folder of [mounted, join(mounted, 'db')])
          await assert.rejects(world.add({ folder }), isForbidden, folder);
        const id = await world.add();
        assert.equal((await world.run(id)).state, 'done');
        assert.deepEqual(await world.saved(), { letter: 'dear Ada' });
      } finally {
        execFileSync('umount', [mounted]);
      }
    });
  });

  it('can have any name that a folder has', async () => {
    await inWorld(async (world) => {
      for (const name of ['Документы', '写真', `${'a'.repeat(45)}😀😀😀`, 'family 👨‍👩‍👧'])
        assert.equal((await world.run(await world.add({ name }))).state, 'done', name);
    });
  });

  it('does not save a folder that was lent after the backup was added', async () => {
    await inWorld(async (world) => {
      const id = await world.add();
      world.never = [world.folder];
      const run = await world.run(id);
      assert.equal(run.state, 'failed');
      assert.match(run.sentence, /belongs to peerstor itself/);
    });
  });
});

describe('a sync', () => {
  it('does not write what the drive has into the folders of peerstor itself', async () => {
    await inWorld(async (world) => {
      const id = await world.add({ kind: 'sync', target: '/Work', watch: false });
      const top = await world.drive.ensureFolder(['Work', 'home', 'backups']);
      async function* content() {
        yield Buffer.from('{}');
      }
      await world.drive.upload(entryId(top.id), 'planted.json', content(), {});
      const run = await world.run(id);
      assert.equal(run.state, 'done', run.sentence);
      assert.equal(existsSync(world.at('home', 'backups')), false);
      assert.deepEqual(await world.saved('/Work'), { letter: 'dear Ada', 'home/backups/planted.json': '{}' });
      const letter = entryId((await world.drive.resolve(['Work', 'letter'])).id);
      await world.drive.patch(letter, { parentId: entryId(top.id) });
      await world.run(id);
      assert.equal(existsSync(world.at('home', 'backups')), false);
    });
  });
});
