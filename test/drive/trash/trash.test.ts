import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Drive } from '../../../src/model/contracts/drive.ts';
import { entryId } from '../../../src/model/ids.ts';
import { defaultTunables } from '../../../src/model/limits.ts';
import { coded } from '../errors.ts';
import {
  byName,
  catalogOf,
  createHome,
  createPair,
  exchange,
  namesIn,
  put,
  read,
  wholeTree,
} from '../world.ts';

async function trashNames(drive: Drive): Promise<string[]> {
  return (await drive.trashed(byName)).items.map(({ name }) => name);
}

test('a file in the trash is hidden, says since when, and comes back to its place', async () => {
  const { drive, world } = await createHome();
  const folder = await drive.ensureFolder(['a']);
  const file = await put(drive, folder.id, 'b.txt', 'b');
  await drive.trash(entryId(file.id));
  assert.deepEqual(await namesIn(drive, folder.id), []);
  await assert.rejects(drive.resolve(['a', 'b.txt']), coded('not-found'));
  const [item] = (await drive.trashed(byName)).items;
  assert.equal(item?.id, file.id);
  assert.equal(item?.trashedAt, new Date(world.clock.wallMs()).toISOString());
  assert.equal(await read(drive, file.id), 'b');
  const restored = await drive.restore(entryId(file.id));
  assert.deepEqual([restored.parentId, restored.name, restored.trashedAt], [folder.id, 'b.txt', null]);
  assert.deepEqual(await trashNames(drive), []);
});

test('a folder takes everything in it along and brings it back, with one record each', async () => {
  const { drive, root, device } = await createHome();
  const folder = await drive.ensureFolder(['a', 'b']);
  const file = await put(drive, folder.id, 'c.txt', 'c');
  const top = entryId((await drive.resolve(['a'])).id);
  const before = device.catalog?.ownSeq ?? 0;
  await drive.trash(top);
  assert.equal(device.catalog?.ownSeq, before + 1);
  assert.deepEqual(await trashNames(drive), ['a']);
  assert.notEqual((await drive.entry(entryId(file.id))).trashedAt, null);
  assert.deepEqual(await namesIn(drive, folder.id), ['c.txt']);
  await assert.rejects(put(drive, folder.id, 'new.txt', 'x'), coded('gone', /trash/));
  await assert.rejects(drive.createFolder(entryId(folder.id), 'x'), coded('gone'));
  await assert.rejects(drive.patch(entryId(file.id), { name: 'x' }), coded('gone'));
  await drive.restore(top);
  assert.deepEqual(await wholeTree(drive, root), ['/a/', '/a/b/', '/a/b/c.txt: c']);
});

test('what was trashed before its folder stays in the trash when the folder comes back', async () => {
  const { drive } = await createHome();
  const folder = await drive.ensureFolder(['a']);
  const file = await put(drive, folder.id, 'b.txt', 'b');
  await drive.trash(entryId(file.id));
  await drive.trash(entryId(folder.id));
  assert.deepEqual(await trashNames(drive), ['a', 'b.txt']);
  await drive.restore(entryId(folder.id));
  assert.deepEqual(await trashNames(drive), ['b.txt']);
});

test('a trashed file outlives its folder, and is restored to the root', async () => {
  const { drive, other, root, meet } = await createPair();
  const folder = await drive.ensureFolder(['a', 'b']);
  const file = await put(drive, folder.id, 'thesis.txt', 'words');
  const branch = await drive.ensureFolder(['a', 'c']);
  await put(drive, branch.id, 'in a folder.txt', 'more words');
  await drive.trash(entryId(file.id));
  await drive.trash(entryId(branch.id));
  await drive.purge(entryId((await drive.resolve(['a'])).id));
  assert.deepEqual(await trashNames(drive), ['c', 'thesis.txt']);
  await meet();
  assert.deepEqual(await trashNames(other), ['c', 'thesis.txt']);
  assert.equal((await other.restore(entryId(file.id))).parentId, root);
  assert.equal(await read(other, file.id), 'words');
  await other.restore(entryId(branch.id));
  await meet();
  const tree = ['/c/', '/c/in a folder.txt: more words', '/thesis.txt: words'];
  assert.deepEqual([await wholeTree(drive), await wholeTree(other)], [tree, tree]);
});

