import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { createHome, createPair, namesIn, put, read, wholeTree } from '../world.ts';

test('a file is renamed and moved, alone and both at once, and keeps id, version and content', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a.txt', 'hello');
  const folder = await drive.createFolder(root, 'b');
  const id = entryId(file.id);
  assert.equal((await drive.patch(id, { name: 'c.txt' })).name, 'c.txt');
  assert.equal((await drive.patch(id, { parentId: entryId(folder.id) })).parentId, folder.id);
  const moved = await drive.patch(id, { parentId: root, name: 'd.txt' });
  assert.equal(moved.version, file.version);
  assert.equal(await read(drive, id), 'hello');
  assert.deepEqual(await wholeTree(drive), ['/b/', '/d.txt: hello']);
});

test('what is in a folder moves with it and opens at its new place', async () => {
  const { drive, root, device, session } = await createHome();
  const inner = await drive.ensureFolder(['a', 'b']);
  await put(drive, inner.id, 'deep.txt', 'deep');
  const target = await drive.createFolder(root, 'target');
  await drive.patch(entryId((await drive.resolve(['a'])).id), { parentId: entryId(target.id), name: 'A2' });
  const wanted = ['/target/', '/target/A2/', '/target/A2/b/', '/target/A2/b/deep.txt: deep'];
  assert.deepEqual(await wholeTree(drive), wanted);
  const resumed = await (await device.restart()).accounts.resume(session.secret);
  assert.ok(resumed);
  assert.deepEqual(await wholeTree(resumed.drive), wanted);
});

test('a folder cannot go into itself or anything under it', async () => {
  const { drive } = await createHome();
  const [a, b, c] = [
    await drive.ensureFolder(['a']),
    await drive.ensureFolder(['a', 'b']),
    await drive.ensureFolder(['a', 'b', 'c']),
  ];
  for (const target of [a, b, c]) {
    await assert.rejects(
      drive.patch(entryId(a.id), { parentId: entryId(target.id) }),
      coded('would-make-a-cycle'),
    );
  }
  await drive.patch(entryId(c.id), { parentId: entryId(a.id) });
  assert.deepEqual(await wholeTree(drive), ['/a/', '/a/b/', '/a/c/']);
});

