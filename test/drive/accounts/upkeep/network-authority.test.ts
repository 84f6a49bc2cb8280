import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { KeyedLock } from '../../../../src/concurrency/index.ts';
import { newAuthority, publicKeyOf, vouchedBy } from '../../../../src/crypto/index.ts';
import {
  tendNetworkAuthority,
  vouchableNames,
} from '../../../../src/drive/accounts/upkeep/network-authority.ts';
import { openByPassword } from '../../../../src/drive/keys/user-keys.ts';
import type { Session } from '../../../../src/model/contracts/drive.ts';
import { userId } from '../../../../src/model/ids.ts';
import { until } from '../../../support/until.ts';
import {
  addUser,
  catalogOf,
  createPair,
  exchange,
  password,
  type TestDevice,
  type World,
} from '../../world.ts';

const dayMs = 86_400_000;

/** The device says what its own authority is, as its record does. */
async function say(device: TestDevice, nowMs: number, hostNames = ['nas']): Promise<string> {
  const authority = newAuthority('peerstor on nas', nowMs);
  const catalog = catalogOf(device);
  const body = catalog.get('device', device.id)?.body;
  assert.ok(body);
  const tls = { name: authority.name, publicKey: publicKeyOf(authority.certificate), hostNames };
  await catalog.author([{ table: 'device', id: device.id, body: { ...body, tls } }], device.disk.key);
  return authority.certificate;
}

const recordOf = (at: TestDevice, of: TestDevice) => catalogOf(at).get('device', of.id)?.body;
const authorityOf = (at: TestDevice, session: Session) =>
  catalogOf(at).get('user', userId(session.user.id))?.body?.authority;

/** Lets the upkeep of signed-in users run until something holds. */
async function untilTended(world: World, what: string, holds: () => boolean): Promise<void> {
  await until(what, () => {
    world.clock.advance(10_000);
    return holds();
  });
}

test('the founder makes one authority and vouches for every device, whose records say so on all of them', async () => {
  const { world, device, laptop, session, meet } = await createPair();
  const nowMs = world.clock.wallMs();
  await say(device, nowMs);
  const own = await say(laptop, nowMs, ['Laptop', 'bank.example', 'laptop']);
  await meet();
  await untilTended(world, 'both are vouched for', () =>
    [device, laptop].every((one) => recordOf(device, one)?.vouched !== undefined),
  );
  await meet();
  const root = authorityOf(laptop, session)?.certificate ?? '';
  const { vouched } = recordOf(laptop, laptop) ?? {};
  assert.ok(vouched);
  assert.deepEqual(vouchedBy(root, vouched.certificate, world.clock.wallMs())?.publicKey, publicKeyOf(own));
  assert.deepEqual(vouched.hostNames, ['laptop'], 'names that somebody may own on the internet are left out');
  assert.equal(new X509Certificate(root).subject, 'CN=peerstor of Ada');
});

test('it is vouched again before that ends, for another key and for other names, and else nothing is written', async () => {
  const { world, device, session } = await createPair();
  const catalog = catalogOf(device);
  const bundle = catalog.get('bundle', session.user.id)?.body;
  assert.ok(bundle);
  const { keys } = await openByPassword(bundle, password);
  const nowMs = world.clock.wallMs();
  /** @returns what the device has after an admin looked, so many days from now */
  const tended = async (days: number) => {
    const atMs = nowMs + days * dayMs;
    await tendNetworkAuthority({ catalog, keys, userLocks: new KeyedLock(), clock: { wallMs: () => atMs } });
    return recordOf(device, device)?.vouched?.certificate;
  };
  assert.equal(await tended(0), undefined, 'the device has said nothing yet');
  await say(device, nowMs);
  const first = await tended(0);
  assert.ok(first);
  const writes = catalog.vector()[device.id];
  assert.equal(await tended(59), first);
  assert.equal(catalog.vector()[device.id], writes, 'for two months there was nothing to do');
  const second = await tended(61);
  assert.notEqual(second, first);
  await say(device, nowMs);
  const third = await tended(61);
  assert.notEqual(third, second);
  const body = recordOf(device, device);
  assert.ok(body?.tls);
  const renamed = { ...body, tls: { ...body.tls, hostNames: ['other'] } };
  await catalog.author([{ table: 'device', id: device.id, body: renamed }], device.disk.key);
  assert.notEqual(await tended(61), third);
  assert.deepEqual(recordOf(device, device)?.vouched?.hostNames, ['other']);
});

