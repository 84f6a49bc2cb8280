import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PasskeyAnswer, PasskeySite } from '../../../src/model/contracts/own-account.ts';
import { coded } from '../errors.ts';
import {
  addUser,
  catalogOf,
  createHome,
  exchange,
  password,
  put,
  read,
  type TestDevice,
  username,
} from '../world.ts';
import { SoftwareAuthenticator } from './software-authenticator.ts';

const site: PasskeySite = { origin: 'https://nas.local:8080', host: 'nas.local' };

async function createWithPasskey() {
  const home = await createHome();
  const { accounts } = home.device;
  const key = new SoftwareAuthenticator();
  const question = await accounts.newPasskeyQuestion(home.session, site, password);
  const passkey = await accounts.addPasskey(home.session, site, ' Phone ', key.create(question, site));
  return { ...home, accounts, key, passkey };
}

async function signIn(
  { accounts }: TestDevice,
  key: SoftwareAuthenticator,
  at = site,
  change: (answer: PasskeyAnswer) => PasskeyAnswer = (answer) => answer,
) {
  return accounts.loginByPasskey(at, change(key.get(await accounts.passkeyQuestion(at), at)), 'here');
}

test('a passkey opens the drive on every device of the network, without the password', async () => {
  const { world, device, session, drive, root, key, passkey } = await createWithPasskey();
  assert.deepEqual([passkey.name, passkey.host], ['Phone', 'nas.local']);
  const file = await put(drive, root, 'a.txt', 'mine');
  const laptop = await world.join('Laptop', device, session);
  for (const at of [device, laptop]) {
    const again = await signIn(at, key);
    assert.equal(again.user.username, username);
    assert.equal(await read(again.drive, file.id), 'mine');
    assert.deepEqual(at.accounts.passkeys(again), [passkey]);
  }
});

test('a passkey of another site, owner, challenge, or with another secret opens nothing', async () => {
  const { device, accounts, key } = await createWithPasskey();
  const elsewhere = { origin: 'https://nas.evil.example', host: 'nas.evil.example' };
  await assert.rejects(signIn(device, key, elsewhere), coded('wrong-password'));
  const phished = key.get(await accounts.passkeyQuestion(site), { ...elsewhere, host: site.host });
  await assert.rejects(accounts.loginByPasskey(site, phished, 'here'), coded('wrong-password'));
  await assert.rejects(signIn(device, new SoftwareAuthenticator()), coded('wrong-password'));
  const other = new Uint8Array(32).fill(7);
  await assert.rejects(
    signIn(device, key, site, (answer) => ({ ...answer, secret: other })),
    coded('wrong-password'),
  );
  const answer = key.get(await accounts.passkeyQuestion(site), site);
  await accounts.loginByPasskey(site, answer, 'here');
  await assert.rejects(accounts.loginByPasskey(site, answer, 'here'), coded('gone'));
  key.isOwnerThere = false;
  await assert.rejects(signIn(device, key), coded('wrong-password'));
  for (const credential of [null, {}, { id: 7 }, { response: { clientDataJSON: '!' } }]) {
    await assert.rejects(accounts.loginByPasskey(site, { credential, secret: other }, 'here'), coded('gone'));
  }
});

test('passkeys are listed, renamed and removed; the password, new words aside, ends them', async () => {
  const { device, session, accounts, key, passkey } = await createWithPasskey();
  const renamed = await accounts.renamePasskey(session, passkey.id, 'Old phone');
  assert.deepEqual(accounts.passkeys(session), [renamed]);
  assert.equal(renamed.name, 'Old phone');
  await assert.rejects(accounts.renamePasskey(session, passkey.id, ' '), coded('bad-input'));
  await assert.rejects(accounts.removePasskey(session, 'other'), coded('not-found'));
  await signIn(device, key);
  await accounts.recoveryCode(session, password, { renew: true });
  await signIn(device, key);
  const changed = await accounts.changePassword(session, password, 'a whole new password');
  assert.deepEqual(accounts.passkeys(changed), []);
  await assert.rejects(signIn(device, key), coded('wrong-password'));
});

test('a passkey is added by the password only, at a name, and where it gives a secret', async () => {
  const { session, accounts } = await createWithPasskey();
  await assert.rejects(accounts.newPasskeyQuestion(session, site, 'wrong'), coded('wrong-password'));
  const numbers = { origin: 'https://192.168.1.7', host: '192.168.1.7' };
  await assert.rejects(accounts.newPasskeyQuestion(session, numbers, password), coded('bad-input'));
  await assert.rejects(accounts.passkeyQuestion({ ...numbers, host: '[fe80::1]' }), coded('bad-input'));
  const key = new SoftwareAuthenticator();
  const made = key.create(await accounts.newPasskeyQuestion(session, site, password), site);
  const without = { ...made, secret: new Uint8Array(0) };
  await assert.rejects(accounts.addPasskey(session, site, 'x', without), coded('bad-input'));
  // A challenge of somebody who signs in makes no passkey.
  const question = await accounts.passkeyQuestion(site);
  await assert.rejects(accounts.addPasskey(session, site, 'x', key.create(question, site)), coded('gone'));
  assert.equal(accounts.passkeys(session).length, 1);
});

test('a disabled user signs in by no passkey, and what the catalog has of it holds no name and no key', async () => {
  const { world, device, session } = await createHome();
  const bob = await addUser(device, session, 'Bob');
  const key = new SoftwareAuthenticator();
  const question = await device.accounts.newPasskeyQuestion(bob, site, password);
  await device.accounts.addPasskey(bob, site, 'Bob’s secret phone', key.create(question, site));
  const stored = catalogOf(device).get('bundle', bob.user.id);
  assert.ok(stored);
  assert.equal(Buffer.from(stored.bytes).indexOf('secret phone'), -1);
  const laptop = await world.join('Laptop', device, session);
  await device.accounts.changeUser(session, bob.user.id as never, { disabled: true });
  await exchange(device, laptop);
  await assert.rejects(signIn(laptop, key), coded('forbidden'));
});
