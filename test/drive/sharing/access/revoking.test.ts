import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryView } from '../../../../src/model/api.ts';
import { entryId, grantId } from '../../../../src/model/ids.ts';
import { eavesdrop } from '../../eavesdropper.ts';
import { coded } from '../../errors.ts';
import { addUser, catalogOf, createPair, failAuthor, password, put, read, wholeTree } from '../../world.ts';

/** Ada shares a folder with Eve (who will lose it) and Bob (who will not), on two devices. */
async function createShared() {
  const pair = await createPair();
  const { device, session, drive, root, laptop, meet } = pair;
  const bob = await addUser(device, session, 'Bob');
  const eve = await addUser(device, session, 'Eve');
  const folder = entryId((await drive.createFolder(root, 'Trip')).id);
  const inner = entryId((await drive.createFolder(folder, 'Day 1')).id);
  const file = entryId((await put(drive, inner, 'a.txt', 'first')).id);
  await session.sharing.shareWith(folder, 'Bob', 'edit');
  await session.sharing.shareWith(folder, 'Eve', 'edit');
  await meet();
  const far = {
    ada: await laptop.accounts.login('Ada', password, 'far'),
    bob: await laptop.accounts.login('Bob', password, 'far'),
    eve: await laptop.accounts.login('Eve', password, 'far'),
  };
  const ear = await eavesdrop(device, eve);
  const listen = async () => {
    await ear.listen(catalogOf(device));
    await ear.listen(catalogOf(laptop));
  };
  await listen();
  const hears = async ({ version }: EntryView) => {
    await listen();
    return (await ear.readable(catalogOf(device))).has(version);
  };
  return { ...pair, bob, eve, far, folder, inner, file, listen, hears, sharing: session.sharing };
}

test('who lost access cannot read what is written afterwards, even with every key and every record', async () => {
  const { drive, bob, folder, inner, file, sharing, hears } = await createShared();
  assert.ok(await hears(await drive.entry(file)));
  await sharing.revokeAccess(folder, 'Eve');
  const written = [
    await put(drive, inner, 'a.txt', 'second'),
    await put(drive, inner, 'b.txt', 'new file'),
    await put(bob.drive, inner, 'c.txt', 'by Bob'),
    await put(drive, (await drive.createFolder(folder, 'Day 2')).id, 'd.txt', 'new folder'),
  ];
  for (const view of written) assert.equal(await hears(view), false);
  for (const who of [drive, bob.drive]) {
    assert.deepEqual(await wholeTree(who, folder), [
      '/Day 1/',
      '/Day 1/a.txt: second',
      '/Day 1/b.txt: new file',
      '/Day 1/c.txt: by Bob',
      '/Day 2/',
      '/Day 2/d.txt: new folder',
    ]);
  }
  const [, first] = await drive.versions(file);
  assert.ok(first);
  assert.equal((await drive.open(file, first.id)).size, 'first'.length);
});

test('a device gives new keys to all that lies below, by itself, and a cold start finds what is left', async () => {
  const { device, world, folder, file, sharing } = await createShared();
  const before = catalogOf(device).get('entry', file)?.body?.keyVersion;
  await sharing.revokeAccess(folder, 'Eve');
  assert.equal(catalogOf(device).get('entry', file)?.body?.keyVersion, before);
  const failing = failAuthor(device, 2);
  await world.clock.pass(10_000);
  failing.heal();
  const cold = await device.restart();
  const again = await cold.accounts.login('Ada', password, 'here');
  await world.clock.pass(10_000);
  assert.equal(catalogOf(cold).get('entry', file)?.body?.keyVersion, 2);
  assert.equal(await read(again.drive, file), 'first');
});

