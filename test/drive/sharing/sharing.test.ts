import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { Drive, Session } from '../../../src/model/contracts/drive.ts';
import { entryId, grantId, userId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import {
  addUser,
  byName,
  createHome,
  createPair,
  list,
  namesIn,
  password,
  pieces,
  put,
  read,
  text,
  wholeTree,
} from '../world.ts';

async function createShared(rights: 'view' | 'upload' | 'edit') {
  const home = await createHome();
  const bob = await addUser(home.device, home.session, 'Bob');
  const folder = await home.drive.createFolder(home.root, 'Trip');
  const inner = await home.drive.createFolder(entryId(folder.id), 'Day 1');
  const file = await put(home.drive, inner.id, 'a.txt', 'first');
  const outside = await put(home.drive, home.root, 'private.txt', 'mine');
  await home.session.sharing.shareWith(entryId(folder.id), 'bob', rights);
  const ids = { folder: entryId(folder.id), inner: entryId(inner.id), file: entryId(file.id) };
  return { ...home, bob, ...ids, outside: entryId(outside.id), theirs: bob.drive };
}

async function rootOf({ drive }: Session) {
  return entryId((await drive.root()).id);
}

test('who may view a folder finds it among what was shared, and reads all that is in it', async () => {
  const { bob, theirs, folder, inner, file } = await createShared('view');
  const [shared] = await bob.sharing.sharedWithMe();
  assert.deepEqual(
    [shared?.entry.id, shared?.entry.name, shared?.entry.parentId, shared?.owner, shared?.rights],
    [folder, 'Trip', null, 'Ada', 'view'],
  );
  assert.deepEqual(await namesIn(theirs, folder), ['Day 1']);
  assert.deepEqual(await namesIn(theirs, inner), ['a.txt']);
  assert.equal((await theirs.entry(inner)).parentId, folder);
  assert.equal(await read(theirs, file), 'first');
  assert.equal((await theirs.versions(file)).length, 1);
});

test('paths and ancestors of a shared entry begin at the shared folder', async () => {
  const { theirs, folder, inner, file, outside } = await createShared('edit');
  assert.deepEqual(
    (await theirs.ancestors(file)).map(({ id }) => id),
    [folder, inner],
  );
  assert.deepEqual(await theirs.ancestors(folder), []);
  await assert.rejects(theirs.ancestors(outside), coded('not-found'));
  assert.equal((await theirs.resolve(['DAY 1', 'A.TXT'], folder)).id, file);
  assert.equal((await theirs.ensureFolder(['day 1'], folder)).id, inner);
  assert.equal((await theirs.ensureFolder(['day 2'], folder)).parentId, folder);
});

test('who may view changes nothing', async () => {
  const { theirs, folder, inner, file } = await createShared('view');
  const forbidden = coded('forbidden');
  await assert.rejects(put(theirs, inner, 'b.txt', 'x'), forbidden);
  await assert.rejects(theirs.createFolder(folder, 'x'), forbidden);
  await assert.rejects(theirs.patch(file, { name: 'x' }), forbidden);
  await assert.rejects(theirs.patch(file, { starred: true }), forbidden);
  await assert.rejects(theirs.trash(file), forbidden);
  await assert.rejects(theirs.purge(file), forbidden);
  await assert.rejects(theirs.copy(file, folder), forbidden);
  const [version] = await theirs.versions(file);
  assert.ok(version);
  await assert.rejects(theirs.restoreVersion(file, version.id), forbidden);
});

test('nothing outside the shared folder is there for a grantee, and nothing at all for a third one', async () => {
  const { theirs, device, session, outside, root, folder, file } = await createShared('edit');
  for (const id of [outside, root]) {
    await assert.rejects(theirs.entry(id), coded('not-found'));
    await assert.rejects(theirs.open(id), coded('not-found'));
    await assert.rejects(list(theirs, id), coded('not-found'));
    await assert.rejects(put(theirs, id, 'x', 'x'), coded('not-found'));
  }
  const eve = await addUser(device, session, 'Eve');
  for (const id of [folder, file]) await assert.rejects(eve.drive.entry(id), coded('not-found'));
  assert.deepEqual(await eve.sharing.sharedWithMe(), []);
});

test('who may edit works in the folder like its owner, who sees the same', async () => {
  const { theirs, drive, folder, inner, file, root } = await createShared('edit');
  const made = await theirs.createFolder(folder, 'Day 2');
  const added = await put(theirs, made.id, 'b.txt', 'second');
  await put(theirs, inner, 'a.txt', 'first, changed');
  await theirs.patch(file, { name: 'c.txt', tags: ['sun'] });
  await theirs.patch(file, { parentId: entryId(made.id) });
  await theirs.copy(entryId(added.id), folder, 'copy.txt');
  await theirs.copy(entryId(made.id), inner);
  const expected = [
    '/Day 1/',
    '/Day 1/Day 2/',
    '/Day 1/Day 2/b.txt: second',
    '/Day 1/Day 2/c.txt: first, changed',
    '/Day 2/',
    '/Day 2/b.txt: second',
    '/Day 2/c.txt: first, changed',
    '/copy.txt: second',
  ];
  assert.deepEqual(await wholeTree(theirs, folder), expected);
  assert.deepEqual(await wholeTree(drive, folder), expected);
  assert.deepEqual((await drive.entry(file)).tags, ['sun']);
  await theirs.trash(file);
  assert.deepEqual(
    (await drive.trashed(byName)).items.map(({ name }) => name),
    ['c.txt'],
  );
  await theirs.restore(file);
  const [, oldest] = await theirs.versions(file);
  assert.ok(oldest);
  await theirs.restoreVersion(file, oldest.id);
  assert.equal(await read(drive, file), 'first');
  await drive.patch(file, { parentId: root, name: 'home.txt' });
  await assert.rejects(theirs.entry(file), coded('not-found'));
});

test('who may edit neither purges nor moves, renames or trashes the shared folder itself, nor shares it', async () => {
  const { theirs, bob, folder, file, inner } = await createShared('edit');
  const forbidden = coded('forbidden');
  await assert.rejects(theirs.purge(file), forbidden);
  await assert.rejects(theirs.trash(folder), forbidden);
  await assert.rejects(theirs.patch(folder, { name: 'x' }), forbidden);
  await assert.rejects(theirs.patch(folder, { parentId: inner }), forbidden);
  await assert.rejects(bob.sharing.shareWith(inner, 'Ada', 'view'), coded('not-found'));
  await assert.rejects(bob.sharing.createLink({ entryId: folder, rights: 'view' }), coded('not-found'));
  await theirs.patch(folder, { tags: ['mine too'] });
});

test('views say whose an entry is and what the asker may do with it', async () => {
  const { theirs, bob, drive, session, folder, inner, file } = await createShared('view');
  const mine = await drive.entry(file);
  assert.deepEqual([mine.rights, mine.owner], [null, null]);
  const own = await put(theirs, await rootOf(bob), 'own.txt', 'of Bob');
  assert.deepEqual([own.rights, own.owner], [null, null]);
  const seen = async () => {
    const views = [await theirs.entry(folder), ...(await list(theirs, inner))];
    return views.map(({ rights, owner }) => `${rights} ${owner}`);
  };
  assert.deepEqual(await seen(), ['view Ada', 'view Ada']);
  await session.sharing.shareWith(folder, 'bob', 'edit');
  assert.deepEqual(await seen(), ['edit Ada', 'edit Ada']);
  await session.sharing.shareWith(folder, 'bob', 'upload');
  const box = await theirs.entry(folder);
  const { entry: dropped } = await theirs.upload(folder, 'x', text('x'), {});
  assert.deepEqual([box.rights, box.owner, dropped.rights], ['upload', 'Ada', 'upload']);
});

test('who may edit a single file brings a new version of it, which its owner sees as one', async () => {
  const { theirs, drive, session, inner, file } = await createShared('view');
  const update = (content: string, options = {}) => theirs.uploadTo(file, text(content), options);
  await assert.rejects(update('no'), coded('forbidden'));
  await session.sharing.revokeAccess((await drive.entry(inner)).parentId as never, 'bob');
  await session.sharing.shareWith(file, 'bob', 'edit');
  const before = await theirs.entry(file);
  assert.equal(before.parentId, null);
  const { entry, created } = await update('second', { ifMatch: before.version, mime: 'text/html' });
  assert.deepEqual([entry.id, entry.name, entry.mime, created], [file, 'a.txt', 'text/html', false]);
  assert.equal(await read(drive, file), 'second');
  assert.deepEqual(await namesIn(drive, inner), ['a.txt']);
  await assert.rejects(update('third', { ifMatch: before.version }), coded('precondition-failed'));
  await assert.rejects(update('third', { ifMatch: 'none' }), coded('precondition-failed'));
  // Owner and grantee at once: one after the other, so nothing is a conflict.
  await Promise.all([put(drive, inner, 'a.txt', 'of Ada'), update('of Bob')]);
  assert.equal((await drive.versions(file)).length, 4);
  assert.deepEqual(await namesIn(drive, inner), ['a.txt']);
  await drive.trash(file);
  await assert.rejects(update('late'), coded('gone'));
});

test('a new version goes to a file by its id, never to a folder, and keeps the old ones', async () => {
  const { drive, inner, file } = await createShared('view');
  await assert.rejects(drive.uploadTo(inner, text('x'), {}), coded('not-found'));
  await drive.patch(file, { name: 'renamed.txt' });
  const { entry, created } = await drive.uploadTo(file, text('second'), {});
  assert.deepEqual([entry.name, created, entry.size], ['renamed.txt', false, 6]);
  assert.equal((await drive.versions(file)).length, 2);
  await drive.trash(file);
  await assert.rejects(drive.uploadTo(file, text('x'), {}), coded('gone'));
});

test('nothing moves between drives, and everything can be copied between them', async () => {
  const { theirs, bob, drive, folder, inner, file } = await createShared('edit');
  const home = await rootOf(bob);
  const own = await put(theirs, home, 'own.txt', 'of Bob');
  await assert.rejects(theirs.patch(file, { parentId: home }), coded('forbidden', /copy it instead/));
  await assert.rejects(theirs.patch(entryId(own.id), { parentId: folder }), coded('forbidden', /copy/));
  await theirs.copy(folder, home);
  await theirs.copy(file, home, 'b.txt');
  await theirs.copy(entryId(own.id), inner);
  assert.deepEqual(await wholeTree(theirs), [
    '/Trip/',
    '/Trip/Day 1/',
    '/Trip/Day 1/a.txt: first',
    '/b.txt: first',
    '/own.txt: of Bob',
  ]);
  assert.deepEqual(await wholeTree(drive, folder), [
    '/Day 1/',
    '/Day 1/a.txt: first',
    '/Day 1/own.txt: of Bob',
  ]);
});

test('a drop box takes files and shows nothing, not even to who dropped them; its owner has them at once', async () => {
  const { theirs, bob, drive, folder, inner, file, device, session } = await createShared('upload');
  const [box] = await bob.sharing.sharedWithMe();
  assert.deepEqual([box?.entry.name, box?.entry.size, box?.rights], ['Trip', 0, 'upload']);
  const dropped = await theirs.upload(folder, 'Day 1', content('dropped by Bob'), {});
  assert.deepEqual([dropped.entry.name, dropped.entry.size, dropped.created], ['Day 1', 14, true]);
  const id = entryId(dropped.entry.id);
  const forbidden = coded('forbidden', /drop box/);
  for (const one of [id, inner, file]) {
    await assert.rejects(theirs.entry(one), forbidden);
    await assert.rejects(theirs.open(one), forbidden);
    await assert.rejects(theirs.trash(one), forbidden);
  }
  await assert.rejects(list(theirs, folder), forbidden);
  await assert.rejects(theirs.createFolder(folder, 'x'), forbidden);
  await assert.rejects(put(theirs, inner, 'x', 'x'), coded('not-found'));
  assert.equal(await read(drive, id), 'dropped by Bob');
  assert.equal((await namesIn(drive, folder)).length, 2);
  const eve = await addUser(device, session, 'Eve');
  await session.sharing.shareWith(folder, 'Eve', 'edit');
  await drive.patch(id, { name: 'from Bob.txt' });
  assert.equal(await read(eve.drive, id), 'dropped by Bob');
});

function content(text: string) {
  return (async function* () {
    yield new TextEncoder().encode(text);
  })();
}

test('rights can be changed, and an owner sees who has them', async () => {
  const { session, bob, theirs, folder, inner, drive } = await createShared('view');
  await session.sharing.shareWith(folder, 'Bob', 'edit');
  await put(theirs, inner, 'b.txt', 'x');
  assert.deepEqual(
    (await session.sharing.accessOf(folder)).map(({ username, rights }) => [username, rights]),
    [['Bob', 'edit']],
  );
  const given = async () =>
    (await session.sharing.sharedByMe()).map(({ entryName, username, rights }) => [
      entryName,
      username,
      rights,
    ]);
  assert.deepEqual(await given(), [['Trip', 'Bob', 'edit']]);
  assert.deepEqual(await bob.sharing.sharedByMe(), []);
  await session.sharing.shareWith(folder, 'Bob', 'upload');
  await assert.rejects(list(theirs, folder), coded('forbidden'));
  await put(theirs, folder, 'c.txt', 'x');
  assert.deepEqual(await namesIn(drive, folder), ['Day 1', 'c.txt']);
  await assert.rejects(session.sharing.shareWith(folder, 'Ada', 'view'), coded('bad-input'));
  await assert.rejects(session.sharing.shareWith(folder, 'Nobody', 'view'), coded('not-found'));
  await assert.rejects(session.sharing.revokeAccess(inner, 'Bob'), coded('not-found'));
});

test('who lost access is out at once, and who still has it goes on', async () => {
  const { session, theirs, folder, file, inner, device, drive } = await createShared('edit');
  const eve = await addUser(device, session, 'Eve');
  await session.sharing.shareWith(folder, 'Eve', 'view');
  await session.sharing.revokeAccess(folder, 'Bob');
  assert.deepEqual(
    (await session.sharing.sharedByMe()).map(({ username }) => username),
    ['Eve'],
  );
  await assert.rejects(theirs.entry(file), coded('not-found'));
  await assert.rejects(put(theirs, inner, 'x', 'x'), coded('not-found'));
  assert.equal(await read(eve.drive, file), 'first');
  await put(drive, inner, 'after.txt', 'later');
  assert.deepEqual(await wholeTree(eve.drive, folder), [
    '/Day 1/',
    '/Day 1/a.txt: first',
    '/Day 1/after.txt: later',
  ]);
  await session.sharing.shareWith(folder, 'Bob', 'view');
  assert.equal(await read(theirs, file), 'first');
});

test('access of somebody who is disabled can be taken back, so that it stays so when they are enabled again', async () => {
  const { device, session, bob, theirs, folder } = await createShared('edit');
  const id = userId(bob.user.id);
  await device.accounts.changeUser(session, id, { disabled: true });
  await session.sharing.revokeAccess(folder, 'bob');
  await device.accounts.changeUser(session, id, { disabled: false });
  assert.deepEqual(await session.sharing.accessOf(folder), []);
  await assert.rejects(theirs.entry(folder), coded('not-found'));
});

test('a download under way ends when access is taken back, not when it is over in time', async () => {
  const { world, device, session, theirs, file, folder } = await createShared('view');
  const { signal } = new AbortController();
  const size = 2 * 1024 * 1024;
  const large = await session.drive.upload(folder, 'large', pieces([randomBytes(size)]), {});
  const begin = async (drive: Drive) => {
    const content = await drive.open(entryId(large.entry.id));
    const reading = content.read({ start: 0, end: size }, signal)[Symbol.asyncIterator]();
    assert.equal((await reading.next()).done, false);
    return reading;
  };
  const link = await session.sharing.createLink({
    entryId: folder,
    rights: 'view',
    expiresAtMs: world.clock.wallMs() + 1000,
  });
  const guest = await device.accounts.openLink(link.url.slice(3), undefined, 'guest');
  const [byUser, byLink] = [await begin(theirs), await begin(guest.drive)];
  await world.clock.pass(2000);
  await assert.rejects(guest.drive.open(file), coded('gone'));
  assert.equal((await byLink.next()).done, false);
  await session.sharing.revokeAccess(folder, 'bob');
  await assert.rejects(byUser.next(), coded('gone'));
  await session.sharing.revokeLink(grantId(link.id));
  await assert.rejects(byLink.next(), coded('gone'));
});

test('of several grants the widest counts', async () => {
  const { session, theirs, folder, inner } = await createShared('view');
  await session.sharing.shareWith(inner, 'Bob', 'edit');
  await put(theirs, inner, 'b.txt', 'x');
  await assert.rejects(put(theirs, folder, 'b.txt', 'x'), coded('forbidden'));
  await session.sharing.revokeAccess(inner, 'Bob');
  await assert.rejects(put(theirs, inner, 'c.txt', 'x'), coded('forbidden'));
  assert.deepEqual(await namesIn(theirs, inner), ['a.txt', 'b.txt']);
});

test('what its owner throws away is gone for the others too', async () => {
  const { bob, theirs, drive, folder, file } = await createShared('edit');
  await drive.trash(folder);
  assert.deepEqual(await bob.sharing.sharedWithMe(), []);
  await assert.rejects(theirs.open(file), coded('gone'));
  await drive.restore(folder);
  assert.equal(await read(theirs, file), 'first');
});

test('what is shared on one device is found on another, in both directions', async () => {
  const { device, session, drive, root, laptop, meet } = await createPair();
  await addUser(device, session, 'Bob');
  const folder = await drive.createFolder(root, 'Trip');
  await session.sharing.shareWith(entryId(folder.id), 'Bob', 'edit');
  await meet();
  const bob = await laptop.accounts.login('Bob', password, 'there');
  const heard: string[] = [];
  const stop = bob.drive.onChange((ids) => heard.push(...ids));
  await put(bob.drive, folder.id, 'b.txt', 'from the laptop');
  await put(drive, folder.id, 'a.txt', 'from home');
  await meet();
  assert.deepEqual(await namesIn(bob.drive, folder.id), ['a.txt', 'b.txt']);
  assert.deepEqual(await wholeTree(drive, folder.id), ['/a.txt: from home', '/b.txt: from the laptop']);
  assert.ok(heard.includes(folder.id));
  stop();
  assert.deepEqual([...device.warnings, ...laptop.warnings], []);
});

test('a file can be shared alone', async () => {
  const { session, theirs, bob, outside, root } = await createShared('upload');
  await assert.rejects(session.sharing.shareWith(outside, 'Bob', 'upload'), coded('bad-input', /folder/));
  await session.sharing.shareWith(outside, 'Bob', 'view');
  assert.equal(await read(theirs, outside), 'mine');
  assert.deepEqual((await bob.sharing.sharedWithMe()).map(({ entry }) => entry.name).sort(), [
    'Trip',
    'private.txt',
  ]);
  await assert.rejects(list(theirs, root), coded('not-found'));
});
