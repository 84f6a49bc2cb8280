import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeptBuffers } from '../../src/model/memory.ts';

test('a buffer that is given back is lent again, and only once', () => {
  const kept = new KeptBuffers();
  const first = kept.take(100);
  assert.equal(first.length, 100);
  kept.give(first.subarray(10, 20));
  kept.give(first);
  const [second, third] = [kept.take(5), kept.take(5)];
  assert.equal(second.buffer, first.buffer);
  assert.notEqual(third.buffer, first.buffer);
});

test('bytes that were not lent are left alone', () => {
  const kept = new KeptBuffers();
  const other = new Uint8Array(10);
  kept.give(other);
  assert.ok(!kept.isLent(other));
  assert.notEqual(kept.take(1).buffer, other.buffer);
});
