import assert from 'node:assert/strict';
import { hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { contentKeys } from '../../../src/drive/content/index.ts';

test('the gear table follows from the dedupe secret as FORMAT says', () => {
  const secret = new Uint8Array(32).fill(9);
  const seed = new DataView(hkdfSync('sha256', secret, '', 'gear/1\0', 1024));
  const { gear, dedupeSecret } = contentKeys(secret);
  assert.equal(dedupeSecret, secret);
  assert.equal(gear.length, 256);
  for (const [byte, number] of gear.entries()) assert.equal(number, seed.getInt32(byte * 4, true));
});
