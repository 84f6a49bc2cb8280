import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionLifeMs } from '../../../src/model/limits.ts';
import { coded } from '../errors.ts';
import { addUser, createHome, password, username } from '../world.ts';

const firefox = { device: 'Firefox on Linux', address: '192.168.1.20' };
const phone = { device: 'Safari on iPhone', address: '192.168.1.30' };

test('the sessions of a user are listed with their last use, also after a restart, and those of others are not', async () => {
  const { world, device, session } = await createHome();
  const begunMs = world.clock.wallMs();
  session.noteUse(firefox);
  world.clock.advance(60_000);
  const second = await device.accounts.login(username, password, 'here');
  second.noteUse(phone);
  const ben = await addUser(device, session, 'ben');
  ben.noteUse({ device: 'of ben', address: '192.168.1.40' });

  const listed = await device.accounts.sessions(session);
  assert.deepEqual(
    listed.map(({ device: name, address, current }) => [name, address, current]),
    [
      [phone.device, phone.address, false],
      [firefox.device, firefox.address, true],
    ],
  );
  assert.equal(listed[1]?.createdAt, new Date(begunMs).toISOString());
  assert.equal(listed[1]?.expiresAt, new Date(begunMs + sessionLifeMs).toISOString());
  assert.equal(listed[0]?.lastUsedAt, new Date(begunMs + 60_000).toISOString());

  const again = await device.restart();
  const resumed = await again.accounts.resume(session.secret);
  assert.ok(resumed);
  const after = await again.accounts.sessions(resumed);
  assert.deepEqual(after, listed);
});

test('addresses and programs of sessions are sealed on disk, for their user alone', async () => {
  const { device, session } = await createHome();
  session.noteUse(firefox);
  assert.equal((await device.accounts.sessions(session))[0]?.address, firefox.address);
  let rows = 0;
  for await (const [, value] of device.disk.sessions.range({ gte: '', lt: '\u00ff' })) {
    rows += 1;
    const text = Buffer.from(value).toString('latin1');
    assert.ok(!text.includes('Firefox') && !text.includes(firefox.address));
  }
  assert.equal(rows, 2, 'the session and its facts');
});

test('one session is signed out from another, for good, and only by its own user', async () => {
  const { device, session } = await createHome();
  const lost = await device.accounts.login(username, password, 'here');
  const ben = await addUser(device, session, 'ben');
  const id = (await device.accounts.sessions(session)).find(({ current }) => !current)?.id ?? '';
  await assert.rejects(device.accounts.endSession(ben, id), coded('not-found'));
  await assert.rejects(device.accounts.endSession(session, 'x'), coded('not-found'));
  assert.ok(await device.accounts.resume(lost.secret));

  await device.accounts.endSession(session, id);
  assert.ok(lost.signal.aborted);
  assert.equal(await device.accounts.resume(lost.secret), undefined);
  await assert.rejects(device.accounts.endSession(session, id), coded('not-found'));
  // A use that is noted late brings nothing back.
  lost.noteUse(phone);
  assert.equal((await device.accounts.sessions(session)).length, 1);
  assert.equal(await (await device.restart()).accounts.resume(lost.secret), undefined);
});

test('a session of an older password is not listed', async () => {
  const { device, session } = await createHome();
  await device.accounts.login(username, password, 'here');
  const renewed = await device.accounts.changePassword(session, password, 'another password');
  assert.equal((await device.accounts.sessions(renewed)).length, 1);
});
