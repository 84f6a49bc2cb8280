import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditEvent } from '../../../src/model/contracts/audit.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { entryId, userId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import {
  addUser,
  catalogOf,
  createHome,
  createPair,
  exchange,
  failAuthor,
  list,
  password,
  put,
} from '../world.ts';

const dayMs = 86_400_000;

test('an invited person gets an account with the role and the quota of the invite', async () => {
  const { device, session } = await createHome();
  const { accounts } = device;
  const view = await accounts.invite(session, { role: 'member', quotaBytes: 5000 });
  assert.equal(view.state, 'open');
  assert.equal(view.url, `/register#${view.invite}`);
  const made = await accounts.register(view.invite ?? '', 'Bob', password);
  assert.equal(made.recoveryCode.split(' ').length, 24);
  assert.equal(made.session.user.role, 'member');
  await put(made.session.drive, (await made.session.drive.root()).id, 'a.txt', 'Bob was here');
  const users = await accounts.users(session);
  assert.deepEqual(
    users.map(({ username, role, quotaBytes, usedBytes }) => ({ username, role, quotaBytes, usedBytes })),
    [
      { username: 'Ada', role: 'admin', quotaBytes: null, usedBytes: 0 },
      { username: 'Bob', role: 'member', quotaBytes: 5000, usedBytes: 12 },
    ],
  );
  assert.deepEqual(
    (await accounts.invites(session)).map(({ state, invite }) => [state, invite]),
    [['used', undefined]],
  );
  const again = await accounts.login('bob', password, 'here');
  assert.equal(again.user.username, 'Bob');
});

test('an invite is good for one account, until it is over or taken back', async () => {
  const { device, session, world } = await createHome();
  const { accounts } = device;
  const wish = { role: 'member', quotaBytes: null } as const;
  const [used, over, withdrawn] = [
    await accounts.invite(session, wish),
    await accounts.invite(session, { ...wish, expiresInMs: dayMs }),
    await accounts.invite(session, wish),
  ];
  await accounts.register(used.invite ?? '', 'Bob', password);
  await assert.rejects(accounts.register(used.invite ?? '', 'Eve', password), coded('gone', /used/));
  await accounts.withdrawInvite(session, withdrawn.id);
  await assert.rejects(
    accounts.register(withdrawn.invite ?? '', 'Eve', password),
    coded('gone', /taken back/),
  );
  await world.clock.leap(dayMs);
  await assert.rejects(accounts.register(over.invite ?? '', 'Eve', password), coded('gone', /over/));
  await assert.rejects(accounts.register('x'.repeat(43), 'Eve', password), coded('not-found'));
  await assert.rejects(accounts.register('', 'Eve', password), coded('not-found'));
  await assert.rejects(accounts.withdrawInvite(session, used.id), coded('gone'));
  assert.deepEqual((await accounts.invites(session)).map(({ state }) => state).sort(), [
    'expired',
    'used',
    'withdrawn',
  ]);
});

