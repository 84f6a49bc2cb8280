import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSigningKey } from '../../../src/crypto/index.ts';
import type { Drive, ListOptions } from '../../../src/model/contracts/drive.ts';
import { type EntryId, entryId, userId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { takePen } from '../pen.ts';
import { catalogOf, createHome, createPair, list, namesIn, put } from '../world.ts';

async function allPages(drive: Drive, folder: EntryId, options: ListOptions): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await drive.children(folder, cursor === null ? options : { ...options, cursor });
    names.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return names;
}

test('two thousand entries are listed in order, page by page, also from a cold start', async () => {
  const { drive, root, device, session } = await createHome();
  const folder = await drive.createFolder(root, 'many');
  const id = entryId(folder.id);
  const pen = await takePen(device, session);
  const drafts = Array.from({ length: 2000 }, (_, index) => pen.file(id, `file ${1999 - index}`));
  await catalogOf(device).author(drafts, pen.signer);
  const wanted = Array.from({ length: 2000 }, (_, index) => `file ${index}`);
  const resumed = await (await device.restart()).accounts.resume(session.secret);
  assert.ok(resumed);
  for (const each of [drive, resumed.drive]) {
    assert.deepEqual(await allPages(each, id, { sort: 'name', order: 'asc', limit: 300 }), wanted);
  }
  const desc = await allPages(drive, id, { sort: 'name', order: 'desc', limit: 1000 });
  assert.deepEqual(desc, wanted.toReversed());
  await put(resumed.drive, folder.id, 'file 1000.5', 'new');
  assert.equal((await resumed.drive.resolve(['many', 'FILE 1234'])).name, 'file 1234');
  assert.equal((await namesIn(resumed.drive, folder.id)).length, 1000);
});

test('sizes and dates give an order too', async () => {
  const { drive, root } = await createHome();
  await put(drive, root, 'a', 'xxx', { modifiedAtMs: 2000 });
  await put(drive, root, 'b', 'x', { modifiedAtMs: 3000 });
  await put(drive, root, 'c', 'xx', { modifiedAtMs: 1000 });
  await drive.createFolder(root, 'z');
  const order = async (sort: ListOptions['sort'], order: ListOptions['order'] = 'asc') =>
    allPages(drive, root, { sort, order, limit: 3 });
  assert.deepEqual(await order('size'), ['z', 'b', 'c', 'a']);
  assert.deepEqual(await order('modifiedAt', 'desc'), ['z', 'b', 'a', 'c']);
  await put(drive, root, 'b', 'xxxxx', { modifiedAtMs: 500 });
  assert.deepEqual(await order('size'), ['z', 'c', 'a', 'b']);
  assert.deepEqual(await order('modifiedAt', 'desc'), ['z', 'a', 'c', 'b']);
});

test('a page can go on after everything before it was deleted', async () => {
  const { drive, root } = await createHome();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await put(drive, root, name, name);
  const options: ListOptions = { sort: 'name', order: 'asc', limit: 2 };
  const first = await drive.children(root, options);
  for (const { id } of first.items) await drive.purge(entryId(id));
  const second = await drive.children(root, { ...options, cursor: first.nextCursor ?? '' });
  assert.deepEqual(
    second.items.map(({ name }) => name),
    ['c', 'd'],
  );
  await assert.rejects(drive.children(root, { ...options, cursor: 'x' }), coded('bad-input', /cursor/));
});

test('a file and an unknown id have no children', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a', 'a');
  const options: ListOptions = { sort: 'name', order: 'asc', limit: 2 };
  await assert.rejects(drive.children(entryId(file.id), options), coded('not-found'));
  await assert.rejects(drive.children(entryId('0'.repeat(32)), options), coded('not-found'));
});

test('what another device changes shows in folders that were looked at before', async () => {
  const { drive, other, root, meet } = await createPair();
  const folder = await drive.createFolder(root, 'f');
  const file = await put(drive, folder.id, 'a', '1');
  await meet();
  assert.deepEqual(await namesIn(other, folder.id), ['a']);
  await drive.patch(entryId(file.id), { name: 'b' });
  await put(drive, folder.id, 'b', 'longer');
  const inner = await drive.createFolder(entryId(folder.id), 'inner');
  await meet();
  assert.deepEqual(
    (await list(other, folder.id)).map(({ name, size }) => [name, size]),
    [
      ['inner', 0],
      ['b', 6],
    ],
  );
  await drive.patch(entryId(inner.id), { parentId: root });
  await drive.patch(entryId(file.id), { parentId: entryId(inner.id) });
  await meet();
  assert.deepEqual(await namesIn(other, folder.id), []);
  assert.deepEqual(await namesIn(other, root), ['f', 'inner']);
  assert.deepEqual(await namesIn(other, inner.id), ['b']);
});

test('an entry that cannot be opened is left out and logged; the others are shown', async () => {
  const { drive, root, device, session } = await createHome();
  await put(drive, root, 'good', 'x');
  const pen = await takePen(device, session);
  const foreign = pen.file(root, 'bad', new Uint8Array(32).fill(9));
  await catalogOf(device).author([foreign], pen.signer);
  assert.deepEqual(await namesIn(drive, root), ['good']);
  await assert.rejects(drive.entry(entryId(foreign.id)), coded('forbidden'));
  assert.equal(device.warnings.filter((sentence) => /left out/.test(sentence)).length, 1);
  assert.equal((await drive.createFolder(root, 'bad')).name, 'bad');
});

test('an entry whose own wrap is broken opens by its fallback', async () => {
  const { drive, root, device, session } = await createHome();
  const folder = await drive.createFolder(root, 'f');
  const file = await put(drive, folder.id, 'a', 'content');
  const record = catalogOf(device).get('entry', file.id);
  assert.ok(record?.body);
  const body = { ...record.body, wrappedKey: new Uint8Array(60) };
  await catalogOf(device).author([{ table: 'entry', id: file.id, body }], session.adminSigner());
  assert.deepEqual(await namesIn(drive, folder.id), ['a']);
});

test("another user's entries are not found", async () => {
  const { drive, root, device, session } = await createHome();
  const pen = await takePen(device, session);
  const stranger = newSigningKey();
  const owner = userId(stranger.principal);
  const user = { username: 'Eve', role: 'member', disabled: false, quotaBytes: null } as const;
  const admitted = { ...user, sealingKey: new Uint8Array(32) };
  await catalogOf(device).author([{ table: 'user', id: owner, body: admitted }], session.adminSigner());
  const theirs = pen.file(root, 'theirs');
  await catalogOf(device).author([{ ...theirs, body: { ...theirs.body, owner } }], stranger);
  await assert.rejects(drive.entry(theirs.id), coded('not-found'));
  await assert.rejects(drive.trash(theirs.id), coded('not-found'));
  assert.deepEqual(await namesIn(drive, root), []);
});
