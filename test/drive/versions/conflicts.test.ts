import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryId, versionId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { createPair, exchange, list, namesIn, put, read, text, wholeTree } from '../world.ts';

/** One file that two devices changed apart: "laptop" is the later one and wins. */
async function createConflict() {
  const pair = await createPair();
  const { drive, other, root, meet, world } = pair;
  const file = await put(drive, root, 'plan.txt', 'first');
  await meet();
  await put(drive, root, 'plan.txt', 'from the NAS');
  await world.clock.pass(1000);
  await put(other, root, 'plan.txt', 'from the laptop');
  await meet();
  const views = await list(drive, root);
  const view = views.find(({ id }) => id !== file.id);
  assert.ok(view);
  return { ...pair, file, view };
}

const lost = 'plan (conflict NAS 2026-11-21).txt';

test('concurrent edits show as two files, the same on both devices', async () => {
  const { drive, other, root, file, view } = await createConflict();
  const tree = ['/plan.txt: from the laptop', `/${lost}: from the NAS`].sort();
  assert.deepEqual((await wholeTree(drive)).sort(), tree);
  assert.deepEqual(await list(drive, root), await list(other, root));
  assert.equal(view.name, lost);
  assert.equal(view.version, view.id);
  assert.deepEqual(await drive.entry(entryId(view.id)), view);
  assert.deepEqual(await other.resolve([lost]), view);
  assert.equal((await drive.entry(entryId(file.id))).name, 'plan.txt');
});

test('equal edits are no conflict', async () => {
  const { drive, other, root, meet } = await createPair();
  await put(drive, root, 'a', 'first');
  await meet();
  await Promise.all([put(drive, root, 'a', 'same'), put(other, root, 'a', 'same')]);
  await meet();
  for (const each of [drive, other]) assert.deepEqual(await wholeTree(each), ['/a: same']);
  await put(drive, root, 'a', 'next');
  await meet();
  for (const each of [drive, other]) assert.deepEqual(await wholeTree(each), ['/a: next']);
});

test('the later edit of one file does not make the other version vanish', async () => {
  const { drive, other, root, meet, file } = await createConflict();
  await put(drive, root, 'plan.txt', 'goes on');
  await meet();
  for (const each of [drive, other]) {
    assert.deepEqual((await namesIn(each, root)).sort(), [lost, 'plan.txt'].sort());
    assert.equal(await read(each, file.id), 'goes on');
  }
});

test('deleting the view settles the conflict; the version stays in the history', async () => {
  const { drive, other, root, meet, file, view } = await createConflict();
  await drive.trash(entryId(view.id), view.version);
  await meet();
  for (const each of [drive, other]) {
    assert.deepEqual(await wholeTree(each), ['/plan.txt: from the laptop']);
    await assert.rejects(each.entry(entryId(view.id)), coded('not-found'));
  }
  await drive.restoreVersion(entryId(file.id), versionId(view.id));
  assert.equal(await read(drive, file.id), 'from the NAS');
  assert.deepEqual(await namesIn(drive, root), ['plan.txt']);
});

test('purging the view deletes that version for ever, and brings nothing old back', async () => {
  const { drive, other, meet, file, view } = await createConflict();
  await drive.purge(entryId(view.id));
  await meet();
  for (const each of [drive, other]) {
    assert.deepEqual(await wholeTree(each), ['/plan.txt: from the laptop']);
    const history = await each.versions(entryId(file.id));
    assert.ok(history.every(({ id }) => id !== view.id));
  }
});

test('the losing version can be chosen instead', async () => {
  const { drive, other, root, meet, file, view } = await createConflict();
  await other.restoreVersion(entryId(file.id), versionId(view.id));
  await meet();
  for (const each of [drive, other]) assert.deepEqual(await wholeTree(each), ['/plan.txt: from the NAS']);
  assert.deepEqual(await namesIn(drive, root), ['plan.txt']);
});

test('renaming, moving or marking the view makes it a file of its own', async () => {
  for (const change of [{ name: 'mine.txt' }, { starred: true }, 'move'] as const) {
    const { drive, other, root, meet, view } = await createConflict();
    const folder = await drive.createFolder(root, 'sub');
    const patch = change === 'move' ? { parentId: entryId(folder.id) } : change;
    await assert.rejects(drive.patch(entryId(view.id), patch, 'another'), coded('precondition-failed'));
    const made = await drive.patch(entryId(view.id), patch);
    assert.notEqual(made.id, view.id);
    await meet();
    assert.equal(await read(other, made.id), 'from the NAS');
    assert.deepEqual(await wholeTree(other), await wholeTree(drive));
    assert.equal((await wholeTree(other)).length, 3);
    await put(drive, made.parentId ?? '', made.name, 'edited');
    assert.equal(await read(drive, made.id), 'edited');
  }
});

test('uploading to the view makes it a file of its own with both versions', async () => {
  const { drive, other, root, meet, view } = await createConflict();
  await assert.rejects(put(drive, root, lost, 'x', { ifMatch: 'another' }), coded('precondition-failed'));
  const { entry } = await drive.upload(root, lost, text('edited'), { ifMatch: view.version });
  await meet();
  for (const each of [drive, other]) {
    const tree = ['/plan.txt: from the laptop', `/${lost}: edited`].sort();
    assert.deepEqual((await wholeTree(each)).sort(), tree);
    assert.equal((await each.versions(entryId(entry.id))).length, 2);
  }
});

test('the view can be copied and stays', async () => {
  const { drive, root, view } = await createConflict();
  const copied = await drive.copy(entryId(view.id), root, 'copy.txt');
  assert.equal(await read(drive, copied.id), 'from the NAS');
  assert.deepEqual((await namesIn(drive, root)).sort(), ['copy.txt', lost, 'plan.txt'].sort());
});

test('a conflict in the trash goes and comes back with its file', async () => {
  const { drive, root, file } = await createConflict();
  await drive.trash(entryId(file.id));
  assert.deepEqual(await namesIn(drive, root), []);
  await drive.restore(entryId(file.id));
  assert.deepEqual((await namesIn(drive, root)).sort(), [lost, 'plan.txt'].sort());
});

test('three devices in conflict show three files, the same everywhere', async () => {
  const { world, device, laptop, drive, other, root, meet, session: admin } = await createPair();
  const file = await put(drive, root, 'a.txt', '0');
  await meet();
  const third = await world.join('Phone', device, admin);
  const session = await third.accounts.login('Ada', 'correct horse battery', 'here');
  await put(drive, root, 'a.txt', 'nas');
  await put(other, root, 'a.txt', 'laptop');
  await put(session.drive, root, 'a.txt', 'phone');
  for (let round = 0; round < 2; round += 1) {
    await exchange(device, laptop);
    await exchange(laptop, third);
    await exchange(third, device);
  }
  const trees = await Promise.all([drive, other, session.drive].map((each) => list(each, root)));
  assert.equal(trees[0]?.length, 3);
  assert.deepEqual(trees[1], trees[0]);
  assert.deepEqual(trees[2], trees[0]);
  assert.ok(trees[0]?.some(({ id }) => id === file.id));
});
