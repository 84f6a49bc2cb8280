import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  base32,
  matchingTotpStep,
  newTotpSecret,
  totpAddress,
  totpCode,
  totpStep,
} from '../../src/crypto/totp.ts';

/** RFC 6238, appendix B: seconds and the eight digits for SHA-1. */
const vectors: readonly [seconds: number, code: string][] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
];
const rfcSecret = new Uint8Array(Buffer.from('12345678901234567890'));

describe('codes of an authenticator app', () => {
  it('are those of RFC 6238', () => {
    for (const [seconds, code] of vectors) {
      assert.equal(totpCode(rfcSecret, totpStep(seconds * 1000), 8), code);
      assert.equal(totpCode(rfcSecret, totpStep(seconds * 1000)), code.slice(2));
    }
  });

  it('are taken one step early or late, with spaces, and each of them once', () => {
    const secret = newTotpSecret();
    const atMs = 1_800_000_000_000;
    const step = totpStep(atMs);
    for (const off of [-1, 0, 1]) {
      assert.equal(matchingTotpStep(secret, totpCode(secret, step + off), atMs), step + off);
    }
    const code = totpCode(secret, step);
    assert.equal(matchingTotpStep(secret, ` ${code.slice(0, 3)} ${code.slice(3)}`, atMs), step);
    for (const off of [-2, 2]) {
      const other = totpCode(secret, step + off);
      // Once in a million steps two codes are the same.
      const isNear = [-1, 0, 1].some((near) => totpCode(secret, step + near) === other);
      if (!isNear) assert.equal(matchingTotpStep(secret, other, atMs), undefined);
    }
    assert.equal(matchingTotpStep(secret, code, atMs, step), undefined);
    for (const wrong of ['', '1', code.slice(1), `${code}0`, 'abcdef', '١٢٣٤٥٦']) {
      assert.equal(matchingTotpStep(secret, wrong, atMs), undefined, wrong);
    }
  });

  it('come from a secret in base32, as RFC 4648 writes it, in an address that apps read', () => {
    const plain = ['f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => base32(Buffer.from(text)));
    assert.deepEqual(plain, ['MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI']);
    const address = new URL(totpAddress(rfcSecret, 'peerstor', 'anna b&c'));
    assert.equal(address.searchParams.get('secret'), 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    assert.equal(address.searchParams.get('issuer'), 'peerstor');
    assert.equal(decodeURIComponent(address.pathname), '/peerstor:anna b&c');
  });
});
