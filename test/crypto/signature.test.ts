import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { newSigningKey, signingKeyFromSeed, verify, verifyAsync } from '../../src/crypto/index.ts';
import { fromHex, toHex } from '../../src/model/ids.ts';
import { inside, ramp, spoiled, vectors } from './vectors.ts';

interface Row {
  seed: string;
  principal: string;
  message: string;
  signature: string;
}

test('the vectors of RFC 8032 are signed and verified', async () => {
  for (const { seed, principal, message, signature } of vectors<Row[]>('signature')) {
    const key = signingKeyFromSeed(fromHex(seed));
    assert.equal(key.principal, principal);
    assert.equal(toHex(key.publicKey), principal);
    assert.equal(toHex(key.sign(fromHex(message))), signature);
    assert.equal(verify(principal, fromHex(message), fromHex(signature)), true);
    assert.equal(await verifyAsync(principal, fromHex(message), fromHex(signature)), true);
  }
});

test('what a key signs verifies under its principal only, from any place in memory', () => {
  const key = newSigningKey();
  const other = newSigningKey();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const signature = key.sign(inside(bytes));
      assert.equal(verify(key.principal, inside(bytes), inside(signature)), true);
      assert.equal(verify(other.principal, bytes, signature), false);
      assert.equal(verify(key.principal, Uint8Array.from([...bytes, 0]), signature), false);
    }),
    { numRuns: 30 },
  );
});

test('a spoiled message, signature or key is false, never an error', async () => {
  const key = newSigningKey();
  const message = ramp(40, 0);
  const signature = key.sign(message);
  const wrong: [string, Uint8Array, Uint8Array][] = [
    [key.principal, spoiled(message, 3), signature],
    [key.principal, message, signature.subarray(1)],
    [key.principal, message, new Uint8Array(0)],
    [key.principal.toUpperCase(), message, signature],
    [key.principal.slice(2), message, signature],
    ['ff'.repeat(32), message, signature],
    ['', message, signature],
  ];
  for (let index = 0; index < 64; index++) wrong.push([key.principal, message, spoiled(signature, index)]);
  for (const [principal, bytes, mark] of wrong) {
    assert.equal(verify(principal, bytes, mark), false);
    assert.equal(await verifyAsync(principal, bytes, mark), false);
  }
});

test('a key of small order, for which anyone could sign, verifies nothing', () => {
  const ones = (first: string, last: string) => `${first}${'ff'.repeat(30)}${last}`;
  const notCanonical = [ones('ee', '7f'), ones('ee', 'ff'), ones('ed', '7f'), ones('ed', 'ff')];
  for (const principal of [...ED25519_TORSION_SUBGROUP, ...notCanonical]) {
    for (const point of ED25519_TORSION_SUBGROUP) {
      const signature = new Uint8Array(64);
      signature.set(fromHex(point));
      for (let message = 0; message < 8; message++) {
        assert.equal(verify(principal, Uint8Array.of(message), signature), false);
      }
    }
  }
});

test('a signature whose number was raised by the group order is refused', () => {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const key = signingKeyFromSeed(ramp(32, 1));
  const signature = key.sign(new Uint8Array(1));
  const number = BigInt(`0x${toHex(signature.slice(32).reverse())}`) + order;
  const raised = new Uint8Array(signature);
  raised.set(fromHex(number.toString(16).padStart(64, '0')).reverse(), 32);
  assert.equal(verify(key.principal, new Uint8Array(1), raised), false);
});

test('the same seed makes the same key, and printing a key does not show it', () => {
  const key = newSigningKey();
  assert.equal(signingKeyFromSeed(key.seed).principal, key.principal);
  assert.notEqual(newSigningKey().principal, key.principal);
  assert.doesNotMatch(inspect(key, { depth: 9 }) + JSON.stringify(key), /seed/);
  assert.throws(() => signingKeyFromSeed(new Uint8Array(31)), /broken invariant/);
});