test('two moves at once that would make a cycle together are not both done', async () => {
  const { drive } = await createHome();
  const made = [await drive.ensureFolder(['x', 'a']), await drive.ensureFolder(['y', 'b'])];
  const [a, b] = made.map(({ id }) => entryId(id));
  assert.ok(a && b);
  const outcomes = await Promise.allSettled([
    drive.patch(a, { parentId: b }),
    drive.patch(b, { parentId: a }),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('a taken name is refused; other letters of its own name are not', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a.txt', 'a');
  await put(drive, root, 'b.txt', 'b');
  await assert.rejects(drive.patch(entryId(file.id), { name: 'B.TXT' }), coded('name-taken'));
  assert.equal((await drive.patch(entryId(file.id), { name: 'A.txt' })).name, 'A.txt');
  const folder = await drive.createFolder(root, 'f');
  await put(drive, folder.id, 'a.TXT', 'other');
  await assert.rejects(drive.patch(entryId(file.id), { parentId: entryId(folder.id) }), coded('name-taken'));
  assert.deepEqual(await namesIn(drive, root), ['f', 'A.txt', 'b.txt']);
});

test('If-Match lets a change through only for the version that was meant', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a.txt', 'one');
  const id = entryId(file.id);
  await put(drive, root, 'a.txt', 'two');
  await assert.rejects(drive.patch(id, { name: 'b.txt' }, file.version), coded('precondition-failed'));
  await assert.rejects(drive.trash(id, file.version), coded('precondition-failed'));
  const { version } = await drive.entry(id);
  await drive.patch(id, { name: 'b.txt' }, version);
  const folder = await drive.createFolder(root, 'f');
  const renamed = await drive.patch(entryId(folder.id), { name: 'g' }, folder.version);
  assert.notEqual(renamed.version, folder.version);
  await assert.rejects(drive.trash(entryId(folder.id), folder.version), coded('precondition-failed'));
  await drive.trash(id, version);
});

test('tags and star are set, kept apart from name and place, and cleaned', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a.txt', 'a');
  const id = entryId(file.id);
  await drive.patch(id, { tags: [' holiday ', 'cafe\u0301', 'caf\u00e9'] });
  await drive.patch(id, { starred: true });
  const view = await drive.patch(id, { name: 'b.txt' });
  assert.deepEqual([view.tags, view.starred], [['holiday', 'caf\u00e9'], true]);
  assert.equal(view.version, file.version);
  for (const tags of [
    [''],
    ['a\nb'],
    ['x'.repeat(65)],
    Array.from({ length: 65 }, (_, index) => `${index}`),
  ]) {
    await assert.rejects(drive.patch(id, { tags }), coded('bad-input', /tag/));
  }
  assert.deepEqual((await drive.patch(id, { tags: [], starred: false })).tags, []);
});

test('the root has no name and no place to change', async () => {
  const { drive, root } = await createHome();
  await assert.rejects(drive.patch(root, { name: 'x' }), coded('forbidden'));
  await assert.rejects(drive.trash(root), coded('forbidden'));
  await assert.rejects(drive.purge(root), coded('forbidden'));
  await assert.rejects(drive.copy(root, root), coded('forbidden'));
});

test('a patch that changes nothing writes nothing', async () => {
  const { drive, root, device } = await createHome();
  const file = await put(drive, root, 'a.txt', 'a');
  const before = device.catalog?.ownSeq;
  await drive.patch(entryId(file.id), { name: 'a.txt', parentId: root });
  assert.equal(device.catalog?.ownSeq, before);
});

test('moves on two devices that make a cycle together end the same on both, and nothing is lost', async () => {
  const { drive, other, meet } = await createPair();
  const [a, b] = [await drive.ensureFolder(['a']), await drive.ensureFolder(['b'])].map(({ id }) =>
    entryId(id),
  );
  assert.ok(a && b);
  await put(drive, a, 'in-a.txt', '1');
  await put(drive, b, 'in-b.txt', '2');
  await meet();
  await drive.patch(a, { parentId: b });
  await other.patch(b, { parentId: a });
  await meet();
  const tree = await wholeTree(drive);
  assert.deepEqual(await wholeTree(other), tree);
  assert.equal(tree.filter((line) => /in-[ab]/.test(line)).length, 2);
});

test('a file put into a folder that another device purged meanwhile shows in the root and opens', async () => {
  const { drive, other, meet } = await createPair();
  const folder = await drive.ensureFolder(['a']);
  await meet();
  await drive.purge(entryId(folder.id));
  await put(other, folder.id, 'late.txt', 'late');
  await meet();
  assert.deepEqual(await wholeTree(drive), ['/late.txt: late']);
  assert.deepEqual(await wholeTree(other), ['/late.txt: late']);
});

test('a folder moves only where all that lies in it still fits', async () => {
  const { drive, root } = await createHome();
  const chain = async (name: string, levels: number) =>
    drive.ensureFolder(Array.from({ length: levels }, (_, level) => `${name}${level}`));
  const bottom = await chain('a', 100);
  await chain('b', 28);
  const top = await drive.resolve(['b0']);
  await drive.patch(entryId(top.id), { parentId: entryId(bottom.id) });
  await drive.patch(entryId(top.id), { parentId: root });
  await drive.createFolder(entryId((await drive.resolve(namesOf('b', 28))).id), 'one too many');
  const move = drive.patch(entryId(top.id), { parentId: entryId(bottom.id) });
  await assert.rejects(move, coded('bad-input', /deep/));
});

function namesOf(name: string, levels: number): string[] {
  return Array.from({ length: levels }, (_, level) => `${name}${level}`);
}
