import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPasswordKdf, type PasswordKdf, passwordKey } from '../../src/crypto/index.ts';
import { fromHex, toHex } from '../../src/model/ids.ts';
import { vectors } from './vectors.ts';

const cheap = { memoryKiB: 8, passes: 1 };

interface Row {
  password: string;
  kdf: { name: 'argon2id'; memoryKiB: number; passes: number; parallelism: number; salt: string };
  key: string;
}

test('the vectors give the keys that another implementation gives', async () => {
  for (const { password, kdf, key } of vectors<Row[]>('password')) {
    assert.equal(toHex(await passwordKey(password, { ...kdf, salt: fromHex(kdf.salt) })), key);
  }
});

test('an accent typed as one or as two characters is the same password', async () => {
  const kdf = newPasswordKdf(cheap);
  assert.deepEqual(await passwordKey('Cr\u00e8me', kdf), await passwordKey('Cre\u0300me', kdf));
});

test('another password, salt or cost is another key', async () => {
  const kdf = newPasswordKdf(cheap);
  const key = await passwordKey('password', kdf);
  assert.deepEqual(await passwordKey('password', kdf), key);
  const others = [
    await passwordKey('passwore', kdf),
    await passwordKey('password', newPasswordKdf(cheap)),
    await passwordKey('password', { ...kdf, passes: 2 }),
    await passwordKey('password', { ...kdf, memoryKiB: 16 }),
  ];
  for (const other of others) assert.notDeepEqual(other, key);
});

test('the default costs 64 MiB and three passes, with a fresh salt', () => {
  const { salt, ...cost } = newPasswordKdf();
  assert.deepEqual(cost, { name: 'argon2id', memoryKiB: 65536, passes: 3, parallelism: 1 });
  assert.equal(salt.length, 16);
  assert.notDeepEqual(newPasswordKdf().salt, salt);
});

test('parameters out of bounds are refused before any work', async () => {
  const kdf = newPasswordKdf(cheap);
  const wrong: Partial<PasswordKdf>[] = [
    { memoryKiB: 2 ** 21 },
    { memoryKiB: 7 },
    { memoryKiB: 8.5 },
    { passes: 0 },
    { passes: 1000 },
    { parallelism: 0 },
    { parallelism: 17, memoryKiB: 1024 },
    { salt: new Uint8Array(8) },
    { salt: new Uint8Array(65) },
  ];
  for (const change of wrong) {
    await assert.rejects(passwordKey('password', { ...kdf, ...change }), { code: 'bad-record' });
  }
});
