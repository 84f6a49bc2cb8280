import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { copyInto } from '../../src/model/memory.ts';

it('copyInto writes the same bytes as set, into own and into shared memory, from any range', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(40),
      fc.nat(40),
      fc.nat(8),
      (bytes, one, other, at) => {
        const from = Math.min(one, other, bytes.length);
        const to = Math.min(Math.max(one, other), bytes.length);
        const expected = new Uint8Array(64);
        expected.set(bytes.subarray(from, to), at);
        for (const memory of [new ArrayBuffer(70), new SharedArrayBuffer(70)]) {
          const target = new Uint8Array(memory, 3, 64);
          copyInto(target, at, bytes, from, to);
          assert.deepEqual([...target], [...expected]);
        }
        const whole = new Uint8Array(new SharedArrayBuffer(64));
        copyInto(whole, at, bytes);
        assert.deepEqual([...whole.subarray(at, at + bytes.length)], [...bytes]);
      },
    ),
  );
});
