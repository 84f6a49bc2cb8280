import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from '../../../src/crypto/index.ts';
import { PasswordTries } from '../../../src/drive/users/password-tries.ts';
import { isPeerstorError, PeerstorError } from '../../../src/model/errors.ts';
import { passwordTriesPerHour } from '../../../src/model/limits.ts';
import { MemoryOrderedStore } from '../../../src/store/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const wrong = async (): Promise<never> => {
  throw new PeerstorError('wrong-password', 'no');
};
const isWrong = (error: unknown) => isPeerstorError(error, 'wrong-password');
const triesOf = (clock: ManualClock) => new PasswordTries(new MemoryOrderedStore(), clock);
const isTooMany = (error: unknown) => isPeerstorError(error, 'too-many-tries');

async function fail(tries: PasswordTries, from: string, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1)
    await assert.rejects(tries.run(from, wrong, isWrong), isWrong);
}

test('after nine wrong passwords an address waits until the first is an hour old', async () => {
  const clock = new ManualClock();
  const tries = triesOf(clock);
  await fail(tries, 'here', 1);
  await clock.pass(600_000);
  await fail(tries, 'here', passwordTriesPerHour - 1);
  await assert.rejects(
    tries.run('here', async () => 'right', isWrong),
    (error) => isTooMany(error) && isPeerstorError(error) && error.details.retryAfterS === 3000,
  );
  assert.equal(await tries.run('elsewhere', async () => 'right', isWrong), 'right');
  await clock.pass(3_000_001);
  assert.equal(await tries.run('here', async () => 'right', isWrong), 'right');
});

test('right passwords and other failures cost nothing, and forgive nothing', async () => {
  const tries = triesOf(new ManualClock());
  await fail(tries, 'here', passwordTriesPerHour - 1);
  for (let count = 0; count < 20; count += 1) await tries.run('here', async () => 1, isWrong);
  const broken = async () => {
    throw new Error('disk');
  };
  for (let count = 0; count < 20; count += 1)
    await assert.rejects(tries.run('here', broken, isWrong), /disk/);
  await fail(tries, 'here', 1);
  await assert.rejects(tries.run('here', wrong, isWrong), isTooMany);
});

test('many tries at once are not more than the limit', async () => {
  const tries = triesOf(new ManualClock());
  let checked = 0;
  const check = async () => {
    checked += 1;
    await Promise.resolve();
    return wrong();
  };
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, () => tries.run('here', check, isWrong)),
  );
  assert.equal(checked, passwordTriesPerHour);
  assert.equal(outcomes.filter((one) => one.status === 'rejected' && isTooMany(one.reason)).length, 41);
});

test('tries that many share run in turn once many were wrong, and none is shut out', async () => {
  const clock = new ManualClock();
  const tries = triesOf(clock);
  const slowed = (check: () => Promise<string>) => tries.slowed('link', check, isWrong, 5);
  for (let count = 0; count < 5; count += 1) await assert.rejects(slowed(wrong), isWrong);
  const done: string[] = [];
  const right = async () => 'right';
  const turns = ['a', 'b', 'c'].map((name) => slowed(right).then(() => done.push(name)));
  await clock.pass(300);
  assert.deepEqual(done, ['a', 'b']);
  await clock.pass(300);
  await Promise.all(turns);
  assert.deepEqual(done, ['a', 'b', 'c']);
});

test('of tries that many share, only about a minute may wait', async () => {
  const clock = new ManualClock();
  const tries = triesOf(clock);
  const slowed = () => tries.slowed('link', wrong, isWrong, 0);
  const outcomes: boolean[] = [];
  const started = Array.from({ length: 300 }, () =>
    slowed().catch((error: unknown) => {
      outcomes.push(isTooMany(error));
    }),
  );
  await clock.pass(80_000);
  await Promise.all(started);
  assert.ok(outcomes.includes(true) && outcomes.includes(false));
});

test('a restart forgives no wrong password of the last hour, and keeps none for longer', async () => {
  const clock = new ManualClock();
  const store = new MemoryOrderedStore();
  const rows = async () => (await Array.fromAsync(store.range({ gte: '', lt: '\xff' }))).length;
  const first = new PasswordTries(store, clock);
  await fail(first, '192.0.2.1', passwordTriesPerHour);
  await fail(first, 'link ähm', 3);
  await clock.pass(1_000_000);
  const second = new PasswordTries(store, clock);
  await assert.rejects(second.run('192.0.2.1', wrong, isWrong), isTooMany);
  await fail(second, 'link ähm', passwordTriesPerHour - 3);
  await assert.rejects(second.run('link ähm', wrong, isWrong), isTooMany);
  assert.equal(await rows(), 2);
  await clock.pass(3_600_001);
  const third = new PasswordTries(store, clock);
  assert.equal(await third.run('192.0.2.1', async () => 'right', isWrong), 'right');
  assert.equal(await rows(), 0);
});

test('a try is on disk before its password is checked, so that killing the device gives none back', async () => {
  const store = new MemoryOrderedStore();
  const clock = new ManualClock();
  const killed = new PasswordTries(store, clock);
  const never = () => new Promise<never>(() => undefined);
  for (let count = 0; count < passwordTriesPerHour; count += 1) void killed.run('here', never, isWrong);
  const tries = () => decode(store.get('there') ?? encode([]));
  await until('each try is on disk', () => {
    const kept = tries();
    return Array.isArray(kept) && kept.length === passwordTriesPerHour;
  });
  await assert.rejects(new PasswordTries(store, clock).run('here', wrong, isWrong), isTooMany);
});

test('a damaged row is no reason to keep anybody out', async () => {
  const store = new MemoryOrderedStore();
  await store.batch([
    { key: 'there', value: Buffer.from('no CBOR') },
    { key: 'tyonder', value: Buffer.from([0x80]) },
  ]);
  const tries = new PasswordTries(store, new ManualClock());
  assert.equal(await tries.run('here', async () => 'right', isWrong), 'right');
});
