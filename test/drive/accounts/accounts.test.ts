import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, isPeerstorError, PeerstorError } from '../../../src/model/errors.ts';
import { userId } from '../../../src/model/ids.ts';
import { sessionLifeMs } from '../../../src/model/limits.ts';
import { MemoryOrderedStore } from '../../../src/store/index.ts';
import { coded } from '../errors.ts';
import { takePen } from '../pen.ts';
import {
  addUser,
  catalogOf,
  createHome,
  createPair,
  createWorld,
  exchange,
  namesIn,
  openCatalog,
  password,
  put,
  username,
} from '../world.ts';

const withCode = (code: ErrorCode) => (error: unknown) => isPeerstorError(error, code);

test('a first account is made with its admin, device and drive, once', async () => {
  const { device, session, recoveryCode } = await createHome();
  assert.equal(device.accounts.setupNeeded(), false);
  assert.deepEqual(session.user, { id: session.user.id, username, role: 'admin' });
  assert.equal(recoveryCode.split(' ').length, 24);
  assert.equal((await session.drive.root()).parentId, null);
  assert.equal(session.adminSigner().principal, session.user.id);
  const catalog = catalogOf(device);
  assert.equal(catalog.get('device', device.id)?.body?.name, 'NAS');
  await assert.rejects(device.accounts.setup('Eve', 'another password'), withCode('already-set-up'));
});

