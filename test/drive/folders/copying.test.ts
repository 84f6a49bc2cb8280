import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { createHome, createPair, namesIn, pieces, put, read, wholeTree } from '../world.ts';

test('a copied file shares every chunk and has a life of its own', async () => {
  const { drive, root, world } = await createHome();
  const bytes = Buffer.alloc(1_500_000, 'peerstor ');
  for (let index = 0; index < bytes.length; index += 97) bytes[index] = index;
  const { entry } = await drive.upload(root, 'a.bin', pieces([bytes]), {
    mime: 'image/png',
    modifiedAtMs: 5000,
  });
  await drive.patch(entryId(entry.id), { tags: ['red'], starred: true });
  const before = world.chunks.size;
  const copied = await drive.copy(entryId(entry.id), root);
  assert.equal(world.chunks.size, before + 1);
  assert.equal(copied.name, 'a (2).bin');
  assert.deepEqual(
    [copied.size, copied.mime, copied.modifiedAt, copied.tags, copied.starred],
    [bytes.length, 'image/png', '1970-01-01T00:00:05.000Z', ['red'], false],
  );
  await put(drive, root, 'a.bin', 'changed');
  await drive.purge(entryId(entry.id));
  assert.equal(await read(drive, copied.id), bytes.toString());
});

test('a copy takes the name and folder that it is given, and no taken one', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a.txt', 'a');
  const folder = await drive.createFolder(root, 'f');
  assert.equal((await drive.copy(entryId(file.id), entryId(folder.id))).name, 'a.txt');
  assert.equal((await drive.copy(entryId(file.id), entryId(folder.id), 'b.txt')).name, 'b.txt');
  await assert.rejects(drive.copy(entryId(file.id), entryId(folder.id), 'B.txt'), coded('name-taken'));
  await assert.rejects(drive.copy(entryId(file.id), entryId(folder.id), 'a/b'), coded('bad-name'));
  await assert.rejects(drive.copy(entryId(file.id), entryId(file.id)), coded('not-found'));
});

test('a folder is copied with everything in it that is not in the trash', async () => {
  const { drive, root, device, session } = await createHome();
  const inner = await drive.ensureFolder(['a', 'b']);
  await put(drive, inner.id, 'c.txt', 'c');
  await put(drive, inner.id, 'empty', '');
  await drive.trash(entryId((await put(drive, inner.id, 'gone', 'x')).id));
  const source = await drive.resolve(['a']);
  const copied = await drive.copy(entryId(source.id), root, 'copy');
  assert.equal(copied.name, 'copy');
  const branch = (name: string) => [`/${name}/`, `/${name}/b/`, `/${name}/b/c.txt: c`, `/${name}/b/empty: `];
  assert.deepEqual(await wholeTree(drive), [...branch('a'), ...branch('copy')]);
  const resumed = await (await device.restart()).accounts.resume(session.secret);
  assert.ok(resumed);
  assert.deepEqual(await wholeTree(resumed.drive), [...branch('a'), ...branch('copy')]);
});

test('a folder of more than one batch is whole when it shows, and hidden until then', async () => {
  const { drive, root, device } = await createHome();
  const folder = await drive.createFolder(root, 'many');
  for (let count = 0; count < 200; count += 1) await put(drive, folder.id, `${count}`, 'x');
  const seen: Promise<string[]>[] = [];
  device.catalog?.onChange(() => seen.push(namesIn(drive, root)));
  const copied = await drive.copy(entryId(folder.id), root);
  assert.equal(copied.name, 'many (2)');
  assert.equal((await namesIn(drive, copied.id)).length, 200);
  const during = await Promise.all(seen);
  assert.ok(during.length > 1);
  for (const names of during.slice(0, -1)) assert.deepEqual(names, ['many']);
});

test('a folder cannot be copied into itself', async () => {
  const { drive } = await createHome();
  const [outer, inner] = [await drive.ensureFolder(['a']), await drive.ensureFolder(['a', 'b'])];
  for (const target of [outer, inner]) {
    await assert.rejects(drive.copy(entryId(outer.id), entryId(target.id)), coded('would-make-a-cycle'));
  }
});

test('a copy opens on another device', async () => {
  const { drive, other, root, meet } = await createPair();
  const file = await put(drive, root, 'a.txt', 'a');
  const copied = await drive.copy(entryId(file.id), root);
  await meet();
  assert.equal(await read(other, copied.id), 'a');
});
