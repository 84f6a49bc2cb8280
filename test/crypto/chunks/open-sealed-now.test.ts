import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newSealingKey, openFrom, openFromNow, sealTo } from '../../../src/crypto/index.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';

test('what the library seals to a public key opens at once as well', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.string({ minLength: 1 }), async (plain, label) => {
      const { publicKey, secretKey } = newSealingKey();
      const sealed = await sealTo(publicKey, label, plain);
      assert.deepEqual(Buffer.from(openFromNow(secretKey, label, sealed)), Buffer.from(plain));
      assert.deepEqual(Buffer.from(await openFrom(secretKey, label, sealed)), Buffer.from(plain));
    }),
    { numRuns: 50 },
  );
});

test('another key, label or byte opens nothing', async () => {
  const { publicKey, secretKey } = newSealingKey();
  const sealed = await sealTo(publicKey, 'drop/1', new Uint8Array(32));
  const isForbidden = (error: unknown) => isPeerstorError(error, 'forbidden');
  assert.throws(() => openFromNow(newSealingKey().secretKey, 'drop/1', sealed), isForbidden);
  assert.throws(() => openFromNow(secretKey, 'drop/2', sealed), isForbidden);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => openFromNow(secretKey, 'drop/1', changed), isForbidden);
  }
  for (const length of [0, 31, 32, 47, 48]) {
    assert.throws(() => openFromNow(secretKey, 'drop/1', sealed.subarray(0, length)), isForbidden);
  }
});
