import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { decryptChunk, encryptInPlace } from '../../../src/crypto/chunks/chunk-cipher.ts';
import { asideBytesMin } from '../../../src/crypto/hash.ts';
import {
  chunkIdOf,
  matchesId,
  newKey,
  openChunk,
  openChunkInPlace,
  sealChunk,
  sha256,
} from '../../../src/crypto/index.ts';
import { chunkId, fromHex, toHex } from '../../../src/model/ids.ts';
import { chunkBytesMax, sealedChunkBytesMax, sealOverheadBytes } from '../../../src/model/limits.ts';
import { inside, ramp, spoiled, vectors } from '../vectors.ts';

const corrupt = { code: 'chunk-corrupt' };

interface Row {
  dedupeSecret: string;
  payload: string | { rampLength: number; rampStart: number };
  key: string;
  id: string;
  bytes?: string;
}

test('the vectors are sealed to the very same bytes, and open again', async () => {
  for (const row of vectors<Row[]>('chunk')) {
    const { payload: given } = row;
    const payload = typeof given === 'string' ? fromHex(given) : ramp(given.rampLength, given.rampStart);
    const { id, key, bytes, payloadHash } = await sealChunk(fromHex(row.dedupeSecret), payload);
    assert.deepEqual(payloadHash, sha256(payload));
    assert.equal(toHex(key), row.key);
    if (row.bytes !== undefined) assert.equal(toHex(bytes), row.bytes);
    assert.equal(id, row.id);
    assert.deepEqual(await openChunk(key, bytes), payload);
  }
});

test('what was sealed opens again, from any place in memory', async () => {
  const secret = newKey();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3000 }), async (payload) => {
      const { id, key, bytes } = await sealChunk(secret, inside(payload));
      assert.equal(bytes.length, payload.length - 1 + sealOverheadBytes);
      assert.equal(id, toHex(sha256(bytes)));
      assert.deepEqual(await openChunk(key, inside(bytes)), payload);
    }),
    { numRuns: 40 },
  );
});

test('the same secret and payload make the same chunk; another secret or payload, another key and id', async () => {
  const secret = newKey();
  const payload = ramp(5000, 1);
  const first = await sealChunk(secret, payload);
  const again = await sealChunk(secret, new Uint8Array(payload));
  assert.deepEqual(again, first);
  for (const other of [await sealChunk(newKey(), payload), await sealChunk(secret, spoiled(payload, 4999))]) {
    assert.notEqual(other.id, first.id);
    assert.notDeepEqual(other.key, first.key);
  }
});

test('the largest payload fits, one byte more does not', async () => {
  const { bytes, key } = await sealChunk(newKey(), new Uint8Array(chunkBytesMax + 1));
  assert.equal(bytes.length, sealedChunkBytesMax);
  assert.equal((await openChunk(key, bytes)).length, chunkBytesMax + 1);
  await assert.rejects(sealChunk(newKey(), new Uint8Array(chunkBytesMax + 2)), { code: 'too-large' });
  await assert.rejects(sealChunk(newKey(), new Uint8Array(0)), { code: 'bad-input' });
});

test('turning over any bit of any byte is refused', async () => {
  const { key, bytes } = await sealChunk(newKey(), ramp(20, 0));
  await assert.rejects(openChunk(key, spoiled(bytes, 0)), { code: 'unsupported-format' });
  for (let index = 1; index < bytes.length; index++) {
    await assert.rejects(openChunk(key, spoiled(bytes, index)), corrupt);
  }
});

test('chunks worked on beside the event loop and at once have one format and one verdict', async () => {
  const key = newKey();
  const header = Uint8Array.of(1);
  for (const length of [asideBytesMin - 17, asideBytesMin - 16, asideBytesMin - 1, asideBytesMin]) {
    const payload = ramp(length, 5);
    const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12)).setAAD(header);
    const expected = Buffer.concat([header, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
    const bytes = inside(new Uint8Array([0, ...payload, ...new Uint8Array(16)]));
    encryptInPlace(key, header, bytes, length);
    assert.equal(Buffer.compare(bytes, expected), 0);
    assert.deepEqual(await openChunk(key, inside(bytes)), payload);
    for (const index of [1, 2, 40_000, length, length + 1, length + 16]) {
      await assert.rejects(openChunk(key, spoiled(bytes, index)), corrupt);
    }
    await assert.rejects(decryptChunk(key, Uint8Array.of(2), bytes.subarray(1)));
  }
});

test('another key and cut or overlong bytes are refused', async () => {
  const { key, bytes } = await sealChunk(newKey(), ramp(20, 0));
  await assert.rejects(openChunk(newKey(), bytes), corrupt);
  await assert.rejects(openChunk(key.subarray(1), bytes), corrupt);
  for (let length = 0; length < bytes.length; length++) {
    await assert.rejects(openChunk(key, bytes.subarray(0, length)), corrupt);
  }
});

test('a chunk beyond the largest is refused even if its tag fits', async () => {
  const key = newKey();
  const cipher = createCipheriv('aes-256-gcm', key, new Uint8Array(12)).setAAD(Uint8Array.of(1));
  const ciphertext = cipher.update(new Uint8Array(chunkBytesMax + 2));
  cipher.final();
  const overlong = new Uint8Array(Buffer.concat([Uint8Array.of(1), ciphertext, cipher.getAuthTag()]));
  await assert.rejects(openChunk(key, overlong), corrupt);
});

test('a chunk is matched with the id of its bytes and no other', async () => {
  const { id, bytes } = await sealChunk(newKey(), ramp(100_000, 0));
  assert.equal(await chunkIdOf(inside(bytes)), id);
  assert.equal(await matchesId(id, bytes), true);
  assert.equal(await matchesId(id, spoiled(bytes, 99_000)), false);
  assert.equal(await matchesId(chunkId('0'.repeat(64)), bytes), false);
});

test('the memory that is handed out belongs to the chunk alone', async () => {
  const { key, bytes } = await sealChunk(newKey(), ramp(100, 0));
  assert.equal(bytes.buffer.byteLength, bytes.length);
  assert.equal(key.buffer.byteLength, 32);
  const payload = await openChunk(key, bytes);
  assert.equal(payload.buffer.byteLength, 100);
});

test('a chunk opens in its own place to the same payload, and not where a byte was changed', async () => {
  for (const length of [1, 1000, 64 * 1024, 64 * 1024 + 1, 300_000]) {
    const payload = new Uint8Array(length).map((_, index) => index * 7);
    const { key, bytes } = await sealChunk(newKey(), payload);
    const place = inside(bytes);
    const opened = openChunkInPlace(key, place);
    assert.deepEqual(Buffer.from(opened), Buffer.from(payload));
    assert.equal(opened.buffer, place.buffer);
    for (const index of [1, bytes.length >> 1, bytes.length - 1]) {
      assert.throws(() => openChunkInPlace(key, spoiled(bytes, index)), { code: 'chunk-corrupt' });
    }
  }
});
