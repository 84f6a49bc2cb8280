import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { conflictPath } from '../../src/backup/sync/conflict-name.ts';
import { entryId } from '../../src/model/ids.ts';
import { freshSeed } from '../support/fresh-seed.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { BackupWorld } from './world.ts';

const target = '/Sync/docs';

async function inWorld(use: (world: BackupWorld, id: string) => Promise<void>): Promise<void> {
  const world = await BackupWorld.start();
  try {
    // By hand, so that nothing runs but what a test runs.
    const id = await world.add({ kind: 'sync', target, name: 'docs' });
    await world.service.stop();
    const [[name = '', text = ''] = []] = [...world.profiles];
    world.profiles.set(name, text.replace('"kind": "watch"', '"kind": "manual"'));
    await world.restart();
    await use(world, id);
  } finally {
    await world.stop();
  }
}

async function put(world: BackupWorld, path: string, text: string): Promise<void> {
  const names = path.split('/');
  const name = names.pop() ?? '';
  const top = await world.drive.ensureFolder(['Sync', 'docs', ...names]);
  async function* content() {
    yield Buffer.from(text);
  }
  await world.drive.upload(entryId(top.id), name, content(), {});
}

const entryAt = (world: BackupWorld, path: string) =>
  world.drive.resolve(['Sync', 'docs', ...path.split('/')]);

async function trash(world: BackupWorld, path: string): Promise<void> {
  await world.drive.trash(entryId((await entryAt(world, path)).id));
}

/** Runs until a run has nothing to do. */
async function settle(world: BackupWorld, id: string): Promise<void> {
  for (let runs = 0; runs < 10; runs += 1) {
    const run = await world.run(id);
    if (run.state === 'stopped') {
      // The brake: it has its own test.
      await world.service.change(world.session, id, { paused: false });
      continue;
    }
    assert.equal(run.state, 'done', `${run.sentence} ${JSON.stringify(run.failed)}`);
    if (run.added + run.changed + run.moved + run.deleted === 0 && !/being written/.test(run.sentence))
      return;
  }
  assert.fail(
    `it never comes to rest: ${JSON.stringify((await world.service.runs(world.session, id)).slice(0, 3))}`,
  );
}

async function assertSame(world: BackupWorld): Promise<Record<string, string>> {
  const [here, there] = [await world.source(), await world.saved(target)];
  assert.deepEqual(there, here);
  return here;
}

