import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  packReferences,
  packSizes,
  packSlots,
  readPackedReferences,
  readPackedSizes,
  readPackedSlots,
} from '../../../src/crypto/encoding/packed.ts';
import { chunkId, fromHex, toHex } from '../../../src/model/ids.ts';
import { chunkBytesMax, manifestReferencesMax, sealedChunkBytesMax } from '../../../src/model/limits.ts';
import { inside, ramp } from '../vectors.ts';

const references = [
  { id: chunkId('ab'.repeat(32)), size: 1 },
  { id: chunkId('cd'.repeat(32)), size: sealedChunkBytesMax },
];
const slots = [
  { key: ramp(32, 0), size: 0 },
  { key: ramp(32, 1), size: chunkBytesMax },
];

test('lists are read back from any place in memory', () => {
  assert.deepEqual(readPackedReferences(inside(packReferences(references))), references);
  assert.deepEqual(readPackedSlots(inside(packSlots(slots))), slots);
  assert.equal(readPackedSlots(packSlots(slots))?.[1]?.key.buffer.byteLength, 32);
  assert.deepEqual(readPackedSizes(inside(packSizes([0, 2 ** 40, Number.MAX_SAFE_INTEGER]))), [
    0,
    2 ** 40,
    Number.MAX_SAFE_INTEGER,
  ]);
});

test('a row is the hash and its size, big-endian', () => {
  assert.equal(toHex(packReferences(references.slice(0, 1))), `${'ab'.repeat(32)}00000001`);
  assert.equal(toHex(packSizes([258])), '0000000000000102');
});

test('broken rows, sizes out of bounds and too many rows are refused', () => {
  const row = (size: string) => fromHex('ab'.repeat(32) + size);
  assert.equal(readPackedReferences(row('000001')), undefined);
  assert.equal(readPackedReferences(row('00000000')), undefined);
  assert.equal(readPackedReferences(row('00100013')), undefined);
  assert.equal(readPackedSlots(row('00100001')), undefined);
  assert.equal(readPackedSizes(fromHex('0020000000000000')), undefined);
  assert.equal(readPackedSizes(new Uint8Array(7)), undefined);
  assert.equal(readPackedSizes(new Uint8Array(8 * (manifestReferencesMax + 1))), undefined);
  assert.equal(readPackedSlots(new Uint8Array(36 * (manifestReferencesMax + 1))), undefined);
});
