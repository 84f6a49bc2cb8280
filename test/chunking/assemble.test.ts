import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { offsetsOf, sizeOf, slicesOf } from '../../src/chunking/index.ts';

test('slices of any range are its bytes, in order and never empty', () => {
  const input = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }).chain((sizes) => {
    const size = sizes.reduce((sum, each) => sum + each, 0);
    return fc.tuple(fc.constant(sizes), fc.integer({ min: 0, max: size }), fc.integer({ min: 0, max: size }));
  });
  fc.assert(
    fc.property(input, ([sizes, one, other]) => {
      const [start, end] = one < other ? [one, other] : [other, one];
      const everything = sizes.flatMap((size, index) =>
        Array.from({ length: size }, (_, at) => `${index}:${at}`),
      );
      const found: string[] = [];
      for (const slice of slicesOf(offsetsOf(sizes), { start, end })) {
        assert.ok(slice.end > slice.start);
        for (let at = slice.start; at < slice.end; at += 1) found.push(`${slice.index}:${at}`);
      }
      assert.deepEqual(found, everything.slice(start, end));
    }),
  );
});

test('sizes of petabytes are added exactly', () => {
  const offsets = offsetsOf(Array.from({ length: 4 }, () => 2 ** 50 - 1));
  assert.equal(sizeOf(offsets), 2 ** 52 - 4);
  assert.deepEqual(
    [...slicesOf(offsets, { start: 2 ** 50 - 2, end: 2 ** 50 + 1 })],
    [
      { index: 0, start: 2 ** 50 - 2, end: 2 ** 50 - 1 },
      { index: 1, start: 0, end: 2 },
    ],
  );
});

test('a range outside of the content is our own mistake', () => {
  const offsets = offsetsOf([5, 5]);
  assert.throws(() => [...slicesOf(offsets, { start: 0, end: 11 })], /broken invariant/);
  assert.throws(() => [...slicesOf(offsets, { start: 6, end: 5 })], /broken invariant/);
});
