import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrusteesWish } from '../../../src/model/accounts/account-recovery.ts';
import { recoveryRequestsPerDay } from '../../../src/model/limits.ts';
import { coded } from '../errors.ts';
import {
  addUser,
  catalogOf,
  createHome,
  exchange,
  put,
  read,
  password as secret,
  username,
} from '../world.ts';

const hourMs = 3_600_000;
const waitHours = 24;
const fresh = 'a new password of hers';

/** Ada, whose trustees are Bob, Cleo and the laptop; two of them are enough. */
async function createWithTrustees(change: Partial<TrusteesWish> = {}) {
  const home = await createHome();
  const { world, device, session } = home;
  const { accounts } = device;
  const bob = await addUser(device, session, 'Bob', { role: 'admin' });
  const cleo = await addUser(device, session, 'Cleo', { role: 'admin' });
  const laptop = await world.join('Laptop', device, session);
  const wish = { users: ['bob', 'Cleo'], devices: [laptop.id], needed: 2, waitHours, ...change };
  const trustees = await accounts.setTrustees(session, secret, wish);
  await exchange(device, laptop);
  return { ...home, accounts, bob, cleo, laptop, trustees };
}

/** Asks at the first device, and lets the wait pass. */
async function ask({ world, accounts }: Awaited<ReturnType<typeof createWithTrustees>>) {
  const asked = await accounts.requestRecovery(username, 'here');
  await world.clock.pass(10 * 60_000);
  world.clock.advance(waitHours * hourMs);
  return asked;
}

test('two people whom she named let her in after the wait, her files open, and her old password does not', async () => {
  const home = await createWithTrustees();
  const { accounts, bob, cleo, drive, root, trustees } = home;
  assert.deepEqual(
    trustees.trustees.map(({ kind, name }) => [kind, name]),
    [
      ['user', 'Bob'],
      ['user', 'Cleo'],
      ['device', 'Laptop'],
    ],
  );
  const file = await put(drive, root, 'a.txt', 'mine');
  const { claim, checkWords } = await ask(home);
  assert.equal(claim.split(' ').length, 12);
  const [asked] = (await accounts.recoveryRequests(bob)).others;
  assert.ok(asked);
  assert.deepEqual(
    [asked.username, asked.checkWords, asked.device, asked.helped],
    [username, checkWords, 'NAS', false],
  );

  assert.equal((await accounts.helpRecovery(bob, asked.id)).given, 1);
  assert.deepEqual(await accounts.recoveryState(claim), { checkWords, given: 1, needed: 2, stopped: false });
  await assert.rejects(accounts.finishRecovery(claim, fresh, 'here'), coded('not-ready'));
  await accounts.helpRecovery(cleo, asked.id);

  const again = await accounts.finishRecovery(claim, fresh, 'here');
  assert.equal(await read(again.drive, file.id), 'mine');
  await assert.rejects(accounts.login(username, secret, 'here'), coded('wrong-password'));
  await accounts.login(username, fresh, 'here');
  await assert.rejects(
    accounts.finishRecovery(claim, fresh, 'here'),
    coded('gone'),
    'a request is good once',
  );
});

test('nobody helps before the wait is over, whatever date the request has, and the owner can stop it', async () => {
  const home = await createWithTrustees();
  const { world, accounts, bob, cleo, session } = home;
  const { claim } = await accounts.requestRecovery(username, 'here');
  const [own] = (await accounts.recoveryRequests(session)).own;
  assert.ok(own);
  // A wall clock that is set ahead shortens nothing.
  world.clock.setWall(10 * 24 * hourMs);
  await assert.rejects(accounts.helpRecovery(bob, own.id), coded('not-ready'));
  world.clock.setWall(0);
  world.clock.advance((waitHours - 1) * hourMs);
  await assert.rejects(accounts.helpRecovery(bob, own.id), coded('not-ready'));
  world.clock.advance(2 * hourMs);
  await accounts.helpRecovery(bob, own.id);

  await accounts.stopRecovery(session, own.id);
  assert.deepEqual((await accounts.recoveryRequests(cleo)).others, []);
  await assert.rejects(accounts.helpRecovery(cleo, own.id), coded('gone'));
  await assert.rejects(accounts.finishRecovery(claim, fresh, 'here'), coded('gone'));
  assert.equal((await accounts.recoveryState(claim)).stopped, true);
});