test('a revocation that breaks off has happened whole or not at all, and can be done again', async () => {
  const { device, drive, folder, inner, sharing, eve, bob, hears } = await createShared();
  for (let call = 1; ; call += 1) {
    const failing = failAuthor(device, call);
    const done = await sharing.revokeAccess(folder, 'Eve').then(
      () => true,
      () => false,
    );
    failing.heal();
    const access = await sharing.accessOf(folder);
    const body = catalogOf(device).get('entry', folder)?.body;
    assert.equal(access.length, done ? 1 : 2);
    assert.equal(body?.keyVersion, done ? 2 : 1);
    if (done) break;
    assert.equal((await wholeTree(eve.drive, folder)).length, 2);
  }
  assert.equal(await hears(await put(drive, inner, 'b.txt', 'x')), false);
  assert.equal((await wholeTree(bob.drive, folder)).length, 3);
});

test('of who was revoked on one device while they write on another, what is older than that counts', async () => {
  const { drive, other, folder, inner, sharing, far, meet, hears, world } = await createShared();
  const early = await put(far.eve.drive, inner, 'early.txt', 'in time');
  await world.clock.pass(10);
  await sharing.revokeAccess(folder, 'Eve');
  const written = await put(drive, inner, 'after.txt', 'closed');
  await world.clock.pass(10);
  const late = await put(far.eve.drive, inner, 'late.txt', 'she did not know');
  await put(far.bob.drive, inner, 'bob.txt', 'nor did Bob');
  await meet();
  await assert.rejects(far.eve.drive.entry(folder), coded('not-found'));
  assert.equal(await hears(written), false);
  for (const one of [drive, other, far.bob.drive]) {
    assert.deepEqual(await wholeTree(one, folder), [
      '/Day 1/',
      '/Day 1/a.txt: first',
      '/Day 1/after.txt: closed',
      '/Day 1/bob.txt: nor did Bob',
      '/Day 1/early.txt: in time',
    ]);
    assert.equal((await one.entry(entryId(early.id))).size, 'in time'.length);
    await assert.rejects(one.entry(entryId(late.id)), coded('not-found'));
  }
  assert.equal(await hears(await put(other, inner, 'bob.txt', 'changed')), false);
});

test('new keys on two devices at once make nothing unreadable, and close to both who lost access', async () => {
  const { device, drive, other, folder, inner, sharing, far, meet, hears, bob } = await createShared();
  await sharing.revokeAccess(folder, 'Eve');
  await far.ada.sharing.revokeAccess(folder, 'Bob');
  const ear = await eavesdrop(device, bob);
  await put(drive, inner, 'here.txt', 'one');
  await put(other, inner, 'there.txt', 'two');
  await put(drive, inner, 'a.txt', 'changed here');
  await put(other, inner, 'a.txt', 'changed there');
  await meet();
  for (const one of [drive, other]) {
    const lines = await wholeTree(one, folder);
    for (const line of ['/Day 1/here.txt: one', '/Day 1/there.txt: two'])
      assert.ok(lines.includes(line), line);
    assert.equal(lines.filter((line) => line.startsWith('/Day 1/a')).length, 2);
  }
  const after = await put(drive, inner, 'after.txt', 'for Ada alone');
  await ear.listen(catalogOf(device));
  assert.equal(await hears(after), false);
  assert.equal((await ear.readable(catalogOf(device))).has(after.version), false);
  await meet();
  assert.equal(await read(other, after.id), 'for Ada alone');
});

test('a grant renewed on one device does not undo that it was revoked on another', async () => {
  const { drive, folder, inner, sharing, far, meet, hears, session, world } = await createShared();
  const link = await session.sharing.createLink({ entryId: folder, rights: 'view' });
  await meet();
  await sharing.revokeAccess(folder, 'Eve');
  await world.clock.pass(10);
  // The other device gives the folder a new key, and Eve's grant with it.
  await far.ada.sharing.revokeLink(grantId(link.id));
  await meet();
  await assert.rejects(far.eve.drive.entry(inner), coded('not-found'));
  assert.deepEqual(
    (await sharing.accessOf(folder)).map(({ username }) => username),
    ['Bob'],
  );
  assert.equal(await hears(await put(drive, inner, 'b.txt', 'x')), false);
  await world.clock.pass(10_000);
  await meet();
  assert.ok((await wholeTree(far.bob.drive, folder)).includes('/Day 1/b.txt: x'));
});