test('what is restored while the trash is emptied stays, with everything in it', async () => {
  const { drive, root, device } = await createHome();
  for (let count = 0; count < 20; count += 1) {
    await drive.trash(entryId((await put(drive, root, `old ${count}`, 'x')).id));
  }
  const file = await put(drive, root, 'precious.txt', 'the only copy');
  const folder = await drive.ensureFolder(['zz']);
  await put(drive, folder.id, 'inside.txt', 'inside');
  await drive.trash(entryId(file.id));
  await drive.trash(entryId(folder.id));
  let restoring: Promise<PromiseSettledResult<unknown>[]> | undefined;
  const stop = catalogOf(device).onChange(() => {
    // In the middle: the first entry of the trash is gone.
    restoring ??= Promise.allSettled([file.id, folder.id].map((id) => drive.restore(entryId(id))));
  });
  const emptied = drive.emptyTrash();
  const count = await emptied;
  stop();
  assert.ok(restoring);
  const restored = await restoring;
  const back = restored.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(back > 0, 'something was restored in time');
  assert.equal(count, 22 - back);
  const tree = await wholeTree(drive);
  assert.deepEqual(tree, [
    ...(restored[1]?.status === 'fulfilled' ? ['/zz/', '/zz/inside.txt: inside'] : []),
    ...(restored[0]?.status === 'fulfilled' ? ['/precious.txt: the only copy'] : []),
  ]);
  assert.deepEqual(await trashNames(drive), []);
});

test('a restore of something inside a folder that is being purged says that it is gone, and never half succeeds', async () => {
  const { drive, root, device } = await createHome();
  const folder = await drive.createFolder(root, 'many');
  const ids: string[] = [];
  for (let count = 0; count < 210; count += 1) ids.push((await put(drive, folder.id, `${count}`, 'x')).id);
  await drive.trash(entryId(folder.id));
  let restoring: Promise<PromiseSettledResult<unknown>[]> | undefined;
  const stop = catalogOf(device).onChange(() => {
    // In the middle: the first batch of tombstones was written.
    restoring ??= Promise.allSettled(
      [folder.id, ids[0] ?? '', ids[209] ?? ''].map((id) => drive.restore(entryId(id))),
    );
  });
  await drive.emptyTrash();
  stop();
  assert.ok(restoring);
  for (const outcome of await restoring) assert.equal(outcome.status, 'rejected');
  assert.deepEqual(await wholeTree(drive), []);
});

test('a folder that another device restores in the middle of a purge keeps what is left of it', async () => {
  const { drive, other, root, device, laptop, meet } = await createPair();
  const folder = await drive.createFolder(root, 'many');
  for (let count = 0; count < 210; count += 1) await put(drive, folder.id, `${count}`, 'x');
  await drive.trash(entryId(folder.id));
  await meet();
  await other.restore(entryId(folder.id));
  let told: Promise<void> | undefined;
  const { author } = catalogOf(device);
  catalogOf(device).author = async (drafts, signer) => {
    const records = await author(drafts, signer);
    told ??= exchange(device, laptop);
    await told;
    return records;
  };
  assert.equal(await drive.emptyTrash(), 0);
  assert.ok(told, 'a batch was written before the other device was heard');
  const left = await namesIn(drive, folder.id);
  assert.ok(left.length > 0 && left.length < 210, `${left.length} files`);
});