test('two set-ups at once make one network', async () => {
  const device = createWorld().device('NAS');
  const outcomes = await Promise.allSettled([
    device.accounts.setup('Ada', password),
    device.accounts.setup('Eve', password),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('usernames and passwords that break a rule are refused before anything is made', async () => {
  const device = createWorld().device('NAS');
  const cases: [name: string, password: string, rule: RegExp][] = [
    ['', password, /cannot be empty/],
    ['  ', password, /cannot be empty/],
    ['x'.repeat(65), password, /at most 64/],
    ['a\u0007', password, /control character/],
    ['Ada', 'short', /at least 8/],
    ['Ada', 'x'.repeat(1025), /at most 1024/],
  ];
  for (const [name, secret, rule] of cases) {
    await assert.rejects(
      device.accounts.setup(name, secret),
      (error) => isPeerstorError(error, 'bad-input') && rule.test(error.message),
    );
  }
  assert.equal(device.accounts.setupNeeded(), true);
});

test('nothing that is kept on disk shows a secret or a name', async () => {
  const { device, drive, root, session } = await createHome();
  await put(drive, root, 'diary.txt', 'dear diary');
  const kept: string[] = [];
  for (const store of [device.disk.catalog, device.disk.sessions]) {
    for await (const row of store.range({ gte: '', lt: '\u00ff' }))
      kept.push(row[0], Buffer.from(row[1]).toString('latin1'));
  }
  const everything = kept.join('\n');
  assert.ok(everything.includes(username), 'the rows were looked at');
  for (const secret of ['diary', password, session.secret]) assert.ok(!everything.includes(secret), secret);
});

test('any device of the network takes the same password, however the name is written', async () => {
  const { world, device, drive, root, session: admin } = await createHome();
  await put(drive, root, 'a.txt', 'a');
  const laptop = await world.join('Laptop', device, admin);
  const session = await laptop.accounts.login(' aDA', password, 'here');
  assert.deepEqual(await namesIn(session.drive, root), ['a.txt']);
});

test('a wrong password and an unknown name get the same answer', async () => {
  const { device } = await createHome();
  const sentences: string[] = [];
  for (const [name, secret] of [
    [username, 'wrong password'],
    ['nobody', password],
  ] as const) {
    await assert.rejects(device.accounts.login(name, secret, 'here'), (error) => {
      if (!(error instanceof PeerstorError)) return false;
      sentences.push(error.message);
      return error.code === 'wrong-password';
    });
  }
  assert.equal(new Set(sentences).size, 1);
});

test('a name that has not come to this device yet is no wrong password, and no try', async () => {
  const { device } = await createHome();
  device.isFilling = true;
  for (let count = 0; count < 12; count += 1) {
    await assert.rejects(device.accounts.login('bea', password, 'here'), coded('not-ready'));
  }
  await assert.rejects(device.accounts.login(username, 'wrong password', 'here'), coded('wrong-password'));
  await device.accounts.login(username, password, 'here');
  device.isFilling = false;
  await assert.rejects(device.accounts.login('bea', password, 'here'), coded('wrong-password'));
});

test('after nine wrong passwords even the right one has to wait', async () => {
  const { world, device } = await createHome();
  for (let count = 0; count < 9; count += 1) {
    await assert.rejects(
      device.accounts.login(username, 'wrong password', 'here'),
      withCode('wrong-password'),
    );
  }
  await assert.rejects(device.accounts.login(username, password, 'here'), withCode('too-many-tries'));
  await device.accounts.login(username, password, 'elsewhere');
  await world.clock.pass(3_600_001);
  await device.accounts.login(username, password, 'here');
});

test('a device without a network signs nobody in', async () => {
  const device = createWorld().device('NAS');
  await assert.rejects(device.accounts.login(username, password, 'here'), withCode('no-network'));
  assert.equal(await device.accounts.resume('x'.repeat(43)), undefined);
});

test('a session goes on after a restart, and the drive opens with it', async () => {
  const { device, session, drive, root } = await createHome();
  await put(drive, root, 'a.txt', 'a');
  const again = await device.restart();
  const resumed = await again.accounts.resume(session.secret);
  assert.ok(resumed);
  assert.equal(resumed.expiresAtMs, session.expiresAtMs);
  assert.deepEqual(await namesIn(resumed.drive, root), ['a.txt']);
  assert.equal(await again.accounts.resume(session.secret), resumed);
});

test('a session ends by signing out, here and after a restart', async () => {
  const { device, session } = await createHome();
  await device.accounts.logout(session.secret);
  assert.equal(await device.accounts.resume(session.secret), undefined);
  assert.equal(await (await device.restart()).accounts.resume(session.secret), undefined);
});

test('a session ends when its time is over', async () => {
  const { world, device, session } = await createHome();
  await world.clock.stall(sessionLifeMs - 1);
  assert.ok(await device.accounts.resume(session.secret));
  await world.clock.pass(2);
  assert.equal(await device.accounts.resume(session.secret), undefined);
  assert.equal(await (await device.restart()).accounts.resume(session.secret), undefined);
});

test('the signal of a session aborts when it ends, by signing out, by a new password, by an admin, by its time', async () => {
  const { device, session, world } = await createHome();
  const again = () => device.accounts.login(username, password, 'here');
  const bob = await addUser(device, session, 'Bob');
  const [out, kept] = [await again(), await again()];
  assert.equal((await device.accounts.resume(out.secret))?.signal, out.signal);
  await device.accounts.logout(out.secret);
  assert.ok(out.signal.aborted);
  assert.ok(isPeerstorError(out.signal.reason, 'not-signed-in'));
  assert.equal(kept.signal.aborted, false);

  await device.accounts.changeUser(session, userId(bob.user.id), { disabled: true });
  assert.ok(bob.signal.aborted);

  const renewed = await device.accounts.changePassword(session, password, 'a new password');
  assert.deepEqual(
    [session, kept, renewed].map(({ signal }) => signal.aborted),
    [true, true, false],
  );

  await world.clock.stall(sessionLifeMs + 60_000);
  assert.ok(renewed.signal.aborted);
});

test('a made-up, changed or empty secret is no session', async () => {
  const { device, session } = await createHome();
  const changed = (session.secret.startsWith('A') ? 'B' : 'A') + session.secret.slice(1);
  for (const secret of ['', 'x', changed, `${session.secret}A`, '*'.repeat(43)]) {
    assert.equal(await device.accounts.resume(secret), undefined);
  }
});

test('a user whom an admin disabled is signed out and cannot come back', async () => {
  const { device, session } = await createHome();
  const catalog = catalogOf(device);
  const record = catalog.get('user', session.user.id);
  assert.ok(record?.body);
  const body = { ...record.body, disabled: true };
  await catalog.author([{ table: 'user', id: record.id, body }], session.adminSigner());
  assert.equal(await device.accounts.resume(session.secret), undefined);
  await assert.rejects(device.accounts.login(username, password, 'here'), withCode('forbidden'));
});

test('a changed password ends every session, also on the other device', async () => {
  const { device, session, laptop, drive, root, meet } = await createPair();
  await put(drive, root, 'a.txt', 'a');
  const there = await laptop.accounts.login(username, password, 'here');
  await assert.rejects(
    device.accounts.changePassword(session, 'not the old one', 'a new password'),
    withCode('wrong-password'),
  );
  const renewed = await device.accounts.changePassword(session, password, 'a new password');
  assert.equal(await device.accounts.resume(session.secret), undefined);
  assert.ok(await device.accounts.resume(renewed.secret));
  assert.deepEqual(await namesIn(renewed.drive, root), ['a.txt']);
  await meet();
  assert.equal(await laptop.accounts.resume(there.secret), undefined);
  await assert.rejects(laptop.accounts.login(username, password, 'here'), withCode('wrong-password'));
  await laptop.accounts.login(username, 'a new password', 'here');
});

test('the 24 words open the account when the password is lost, and go on being valid', async () => {
  const { device, drive, root, recoveryCode } = await createHome();
  await put(drive, root, 'a.txt', 'a');
  const words = recoveryCode.toUpperCase();
  for (const secret of ['first new password', 'second new password']) {
    const session = await device.accounts.recover(username, words, secret, 'here');
    assert.deepEqual(await namesIn(session.drive, root), ['a.txt']);
    await device.accounts.login(username, secret, 'here');
  }
  await assert.rejects(
    device.accounts.recover(
      username,
      `zebra ${recoveryCode.split(' ').slice(1).join(' ')}`,
      password,
      'here',
    ),
    (error) => isPeerstorError(error, 'bad-input') || isPeerstorError(error, 'wrong-password'),
  );
  const bob = await addUser(
    device,
    await device.accounts.login(username, 'second new password', 'here'),
    'Bob',
  );
  const hers = await device.accounts.recoveryCode(bob, password);
  await assert.rejects(device.accounts.recover('nobody', hers, password, 'here'), withCode('wrong-password'));
});

test('recovery words can be shown again with the password, also after it was changed, and renewed', async () => {
  const { device, session, recoveryCode } = await createHome();
  const { accounts } = device;
  assert.equal(await accounts.recoveryCode(session, password), recoveryCode);
  await assert.rejects(accounts.recoveryCode(session, 'not the password'), withCode('wrong-password'));
  const renewed = await accounts.changePassword(session, password, 'a new password');
  assert.equal(await accounts.recoveryCode(renewed, 'a new password'), recoveryCode);
  const fresh = await accounts.recoveryCode(renewed, 'a new password', { renew: true });
  assert.notEqual(fresh, recoveryCode);
  assert.ok(await accounts.resume(renewed.secret), 'the session goes on');
  await assert.rejects(
    accounts.recover(username, recoveryCode, 'third password', 'here'),
    withCode('wrong-password'),
  );
  const back = await accounts.recover(username, fresh, 'third password', 'here');
  assert.equal(await accounts.recoveryCode(back, 'third password'), fresh);
});

test('the recovery words lie on no disk in the clear', async () => {
  const { device, recoveryCode } = await createHome();
  for (const store of [device.disk.catalog, device.disk.sessions]) {
    for await (const [, value] of store.range({ gte: '', lt: '\xff' })) {
      assert.ok(!Buffer.from(value).includes(recoveryCode.slice(0, 30)));
    }
  }
});

test('a password that can be set can be typed, whatever its letters are; a longer one is refused at once', async () => {
  const { device, session } = await createHome();
  const { accounts } = device;
  const longest = '🔑'.repeat(256);
  const renewed = await accounts.changePassword(session, password, longest);
  assert.ok(await accounts.login(username, longest, 'here'));
  await assert.rejects(accounts.changePassword(renewed, longest, '🔑'.repeat(513)), withCode('bad-input'));
  await assert.rejects(accounts.login(username, '🔑'.repeat(513), 'here'), withCode('wrong-password'));
});

test('the founder takes the account back with the recovery words when another admin locks it', async () => {
  const { world, device, session, recoveryCode, laptop, meet } = await createPair();
  const eve = await addUser(device, session, 'Eve', { role: 'admin' });
  const mine = userId(session.user.id);
  await device.accounts.changeUser(eve, mine, { role: 'member' });
  await device.accounts.changeUser(eve, mine, { disabled: true });
  await meet();
  await assert.rejects(laptop.accounts.login(username, password, 'here'), withCode('forbidden'));
  await world.clock.pass(1000);
  const back = await laptop.accounts.recover(username, recoveryCode, 'a new password', 'here');
  assert.equal(back.user.role, 'admin');
  await meet();
  // She is an admin still, and tries again: by the page, and by records of any base and date.
  await assert.rejects(device.accounts.changeUser(eve, mine, { disabled: true }), withCode('forbidden'));
  const catalog = catalogOf(device);
  const body = catalog.get('user', mine)?.body;
  assert.ok(body);
  for (const base of [[], undefined]) {
    const draft = {
      table: 'user',
      id: mine,
      body: { ...body, role: 'member' },
      ...(base && { base }),
    } as const;
    await assert.rejects(catalog.author([draft], eve.adminSigner()), withCode('forbidden'));
  }
  await laptop.accounts.changeUser(back, userId(eve.user.id), { role: 'member' });
  await meet();
  assert.equal((await device.accounts.login(username, 'a new password', 'here')).user.role, 'admin');
  assert.throws(() => eve.adminSigner(), withCode('forbidden'));
});

test('a clock that is ahead for a while destroys no session, and gives none a longer life', async () => {
  const dayMs = 86_400_000;
  const { device, session, world } = await createHome();
  const { accounts } = device;
  world.clock.setWall(60 * dayMs);
  assert.equal(await accounts.resume(session.secret), undefined);
  await accounts.login(username, password, 'here');
  world.clock.setWall(0);
  const back = await accounts.resume(session.secret);
  assert.ok(back && !back.signal.aborted);
  world.clock.setWall(60 * dayMs);
  const late = await accounts.login(username, password, 'here');
  world.clock.setWall(0);
  assert.ok(await accounts.resume(late.secret));
  await world.clock.leap(sessionLifeMs);
  assert.equal(await accounts.resume(late.secret), undefined);
  const again = await device.restart();
  assert.equal(await again.accounts.resume(late.secret), undefined);
});

test('a new password ends tokens and keeps links, unless asked otherwise', async () => {
  const { device, session, root } = await createHome();
  const wish = { name: 'sync', rights: 'view', entryId: root, expiresAtMs: null } as const;
  const token = (await session.sharing.createToken(wish)).token ?? '';
  const link = (await session.sharing.createLink({ entryId: root, rights: 'view' })).url.slice(3);
  const kept = await device.accounts.changePassword(session, password, 'second password', {
    keepTokens: true,
  });
  assert.ok(await device.accounts.resume(token));
  const next = await device.accounts.changePassword(kept, 'second password', 'third password');
  assert.equal(await device.accounts.resume(token), undefined);
  assert.ok(await device.accounts.openLink(link, undefined, 'guest'));
  const again = (await next.sharing.createToken(wish)).token ?? '';
  await device.accounts.endOtherSessions(next, { endLinks: true });
  assert.equal(await device.accounts.resume(again), undefined);
  await assert.rejects(device.accounts.openLink(link, undefined, 'guest'), withCode('gone'));
});

test('a new password keeps the tokens and ends the links that are named, and no others', async () => {
  const { device, session, root } = await createHome();
  const token = async (name: string) => {
    const wish = { name, rights: 'view', entryId: root, expiresAtMs: null } as const;
    return session.sharing.createToken(wish);
  };
  const [kept, ended] = [await token('kept'), await token('ended')];
  const link = () => session.sharing.createLink({ entryId: root, rights: 'view' });
  const [stays, goes] = [await link(), await link()];
  const { accounts } = device;
  await accounts.changePassword(session, password, 'second password', {
    keepTokens: [kept.id, 'unknown'],
    endLinks: [goes.id],
  });
  assert.ok(await accounts.resume(kept.token ?? ''));
  assert.equal(await accounts.resume(ended.token ?? ''), undefined);
  assert.ok(await accounts.openLink(stays.url.slice(3), undefined, 'guest'));
  await assert.rejects(accounts.openLink(goes.url.slice(3), undefined, 'guest'), withCode('gone'));
});

test('an unknown name costs the standard hash, and a record that asks for more is not believed', async () => {
  const { device, session } = await createHome();
  const catalog = catalogOf(device);
  const bob = await addUser(device, session, 'Bob');
  const bundle = catalog.get('bundle', bob.user.id)?.body;
  assert.ok(bundle);
  const { signer } = await takePen(device, bob);
  const costly = { ...bundle, kdf: { ...bundle.kdf, memoryKiB: 1024 * 1024, passes: 64 } };
  await assert.rejects(
    catalog.author([{ table: 'bundle', id: bob.user.id, body: costly }], signer),
    withCode('bad-record'),
  );
  assert.ok(await device.accounts.login('Bob', password, 'here'));
  await assert.rejects(device.accounts.login('nobody', 'x', 'here'), withCode('wrong-password'));
});

test('words that are no recovery code tell nobody whether there is such a user', async () => {
  const { device } = await createHome();
  for (const name of [username, 'nobody']) {
    await assert.rejects(
      device.accounts.recover(name, 'no such words', password, 'here'),
      withCode('bad-input'),
    );
  }
});

test('a session is kept while its account is not in the catalog of this device yet', async () => {
  const { world, device, session } = await createHome();
  const again = await device.restart();
  const full = catalogOf(again);
  again.catalog = await openCatalog(world, { ...device.disk, catalog: new MemoryOrderedStore() });
  assert.equal(await again.accounts.resume(session.secret), undefined);
  again.catalog = full;
  assert.ok(await again.accounts.resume(session.secret));
});

test('stopping closes the drives; what was signed in opens again', async () => {
  const { device, session, laptop } = await createPair();
  device.accounts.stop();
  assert.ok(await device.accounts.resume(session.secret));
  await exchange(device, laptop);
});
