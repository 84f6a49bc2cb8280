import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createSha256,
  equalBytes,
  hkdf,
  hmacSha256,
  randomBytes,
  randomId16,
  sha256,
  sha256Async,
} from '../../src/crypto/index.ts';
import { fromHex, toHex } from '../../src/model/ids.ts';
import { inside, ramp, vectors } from './vectors.ts';

const abc = new TextEncoder().encode('abc');
const abcHash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('sha256 gives the hash of FIPS 180-4 as a plain Uint8Array', async () => {
  assert.equal(toHex(sha256(abc)), abcHash);
  assert.equal(toHex(await sha256Async(abc)), abcHash);
  assert.equal(Object.getPrototypeOf(sha256(abc)), Uint8Array.prototype);
  assert.equal(sha256(abc).buffer.byteLength, 32);
});

test('large input hashes the same beside the event loop, whole and in pieces', async () => {
  const bytes = ramp(200_000, 3);
  const pieces = createSha256();
  for (let offset = 0; offset < bytes.length; offset += 7777)
    pieces.update(bytes.subarray(offset, offset + 7777));
  assert.deepEqual(await sha256Async(inside(bytes)), sha256(bytes));
  assert.deepEqual(pieces.digest(), sha256(bytes));
});

test('hmacSha256 gives RFC 4231 test case 2', () => {
  const mac = hmacSha256(
    new TextEncoder().encode('Jefe'),
    new TextEncoder().encode('what do ya want for nothing?'),
  );
  assert.equal(toHex(mac), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
});

interface Derivation {
  key: string;
  label: string;
  context: string;
  length: number;
  derived: string;
}

test('hkdf derives what the vectors say', () => {
  for (const { key, label, context, length, derived } of vectors<Derivation[]>('derivation')) {
    assert.equal(toHex(hkdf(fromHex(key), label, fromHex(context), length)), derived);
  }
});

test('hkdf is extract and expand of RFC 5869', () => {
  const key = ramp(32, 9);
  const mac = (secret: Uint8Array, bytes: Uint8Array) => createHmac('sha256', secret).update(bytes).digest();
  const extracted = mac(new Uint8Array(32), key);
  assert.equal(toHex(hkdf(key, 'x')), toHex(mac(extracted, Buffer.from('x\0\x01'))));
});

test('label and context cannot be shifted into one another', () => {
  const key = ramp(32, 0);
  const text = (letters: string) => new TextEncoder().encode(letters);
  assert.notDeepEqual(hkdf(key, 'a', text('bc')), hkdf(key, 'ab', text('c')));
  assert.throws(() => hkdf(key, 'a\0b'), /label/);
  assert.throws(() => hkdf(key, ''), /label/);
  assert.throws(() => hkdf(text('short'), 'a'), /16 bytes/);
});

test('equalBytes is true exactly for equal bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }), (a, b) => {
      assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0);
      assert.equal(equalBytes(a, new Uint8Array(a)), true);
    }),
  );
});

test('random bytes and ids have their length and do not repeat', () => {
  assert.equal(randomBytes(12).length, 12);
  assert.equal(randomBytes(12).buffer.byteLength, 12);
  assert.match(randomId16(), /^[0-9a-f]{32}$/);
  assert.notEqual(randomId16(), randomId16());
});
