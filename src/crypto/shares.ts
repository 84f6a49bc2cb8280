/** Splits a secret into shares, of which some are needed and fewer say nothing (Shamir, over GF(2^8), bytewise). */
import { combine, split } from 'shamir-secret-sharing';
import { assert } from '../model/assert.ts';
import { type Bytes, plain } from './bytes.ts';

export const sharesMax = 255;

/**
 * @param secret at least one byte
 * @param needed at least 2, at most `count`
 * @returns `count` shares, each one byte longer than the secret: its values, then its place
 */
export async function splitSecret(secret: Uint8Array, count: number, needed: number): Promise<Bytes[]> {
  assert(needed >= 2 && needed <= count && count <= sharesMax, 'shares are 2 to 255');
  return (await split(plain(secret), count, needed)).map((share) => plain(share));
}

/**
 * Undoes `splitSecret`. Shares that are wrong, or too few, give another secret: whoever calls checks what it opens.
 * @param shares at least two, of different places and equal lengths
 * @throws Error for shares that cannot belong together
 */
export async function combineShares(shares: readonly Uint8Array[]): Promise<Bytes> {
  return plain(await combine(shares.map((share) => plain(share))));
}