describe('a sync', () => {
  it('merges both folders at first and loses nothing: equal files are one, different ones both stay', async () => {
    await inWorld(async (world, id) => {
      await world.write('only here', 'a');
      await world.write('equal', 'same');
      await world.write('sub/both', 'from here');
      await put(world, 'only there', 'b');
      await put(world, 'equal', 'same');
      await put(world, 'sub/both', 'from there');
      await settle(world, id);
      const tree = await assertSame(world);
      assert.equal(tree['sub/both'], 'from there');
      const [conflict = ''] = Object.keys(tree).filter((path) => path.includes('(conflict laptop '));
      assert.equal(tree[conflict], 'from here');
      assert.equal(Object.keys(tree).length, 5);
    });
  });

  it('brings changes, deletions, new folders and the execute permission to the other side, both ways', async () => {
    await inWorld(async (world, id) => {
      for (const name of ['a', 'b', 'c', 'd']) await world.write(name, `first ${name}`);
      await settle(world, id);
      await world.write('a', 'changed here');
      await put(world, 'b', 'changed there');
      await rm(world.at('c'));
      await trash(world, 'd');
      await world.write('new/here', 'x');
      await put(world, 'new/there', 'y');
      await mkdir(world.at('empty'));
      await settle(world, id);
      assert.deepEqual(await assertSame(world), {
        a: 'changed here',
        b: 'changed there',
        'new/here': 'x',
        'new/there': 'y',
      });
      assert.equal((await entryAt(world, 'empty')).kind, 'folder');
      assert.equal((await world.drive.trashed({ sort: 'name', order: 'asc', limit: 10 })).items.length, 2);
    });
  });

  it('keeps both of two edits, and an edit rather than a deletion', async () => {
    await inWorld(async (world, id) => {
      for (const name of ['edited', 'gone here', 'gone there']) await world.write(`${name}.txt`, 'first');
      await settle(world, id);
      await world.write('edited.txt', 'here');
      await put(world, 'edited.txt', 'there');
      await rm(world.at('gone here.txt'));
      await put(world, 'gone here.txt', 'edited there');
      await trash(world, 'gone there.txt');
      await world.write('gone there.txt', 'edited here');
      await settle(world, id);
      const tree = await assertSame(world);
      const conflict = Object.keys(tree).find((path) => /^edited \(conflict laptop .*\)\.txt$/.test(path));
      assert.ok(conflict);
      assert.deepEqual(tree, {
        'edited.txt': 'there',
        [conflict]: 'here',
        'gone here.txt': 'edited there',
        'gone there.txt': 'edited here',
      });
    });
  });

  it('follows renames of files and folders on either side, and sends nothing for them', async () => {
    await inWorld(async (world, id) => {
      await world.write('old/a', randomBytes(300_000));
      await world.write('b', 'b');
      await settle(world, id);
      const before = (await entryAt(world, 'old/a')).id;
      await rename(world.at('old'), world.at('new'));
      const b = await entryAt(world, 'b');
      await world.drive.patch(entryId(b.id), { name: 'renamed there' });
      const run = await world.run(id);
      assert.deepEqual([run.moved, run.bytes], [2, 0], JSON.stringify(run));
      await settle(world, id);
      assert.deepEqual(Object.keys(await assertSame(world)).sort(), ['new/a', 'renamed there']);
      assert.equal((await entryAt(world, 'new/a')).id, before);
      assert.equal(existsSync(world.at('old')), false);
    });
  });

  it('writes nothing through a symbolic link, and leaves no unfinished file', async () => {
    await inWorld(async (world, id) => {
      const outside = join(dirname(world.folder), 'outside');
      await mkdir(outside);
      await symlink(outside, world.at('link'));
      await put(world, 'link/file', 'x');
      const run = await world.run(id);
      assert.equal(run.state, 'partly');
      assert.deepEqual(run.failed.map(({ code }) => code).sort(), ['conflict', 'conflict']);
      assert.deepEqual(await readdir(outside), []);
      await rm(world.at('link'));
      await settle(world, id);
      await assertSame(world);
      assert.deepEqual(
        (await readdir(world.folder)).filter((name) => name.startsWith('.')),
        [],
      );
    });
  });

  it('deletes nothing here while the device lacks a part of the catalog, and stops when much would go', async () => {
    await inWorld(async (world, id) => {
      for (let n = 0; n < 30; n += 1) await world.write(`f/${n}`, `file ${n}`);
      await settle(world, id);
      await trash(world, 'f/3');
      world.isDriveComplete = false;
      assert.equal((await world.run(id)).state, 'partly');
      assert.equal(existsSync(world.at('f/3')), true);
      world.isDriveComplete = true;
      assert.equal((await world.run(id)).deleted, 1);
      await trash(world, 'f');
      const run = await world.run(id);
      assert.equal(run.state, 'stopped');
      assert.match(run.sentence, /29 of 29 files/);
      assert.equal((await readdir(world.at('f'))).length, 29);
      await world.service.change(world.session, id, { paused: false });
      assert.equal((await world.run(id)).deleted, 29);
    });
  });

  it('leaves out what a pattern names on both sides, and tells a file that is a folder there', async () => {
    await inWorld(async (world, id) => {
      await world.service.change(world.session, id, { exclude: ['*.tmp'] });
      await world.write('a.tmp', 'here');
      await put(world, 'b.tmp', 'there');
      await world.write('twice', 'a file');
      await put(world, 'twice/inner', 'x');
      const run = await world.run(id);
      assert.ok(
        run.failed.some(({ path, code }) => path === 'twice' && code === 'conflict'),
        JSON.stringify(run),
      );
      assert.equal(existsSync(world.at('b.tmp')), false);
      assert.deepEqual(Object.keys(await world.saved(target)).sort(), ['b.tmp', 'twice/inner']);
    });
  });

  it(`makes both sides the same and keeps every edit, whatever happens on both (seed ${freshSeed})`, async () => {
    await inWorld(async (world, id) => {
      const random = seededRandom(freshSeed);
      const pick = <Item>(items: readonly Item[]) => items[Math.floor(random.next() * items.length)];
      const places = ['a', 'b', 'c', 'x/a', 'x/b', 'y/z/a'];
      let number = 0;
      /** Contents that their side has not overwritten or deleted since. */
      const alive = new Set<string>();
      const kill = (content: string | undefined) => content !== undefined && alive.delete(content);
      for (let round = 0; round < 15; round += 1) {
        // What each side saw when the round began: only that is overwritten knowingly.
        const here = await world.source();
        const there = await world.saved(target);
        for (let ops = 0; ops < 4; ops += 1) {
          const path = pick([...places, ...Object.keys(here)]) ?? 'a';
          const content = `content ${++number}`;
          switch (Math.floor(random.next() * 6)) {
            case 0:
            case 1:
              kill(here[path]);
              await world.write(path, content);
              here[path] = content;
              alive.add(content);
              break;
            case 2:
            case 3:
              kill(there[path]);
              await put(world, path, content);
              there[path] = content;
              alive.add(content);
              break;
            case 4: {
              if (here[path] === undefined) break;
              // Deleted on one side and edited on the other, the edit stays.
              if (there[path] === here[path]) kill(here[path]);
              else alive.delete(here[path] ?? '');
              await rm(world.at(path));
              delete here[path];
              break;
            }
            default: {
              const to = `moved/${number}`;
              if (here[path] === undefined) break;
              await mkdir(dirname(world.at(to)), { recursive: true });
              await rename(world.at(path), world.at(to));
              here[to] = here[path] ?? '';
              delete here[path];
            }
          }
        }
        await world.service.change(world.session, id, { paused: false });
        await settle(world, id);
        const tree = await assertSame(world);
        const contents = new Set(Object.values(tree));
        for (const content of alive)
          assert.ok(contents.has(content), `"${content}" is lost in round ${round}`);
      }
    });
  });
});

describe('the name of a conflict', () => {
  it('keeps folder and ending, fits a name, and cannot be a path', () => {
    const nowMs = Date.UTC(2026, 10, 30, 10, 15);
    assert.equal(
      conflictPath('a/plan.tar.gz', 'laptop', nowMs),
      'a/plan.tar (conflict laptop 2026-11-30 10.15).gz',
    );
    assert.equal(conflictPath('.hidden', '../x', nowMs), '.hidden (conflict .._x 2026-11-30 10.15)');
    const long = conflictPath(`${'ü'.repeat(126)}.txt`, 'laptop', nowMs);
    assert.ok(Buffer.byteLength(long) <= 255 && long.endsWith('10.15).txt'));
  });
});
