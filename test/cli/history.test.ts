/** `trash`, `restore`, `versions`, `mv`: what was there before, and names that the drive takes for one. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { EntryView, Page } from '../../src/model/api.ts';
import { type EntryId, entryId } from '../../src/model/ids.ts';
import { CommandLine } from './command-line.ts';

describe('former versions and the trash', () => {
  let line: CommandLine;
  let root: EntryId;
  before(async () => {
    line = await CommandLine.start();
    root = entryId((await line.gateway.drive.root()).id);
  });
  after(() => line.stop());

  it('versions are numbered from the oldest, and one of them is made the current one', async () => {
    for (const content of ['first', 'second one', 'third']) await line.gateway.put('/plan.txt', content);
    const { out } = await line.run(['versions', '/plan.txt']);
    assert.match(out, /\n3 +5 B .* current\n2 +10 B [^\n]*\n1 +5 B [^\n]*\n$/);
    const restored = await line.run(['versions', '/plan.txt', 'restore', '2']);
    assert.match(restored.out, /plan\.txt is version 2 of .* again/);
    assert.equal((await line.run(['cat', '/plan.txt'])).out, 'second one');
    await line.fails(['versions', '/plan.txt', 'restore', '9'], 1, /has no version "9"/);
    await line.fails(['versions', '/plan.txt', 'forget', '1'], 2, /Usage: peerstor versions/);
    await line.fails(['versions', '/plan.txt', 'restore'], 2, /Usage: peerstor versions/);
  });

  it('an entry beyond the first 1,000 of the trash is listed, and restored by its name or its id', async () => {
    const { drive } = line.gateway;
    for (let number = 0; number < 1_005; number += 1) {
      await drive.trash(entryId((await drive.createFolder(root, `a${number}`)).id));
    }
    for (const name of ['wanted.txt', 'Zoë.txt']) {
      const { id } = await line.gateway.put(`/${encodeURIComponent(name)}`, 'x');
      await drive.trash(entryId(id));
    }
    const { items } = await line.json<Page<EntryView>>(['trash']);
    assert.equal(items.length, 1_007);
    assert.equal((await line.run(['trash'])).out.trimEnd().split('\n').length, 1_008);
    assert.equal((await line.run(['restore', 'wanted.txt'])).out, 'Restored wanted.txt\n');
    const id = items.find(({ name }) => name === 'Zoë.txt')?.id ?? '';
    assert.equal((await line.run(['restore', id])).out, 'Restored Zoë.txt\n');
  });

  it('a name in the trash is found as the drive takes names for equal', async () => {
    const { drive } = line.gateway;
    await drive.trash(entryId((await drive.createFolder(root, 'Über')).id));
    assert.equal((await line.run(['restore', 'u\u0308ber'])).out, 'Restored Über\n');
    for (const name of ['twin', 'Twin']) {
      await drive.trash(entryId((await drive.createFolder(root, name)).id));
    }
    await line.fails(['restore', 'twin'], 1, /The trash has 2 entries "twin": restore one by its id/);
  });

  it('the trash is emptied of all that is in it, after a person on a terminal has agreed', async () => {
    const no = await line.run(['trash', 'empty'], { typed: ['n'] });
    assert.deepEqual([no.code, /Nothing was deleted/.test(no.err)], [1, true]);
    const yes = await line.run(['trash', 'empty'], { typed: ['y'] });
    assert.match(yes.out, /^1007 entries of the trash were deleted for ever\.\n$/);
    assert.equal((await line.run(['trash', 'empty', '--yes'])).out, 'The trash was empty.\n');
  });

  it('a user is found as names are equal', async () => {
    line.gateway.front.addMember('Ümit', 'a password');
    const changed = await line.run(['user', 'set', 'u\u0308MIT', '--role', 'admin']);
    assert.match(changed.out, /^Ümit: admin/);
  });

  it('tree shows what lies in folders, and du how much it is, the largest first', async () => {
    await line.gateway.put('/Box/small.txt', 'x');
    await line.gateway.put('/Box/sub/large.txt', 'x'.repeat(2048));
    const { out } = await line.run(['tree', '/Box']);
    assert.match(out, /^\/Box\n(?: {2}small\.txt {2}1 B\n)? {2}sub\/\n {4}large\.txt {2}2\.0 KiB\n/);
    assert.match(out, /\n1 folder, 2 files\n$/);
    assert.doesNotMatch((await line.run(['tree', '/Box', '--depth', '1'])).out, /large/);
    const usage = await line.json<{ bytes: number; files: number; items: { path: string; bytes: number }[] }>(
      ['du', '/Box'],
    );
    assert.deepEqual([usage.bytes, usage.files], [2049, 2]);
    assert.deepEqual(
      usage.items.map(({ path, bytes }) => [path, bytes]),
      [
        ['/Box/sub', 2048],
        ['/Box/small.txt', 1],
      ],
    );
    assert.match((await line.run(['du', '/Box'])).out, /2\.0 KiB +2 +\/Box\n$/);
  });

  it('rm tries every path, and names those that failed', async () => {
    for (const name of ['one', 'three']) await line.gateway.put(`/${name}`, 'x');
    const ran = await line.run(['--json', 'rm', '/one', '/two', '/three']);
    assert.equal(ran.code, 1);
    const said = JSON.parse(ran.out) as { removed: string[]; failed: { path: string; code: string }[] };
    assert.equal(said.removed.length, 2);
    assert.deepEqual(
      said.failed.map(({ path, code }) => [path, code]),
      [['/two', 'not-found']],
    );
    await line.fails(['rm', '/two'], 1, /no "two"/);
  });

  it('search finds by words and by what files are, and says when there are more', async () => {
    await line.gateway.put('/Deep/er/needle%20one.txt', 'x'.repeat(3000));
    await line.gateway.put('/needle%20two.txt', 'x');
    const { items } = await line.json<Page<EntryView & { path: string }>>(['search', 'needle', 'one']);
    assert.deepEqual(
      items.map(({ path }) => path),
      ['/Deep/er/needle one.txt'],
    );
    const large = await line.run(['search', 'needle', '--min-size', '2K', '--type', 'file']);
    assert.match(large.out, /PATH\n[^\n]* 2\.9 KiB [^\n]*\/Deep\/er\/needle one\.txt\n$/);
    const below = await line.json<Page<EntryView>>(['search', 'needle', '--under', '/Deep']);
    assert.equal(below.items.length, 1);
    const first = await line.run(['search', 'needle', '--limit', '1']);
    assert.equal(first.err, 'These are the first 1; --limit shows more.\n');
    await line.fails(['search', 'x', '--limit', '0'], 2, /from 1 on/);
    await line.fails(['search', 'x', '--min-size', 'much'], 2, /not a size/);
  });

  it('a folder whose name differs only in case is renamed, and does not go into itself', async () => {
    const { drive } = line.gateway;
    await drive.createFolder(root, 'photos');
    // As the real drive does: both names are the same folder.
    const resolve = drive.resolve.bind(drive);
    drive.resolve = (names) => resolve(names.map((name) => (name === 'Photos' ? 'photos' : name)));
    assert.equal((await line.run(['mv', '/photos', '/Photos'])).code, 0);
    drive.resolve = resolve;
    assert.ok(drive.names().includes('Photos'));
  });
});
