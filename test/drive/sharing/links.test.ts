import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LinkWish } from '../../../src/model/contracts/drive.ts';
import { entryId, grantId, userId } from '../../../src/model/ids.ts';
import { linkTriesUnslowed } from '../../../src/model/limits.ts';
import { coded } from '../errors.ts';
import { addUser, createHome, createPair, list, namesIn, password, put, read, wholeTree } from '../world.ts';

const dayMs = 86_400_000;

async function createLinked(wish: Omit<LinkWish, 'entryId'> = { rights: 'view' }) {
  const pair = await createPair();
  const folder = await pair.drive.createFolder(pair.root, 'Trip');
  const file = await put(pair.drive, folder.id, 'a.txt', 'first');
  const ids = { folder: entryId(folder.id), file: entryId(file.id) };
  const link = await pair.session.sharing.createLink({ ...wish, entryId: ids.folder });
  const secret = link.url.slice('/s/'.length);
  return { ...pair, ...ids, link, secret, id: grantId(link.id), sharing: pair.session.sharing };
}

test('a guest sees what the link opens and nothing else, on any device that heard of it', async () => {
  const { device, laptop, meet, secret, folder, file, root, drive } = await createLinked();
  const outside = await put(drive, root, 'private.txt', 'mine');
  const inside = await drive.createFolder(folder, 'Day 1');
  await put(drive, inside.id, 'b.txt', 'second');
  await meet();
  for (const { accounts } of [device, laptop]) {
    const guest = await accounts.openLink(secret, undefined, 'guest');
    const { entry, ...view } = await guest.view();
    assert.deepEqual(view, {
      name: 'Trip',
      owner: 'Ada',
      rights: 'view',
      expiresAt: view.expiresAt,
      counted: false,
    });
    assert.deepEqual([entry?.id, entry?.parentId, (await guest.drive.root()).id], [folder, null, folder]);
    assert.deepEqual(await wholeTree(guest.drive), ['/Day 1/', '/Day 1/b.txt: second', '/a.txt: first']);
    assert.equal((await guest.drive.resolve(['Day 1', 'b.txt'])).name, 'b.txt');
    for (const id of [entryId(outside.id), root]) {
      await assert.rejects(guest.drive.entry(id), coded('not-found'));
      await assert.rejects(guest.drive.open(id), coded('not-found'));
    }
    await assert.rejects(guest.drive.trash(file), coded('forbidden'));
    await assert.rejects(put(guest.drive, folder, 'x', 'x'), coded('forbidden'));
  }
});

test('the link of one file shows that file, and none of its siblings', async () => {
  const { device, sharing, drive, folder, file } = await createLinked();
  const sibling = await put(drive, folder, 'b.txt', 'not yours');
  const link = await sharing.createLink({ entryId: file, rights: 'view' });
  const guest = await device.accounts.openLink(link.url.slice(3), undefined, 'guest');
  assert.equal(await read(guest.drive, file), 'first');
  assert.equal((await guest.view()).name, 'a.txt');
  await assert.rejects(guest.drive.entry(entryId(sibling.id)), coded('not-found'));
  await assert.rejects(list(guest.drive, folder), coded('not-found'));
  await assert.rejects(guest.drive.resolve(['b.txt']), coded('not-found'));
});

test('a guest who may edit writes what its owner sees on every device', async () => {
  const { device, meet, other, secret, folder } = await createLinked({ rights: 'edit' });
  const guest = await device.accounts.openLink(secret, undefined, 'guest');
  const made = await guest.drive.ensureFolder(['from', 'a guest']);
  await put(guest.drive, made.id, 'b.txt', 'hello');
  await put(guest.drive, folder, 'a.txt', 'changed');
  await meet();
  assert.deepEqual(await wholeTree(other, folder), [
    '/from/',
    '/from/a guest/',
    '/from/a guest/b.txt: hello',
    '/a.txt: changed',
  ]);
});

