import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReadCache } from '../../../src/store/level/read-cache.ts';

/** A database of one value that counts how often it is asked. */
function counted(value: Uint8Array | undefined) {
  const asked = { times: 0, value };
  return {
    asked,
    read: () => {
      asked.times += 1;
      return asked.value;
    },
  };
}

describe('the cache of read rows', () => {
  it('asks the database once for a value, and once for an absent one', () => {
    const cache = new ReadCache();
    for (const value of [new Uint8Array([1]), undefined]) {
      const { asked, read } = counted(value);
      const key = String(value);
      assert.deepEqual(cache.get(key, read), value);
      assert.deepEqual(cache.get(key, read), value);
      assert.equal(asked.times, 1);
    }
  });

  it('asks anew while a batch writes the key and after it, whichever value was read meanwhile', () => {
    const cache = new ReadCache();
    const { asked, read } = counted(new Uint8Array([1]));
    cache.get('key', read);
    const first = cache.begin(['key']);
    const second = cache.begin(['key']);
    // The old value is still there: it must not be kept.
    assert.equal(cache.get('key', read)?.[0], 1);
    first();
    assert.equal(cache.get('key', read)?.[0], 1);
    asked.value = new Uint8Array([2]);
    second();
    assert.equal(cache.get('key', read)?.[0], 2);
    cache.get('key', read);
    assert.equal(asked.times, 4);
  });

  it('keeps no large value, and a bounded number of small ones', () => {
    const cache = new ReadCache();
    const large = counted(new Uint8Array(2000));
    cache.get('large', large.read);
    cache.get('large', large.read);
    assert.equal(large.asked.times, 2);
    const small = counted(new Uint8Array(1));
    cache.get('small', small.read);
    for (let number = 0; number < 20_000; number += 1) cache.get(`${number}`, () => undefined);
    cache.get('small', small.read);
    assert.equal(small.asked.times, 2);
  });

  it('keeps nothing of a read that failed', () => {
    const cache = new ReadCache();
    assert.throws(() =>
      cache.get('key', () => {
        throw new Error('damaged');
      }),
    );
    assert.equal(cache.get('key', () => new Uint8Array([1]))?.[0], 1);
  });
});

describe('what was made of a value', () => {
  it('is made once, and anew after the value was written', () => {
    const cache = new ReadCache();
    const { asked, read } = counted(new Uint8Array([1]));
    let made = 0;
    const decode = (value: Uint8Array | undefined) => {
      made += 1;
      return { first: value?.[0] };
    };
    const before = cache.getDecoded('key', read, decode);
    assert.deepEqual(before, { first: 1 });
    assert.equal(cache.getDecoded('key', read, decode), before);
    assert.deepEqual([asked.times, made], [1, 1]);
    const written = cache.begin(['key']);
    asked.value = new Uint8Array([2]);
    cache.getDecoded('key', read, decode);
    written();
    assert.deepEqual(cache.getDecoded('key', read, decode), { first: 2 });
    assert.deepEqual([asked.times, made], [3, 3]);
  });

  it('of one function is not what another one gets', () => {
    const cache = new ReadCache();
    const { read } = counted(new Uint8Array([1]));
    assert.equal(
      cache.getDecoded('key', read, () => 'one'),
      'one',
    );
    assert.equal(
      cache.getDecoded('key', read, () => 'other'),
      'other',
    );
    assert.deepEqual(cache.get('key', read), new Uint8Array([1]));
  });
});