test('only the owner stops a request, and only trustees see and answer it', async () => {
  const home = await createWithTrustees({ users: ['Bob'] });
  const { accounts, bob, cleo, session, world } = home;
  await accounts.requestRecovery(username, 'here');
  const [own] = (await accounts.recoveryRequests(session)).own;
  world.clock.advance(30 * hourMs);
  assert.ok(own);
  assert.deepEqual(await accounts.recoveryRequests(cleo), { own: [], others: [] });
  await assert.rejects(accounts.helpRecovery(cleo, own.id), coded('not-found'));
  await assert.rejects(accounts.stopRecovery(cleo, own.id), coded('not-found'));
  await assert.rejects(accounts.stopRecovery(bob, own.id), coded('not-found'));
  // A stop that Cleo signs is hers, not the owner's.
  const { catalog } = home.device;
  const body = { user: session.user.id, says: 'stop' } as const;
  await catalog!.author([{ table: 'recovery', id: `${own.id}.${cleo.user.id}`, body }], cleo.adminSigner());
  assert.equal((await accounts.recoveryRequests(bob)).others.length, 1);
});

test('a device and a person help as well, on another device than the one that was asked', async () => {
  const home = await createWithTrustees();
  const { world, device, laptop, bob } = home;
  const { claim } = await home.accounts.requestRecovery(username, 'here');
  await exchange(device, laptop);
  await world.clock.pass(10 * 60_000);
  const [asked] = await laptop.accounts.deviceRecoveryRequests();
  assert.ok(asked);
  await assert.rejects(laptop.accounts.helpRecoveryHere(asked.id), coded('not-ready'));
  world.clock.advance(waitHours * hourMs);
  await laptop.accounts.helpRecoveryHere(asked.id);
  assert.deepEqual(
    await device.accounts.deviceRecoveryRequests(),
    [],
    'the device that was asked is no trustee',
  );
  await home.accounts.helpRecovery(bob, asked.id);
  await exchange(device, laptop);
  const again = await laptop.accounts.finishRecovery(claim, fresh, 'there');
  assert.equal(again.user.username, username);
});

test('a share that was copied into the bundle of somebody else opens nothing for them', async () => {
  const home = await createWithTrustees();
  const { accounts, bob, cleo, session, device, world } = home;
  const catalog = catalogOf(device);
  // Bob takes over the list of Ada, and asks for himself: her trustees would give him what opens her words.
  const { trustees } = catalog.get('bundle', session.user.id)!.body!;
  const before = catalog.get('bundle', bob.user.id)!.body!;
  const body = { ...before, trustees: trustees! };
  await catalog.author([{ table: 'bundle', id: bob.user.id, body }], bob.adminSigner());
  await accounts.requestRecovery('Bob', 'here');
  await world.clock.pass(10 * 60_000);
  world.clock.advance(30 * hourMs);
  const [asked] = (await accounts.recoveryRequests(cleo)).others;
  assert.ok(asked);
  await assert.rejects(accounts.helpRecovery(cleo, asked.id), coded('forbidden'));
});

test('new words need no new trustees, and new trustees end what former ones held', async () => {
  const home = await createWithTrustees();
  const { accounts, session, bob, cleo } = home;
  const words = await accounts.recoveryCode(session, secret, { renew: true });
  const first = await ask(home);
  const [asked] = (await accounts.recoveryRequests(session)).own;
  await accounts.helpRecovery(bob, asked!.id);
  await accounts.setTrustees(session, secret, {
    users: ['Cleo'],
    devices: [home.laptop.id],
    needed: 2,
    waitHours,
  });
  await accounts.helpRecovery(cleo, asked!.id);
  await assert.rejects(
    accounts.finishRecovery(first.claim, fresh, 'here'),
    coded('not-ready'),
    'Bob is none now',
  );
  await accounts.setTrustees(session, secret, { users: ['Bob', 'Cleo'], devices: [], needed: 2, waitHours });
  // Both answers are there, but Bob's and Cleo's are of former lists.
  await assert.rejects(accounts.finishRecovery(first.claim, fresh, 'here'), coded('forbidden'));
  await accounts.helpRecovery(bob, asked!.id);
  await accounts.helpRecovery(cleo, asked!.id);
  const again = await accounts.finishRecovery(first.claim, fresh, 'here');
  assert.equal(await accounts.recoveryCode(again, fresh), words);
  await accounts.removeTrustees(again, fresh);
  assert.equal(accounts.trustees(again), undefined);
});

