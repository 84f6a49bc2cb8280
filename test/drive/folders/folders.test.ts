import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type EntryId, entryId } from '../../../src/model/ids.ts';
import { folderDepthMax } from '../../../src/model/limits.ts';
import { coded } from '../errors.ts';
import { createHome, createPair, namesIn, put, wholeTree } from '../world.ts';

const ghost = entryId('0'.repeat(32));

test('a folder is made, found by its id and by its path, and shows in its parent', async () => {
  const { drive, root } = await createHome();
  const made = await drive.createFolder(root, 'Photos');
  assert.equal(made.kind, 'folder');
  assert.equal(made.parentId, root);
  assert.equal(made.safety, null);
  assert.deepEqual(await drive.entry(entryId(made.id)), made);
  assert.deepEqual(await drive.resolve(['Photos']), made);
  assert.deepEqual(await drive.resolve(['photos']), made);
  assert.deepEqual(await namesIn(drive, root), ['Photos']);
});

test('a name that is taken, by a file or a folder or in other case, is refused', async () => {
  const { drive, root } = await createHome();
  await drive.createFolder(root, 'Café');
  await put(drive, root, 'notes', 'n');
  for (const name of ['Café', 'CAFE\u0301', 'notes', 'Notes']) {
    await assert.rejects(drive.createFolder(root, name), coded('name-taken'), name);
  }
});

test('a name reads back as it was put, composed or not', async () => {
  const { drive, root } = await createHome();
  const made = await drive.createFolder(root, 'Cafe\u0301');
  assert.equal(made.name, 'Cafe\u0301');
  assert.equal((await drive.resolve(['Caf\u00e9'])).id, made.id);
});

test('a bad name, a parent that is none, a file as parent: each has its error', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a.txt', 'a');
  await assert.rejects(drive.createFolder(root, 'a/b'), coded('bad-name', /"\/"/));
  await assert.rejects(drive.createFolder(ghost, 'a'), coded('not-found'));
  await assert.rejects(drive.createFolder(entryId(file.id), 'a'), coded('not-found', /file/));
  await assert.rejects(drive.entry(ghost), coded('not-found'));
  await assert.rejects(drive.resolve(['a.txt', 'b']), coded('not-found'));
  await assert.rejects(drive.resolve(['nothing']), coded('not-found'));
});

test('the folders of a path are made where they are missing', async () => {
  const { drive, root } = await createHome();
  const deep = await drive.ensureFolder(['a', 'b', 'c']);
  assert.equal(deep.name, 'c');
  assert.equal((await drive.ensureFolder(['A', 'b', 'C'])).id, deep.id);
  assert.equal((await drive.ensureFolder(['a', 'd'])).name, 'd');
  assert.deepEqual(await namesIn(drive, root), ['a']);
  assert.equal((await drive.ensureFolder([])).id, root);
  await put(drive, root, 'file', 'x');
  await assert.rejects(drive.ensureFolder(['file', 'x']), coded('name-taken', /is a file/));
  await assert.rejects(drive.ensureFolder(['ok', '..']), coded('bad-name'));
  assert.deepEqual(await namesIn(drive, root), ['a', 'file']);
});

test('a path can begin at any folder that is outside the trash', async () => {
  const { drive, root } = await createHome();
  const trip = entryId((await drive.ensureFolder(['Trip'])).id);
  const day = await drive.ensureFolder(['Day 1'], trip);
  assert.equal(day.parentId, trip);
  assert.equal((await drive.ensureFolder(['DAY 1'], trip)).id, day.id);
  assert.equal((await drive.resolve(['day 1'], trip)).id, day.id);
  assert.equal((await drive.resolve([], trip)).id, trip);
  await assert.rejects(drive.resolve(['Trip'], trip), coded('not-found'));
  await assert.rejects(drive.resolve(['x'], ghost), coded('not-found'));
  await drive.trash(trip);
  await assert.rejects(drive.resolve(['Day 1'], trip), coded('gone'));
  await assert.rejects(drive.ensureFolder(['Day 1'], trip), coded('gone'));
  assert.deepEqual(await namesIn(drive, root), []);
});

test('the ancestors of an entry are the folders around it, the root first', async () => {
  const { drive, root } = await createHome();
  const deep = await drive.ensureFolder(['a', 'b', 'c']);
  const file = await put(drive, deep.id, 'x.txt', 'x');
  const namesAbove = async (id: string) => (await drive.ancestors(entryId(id))).map(({ name }) => name);
  assert.deepEqual(await namesAbove(file.id), ['', 'a', 'b', 'c']);
  assert.deepEqual(await namesAbove(deep.id), ['', 'a', 'b']);
  assert.deepEqual(await namesAbove(root), []);
  await assert.rejects(drive.ancestors(ghost), coded('not-found'));
});

test('asking for the same folders many times at once makes them once', async () => {
  const { drive, root } = await createHome();
  const paths = [
    ['x', 'y', 'z'],
    ['x', 'y'],
    ['x', 'y', 'w'],
    ['X', 'Y', 'Z'],
  ];
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, index) => drive.ensureFolder(paths[index % 4] ?? [])),
  );
  assert.equal(new Set(made.map(({ id }) => id)).size, 3);
  assert.deepEqual(await wholeTree(drive, root), ['/x/', '/x/y/', '/x/y/w/', '/x/y/z/']);
});

test('making the same folder many times at once succeeds once', async () => {
  const { drive, root } = await createHome();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, () => drive.createFolder(root, 'one')),
  );
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.deepEqual(await namesIn(drive, root), ['one']);
});

test('folders lie no deeper than the limit', async () => {
  const { drive } = await createHome();
  const names = Array.from({ length: folderDepthMax }, (_, depth) => `${depth}`);
  const deepest = await drive.ensureFolder(names);
  await assert.rejects(drive.createFolder(entryId(deepest.id), 'x'), coded('bad-input', /deep/));
  await assert.rejects(drive.ensureFolder([...names, 'x']), coded('bad-input', /deep/));
  assert.equal((await drive.resolve(names)).id, deepest.id);
});

test('two devices that made the same folder apart show the same two names', async () => {
  const { drive, other, root, meet } = await createPair();
  const made = [await drive.createFolder(root, 'Trip'), await other.createFolder(root, 'trip')];
  await meet();
  const tree = await wholeTree(drive);
  assert.deepEqual(await wholeTree(other), tree);
  const [first, second] = made.map(({ id }) => id).sort() as [EntryId, EntryId];
  const names = await namesIn(drive, root);
  assert.equal(names.length, 2);
  assert.match((await drive.entry(first)).name, /^trip$/i);
  assert.equal((await other.entry(second)).name.toLowerCase(), `trip (conflict ${second.slice(0, 6)})`);
});
