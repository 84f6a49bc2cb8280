import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RepairQueue } from '../../../src/replication/repair/repair-queue.ts';

test('chunks with the fewest copies come first, and give way last when there is no room', () => {
  const queue = new RepairQueue();
  for (let number = 0; number < 50_000; number++) queue.add({ key: `two ${number}`, bytes: 2, copies: 2 });
  queue.add({ key: 'one', bytes: 1, copies: 1 });
  assert.deepEqual([queue.length, queue.bytes], [50_000, 99_999]);
  assert.equal(queue.take()?.key, 'one');
  assert.equal(queue.take()?.copies, 2);
  assert.deepEqual([queue.length, queue.bytes], [49_998, 99_996]);
  queue.clear();
  assert.equal(queue.take(), undefined);
  assert.deepEqual([queue.length, queue.bytes], [0, 0]);
});
