import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerstorError } from '../../../src/model/errors.ts';
import { silentLog } from '../../../src/model/log.ts';
import { WriteBehind } from '../../../src/replication/database/write-behind.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

function make() {
  const store = new MemoryOrderedStore();
  const clock = new ManualClock();
  return { store, clock, index: new WriteBehind({ store, clock, log: silentLog }) };
}

test('a written value is seen at once and is in the database after a flush', async () => {
  const { store, index } = make();
  index.set('a', bytes(1));
  assert.deepEqual(index.get('a'), bytes(1));
  assert.equal(store.get('a'), undefined);
  await index.flush();
  assert.deepEqual(store.get('a'), bytes(1));
  index.set('a', null);
  assert.equal(index.get('a'), undefined);
  await index.flush();
  assert.equal(store.get('a'), undefined);
});

test('values written in one turn go into one batch', async () => {
  const { store, index } = make();
  const batches: number[] = [];
  const batch = store.batch.bind(store);
  store.batch = (changes) => {
    batches.push(changes.length);
    return batch(changes);
  };
  for (let number = 0; number < 100; number++) index.set(`key ${number}`, bytes(number));
  await index.flush();
  assert.deepEqual(batches, [100]);
});

test('values written while a batch is under way are seen and follow it', async () => {
  const { store, index } = make();
  index.set('a', bytes(1));
  const first = index.flush();
  await Promise.resolve();
  index.set('a', bytes(2));
  assert.deepEqual(index.get('a'), bytes(2));
  await first;
  await index.flush();
  assert.deepEqual(store.get('a'), bytes(2));
});

test('values of several turns share a batch, which begins by itself after a moment', async () => {
  const { store, clock, index } = make();
  const batches: number[] = [];
  const batch = store.batch.bind(store);
  store.batch = (changes) => {
    batches.push(changes.length);
    return batch(changes);
  };
  for (let number = 0; number < 10; number++) {
    index.set(`key ${number}`, bytes(number));
    await clock.pass(1);
  }
  assert.deepEqual(batches, []);
  await clock.pass(100);
  assert.deepEqual(batches, [10]);
});

test('more values than a batch should have do not wait for the moment to pass', async () => {
  const { store, clock, index } = make();
  for (let number = 0; number < 3000; number++) index.set(`key ${number}`, bytes(1));
  await clock.pass(0);
  assert.deepEqual(store.get('key 2999'), bytes(1));
});

test('when the database refuses writes, nothing is lost, the error is reported, and the write is tried again', async () => {
  const { store, clock, index } = make();
  const batch = store.batch.bind(store);
  store.batch = async () => {
    throw new PeerstorError('disk-full', 'no room');
  };
  index.set('a', bytes(1));
  await assert.rejects(index.flush(), { code: 'storage-failed' });
  index.set('a', bytes(2));
  index.set('b', bytes(3));
  store.batch = batch;
  await clock.pass(2000);
  await index.flush();
  assert.deepEqual(store.get('a'), bytes(2));
  assert.deepEqual(store.get('b'), bytes(3));
});

test('pages hold everything that was written before they were asked for', async () => {
  const { index } = make();
  for (let number = 0; number < 2500; number++) index.set(`k${String(number).padStart(5, '0')}`, bytes(1));
  index.set('other', bytes(1));
  const keys: string[] = [];
  for await (const page of index.pages('k', 'l')) keys.push(...page.map(([key]) => key));
  assert.equal(keys.length, 2500);
  assert.deepEqual(keys, keys.toSorted());
});
