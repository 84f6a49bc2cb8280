import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newKey, open, seal, sealBytesAdded } from '../../src/crypto/index.ts';
import { fromHex, toHex } from '../../src/model/ids.ts';
import { inside, spoiled, vectors } from './vectors.ts';

const forbidden = { code: 'forbidden', message: 'This cannot be opened with this key.' };

interface Row {
  key: string;
  label: string;
  plain: string;
  sealed: string;
}

test('what the vectors sealed opens to what they say', () => {
  for (const { key, label, plain, sealed } of vectors<Row[]>('seal')) {
    assert.equal(toHex(open(fromHex(key), label, fromHex(sealed))), plain);
  }
});

test('what was sealed opens again, from any place in memory', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 300 }),
      (key, plain) => {
        const sealed = seal(key, 'test/1', inside(plain));
        assert.equal(sealed.length, plain.length + sealBytesAdded);
        assert.deepEqual(open(key, 'test/1', inside(sealed)), plain);
      },
    ),
  );
});

test('turning over any bit of any byte is refused', () => {
  const key = newKey();
  const sealed = seal(key, 'test/1', new Uint8Array(20));
  for (let index = 0; index < sealed.length; index++) {
    assert.throws(() => open(key, 'test/1', spoiled(sealed, index)), forbidden);
  }
});

test('another key, another label and cut bytes are refused', () => {
  const key = newKey();
  const sealed = seal(key, 'test/1', new Uint8Array(20));
  assert.throws(() => open(newKey(), 'test/1', sealed), forbidden);
  assert.throws(() => open(key, 'test/2', sealed), forbidden);
  assert.throws(() => open(key.subarray(1), 'test/1', sealed), forbidden);
  for (let length = 0; length < sealed.length; length++) {
    assert.throws(() => open(key, 'test/1', sealed.subarray(0, length)), forbidden);
  }
});

test('sealing twice never gives the same bytes', () => {
  const key = newKey();
  const plain = new Uint8Array(0);
  assert.notDeepEqual(seal(key, 'test/1', plain), seal(key, 'test/1', plain));
});

test('a key of another length is our own mistake', () => {
  assert.throws(() => seal(new Uint8Array(16), 'test/1', new Uint8Array(1)), /broken invariant/);
});