test('names that nobody has, and users without trustees, get the same answer, and nothing is written', async () => {
  const home = await createWithTrustees();
  const { accounts, device } = home;
  const before = catalogOf(device).vector();
  for (const name of ['Nobody', 'Bob']) {
    const { claim, checkWords } = await accounts.requestRecovery(name, 'here');
    assert.deepEqual(await accounts.recoveryState(claim), {
      checkWords,
      given: 0,
      needed: null,
      stopped: false,
    });
    await assert.rejects(accounts.finishRecovery(claim, fresh, 'here'), coded('not-ready'));
  }
  assert.deepEqual(catalogOf(device).vector(), before);
  const asked = await accounts.requestRecovery(username, 'here');
  assert.deepEqual(await accounts.recoveryState(asked.claim), {
    checkWords: asked.checkWords,
    ...{ given: 0, needed: null, stopped: false },
  });
  await assert.rejects(accounts.recoveryState('abandon ability'), coded('bad-input'));
});

test('a device writes so many requests a day, and no more', async () => {
  const home = await createWithTrustees();
  for (let made = 0; made < recoveryRequestsPerDay; made += 1)
    await home.accounts.requestRecovery(username, 'here');
  await assert.rejects(home.accounts.requestRecovery(username, 'here'), coded('too-many-tries'));
  home.world.clock.advance(25 * hourMs);
  await home.accounts.requestRecovery(username, 'here');
});

test('trustees that make no sense are refused', async () => {
  const home = await createWithTrustees();
  const { accounts, session, laptop } = home;
  const good = { users: ['Bob', 'Cleo'], devices: [], needed: 2, waitHours };
  for (const wrong of [
    { ...good, needed: 1 },
    { ...good, needed: 3 },
    { ...good, needed: 2.5 },
    { ...good, users: ['Bob', username] },
    { ...good, users: ['Bob', 'bob'] },
    { ...good, waitHours: 0 },
    { ...good, waitHours: Number.NaN },
    { ...good, devices: ['f'.repeat(64)] },
  ]) {
    await assert.rejects(
      accounts.setTrustees(session, secret, wrong),
      coded('bad-input'),
      JSON.stringify(wrong),
    );
  }
  await assert.rejects(
    accounts.setTrustees(session, secret, { ...good, users: ['Zoe'] }),
    coded('not-found'),
  );
  await assert.rejects(accounts.setTrustees(session, 'wrong password', good), coded('wrong-password'));
  assert.equal(accounts.trustees(session)?.trustees.at(-1)?.id, laptop.id, 'nothing was changed');
});

test('a request outlives a restart of the device, and its wait does not begin again', async () => {
  const home = await createWithTrustees();
  const { world, accounts, device } = home;
  await accounts.requestRecovery(username, 'here');
  await world.clock.pass(10 * 60_000);
  const restarted = await device.restart();
  world.clock.advance(waitHours * hourMs);
  const bob = await restarted.accounts.login('Bob', secret, 'here');
  const [asked] = (await restarted.accounts.recoveryRequests(bob)).others;
  assert.equal((await restarted.accounts.helpRecovery(bob, asked!.id)).helped, true);
});

test('testing the recovery words notes when they were at hand, and only the right ones do', async () => {
  const { device, session, recoveryCode, world } = await createHome();
  const { accounts } = device;
  const other = await addUser(device, session, 'Bob');
  assert.equal(accounts.recoveryCodeTestedAt(session), undefined);
  await assert.rejects(accounts.testRecoveryCode(other, recoveryCode), coded('wrong-password'));
  await assert.rejects(accounts.testRecoveryCode(session, 'abandon'), coded('bad-input'));
  await accounts.testRecoveryCode(session, recoveryCode);
  assert.equal(accounts.recoveryCodeTestedAt(session), world.clock.wallMs());
});
