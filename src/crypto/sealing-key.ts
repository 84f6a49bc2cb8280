/** Sealing to a public key: HPKE (RFC 9180) base mode, X25519 + HKDF-SHA256 + AES-256-GCM. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { assert } from '../model/assert.ts';
import { PeerstorError } from '../model/errors.ts';
import { fromHex } from '../model/ids.ts';
import { type Bytes, concat, plain, textBytes } from './bytes.ts';
import { randomBytes } from './random.ts';

/** Exported for the known-answer test only. */
export const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});
const privatePrefix = fromHex('302e020100300506032b656e04220420');
const keyBytes = 32;

/** Raw X25519 keys, 32 bytes each. */
export interface SealingKey {
  publicKey: Bytes;
  secretKey: Bytes;
}

export function newSealingKey(): SealingKey {
  return sealingKeyFromSeed(randomBytes(keyBytes));
}

/** @param seed 32 secret bytes, made at random or derived */
export function sealingKeyFromSeed(seed: Uint8Array): SealingKey {
  assert(seed.length === keyBytes, 'an X25519 key has 32 bytes');
  const secretKey = plain(seed);
  const privateKey = createPrivateKey({
    key: Buffer.from(concat(privatePrefix, secretKey)),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { publicKey: plain(spki.subarray(-keyBytes)), secretKey };
}

/**
 * @param label becomes HPKE's info: a value that was sealed for one purpose does not open for another
 * @returns 32-byte encapsulated key ‖ ciphertext ‖ 16-byte tag
 * @throws `bad-input` when `publicKey` is none
 */
export async function sealTo(publicKey: Uint8Array, label: string, plainBytes: Uint8Array): Promise<Bytes> {
  assert(label !== '', 'everything sealed has a label');
  try {
    const recipientPublicKey = await suite.kem.importKey('raw', exactBuffer(publicKey), true);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info: textBytes(label) }, plainBytes);
    return concat(new Uint8Array(enc), new Uint8Array(ct));
  } catch (cause) {
    throw new PeerstorError('bad-input', 'Nothing can be sealed for this public key.', { cause });
  }
}

/**
 * Undoes `sealTo`.
 * @throws `forbidden` when key, label or bytes are not the ones it was sealed for
 */
export async function openFrom(secretKey: Uint8Array, label: string, sealed: Uint8Array): Promise<Bytes> {
  try {
    const recipientKey = await suite.kem.importKey('raw', exactBuffer(secretKey), false);
    const enc = sealed.subarray(0, keyBytes);
    return plain(await suite.open({ recipientKey, enc, info: textBytes(label) }, sealed.subarray(keyBytes)));
  } catch (cause) {
    throw new PeerstorError('forbidden', 'This cannot be opened with this key.', {
      cause,
      details: { label },
    });
  }
}

/** HPKE's raw import takes an ArrayBuffer, which must hold the key and nothing else. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