test('one file out of a trashed folder goes to the root', async () => {
  const { drive, root } = await createHome();
  const folder = await drive.ensureFolder(['a']);
  const [one, two] = [await put(drive, folder.id, '1.txt', '1'), await put(drive, folder.id, '2.txt', '2')];
  await drive.trash(entryId(two.id));
  await drive.trash(entryId(folder.id));
  assert.equal((await drive.restore(entryId(one.id))).parentId, root);
  assert.equal((await drive.restore(entryId(two.id))).parentId, root);
  assert.deepEqual(await namesIn(drive, root), ['1.txt', '2.txt']);
  await drive.restore(entryId(folder.id));
  assert.deepEqual(await wholeTree(drive), ['/a/', '/1.txt: 1', '/2.txt: 2']);
});

test('what comes back where its name was taken meanwhile gets a number', async () => {
  const { drive, root } = await createHome();
  const first = await put(drive, root, 'a.txt', 'first');
  await drive.trash(entryId(first.id));
  const second = await put(drive, root, 'A.txt', 'second');
  assert.notEqual(second.id, first.id);
  assert.equal((await drive.restore(entryId(first.id))).name, 'a (2).txt');
  assert.deepEqual(await wholeTree(drive), ['/a (2).txt: first', '/A.txt: second']);
});

test('trashing twice and restoring twice change nothing more', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a.txt', 'a');
  const id = entryId(file.id);
  await drive.trash(id);
  const { trashedAt } = await drive.entry(id);
  await drive.trash(id);
  assert.equal((await drive.entry(id)).trashedAt, trashedAt);
  await drive.restore(id);
  assert.equal((await drive.restore(id)).name, 'a.txt');
});

test('purging leaves no live record of the whole branch', async () => {
  const { drive, root, device } = await createHome();
  const folder = await drive.ensureFolder(['a', 'b']);
  const file = await put(drive, folder.id, 'c.txt', 'one');
  await put(drive, folder.id, 'c.txt', 'two');
  await drive.patch(entryId(file.id), { starred: true });
  const gone = await put(drive, folder.id, 'd.txt', 'd');
  await drive.trash(entryId(gone.id));
  await put(drive, root, 'kept.txt', 'kept');
  await drive.purge(entryId((await drive.resolve(['a'])).id));
  assert.deepEqual(await wholeTree(drive), ['/kept.txt: kept']);
  assert.deepEqual(await trashNames(drive), ['d.txt']);
  assert.equal(await drive.emptyTrash(), 1);
  assert.deepEqual(await trashNames(drive), []);
  await assert.rejects(drive.open(entryId(file.id)), coded('not-found'));
  const live: string[] = [];
  for (const table of ['entry', 'version', 'facts'] as const) {
    for await (const record of device.catalog?.list(table) ?? []) live.push(record.table);
  }
  assert.deepEqual(live.sort(), ['entry', 'entry', 'version']);
});

test('a branch of more than one batch is purged too, and not seen half gone', async () => {
  const { drive, root, device } = await createHome();
  const folder = await drive.createFolder(root, 'many');
  for (let count = 0; count < 210; count += 1) await put(drive, folder.id, `${count}`, 'x');
  const seen: Promise<string[]>[] = [];
  catalogOf(device).onChange(() => seen.push(namesIn(drive, root)));
  await drive.purge(entryId(folder.id));
  assert.ok(seen.length > 2);
  for (const names of await Promise.all(seen)) assert.deepEqual(names, []);
});

test('emptying the trash counts what lay in it, and leaves the rest', async () => {
  const { drive, root } = await createHome();
  const folder = await drive.ensureFolder(['a']);
  await put(drive, folder.id, 'b.txt', 'b');
  const file = await put(drive, root, 'c.txt', 'c');
  await put(drive, root, 'd.txt', 'd');
  await drive.trash(entryId(folder.id));
  await drive.trash(entryId(file.id));
  assert.equal(await drive.emptyTrash(), 2);
  assert.equal(await drive.emptyTrash(), 0);
  assert.deepEqual(await wholeTree(drive), ['/d.txt: d']);
});

