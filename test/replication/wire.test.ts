import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chunkBuffers } from '../../src/model/chunk-buffers.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import { chunkId, deviceId, toHex } from '../../src/model/ids.ts';
import * as wire from '../../src/replication/wire.ts';

const someId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => chunkId(toHex(bytes)));
const someKey = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const someStamp = fc.record(
  {
    feed: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(toHex),
    batch: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  },
  { noNullPrototype: true },
);
const someBuckets = fc.uniqueArray(fc.integer({ min: 0, max: 4095 }), { minLength: 1, maxLength: 20 });

test('a chunk in a buffer of uploads is sent from where it lies, with its id before it', () => {
  const id = chunkId('ab'.repeat(32));
  const sealed = chunkBuffers.take().subarray(0, 1000).fill(7);
  const body = wire.putInPlace(id, sealed);
  assert.equal(body?.buffer, sealed.buffer);
  assert.deepEqual(body && wire.readPut(body), { id, bytes: sealed });
  chunkBuffers.give(sealed);
  assert.equal(wire.putInPlace(id, sealed), undefined);
  assert.equal(wire.putInPlace(id, new Uint8Array(100)), undefined);
});

test('every message is read as it was written', () => {
  fc.assert(
    fc.property(
      someId,
      fc.uint8Array({ minLength: 1, maxLength: 50 }),
      fc.array(someId, { minLength: 1, maxLength: 9 }),
      someStamp,
      fc.boolean(),
      fc.array(fc.record({ key: someKey, present: fc.boolean() }, { noNullPrototype: true }), {
        maxLength: 9,
      }),
      someBuckets,
      (id, bytes, ids, stamp, overflow, changes, buckets) => {
        assert.deepEqual(wire.readPut(wire.writePut(id, bytes)), { id, bytes });
        const relay = { id, device: deviceId(ids[0] ?? id) };
        assert.deepEqual(wire.readRelay(wire.writeRelay(relay)), relay);
        assert.deepEqual(wire.readIds(wire.writeIds(ids), 9), ids);
        const delta = { ...stamp, overflow, changes };
        assert.deepEqual(wire.readDelta(wire.writeDelta(delta)), delta);
        assert.deepEqual(wire.readBucketNumbers(wire.writeBucketNumbers(buckets)), buckets);
        const keys = changes.map(({ key }) => key);
        const lists = buckets.map((bucket) => ({ bucket, keys }));
        assert.deepEqual(wire.readBuckets(wire.writeBuckets(stamp, lists)), { stamp, buckets: lists });
      },
    ),
  );
});

test('answers to a push are read as they were written', () => {
  for (const answer of ['stored', 'present', 'full', 'busy'] as const) {
    assert.equal(wire.readPutAnswer(wire.writePutAnswer(answer)), answer);
  }
});

test('malformed messages are refused with a code and never crash a reader', () => {
  const readers: ((bytes: Uint8Array) => unknown)[] = [
    wire.readPut,
    wire.readPutAnswer,
    wire.readRelay,
    (bytes) => wire.readIds(bytes, 3),
    (bytes) => wire.readHaveAnswer(bytes, 3),
    wire.readDelta,
    wire.readDigests,
    wire.readBucketNumbers,
    wire.readBuckets,
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      for (const read of readers) {
        try {
          read(bytes);
        } catch (error) {
          assert.ok(isPeerstorError(error, 'bad-frame'), String(error));
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('a chunk that is too large is refused', () => {
  const body = new Uint8Array(32 + 1024 * 1024 + 19);
  assert.throws(
    () => wire.readPut(body),
    (error) => isPeerstorError(error, 'too-large'),
  );
});