test('what is moved out of a shared folder is closed to those who had that', async () => {
  const { drive, root, folder, inner, bob, hears } = await createShared();
  await drive.patch(inner, { parentId: root });
  assert.equal(await hears(await put(drive, inner, 'b.txt', 'private now')), false);
  assert.equal(await hears(await put(drive, inner, 'a.txt', 'this too')), false);
  await assert.rejects(bob.drive.entry(inner), coded('not-found'));
  assert.deepEqual(await wholeTree(drive, inner), ['/a.txt: this too', '/b.txt: private now']);
  assert.deepEqual(await wholeTree(bob.drive, folder), []);
});

test('a link taken back while another device was away works there until it hears of it', async () => {
  const { laptop, sharing, folder, inner, meet, drive, world } = await createShared();
  const link = await sharing.createLink({ entryId: folder, rights: 'edit' });
  await meet();
  const secret = link.url.slice(3);
  const guest = await laptop.accounts.openLink(secret, undefined, 'guest');
  await world.clock.pass(10);
  await sharing.revokeLink(grantId(link.id));
  await world.clock.pass(10);
  await put(guest.drive, inner, 'guest.txt', 'in time, as far as this device knows');
  await meet();
  await assert.rejects(laptop.accounts.openLink(secret, undefined, 'guest'), coded('gone', /taken back/));
  await assert.rejects(guest.drive.root(), coded('gone'));
  assert.deepEqual(await wholeTree(drive, folder), ['/Day 1/', '/Day 1/a.txt: first']);
});

test('a folder that is deleted for ever while a friend adds to it does not take that along unread', async () => {
  const { drive, other, folder, far, meet } = await createShared();
  await drive.purge(folder);
  const added = await put(far.bob.drive, folder, 'late.txt', 'by Bob');
  await meet();
  for (const one of [drive, other]) assert.equal(await read(one, added.id), 'by Bob');
});

test('content that was on its way while access was taken back is closed too', async () => {
  const { drive, bob, folder, inner, sharing, hears } = await createShared();
  const gate = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  async function* slowly() {
    yield new TextEncoder().encode('begun before, ');
    started.resolve();
    await gate.promise;
    yield new TextEncoder().encode('ended after');
  }
  const version = drive.upload(inner, 'a.txt', slowly(), {});
  const added = bob.drive.upload(inner, 'new.txt', slowly(), {});
  await started.promise;
  await sharing.revokeAccess(folder, 'Eve');
  gate.resolve();
  for (const { entry } of [await version, await added]) {
    assert.equal(await hears(entry), false);
    assert.equal(await read(bob.drive, entry.id), 'begun before, ended after');
  }
});

test('keys that two devices renewed in the background at once settle, and nothing is written any more', async () => {
  const { device, laptop, drive, other, folder, inner, sharing, far, meet, world } = await createShared();
  await sharing.revokeAccess(folder, 'Eve');
  await far.ada.sharing.revokeAccess(folder, 'Bob');
  await put(drive, inner, 'b.txt', 'x');
  await meet();
  const settle = async () => {
    for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    // Signing and hashing beside the event loop take their time on a busy machine.
    await new Promise((resolve) => setTimeout(resolve, 5));
    await meet();
  };
  let before = '';
  let quietRounds = 0;
  for (let round = 0; round < 40; round += 1) {
    // The devices begin at different times, and hear each other in between.
    for (let second = 0; second < 8; second += 1) {
      await world.clock.pass(250);
      await settle();
    }
    const now = JSON.stringify(catalogOf(device).vector());
    quietRounds = now === before ? quietRounds + 1 : 0;
    if (quietRounds === 3) break;
    before = now;
    assert.ok(round < 39, 'it settles');
  }
  assert.deepEqual(await wholeTree(drive, folder), await wholeTree(other, folder));
  assert.equal(catalogOf(laptop).heads('entry', folder).length, 1);
});