test('after thirty days the trash empties itself while somebody is signed in', async () => {
  const { drive, root, world, device } = await createHome();
  const [old, young] = [await put(drive, root, 'old', '1'), await put(drive, root, 'young', '2')];
  await drive.trash(entryId(old.id));
  await world.clock.stall(defaultTunables.trashKeepMs / 2);
  await device.accounts.login('Ada', 'correct horse battery', 'here');
  await drive.trash(entryId(young.id));
  assert.deepEqual(await trashNames(drive), ['old', 'young']);
  await world.clock.stall(defaultTunables.trashKeepMs / 2);
  await world.clock.pass(3_600_000);
  assert.deepEqual(await trashNames(drive), ['young']);
  await assert.rejects(drive.entry(entryId(old.id)), coded('not-found'));
});

test('a device whose clock runs ahead purges nothing that it has not seen in the trash for thirty days', async () => {
  const { drive, root, world, device } = await createHome();
  const file = await put(drive, root, 'thesis.txt', 'words');
  await drive.trash(entryId(file.id));
  world.clock.setWall(60 * 86_400_000);
  await world.clock.pass(2 * 3_600_000);
  assert.deepEqual(await trashNames(drive), ['thesis.txt']);
  const again = await device.restart();
  const { drive: later } = await again.accounts.login('Ada', 'correct horse battery', 'here');
  await world.clock.leap(29 * 86_400_000);
  assert.deepEqual(await trashNames(later), ['thesis.txt']);
  await world.clock.leap(2 * 86_400_000);
  assert.deepEqual(await trashNames(later), []);
});

test('what was trashed while the clock was behind has its thirty days once the clock is set', async () => {
  const { drive, root, world } = await createHome();
  world.clock.setWall(-60 * 86_400_000);
  const file = await put(drive, root, 'thesis.txt', 'words');
  await drive.trash(entryId(file.id));
  world.clock.setWall(0);
  await world.clock.leap(29 * 86_400_000);
  assert.deepEqual(await trashNames(drive), ['thesis.txt']);
  await world.clock.leap(2 * 86_400_000);
  assert.deepEqual(await trashNames(drive), []);
});

test('what is restored and trashed again has thirty days anew', async () => {
  const { drive, root, world } = await createHome();
  const id = entryId((await put(drive, root, 'a.txt', 'a')).id);
  await drive.trash(id);
  await world.clock.leap(20 * 86_400_000);
  await drive.restore(id);
  await drive.trash(id);
  await world.clock.leap(20 * 86_400_000);
  assert.deepEqual(await trashNames(drive), ['a.txt']);
  await world.clock.leap(11 * 86_400_000);
  assert.deepEqual(await trashNames(drive), []);
});

test('the trash of one device is the trash of the other', async () => {
  const { drive, other, root, meet } = await createPair();
  const file = await put(drive, root, 'a.txt', 'a');
  await meet();
  assert.deepEqual(await trashNames(other), []);
  await drive.trash(entryId(file.id));
  await meet();
  assert.deepEqual(await trashNames(other), ['a.txt']);
  await other.restore(entryId(file.id));
  await meet();
  assert.deepEqual(await trashNames(drive), []);
  assert.deepEqual(await namesIn(drive, root), ['a.txt']);
});

for (const first of ['edited', 'purged'] as const) {
  test(`a file that one device edited while another purged it stays with the edit (${first} first)`, async () => {
    const { drive, root, other, meet, world } = await createPair();
    const file = await put(drive, root, 'a.txt', 'at first');
    await meet();
    const steps = [() => put(drive, root, 'a.txt', 'edited meanwhile'), () => other.purge(entryId(file.id))];
    if (first === 'purged') steps.reverse();
    for (const step of steps) {
      await step();
      await world.clock.pass(50);
    }
    await meet();
    for (const each of [drive, other]) assert.deepEqual(await wholeTree(each), ['/a.txt: edited meanwhile']);
  });
}
