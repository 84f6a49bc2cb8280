import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from '../../../src/replication/database/slots.ts';

const { signal } = new AbortController();

test('no more than the given number are taken at once, and the first to wait is the first to go on', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const first = await slots.take(signal);
  await slots.take(signal);
  const waiting = [1, 2].map((number) => slots.take(signal).then(() => order.push(number)));
  await Promise.resolve();
  assert.deepEqual(order, []);
  first();
  first();
  await waiting[0];
  assert.deepEqual(order, [1], 'giving back twice counts once');
});

test('a caller that gives up waiting frees its place', async () => {
  const slots = new Slots(1);
  const release = await slots.take(signal);
  const ending = new AbortController();
  const given = slots.take(ending.signal);
  ending.abort(new Error('gone'));
  await assert.rejects(given, /gone/);
  release();
  (await slots.take(signal))();
  assert.equal(slots.free, 1);
});