test('a link that is unknown, over, taken back or used up says which', async () => {
  const { device, world, sharing, folder, secret, id } = await createLinked();
  const { accounts } = device;
  for (const wrong of ['', 'x', 'A'.repeat(32), `${secret}A`]) {
    await assert.rejects(accounts.openLink(wrong, undefined, 'guest'), coded('not-found'));
  }
  const guest = await accounts.openLink(secret, undefined, 'guest');
  await sharing.revokeLink(id);
  await assert.rejects(accounts.openLink(secret, undefined, 'guest'), coded('gone', /taken back/));
  await assert.rejects(list(guest.drive, folder), coded('gone', /taken back/));
  const short = await sharing.createLink({
    entryId: folder,
    rights: 'view',
    expiresAtMs: world.clock.wallMs() + dayMs,
  });
  const late = await accounts.openLink(short.url.slice(3), undefined, 'guest');
  await world.clock.leap(dayMs);
  await assert.rejects(accounts.openLink(short.url.slice(3), undefined, 'guest'), coded('gone', /over/));
  await assert.rejects(list(late.drive, folder), coded('gone', /over/));
  await sharing.changeLink(grantId(short.id), { expiresAtMs: null });
  await accounts.openLink(short.url.slice(3), undefined, 'guest');
  assert.deepEqual((await sharing.links()).map(({ state }) => state).sort(), ['live', 'revoked']);
});

