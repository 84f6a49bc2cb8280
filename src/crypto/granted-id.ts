/**
 * Ids of entries that a grantee creates in another user's drive. An id follows from its signer, so nobody
 * can be the first to write under an id that another one chose.
 */
import { fromHex, type PrincipalId, toHex } from '../model/ids.ts';
import { concat, textBytes } from './bytes.ts';
import { sha256 } from './hash.ts';

const label = concat(textBytes('peerstor id/1'), new Uint8Array(1));
const idBytes = 16;

/** Bytes of chance in such an id. */
export const grantedNonceBytesMin = 16;
export const grantedNonceBytesMax = 64;

/**
 * @param nonce `grantedNonceBytesMin` to `grantedNonceBytesMax` random bytes
 * @returns the entry or version id (32 hex digits) that `principal` may create with this nonce
 */
export function grantedId(principal: PrincipalId, nonce: Uint8Array): string {
  return toHex(sha256(concat(label, fromHex(principal), nonce)).subarray(0, idBytes));
}