test('a second admin has the key and vouches without the founder, a member has none, and who is an admin no more loses it', async () => {
  const { world, device, laptop, session, meet } = await createPair();
  const ben = await addUser(device, session, 'ben');
  const eve = await addUser(device, session, 'eve');
  await device.accounts.changeUser(session, userId(ben.user.id), { role: 'admin' });
  await untilTended(world, 'ben has the key', () => authorityOf(device, ben) !== undefined);
  assert.equal(authorityOf(device, eve), undefined);
  assert.equal(authorityOf(device, ben)?.certificate, authorityOf(device, session)?.certificate);
  await device.accounts.changeUser(session, userId(eve.user.id), { role: 'admin' });
  await untilTended(world, 'eve has the key', () => authorityOf(device, eve) !== undefined);
  await device.accounts.changeUser(session, userId(eve.user.id), { role: 'member' });
  await untilTended(world, 'eve has none any more', () => authorityOf(device, eve) === undefined);
  await device.accounts.logout(session.secret);

  await say(laptop, world.clock.wallMs());
  await exchange(device, laptop);
  await meet();
  await untilTended(world, 'ben vouches', () => recordOf(device, laptop)?.vouched !== undefined);
});

test('a demoted admin who knew the key leaves a network with another authority, which every device shows', async () => {
  const { world, device, laptop, session, meet } = await createPair();
  const nowMs = world.clock.wallMs();
  await say(device, nowMs);
  const own = await say(laptop, nowMs, ['laptop']);
  await meet();
  const [ben, eve] = [await addUser(device, session, 'ben'), await addUser(device, session, 'eve')];
  for (const user of [ben, eve]) {
    await device.accounts.changeUser(session, userId(user.user.id), { role: 'admin' });
  }
  await untilTended(world, 'all have the key', () => authorityOf(device, eve) !== undefined);
  await untilTended(world, 'all are vouched for', () => recordOf(device, laptop)?.vouched !== undefined);
  const old = authorityOf(device, session)?.certificate ?? '';
  assert.equal(authorityOf(device, ben)?.certificate, old);
  await device.accounts.changeUser(session, userId(eve.user.id), { role: 'member' });
  await untilTended(world, 'there is another one', () => authorityOf(device, session)?.certificate !== old);
  const root = authorityOf(device, session)?.certificate ?? '';
  assert.equal(authorityOf(device, ben)?.certificate, root);
  assert.equal(authorityOf(device, eve), undefined);
  assert.match(new X509Certificate(root).subject, /^CN=peerstor of Ada \d{4}-\d\d-\d\d$/);
  await meet();
  const vouched = recordOf(laptop, laptop)?.vouched?.certificate ?? '';
  const atMs = world.clock.wallMs();
  assert.deepEqual(vouchedBy(root, vouched, atMs)?.publicKey, publicKeyOf(own));
  assert.equal(vouchedBy(old, vouched, atMs), undefined, 'the old one vouches for nothing');
  const writes = catalogOf(device).vector()[device.id];
  await world.clock.pass(60_000);
  assert.equal(catalogOf(device).vector()[device.id], writes, 'once is enough');
});

