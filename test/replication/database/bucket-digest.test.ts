import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idKey } from '../../../src/model/contracts/ordered-store.ts';
import {
  BucketDigests,
  bucketCount,
  bucketOf,
  bucketStart,
  digestBytes,
} from '../../../src/replication/database/bucket-digest.ts';
import { chunkNumber } from '../support/fixtures.ts';

const key = (number: number) => idKey(chunkNumber(number));
const someNumbers = fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { maxLength: 30 });

function digestsOf(numbers: readonly number[]): BucketDigests {
  const digests = new BucketDigests();
  for (const number of numbers) digests.toggle(key(number), true);
  return digests;
}

test('exactly the buckets with different chunks differ', () => {
  fc.assert(
    fc.property(someNumbers, someNumbers, (a, b) => {
      const differing = digestsOf(a).differing(digestsOf(b).toBytes());
      const either = [...a.filter((n) => !b.includes(n)), ...b.filter((n) => !a.includes(n))];
      const expected = new Set(either.map((number) => bucketOf(key(number))));
      assert.deepEqual(new Set(differing), expected);
    }),
  );
});

test('the order of chunks does not change the digest, and a removed chunk leaves no trace', () => {
  fc.assert(
    fc.property(someNumbers, someNumbers, (numbers, others) => {
      const digests = digestsOf(others);
      for (const number of numbers) digests.toggle(key(number), true);
      for (const number of others) digests.toggle(key(number), false);
      assert.deepEqual(digests.toBytes(), digestsOf(numbers.toReversed()).toBytes());
    }),
  );
});

test('digests are 48 KiB, and a bucket is written and read back as it is', () => {
  const digests = digestsOf([1, 2, 3]);
  assert.equal(digestBytes, 48 * 1024);
  const copy = new BucketDigests();
  for (let bucket = 0; bucket < bucketCount; bucket++) copy.writeBucket(bucket, digests.readBucket(bucket));
  assert.deepEqual(copy.toBytes(), digests.toBytes());
});

test('a spoiled bucket differs from any list until it is replaced', () => {
  const digests = digestsOf([1]);
  const bucket = bucketOf(key(1));
  digests.spoil(bucket);
  assert.deepEqual(digests.differing(digestsOf([1]).toBytes()), [bucket]);
  digests.clear(bucket);
  digests.toggle(key(1), true);
  assert.deepEqual(digests.differing(digestsOf([1]).toBytes()), []);
});

test('the keys of a bucket are those between its start and the next', () => {
  for (let number = 0; number < 500; number++) {
    const bucket = bucketOf(key(number));
    assert.ok(bucketStart(bucket) <= key(number) && key(number) < bucketStart(bucket + 1));
  }
});
