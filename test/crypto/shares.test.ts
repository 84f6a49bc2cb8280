import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { combineShares, splitSecret } from '../../src/crypto/index.ts';
import { toHex } from '../../src/model/ids.ts';

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, bit by bit: another way than the tables that are tested. */
function product(left: number, right: number): number {
  let sum = 0;
  for (let bit = 0, power = left; bit < 8; bit += 1) {
    if ((right >> bit) & 1) sum ^= power;
    power = power & 0x80 ? ((power << 1) ^ 0x11b) & 0xff : power << 1;
  }
  return sum;
}

test('shares that were worked out by hand give their secret', async () => {
  // The line 0x53 + 0xca·x: 0x53 and 0xca are inverses, the known example of this field. x is 1, 2 and 0xca.
  assert.equal(product(0x53, 0xca), 1);
  const at = (x: number) => Uint8Array.of(0x53 ^ product(0xca, x), x);
  for (const places of [
    [1, 2],
    [2, 0xca],
    [0xca, 1],
    [1, 2, 0xca],
  ]) {
    assert.equal(toHex(await combineShares(places.map(at))), '53');
  }
});

test('any shares that are enough give the secret, and fewer give another one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.integer({ min: 2, max: 9 }),
      fc.integer({ min: 2, max: 9 }),
      async (secret, some, others) => {
        const [needed, count] = [Math.min(some, others), Math.max(some, others)];
        const shares = await splitSecret(secret, count, needed);
        assert.equal(shares.length, count);
        assert.deepEqual(await combineShares(shares.slice(count - needed)), Uint8Array.from(secret));
        assert.deepEqual(await combineShares(shares), Uint8Array.from(secret));
        if (needed > 2) {
          assert.notDeepEqual(await combineShares(shares.slice(0, needed - 1)), Uint8Array.from(secret));
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('one share, or the same one twice, is refused', async () => {
  const [share] = await splitSecret(new Uint8Array(32), 2, 2);
  assert.ok(share);
  await assert.rejects(combineShares([share]));
  await assert.rejects(combineShares([share, share]));
});
