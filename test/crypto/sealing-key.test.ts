import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newSealingKey, openFrom, sealingKeyFromSeed, sealTo } from '../../src/crypto/index.ts';
import { suite } from '../../src/crypto/sealing-key.ts';
import { fromHex, toHex } from '../../src/model/ids.ts';
import { inside, spoiled, vectors } from './vectors.ts';

const forbidden = { code: 'forbidden' };

interface Row {
  secretKey: string;
  publicKey: string;
  plain: string;
  sealed: string;
}
const rows = vectors<{ cfrg: Row & { info: string; aad: string }; ours: (Row & { label: string })[] }>(
  'sealing-key',
);

test('our suite opens the vector of RFC 9180', async () => {
  const { secretKey, info, aad, plain, sealed } = rows.cfrg;
  const recipientKey = await suite.kem.importKey('raw', fromHex(secretKey).buffer, false);
  const enc = fromHex(sealed).subarray(0, 32);
  const opened = await suite.open(
    { recipientKey, enc, info: fromHex(info) },
    fromHex(sealed).subarray(32),
    fromHex(aad),
  );
  assert.equal(Buffer.from(opened).toString('hex'), plain);
});

test('what another implementation sealed opens', async () => {
  for (const { secretKey, label, plain, sealed } of rows.ours) {
    assert.equal(toHex(await openFrom(fromHex(secretKey), label, inside(fromHex(sealed)))), plain);
  }
});

test('what was sealed to a key opens with it', async () => {
  const { publicKey, secretKey } = newSealingKey();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (plain) => {
      const sealed = await sealTo(inside(publicKey), 'grant/1', inside(plain));
      assert.equal(sealed.length, plain.length + 48);
      assert.deepEqual(await openFrom(inside(secretKey), 'grant/1', inside(sealed)), plain);
    }),
    { numRuns: 20 },
  );
});

test('another key, another label, cut bytes and any turned bit are refused', async () => {
  const { publicKey, secretKey } = newSealingKey();
  const sealed = await sealTo(publicKey, 'grant/1', new Uint8Array(4));
  await assert.rejects(openFrom(newSealingKey().secretKey, 'grant/1', sealed), forbidden);
  await assert.rejects(openFrom(secretKey, 'grant/2', sealed), forbidden);
  await assert.rejects(openFrom(secretKey.subarray(1), 'grant/1', sealed), forbidden);
  for (const length of [0, 1, 32, 47, 51]) {
    await assert.rejects(openFrom(secretKey, 'grant/1', sealed.subarray(0, length)), forbidden);
  }
  for (let index = 0; index < sealed.length; index++) {
    await assert.rejects(openFrom(secretKey, 'grant/1', spoiled(sealed, index)), forbidden);
  }
});

test('nothing is sealed to what is no public key, or to one that gives the secret away', async () => {
  const one = new Uint8Array(32);
  one[0] = 1;
  for (const publicKey of [
    new Uint8Array(0),
    new Uint8Array(31),
    new Uint8Array(33),
    new Uint8Array(32),
    one,
  ]) {
    await assert.rejects(sealTo(publicKey, 'grant/1', new Uint8Array(4)), { code: 'bad-input' });
  }
});

test('the public key belongs to the secret key', () => {
  const pair = newSealingKey();
  assert.equal(pair.publicKey.length, 32);
  assert.notDeepEqual(newSealingKey().publicKey, pair.publicKey);
});

test('a key that is made from its secret is the pair of the vector of RFC 9180', () => {
  for (const { secretKey, publicKey } of [rows.cfrg, ...rows.ours]) {
    const key = sealingKeyFromSeed(fromHex(secretKey));
    assert.equal(toHex(key.publicKey), publicKey);
    assert.equal(toHex(key.secretKey), secretKey);
  }
  assert.throws(() => sealingKeyFromSeed(new Uint8Array(31)));
});
