/** Chance that secrets depend on, always from the system's secure source. */
import { randomBytes as systemBytes } from 'node:crypto';
import { toHex } from '../model/ids.ts';
import { type Bytes, plain } from './bytes.ts';

/** Asking the system costs as much for 12 bytes as for 1000, and each small upload needs some twenty nonces, keys and ids. */
const poolBytes = 4096;
const pooledMax = 64;
let pool = new Uint8Array(0);
let used = 0;

export function randomBytes(length: number): Bytes {
  if (length > pooledMax) return plain(systemBytes(length));
  if (used + length > pool.length) {
    pool = plain(systemBytes(poolBytes));
    used = 0;
  }
  const bytes = pool.slice(used, used + length);
  // What was given out is not kept here.
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}

/** A fresh 32-byte key for `seal`. */
export function newKey(): Bytes {
  return randomBytes(32);
}

/** 16 random bytes as 32 hex digits: the shape of entry, version and volume ids. */
export function randomId16(): string {
  return toHex(randomBytes(16));
}