test('of two who use one invite at once one gets in, and a taken name uses no invite', async () => {
  const { device, session } = await createHome();
  const { accounts } = device;
  const { invite = '' } = await accounts.invite(session, { role: 'member', quotaBytes: null });
  await assert.rejects(accounts.register(invite, ' ADA ', password), coded('name-taken'));
  await assert.rejects(accounts.register(invite, 'Bob', 'short'), coded('bad-input'));
  const both = await Promise.allSettled([
    accounts.register(invite, 'Bob', password),
    accounts.register(invite, 'Eve', password),
  ]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('a device that breaks off while somebody registers leaves the invite good and the name free', async () => {
  const { device, session } = await createHome();
  const { accounts } = device;
  const { invite = '' } = await accounts.invite(session, { role: 'member', quotaBytes: null });
  for (let call = 1; ; call += 1) {
    const failing = failAuthor(device, call);
    const made = await accounts.register(invite, 'Bob', password).catch(() => undefined);
    failing.heal();
    if (made) break;
    assert.equal((await accounts.users(session)).length, 1);
    const cold = await device.restart();
    device.catalog = cold.catalog;
  }
  const bob = await accounts.login('Bob', password, 'here');
  assert.equal((await bob.drive.root()).kind, 'folder');
});

test('an admin finds nothing of what others keep', async () => {
  const { device, session } = await createHome();
  const bob = await addUser(device, session, 'Bob');
  const folder = await bob.drive.createFolder(entryId((await bob.drive.root()).id), 'secret');
  const file = await put(bob.drive, folder.id, 'a.txt', 'mine');
  for (const id of [(await bob.drive.root()).id, folder.id, file.id].map(entryId)) {
    await assert.rejects(session.drive.entry(id), coded('not-found'));
    await assert.rejects(session.drive.open(id), coded('not-found'));
    await assert.rejects(session.drive.trash(id), coded('not-found'));
    await assert.rejects(list(session.drive, id), coded('not-found'));
  }
});

test('only an admin invites, lists and changes users, and the last one stays one', async () => {
  const { device, session } = await createHome();
  const { accounts } = device;
  const bob = await addUser(device, session, 'Bob');
  const wish = { role: 'admin', quotaBytes: null } as const;
  await assert.rejects(accounts.invite(bob, wish), coded('forbidden'));
  await assert.rejects(accounts.users(bob), coded('forbidden'));
  await assert.rejects(accounts.invites(bob), coded('forbidden'));
  const [ada, other] = [userId(session.user.id), userId(bob.user.id)];
  await assert.rejects(accounts.changeUser(bob, other, { role: 'admin' }), coded('forbidden'));
  await assert.rejects(accounts.changeUser(session, ada, { role: 'member' }), coded('conflict'));
  await assert.rejects(accounts.changeUser(session, ada, { disabled: true }), coded('conflict'));
  await assert.rejects(accounts.changeUser(session, other, { quotaBytes: -1 }), coded('bad-input'));
  const changed = await accounts.changeUser(session, other, { role: 'admin', quotaBytes: 7 });
  assert.deepEqual([changed.role, changed.quotaBytes, bob.user.role], ['admin', 7, 'admin']);
  assert.equal((await accounts.changeUser(bob, ada, { role: 'member' })).role, 'member');
});

test('two admins who step down at once leave one', async () => {
  const { device, session } = await createHome();
  const eve = await addUser(device, session, 'Eve', { role: 'admin' });
  const { accounts } = device;
  const both = await Promise.allSettled(
    [session, eve].map((admin) => accounts.changeUser(admin, userId(admin.user.id), { role: 'member' })),
  );
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.deepEqual([session.user.role, eve.user.role].sort(), ['admin', 'member']);
});

test('a disabled user is out at once, on every device that hears of it, and back when enabled again', async () => {
  const { device, session, laptop, meet } = await createPair();
  const bob = await addUser(device, session, 'Bob');
  await meet();
  const far = await laptop.accounts.login('Bob', password, 'there');
  await device.accounts.changeUser(session, userId(bob.user.id), { disabled: true });
  assert.equal(await device.accounts.resume(bob.secret), undefined);
  await assert.rejects(device.accounts.login('Bob', password, 'here'), coded('forbidden'));
  assert.ok(await laptop.accounts.resume(far.secret));
  await meet();
  assert.equal(await laptop.accounts.resume(far.secret), undefined);
  await device.accounts.changeUser(session, userId(bob.user.id), { disabled: false });
  assert.equal((await device.accounts.login('Bob', password, 'here')).user.username, 'Bob');
});

test('sessions of a disabled user do not revive when the account is enabled again before they were used', async () => {
  const { device, session, laptop, meet } = await createPair();
  const bob = await addUser(device, session, 'Bob');
  await meet();
  const far = await laptop.accounts.login('Bob', password, 'there');
  const again = await laptop.restart();
  await device.accounts.changeUser(session, userId(bob.user.id), { disabled: true });
  await device.accounts.changeUser(session, userId(bob.user.id), { disabled: false });
  // Both records arrive together, so that the other device never sees the account disabled.
  await exchange(device, again);
  assert.equal(await again.accounts.resume(far.secret), undefined);
  assert.ok(await again.accounts.login('Bob', password, 'there'));
});

test('a name that means two users shares nothing; both are shown with device and day, and an id names one', async () => {
  const { device, session, laptop, root, meet } = await createPair();
  const far = await laptop.accounts.login('Ada', password, 'there');
  await addUser(device, session, 'Bob');
  const twin = await addUser(laptop, far, 'BOB');
  await meet();
  await assert.rejects(session.sharing.shareWith(root, 'bob', 'view'), (error) => {
    assert.ok(isPeerstorError(error, 'conflict'));
    assert.match(error.message, /NAS, 2026-11-21.*Laptop, 2026-11-21|Laptop, 2026-11-21.*NAS, 2026-11-21/);
    return true;
  });
  assert.deepEqual(await session.sharing.accessOf(root), []);
  await session.sharing.shareWith(root, twin.user.id, 'view');
  await session.sharing.revokeAccess(root, 'bob');
  await device.accounts.changeUser(session, userId(twin.user.id), { disabled: true });
  await session.sharing.shareWith(root, 'bob', 'view');
});

test('a username that looks like one that exists, or that mixes scripts, is not taken', async () => {
  const { device, session } = await createHome();
  await addUser(device, session, 'anna');
  const { invite = '' } = await device.accounts.invite(session, { role: 'member', quotaBytes: null });
  for (const [name, code] of [
    ['Anna', 'name-taken'],
    ['ａｎｎａ', 'name-taken'],
    ['an\u200bna', 'bad-input'],
    ['аnna', 'bad-input'],
  ] as const) {
    await assert.rejects(device.accounts.register(invite, name, password), coded(code), name);
  }
});

test('what is shared with a user is sealed to the key that they signed, whatever an admin says it is', async () => {
  const { device, session, root } = await createHome();
  const eve = await addUser(device, session, 'Eve', { role: 'admin' });
  const bob = await addUser(device, session, 'Bob');
  const catalog = catalogOf(device);
  const [record, hers] = [catalog.get('user', bob.user.id)?.body, catalog.get('user', eve.user.id)?.body];
  assert.ok(record && hers);
  const body = { ...record, sealingKey: hers.sealingKey };
  await catalog.author([{ table: 'user', id: bob.user.id, body }], eve.adminSigner());
  const folder = await session.drive.createFolder(root, 'for Bob');
  await session.sharing.shareWith(entryId(folder.id), 'Bob', 'edit');
  assert.equal((await bob.sharing.sharedWithMe())[0]?.entry.name, 'for Bob');
});

test('ending the other sessions leaves the password and the one that is new', async () => {
  const { device, session, laptop, meet } = await createPair();
  const other = await device.accounts.login('Ada', password, 'here');
  const far = await laptop.accounts.login('Ada', password, 'there');
  const next = await device.accounts.endOtherSessions(session);
  await meet();
  for (const { secret } of [session, other]) assert.equal(await device.accounts.resume(secret), undefined);
  assert.equal(await laptop.accounts.resume(far.secret), undefined);
  assert.ok(await device.accounts.resume(next.secret));
  assert.ok(await laptop.accounts.login('Ada', password, 'there'));
});

test('two devices apart may take a name twice; each of the two signs in with their own password', async () => {
  const { device, session, laptop, meet } = await createPair();
  const far = await laptop.accounts.login('Ada', password, 'there');
  const [here, there] = [
    await device.accounts.invite(session, { role: 'member', quotaBytes: null }),
    await laptop.accounts.invite(far, { role: 'member', quotaBytes: null }),
  ];
  const one = await device.accounts.register(here.invite ?? '', 'Bob', 'first password');
  const two = await laptop.accounts.register(there.invite ?? '', 'bob', 'second password');
  await meet();
  assert.equal((await laptop.accounts.login('Bob', 'first password', 'x')).user.id, one.session.user.id);
  assert.equal((await device.accounts.login('Bob', 'second password', 'x')).user.id, two.session.user.id);
});

test('what an admin may want to know is noted, without names of files', async () => {
  const events: AuditEvent[] = [];
  const { device, session } = await createHome({ note: (event) => events.push(event) });
  const { accounts } = device;
  const bob = await addUser(device, session, 'Bob');
  const file = await put(session.drive, (await session.drive.root()).id, 'hidden.txt', 'x');
  await session.sharing.shareWith(entryId(file.id), 'Bob', 'view');
  await session.sharing.revokeAccess(entryId(file.id), 'Bob');
  const link = await session.sharing.createLink({
    entryId: entryId(file.id),
    rights: 'view',
    password: 'pw',
  });
  // Whoever opens its page is asked for the password first: nobody guessed yet.
  await assert.rejects(accounts.openLink(link.url.slice(3), undefined, 'guest'), coded('link-password'));
  await assert.rejects(accounts.openLink(link.url.slice(3), 'no', 'guest'), coded('link-password'));
  await accounts.changeUser(session, userId(bob.user.id), { quotaBytes: 3 });
  await assert.rejects(accounts.login('ada', 'wrong', 'here'), coded('wrong-password'));
  await assert.rejects(accounts.login('my secret password', 'Ada', 'here'), coded('wrong-password'));
  const { recoveryCode: others } = await createHome();
  await assert.rejects(accounts.recover('Ada', others, 'another password', 'here'), coded('wrong-password'));
  await accounts.login('Ada', password, 'here');
  await accounts.changePassword(bob, password, 'another password');
  assert.deepEqual(
    events.map(({ event }) => event),
    [
      'user-invited',
      'user-registered',
      'share-created',
      'share-revoked',
      'share-created',
      'link-refused',
      'user-changed',
      'sign-in-refused',
      'sign-in-refused',
      'sign-in-refused',
      'sign-in',
      'password-changed',
    ],
  );
  assert.doesNotMatch(JSON.stringify(events), /hidden|secret|\/s\//);
  const refused = events.filter(({ event }) => event === 'sign-in-refused');
  assert.deepEqual(
    refused.map(({ username }) => username),
    ['Ada', undefined, 'Ada'],
  );
  assert.match(refused[1]?.sentence ?? '', /an unknown name/);
});

test('records of users say which invite they came by, and no more', async () => {
  const { device, session } = await createHome();
  const bob = await addUser(device, session, 'Bob');
  const record = catalogOf(device).get('user', bob.user.id);
  assert.equal(record?.principal, record?.body?.invite);
  assert.ok(catalogOf(device).get('invite', record?.body?.invite ?? '')?.body);
});
