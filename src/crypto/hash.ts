/**
 * SHA-256, HMAC and HKDF, all native. Keys go in as key objects, in this whole room: making one
 * costs 1 µs, raw bytes cost 5 to 10 µs more in each call (Node 24.21).
 */
import {
  createHash,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  subtle,
  timingSafeEqual,
} from 'node:crypto';
import { assert } from '../model/assert.ts';
import { type Bytes, concat, plain, textBytes } from './bytes.ts';

/** Below this a trip to the thread pool costs more than it frees (about 35 µs of hashing). */
export const asideBytesMin = 64 * 1024;
/** node:crypto takes at most 1024 bytes of HKDF info. */
const hkdfInfoBytesMax = 1024;
const noSalt = new Uint8Array(0);

export function sha256(bytes: Uint8Array): Bytes {
  return plain(hash('sha256', bytes, 'buffer'));
}

/** SHA-256 off the event loop; small input is hashed synchronously. `bytes` may be changed after the call. */
export async function sha256Async(bytes: Uint8Array): Promise<Bytes> {
  if (bytes.length < asideBytesMin) return sha256(bytes);
  return plain(await subtle.digest('SHA-256', bytes));
}

/** Bytes that come in pieces. `digest` ends it. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  digest(): Bytes;
}

export function createSha256(): Sha256 {
  const hasher = createHash('sha256');
  return {
    update: (bytes) => {
      hasher.update(bytes);
    },
    digest: () => plain(hasher.digest()),
  };
}

/** A digest that a client sent along with bytes, so that what broke on the way is noticed: no secret hangs on it. */
export interface Checksum {
  update(bytes: Uint8Array): void;
  digest(): Bytes;
}

/** SHA-1 is here because the tus protocol asks for it; collisions do not matter to it. */
export function createChecksum(algorithm: 'sha1' | 'sha256'): Checksum {
  const hasher = createHash(algorithm);
  return {
    update: (bytes) => {
      hasher.update(bytes);
    },
    digest: () => plain(hasher.digest()),
  };
}

export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Bytes {
  return plain(createHmac('sha256', createSecretKey(key)).update(bytes).digest());
}

/**
 * HKDF-SHA256 (RFC 5869) with empty salt and info = label ‖ 0x00 ‖ context. The zero byte keeps
 * ("a", "bc") and ("ab", "c") apart.
 * @param key secret of at least 16 bytes with full entropy (a password goes through `passwordKey`)
 * @param label what the result is for, such as "chunk/1"; each use in the project has its own
 * @param context up to 900 bytes that the result belongs to
 * @param length bytes wanted, 32 by default
 */
export function hkdf(key: Uint8Array, label: string, context: Uint8Array = noSalt, length = 32): Bytes {
  assert(key.length >= 16, 'a key to derive from has at least 16 bytes');
  assert(label !== '' && !label.includes('\0'), 'every derivation has a label, without zero bytes');
  const info = concat(textBytes(label), new Uint8Array(1), context);
  assert(info.length <= hkdfInfoBytesMax, 'the context of a derivation is short: hash it first');
  return plain(hkdfSync('sha256', createSecretKey(key), noSalt, info, length));
}

/** Compares in constant time for equal lengths; different lengths are unequal at once. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