test('an admin who demoted nobody replaces the key only after a day, and of two new ones the newer stays', async () => {
  const { world, device, session } = await createPair();
  const catalog = catalogOf(device);
  const ben = await addUser(device, session, 'ben', { role: 'admin' });
  const eve = await addUser(device, session, 'eve', { role: 'admin' });
  await untilTended(world, 'all have the key', () => authorityOf(device, eve) !== undefined);
  const keysOf = async ({ user }: Session) => {
    const bundle = catalog.get('bundle', user.id)?.body;
    assert.ok(bundle);
    return (await openByPassword(bundle, password)).keys;
  };
  const [ada, benKeys] = [await keysOf(session), await keysOf(ben)];
  const old = authorityOf(device, session);
  // Signed by the founder, whose upkeep does not run.
  const body = catalog.get('user', eve.user.id)?.body;
  assert.ok(body && old);
  for (const one of [session, ben, eve]) await device.accounts.logout(one.secret);
  await catalog.author([{ table: 'user', id: eve.user.id, body: { ...body, role: 'member' } }], ada.signing);
  const tend = (keys: typeof ada, afterMs: number) => {
    const wallMs = () => world.clock.wallMs() + afterMs;
    return tendNetworkAuthority({ catalog, keys, userLocks: new KeyedLock(), clock: { wallMs } });
  };
  await tend(benKeys, dayMs / 2);
  assert.equal(authorityOf(device, ben)?.certificate, old.certificate);
  assert.ok(authorityOf(device, eve), 'what she has tells that the key must be replaced');
  await tend(benKeys, 2 * dayMs);
  const newer = authorityOf(device, ben)?.certificate;
  assert.notEqual(newer, old.certificate);
  assert.equal(authorityOf(device, eve), undefined);
  // As if the founder had replaced it, too, apart from ben and before him.
  const adaBody = catalog.get('user', session.user.id)?.body;
  assert.ok(adaBody);
  await catalog.author(
    [{ table: 'user', id: session.user.id, body: { ...adaBody, authority: old } }],
    ada.signing,
  );
  await tend(ada, 2 * dayMs);
  assert.equal(authorityOf(device, ben)?.certificate, newer);
  await tend(benKeys, 2 * dayMs);
  assert.equal(authorityOf(device, session)?.certificate, newer);
});

test('a role that an admin takes away while the key is being sealed does not come back', async () => {
  const { device, session } = await createPair();
  const eve = await addUser(device, session, 'eve');
  const id = userId(eve.user.id);
  await device.accounts.changeUser(session, id, { role: 'admin' });
  const catalog = catalogOf(device);
  const bundle = catalog.get('bundle', session.user.id)?.body;
  assert.ok(bundle);
  const { keys } = await openByPassword(bundle, password);
  const body = catalog.get('user', id)?.body;
  assert.ok(body);
  /** Somebody else is first. */
  class LateLock extends KeyedLock {
    override async run<Result>(names: readonly string[], work: () => Promise<Result>): Promise<Result> {
      await catalog.author([{ table: 'user', id, body: { ...body!, role: 'member' } }], keys.signing);
      return super.run(names, work);
    }
  }
  const clock = { wallMs: () => Date.UTC(2027, 0, 1) };
  await tendNetworkAuthority({ catalog, keys, userLocks: new LateLock(), clock });
  assert.equal(catalog.get('user', id)?.body?.role, 'member');
  assert.equal(authorityOf(device, eve), undefined);
  assert.notEqual(authorityOf(device, session), undefined);
});

test('a device that was removed, or whose key is none, is not vouched for; only names without a dot are', async () => {
  const { world, device, laptop, session, meet } = await createPair();
  await say(laptop, world.clock.wallMs());
  await meet();
  const catalog = catalogOf(device);
  const body = recordOf(device, laptop);
  assert.ok(body?.tls);
  const admin = session.adminSigner();
  const gone = { ...body, state: 'removed', lastSeq: catalog.vector()[laptop.id] ?? 0 } as const;
  await catalog.author([{ table: 'device', id: laptop.id, body: gone }], admin);
  const own = recordOf(device, device);
  assert.ok(own);
  const tls = { name: 'x', publicKey: new Uint8Array(91), hostNames: [] };
  await catalog.author([{ table: 'device', id: device.id, body: { ...own, tls } }], device.disk.key);
  await untilTended(world, 'the authority is there', () => authorityOf(device, session) !== undefined);
  await say(device, world.clock.wallMs());
  await untilTended(
    world,
    'a right key is vouched for',
    () => recordOf(device, device)?.vouched !== undefined,
  );
  assert.equal(recordOf(device, laptop)?.vouched, undefined);
  assert.deepEqual(vouchableNames(['nas', 'nas.example.org', 'a_b', '-a', 'a'.repeat(64), '']), ['nas']);
});