test('downloads are counted over all devices, and the last one is the last', async () => {
  const { device, laptop, meet, secret, sharing, id } = await createLinked({
    rights: 'view',
    maxDownloads: 3,
  });
  await meet();
  const [here, there] = [
    await device.accounts.openLink(secret, undefined, 'guest'),
    await laptop.accounts.openLink(secret, undefined, 'guest'),
  ];
  await here.countUse();
  await there.countUse();
  await meet();
  await here.countUse();
  await assert.rejects(here.countUse(), coded('gone'));
  await assert.rejects(device.accounts.openLink(secret, undefined, 'guest'), coded('gone', /often/));
  const [link] = await sharing.links();
  assert.deepEqual([link?.downloads, link?.state], [3, 'used-up']);
  const cold = await device.restart();
  await assert.rejects(cold.accounts.openLink(secret, undefined, 'guest'), coded('gone', /often/));
  const again = await cold.accounts.login('Ada', password, 'here');
  await again.sharing.changeLink(id, { maxDownloads: 4 });
  const last = await cold.accounts.openLink(secret, undefined, 'guest');
  const both = await Promise.allSettled([last.countUse(), last.countUse()]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('a password is asked for; tries are limited by address, slowed by link, and do not block sign-in', async () => {
  const { device, secret, sharing, id, folder, world } = await createLinked({
    rights: 'view',
    password: 'swordfish',
  });
  const { accounts } = device;
  await assert.rejects(accounts.openLink(secret, undefined, 'guest'), coded('link-password', /needs/));
  const guest = await accounts.openLink(secret, 'swordfish', 'guest');
  assert.deepEqual(await namesIn(guest.drive, folder), ['a.txt']);
  for (let tries = 1; tries <= 9; tries += 1) {
    await assert.rejects(accounts.openLink(secret, `no ${tries}`, 'guest'), coded('link-password'));
  }
  await assert.rejects(accounts.openLink(secret, 'no 10', 'guest'), coded('too-many-tries'));
  await accounts.openLink(secret, 'swordfish', 'another address');
  /** The wait for a turn begins some time after the call. */
  const whileTimePasses = async <Result>(waited: Promise<Result>): Promise<Result> => {
    let over = false;
    const end = () => {
      over = true;
    };
    waited.then(end, end);
    while (!over) {
      await world.clock.pass(25);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return waited;
  };
  const guess = async (number: number) => {
    const from = `address ${Math.floor(number / 9)}`;
    await assert.rejects(accounts.openLink(secret, `no ${number}`, from), coded('link-password'));
  };
  for (let number = 9; number < linkTriesUnslowed; number += 1) await guess(number);
  await assert.rejects(accounts.login('Ada', 'not it', 'guest'), coded('wrong-password'));
  await accounts.login('Ada', password, 'guest');
  // What others guessed slows a right guest down, and does not shut them out.
  await whileTimePasses(guess(linkTriesUnslowed));
  await whileTimePasses(guess(linkTriesUnslowed + 1));
  const right = await whileTimePasses(accounts.openLink(secret, 'swordfish', 'a last address'));
  assert.equal((await right.view()).name, 'Trip');
  await world.clock.pass(3_600_000);
  await sharing.changeLink(id, { password: 'new one' });
  await assert.rejects(accounts.openLink(secret, 'swordfish', 'guest'), coded('link-password'));
  await accounts.openLink(secret, 'new one', 'guest');
  await sharing.changeLink(id, { password: null });
  assert.equal((await (await accounts.openLink(secret, undefined, 'guest')).view()).name, 'Trip');
  assert.equal((await sharing.links())[0]?.hasPassword, false);
});

test('a guest with a drop box drops, sees nothing, and cannot read it again', async () => {
  const { device, secret, folder, drive, laptop, meet, other } = await createLinked({ rights: 'upload' });
  const guest = await device.accounts.openLink(secret, undefined, 'guest');
  const view = await guest.view();
  assert.deepEqual([view.entry, view.name, view.rights], [null, 'Trip', 'upload']);
  const dropped = await put(guest.drive, folder, 'a.txt', 'from outside');
  await assert.rejects(list(guest.drive, folder), coded('forbidden'));
  await assert.rejects(guest.drive.open(entryId(dropped.id)), coded('forbidden'));
  await meet();
  for (const one of [drive, other]) {
    assert.equal(await read(one, dropped.id), 'from outside');
    assert.equal((await namesIn(one, folder)).length, 2);
  }
  assert.deepEqual([...device.warnings, ...laptop.warnings], []);
});

test('a link keeps what can be changed, and says no to nonsense', async () => {
  const { sharing, id, folder, file, session } = await createLinked({ rights: 'view', note: 'for the club' });
  const changed = await sharing.changeLink(id, { rights: 'edit', note: 'for all', maxDownloads: 5 });
  assert.deepEqual(
    [changed.rights, changed.note, changed.maxDownloads, changed.entryName],
    ['edit', 'for all', 5, 'Trip'],
  );
  const badInput = coded('bad-input');
  await assert.rejects(sharing.createLink({ entryId: file, rights: 'upload' }), badInput);
  await assert.rejects(sharing.createLink({ entryId: folder, rights: 'view', maxDownloads: 0 }), badInput);
  await assert.rejects(sharing.createLink({ entryId: folder, rights: 'view', expiresAtMs: 1e300 }), badInput);
  await assert.rejects(sharing.changeLink(id, { maxDownloads: -1 }), badInput);
  await assert.rejects(session.sharing.revokeToken(id), coded('not-found'));
});

test('a token is a session of its own: its rights, its folder, and no account', async () => {
  const { device, session, sharing, folder, file, root, laptop, meet, drive } = await createLinked();
  const made = await sharing.createToken({
    name: 'backup',
    rights: 'edit',
    entryId: folder,
    expiresAtMs: null,
  });
  assert.match(made.token ?? '', /^pst_[\w-]{43}$/);
  assert.equal(made.path, '/Trip');
  await meet();
  for (const { accounts } of [device, laptop]) {
    const program = await accounts.resume(made.token ?? '');
    assert.ok(program);
    assert.deepEqual([program.rights, program.user.username], ['edit', 'Ada']);
    assert.equal((await program.drive.root()).id, folder);
    await put(program.drive, folder, 'b.txt', 'by a program');
    await assert.rejects(program.drive.entry(root), coded('not-found'));
    await assert.rejects(program.drive.purge(file), coded('forbidden'));
    assert.throws(() => program.adminSigner(), coded('forbidden'));
    assert.throws(() => program.sharing, coded('forbidden'));
    await assert.rejects(accounts.changePassword(program, password, 'another one'), coded('forbidden'));
    await assert.rejects(accounts.endOtherSessions(program), coded('forbidden'));
    await assert.rejects(accounts.invites(program), coded('forbidden'));
  }
  assert.deepEqual(
    (await sharing.tokens()).map(({ name, token }) => [name, token]),
    [['backup', undefined]],
  );
  assert.equal(await device.accounts.resume(`pst_${'A'.repeat(43)}`), undefined);
  const held = await device.accounts.resume(made.token ?? '');
  await sharing.revokeToken(grantId(made.id));
  assert.equal(await device.accounts.resume(made.token ?? ''), undefined);
  assert.ok(held);
  assert.ok(held.signal.aborted);
  await assert.rejects(held.drive.root(), coded('not-signed-in'));
  const elsewhere = await laptop.accounts.resume(made.token ?? '');
  assert.equal(elsewhere?.signal.aborted, false);
  await meet();
  assert.equal(elsewhere.signal.aborted, true);
  assert.equal(await laptop.accounts.resume(made.token ?? ''), undefined);
  assert.equal(await read(drive, file), 'first');
  assert.ok(session.rights === null);
});

test('a token for the whole drive works everywhere in it, and so does the drive when it is taken back', async () => {
  const { device, sharing, root, drive, folder, file } = await createLinked();
  const made = await sharing.createToken({ name: 'all', rights: 'edit', entryId: root, expiresAtMs: null });
  const program = await device.accounts.resume(made.token ?? '');
  assert.ok(program);
  const inner = await program.drive.ensureFolder(['Trip', 'new']);
  await put(program.drive, inner.id, 'b.txt', 'second');
  await program.drive.trash(file);
  await sharing.revokeToken(grantId(made.id));
  await put(drive, inner.id, 'c.txt', 'third');
  await drive.restore(file);
  assert.deepEqual(await wholeTree(drive, folder), [
    '/new/',
    '/new/b.txt: second',
    '/new/c.txt: third',
    '/a.txt: first',
  ]);
  const cold = await device.restart();
  const again = await cold.accounts.login('Ada', password, 'here');
  assert.deepEqual(await wholeTree(again.drive, folder), await wholeTree(drive, folder));
});

test('links and tokens of a disabled user open nothing', async () => {
  const { device, session } = await createHome();
  const bob = await addUser(device, session, 'Bob');
  const folder = await bob.drive.createFolder(entryId((await bob.drive.root()).id), 'x');
  const wish = { entryId: entryId(folder.id), rights: 'view' } as const;
  const link = await bob.sharing.createLink(wish);
  const token = await bob.sharing.createToken({ ...wish, name: 't', expiresAtMs: null });
  await device.accounts.changeUser(session, userId(bob.user.id), { disabled: true });
  await assert.rejects(device.accounts.openLink(link.url.slice(3), undefined, 'guest'), coded('gone'));
  assert.equal(await device.accounts.resume(token.token ?? ''), undefined);
});

test('a whole drive can be shared, and is called after its owner', async () => {
  const { device, sharing, root } = await createLinked();
  const link = await sharing.createLink({ entryId: root, rights: 'view' });
  assert.equal(link.entryName, 'Ada');
  const guest = await device.accounts.openLink(link.url.slice(3), undefined, 'guest');
  assert.equal((await guest.view()).name, 'Ada');
  assert.deepEqual(await wholeTree(guest.drive), ['/Trip/', '/Trip/a.txt: first']);
  await assert.rejects(guest.drive.trashed({ sort: 'name', order: 'asc', limit: 9 }), coded('forbidden'));
});

test('a token that may edit sees and restores what it threw away, and nothing else of the trash', async () => {
  const { device, sharing, drive, root, folder, file } = await createLinked();
  const outside = await put(drive, root, 'private.txt', 'mine');
  await drive.trash(entryId(outside.id));
  const made = await sharing.createToken({ name: 't', rights: 'edit', entryId: folder, expiresAtMs: null });
  const program = await device.accounts.resume(made.token ?? '');
  assert.ok(program);
  await program.drive.trash(file);
  const { items } = await program.drive.trashed({ sort: 'name', order: 'asc', limit: 9 });
  assert.deepEqual(
    items.map(({ name }) => name),
    ['a.txt'],
  );
  await assert.rejects(program.drive.restore(entryId(outside.id)), coded('not-found'));
  await assert.rejects(program.drive.emptyTrash(), coded('forbidden'));
  await program.drive.restore(file);
  assert.equal(await read(drive, file), 'first');
});

test('passwords of links wait in the line of all passwords, in which one user has a few places', async () => {
  const { sharing, file, id, device, secret } = await createLinked();
  const wish = { entryId: file, rights: 'view', password: 'open sesame' } as const;
  const many = await Promise.allSettled([
    sharing.changeLink(id, { password: 'changed' }),
    ...Array.from({ length: 9 }, () => sharing.createLink(wish)),
  ]);
  const refused = many.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
  assert.ok(refused.length >= 5 && refused.length <= 6, `${refused.length} of 10 did not find room`);
  assert.deepEqual([...new Set(refused)], ['not-ready']);
  await device.accounts.openLink(secret, 'changed', 'guest');
  await sharing.changeLink(id, { password: null });
  await device.accounts.openLink(secret, undefined, 'guest');
});

test('a device that only stores copies takes no token and no password of a link', async () => {
  const { sharing, device, folder, secret, id } = await createLinked();
  const made = await sharing.createToken({ name: 't', rights: 'view', entryId: folder, expiresAtMs: null });
  await sharing.changeLink(id, { password: 'open sesame' });
  device.isStorageOnly = true;
  await assert.rejects(device.accounts.resume(made.token ?? ''), coded('forbidden'));
  await assert.rejects(device.accounts.openLink(secret, 'open sesame', 'guest'), coded('forbidden'));
  device.isStorageOnly = false;
  assert.ok(await device.accounts.openLink(secret, 'open sesame', 'guest'));
});
