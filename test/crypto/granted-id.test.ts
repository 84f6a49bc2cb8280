import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { grantedId } from '../../src/crypto/index.ts';
import { principalId } from '../../src/model/ids.ts';

describe('ids of what a grantee creates', () => {
  it('follow from signer and nonce, as FORMAT says', () => {
    const principal = principalId('5a'.repeat(32));
    const nonce = Buffer.alloc(16, 7);
    const hashed = Buffer.concat([Buffer.from('peerstor id/1\0'), Buffer.alloc(32, 0x5a), nonce]);
    const expected = createHash('sha256').update(hashed).digest('hex').slice(0, 32);
    assert.equal(grantedId(principal, nonce), expected);
    assert.equal(grantedId(principal, nonce), '35a706857f9b16362c8d8c11fdbbe4e0');
    assert.notEqual(grantedId(principalId('5b'.repeat(32)), nonce), expected);
    assert.notEqual(grantedId(principal, Buffer.alloc(17, 7)), expected);
  });
});
