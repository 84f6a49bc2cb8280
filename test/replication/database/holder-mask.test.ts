import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  countShared,
  type HolderMask,
  holds,
  noHolders,
  numbersOf,
  withHolder,
} from '../../../src/replication/database/holder-mask.ts';

const someNumbers = fc.uniqueArray(fc.integer({ min: 0, max: 40 }));

function maskOf(numbers: readonly number[]): HolderMask {
  return numbers.reduce((mask, number) => withHolder(mask, number, true), noHolders);
}

test('a mask is the set of the numbers that were put in', () => {
  fc.assert(
    fc.property(someNumbers, (numbers) => {
      const mask = maskOf(numbers);
      assert.deepEqual(
        numbersOf(mask),
        numbers.toSorted((a, b) => a - b),
      );
      for (let number = 0; number < 50; number++) assert.equal(holds(mask, number), numbers.includes(number));
    }),
  );
});

test('equal sets are equal strings, however they were made', () => {
  fc.assert(
    fc.property(someNumbers, someNumbers, (numbers, others) => {
      const detour = others.reduce((mask, number) => withHolder(mask, number, true), maskOf(numbers));
      const extra = others.filter((number) => !numbers.includes(number));
      const back = extra.reduce((mask, number) => withHolder(mask, number, false), detour);
      assert.equal(back, maskOf(numbers.toReversed()));
    }),
  );
});

test('two masks share the devices that are in both', () => {
  fc.assert(
    fc.property(someNumbers, someNumbers, (a, b) => {
      assert.equal(countShared(maskOf(a), maskOf(b)), a.filter((number) => b.includes(number)).length);
    }),
  );
});
