import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totpCode, totpStep } from '../../../src/crypto/index.ts';
import type { Session } from '../../../src/model/contracts/drive.ts';
import { codeTriesPerHour } from '../../../src/model/limits.ts';
import { coded } from '../errors.ts';
import {
  createHome,
  createPair,
  exchange,
  password,
  type TestDevice,
  username,
  type World,
} from '../world.ts';

/** The bytes of a secret as people type it. */
function secretOf(base32: string): Uint8Array {
  let bits = '';
  for (const letter of base32)
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0');
  return Uint8Array.from({ length: Math.floor(bits.length / 8) }, (_, at) =>
    Number.parseInt(bits.slice(at * 8, at * 8 + 8), 2),
  );
}

/** What the app shows now, or `later` steps from now. */
const codeAt = (world: World, secret: Uint8Array, later = 0) =>
  totpCode(secret, totpStep(world.clock.wallMs()) + later);

async function turnOn(world: World, device: TestDevice, session: Session): Promise<Uint8Array> {
  const begun = await device.accounts.beginTotp(session, password);
  const secret = secretOf(begun.secret);
  await device.accounts.confirmTotp(session, codeAt(world, secret));
  world.clock.advance(30_000);
  return secret;
}

test('signing in asks for a code once the app has shown one, and each code opens once', async () => {
  const { world, device, session } = await createHome();
  const { accounts } = device;
  assert.equal(accounts.hasTotp(session), false);
  const begun = await accounts.beginTotp(session, password);
  const secret = secretOf(begun.secret);
  assert.match(begun.address, new RegExp(`^otpauth://totp/.*secret=${begun.secret}`));
  await accounts.login(username, password, 'here');
  assert.equal(accounts.hasTotp(session), false, 'nothing is asked for before the first code');

  const wrong = codeAt(world, secret, 100);
  await assert.rejects(accounts.confirmTotp(session, wrong), coded('wrong-code'));
  await accounts.confirmTotp(session, codeAt(world, secret));
  assert.equal(accounts.hasTotp(session), true);

  await assert.rejects(accounts.login(username, password, 'here'), coded('totp-required'));
  await assert.rejects(accounts.login(username, password, 'here', ' '), coded('totp-required'));
  await assert.rejects(accounts.login(username, password, 'here', wrong), coded('wrong-code'));
  await assert.rejects(accounts.login(username, 'wrong password', 'here'), coded('wrong-password'));
  await assert.rejects(
    accounts.login(username, password, 'here', codeAt(world, secret)),
    coded('wrong-code'),
    'the code that turned it on',
  );
  world.clock.advance(30_000);
  const code = codeAt(world, secret);
  await accounts.login(username, password, 'here', code);
  await assert.rejects(accounts.login(username, password, 'here', code), coded('wrong-code'));
  // Sessions that are there go on.
  assert.ok(await accounts.resume(session.secret));
});

test('every device of the network asks for the code, also after a new password', async () => {
  const { world, device: nas, laptop, session } = await createPair();
  const secret = await turnOn(world, nas, session);
  await exchange(nas, laptop);
  await assert.rejects(laptop.accounts.login(username, password, 'here'), coded('totp-required'));
  const there = await laptop.accounts.login(username, password, 'here', codeAt(world, secret));
  await laptop.accounts.changePassword(there, password, 'another password');
  await assert.rejects(laptop.accounts.login(username, 'another password', 'here'), coded('totp-required'));
  world.clock.advance(30_000);
  await laptop.accounts.login(username, 'another password', 'here', codeAt(world, secret));
});

test('codes cannot be guessed: an account takes few wrong ones an hour, from wherever they come', async () => {
  const { world, device, session } = await createHome();
  const secret = await turnOn(world, device, session);
  for (let n = 0; n < codeTriesPerHour; n += 1) {
    const typed = codeAt(world, secret, 100 + n);
    await assert.rejects(
      device.accounts.login(username, password, `10.0.0.${n}`, typed),
      coded('wrong-code'),
    );
  }
  const right = codeAt(world, secret);
  await assert.rejects(device.accounts.login(username, password, '10.0.1.1', right), coded('too-many-tries'));
  world.clock.advance(3_600_000);
  await device.accounts.login(username, password, '10.0.1.1', codeAt(world, secret));
});

test('wrong codes count as wrong passwords of their address', async () => {
  const { world, device, session } = await createHome();
  const secret = await turnOn(world, device, session);
  for (let n = 0; n < 9; n += 1) {
    const typed = codeAt(world, secret, 100 + n);
    await assert.rejects(device.accounts.login(username, password, '10.0.0.1', typed), coded('wrong-code'));
  }
  const right = codeAt(world, secret);
  await assert.rejects(device.accounts.login(username, password, '10.0.0.1', right), coded('too-many-tries'));
  await device.accounts.login(username, password, '10.0.0.2', right);
});

test('the recovery words let in without a code and end the second factor', async () => {
  const { world, device, session, recoveryCode } = await createHome();
  await turnOn(world, device, session);
  const recovered = await device.accounts.recover(username, recoveryCode, 'another password', 'here');
  assert.equal(device.accounts.hasTotp(recovered), false);
  await device.accounts.login(username, 'another password', 'here');
});

test('turning it off needs the password; a secret that was shown long ago is not taken', async () => {
  const { world, device, session } = await createHome();
  const { accounts } = device;
  const begun = await accounts.beginTotp(session, password);
  world.clock.advance(16 * 60_000);
  const late = codeAt(world, secretOf(begun.secret));
  await assert.rejects(accounts.confirmTotp(session, late), coded('gone'));
  await turnOn(world, device, session);
  await assert.rejects(accounts.removeTotp(session, 'wrong password'), coded('wrong-password'));
  assert.equal(accounts.hasTotp(session), true);
  await accounts.removeTotp(session, password);
  await accounts.login(username, password, 'here');
});

test('the secret of the app lies sealed in the catalog', async () => {
  const { world, device, session } = await createHome();
  const secret = Buffer.from(await turnOn(world, device, session));
  for await (const [, value] of device.disk.catalog.range({ gte: '', lt: '\u00ff' })) {
    assert.ok(!Buffer.from(value).includes(secret));
  }
});
