/** Chance that secrets depend on, always from the system's secure source. */
import { randomBytes as systemBytes } from 'node:crypto';
import { toHex } from '../model/ids.ts';
import { type Bytes, plain } from './bytes.ts';

export function randomBytes(length: number): Bytes {
  return plain(systemBytes(length));
}

/** A fresh 32-byte key for `seal`. */
export function newKey(): Bytes {
  return randomBytes(32);
}

/** 16 random bytes as 32 hex digits: the shape of entry, version and volume ids. */
export function randomId16(): string {
  return toHex(randomBytes(16));
}
