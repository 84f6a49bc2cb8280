import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, isPeerstorError, PeerstorError } from '../../../src/model/errors.ts';
import { userId } from '../../../src/model/ids.ts';
import { sessionLifeMs } from '../../../src/model/limits.ts';
import { MemoryOrderedStore } from '../../../src/store/index.ts';
import { coded } from '../errors.ts';
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
  await world.clock.sleep(sessionLifeMs - 1);
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

  await world.clock.sleep(sessionLifeMs + 60_000);
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
  await assert.rejects(
    device.accounts.recover('nobody', words, password, 'here'),
    withCode('wrong-password'),
  );
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
