import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isPeerstorError } from '../../src/model/errors.ts';
import { isMetered, meteredOf } from '../../src/node/process/metered.ts';
import { until } from '../support/until.ts';
import { BackupWorld } from './world.ts';

async function inWorld(use: (world: BackupWorld, aside: string) => Promise<void>): Promise<void> {
  const world = await BackupWorld.start();
  const aside = await mkdtemp(join(tmpdir(), 'peerstor-test-aside-'));
  try {
    await world.write('a', 'one');
    await world.write('dir/b', 'two');
    await use(world, aside);
  } finally {
    await world.stop();
    await rm(aside, { recursive: true, force: true });
  }
}

describe('a backup that is not to run on battery or a metered line', () => {
  it('does not begin by itself then, says why, and runs when somebody says so', async () => {
    await inWorld(async (world) => {
      world.isOnBattery = true;
      const id = await world.add({ watch: true, pauseOn: ['battery', 'metered'] });
      const problem = async () => (await world.service.list(world.session))[0]?.problem ?? '';
      await until('it waits', async () => /mains power/.test(await problem()));
      assert.deepEqual(await world.service.runs(world.session, id), []);
      assert.equal((await world.run(id)).added, 2);
      world.isOnBattery = false;
      world.isMetered = true;
      await world.write('a', 'changed');
      await world.restart();
      await until('it waits for the line', async () => /paid by volume/.test(await problem()));
      // Nothing says what kind of line it is: allowed.
      world.isMetered = undefined;
      await world.restart();
      await until('it is saved', async () => (await world.saved()).a === 'changed');
      await until('nothing is in its way', async () => (await problem()) === '');
    });
  });

  it('knows a metered line by what NetworkManager answers, and nothing without it', async () => {
    assert.deepEqual(
      ['u 1', 'u 2', 'u 3', 'u 4', 'u 0', ''].map((answer) => meteredOf(answer)),
      [true, false, true, false, undefined, undefined],
    );
    assert.ok([true, false, undefined].includes(await isMetered()));
  });
});

describe('the commands of a backup', () => {
  it('run before and after, only from a file of the home, and one that fails stops the run before it reads', async () => {
    await inWorld(async (world, aside) => {
      const id = await world.add();
      const script = (text: string) => [process.execPath, '-e', text];
      const dump = `require('fs').writeFileSync(${JSON.stringify(world.at('dump'))}, 'tables')`;
      const after = `require('fs').writeFileSync(${JSON.stringify(join(aside, 'after'))}, 'ended')`;
      const name = `${id}.commands.json`;
      world.profiles.set(name, JSON.stringify({ before: script(dump), after: script(after) }));
      await world.restart();
      assert.equal((await world.run(id)).state, 'done');
      assert.equal((await world.saved()).dump, 'tables');
      assert.equal(await readFile(join(aside, 'after'), 'utf8'), 'ended');

      const failing = `console.error('the database is away'); process.exit(3)`;
      world.profiles.set(name, JSON.stringify({ before: script(failing) }));
      await world.write('a', 'changed');
      const run = await world.run(id);
      assert.equal(run.state, 'failed');
      assert.match(run.sentence, /command before the run failed.*the database is away/);
      assert.equal((await world.saved()).a, 'one');

      const endless = { before: script('setInterval(() => {}, 1000)'), timeoutSeconds: 0.05 };
      world.profiles.set(name, JSON.stringify(endless));
      assert.match((await world.run(id)).sentence, /took longer/);

      world.profiles.set(name, JSON.stringify({ before: 'rm -rf /' }));
      assert.match((await world.run(id)).sentence, /must be like/);
      await world.service.remove(world.session, id);
      assert.equal(world.profiles.size, 0);
    });
  });
});

describe('a restore on the device', () => {
  it('brings back a file, a folder or all, to its place or elsewhere, and replaces only when told so', async () => {
    await inWorld(async (world, aside) => {
      const id = await world.add();
      const at = (await world.run(id)).snapshot ?? '';
      const restore = async (wish: { under?: string; to?: string; overwrite?: boolean }) =>
        world.ended(id, await world.service.restore(world.session, id, { at, ...wish }));
      assert.equal((await restore({ to: join(aside, 'all') })).added, 2);
      assert.equal(await readFile(join(aside, 'all', 'dir', 'b'), 'utf8'), 'two');
      assert.equal((await restore({ to: join(aside, 'part'), under: 'dir' })).added, 1);
      assert.equal((await restore({ to: join(aside, 'part'), under: '/dir/b' })).unchanged, 1);

      await rm(world.at('dir'), { recursive: true });
      await writeFile(world.at('a'), 'edited since');
      const careful = await restore({});
      assert.deepEqual([careful.state, careful.added], ['partly', 1], careful.sentence);
      assert.deepEqual(await world.source(), { a: 'edited since', 'dir/b': 'two' });
      assert.equal((await restore({ overwrite: true })).changed, 1);
      assert.deepEqual(await world.source(), { a: 'one', 'dir/b': 'two' });

      assert.match((await restore({ under: 'nothing' })).sentence, /nothing of that path/);

      const direct = async (under: string) => {
        const page = { under, after: 0, limit: 10, direct: true };
        return (await world.service.snapshot(world.session, id, at, page)).items.map(({ path }) => path);
      };
      assert.deepEqual([await direct(''), await direct('dir')], [['a', 'dir'], ['dir/b']]);
    });
  });

  it('never writes into the home, through a link, or for a member', async () => {
    await inWorld(async (world, aside) => {
      const id = await world.add();
      const at = (await world.run(id)).snapshot ?? '';
      world.never = [aside];
      await assert.rejects(world.service.restore(world.session, id, { at, to: join(aside, 'x') }), (error) =>
        isPeerstorError(error, 'forbidden'),
      );
      world.never = [];
      const trap = join(aside, 'trap');
      await world.service
        .restore(world.session, id, { at, to: trap, under: 'a' })
        .then((run) => world.ended(id, run));
      await symlink(world.folder, join(trap, 'dir'));
      const run = await world.ended(id, await world.service.restore(world.session, id, { at, to: trap }));
      assert.equal(run.state, 'partly', run.sentence);
      assert.deepEqual(await world.source(), { a: 'one', 'dir/b': 'two' });
      const member = Object.create(world.session, {
        user: { value: { ...world.session.user, role: 'member' } },
      });
      await assert.rejects(world.service.restore(member, id, { at, to: trap }), (error) =>
        isPeerstorError(error, 'forbidden'),
      );
    });
  });
});

describe('symbolic links in a source', () => {
  it('are left out, and the run says how many', async () => {
    await inWorld(async (world) => {
      await symlink(world.at('a'), world.at('link'));
      const id = await world.add();
      const run = await world.run(id);
      assert.match(run.sentence, /1 symbolic link is left out\.$/);
      assert.deepEqual(Object.keys(await world.saved()).sort(), ['a', 'dir/b']);
    });
  });
});
