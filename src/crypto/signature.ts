/** Ed25519 signatures (RFC 8032) by node:crypto. */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signNative,
  verify as verifyNative,
} from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { assert } from '../model/assert.ts';
import { fromHex, type PrincipalId, principalId, toHex } from '../model/ids.ts';
import { type Bytes, concat, plain } from './bytes.ts';
import { randomBytes } from './random.ts';

/** DER before the raw 32 bytes (RFC 8410): the only way in for raw keys without a JWK. */
const privatePrefix = fromHex('302e020100300506032b657004220420');
const publicPrefix = fromHex('302a300506032b6570032100');
const seedBytes = 32;
const signatureBytes = 64;

/** The same few principals sign everything, and importing a key costs a fifth of a check. */
const publicKeys = new LRUCache<string, KeyObject>({ max: 1024 });

/** A private key for as long as the object lives. */
export interface SigningKey {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly principal: PrincipalId;
  /** The 32-byte secret, which is stored sealed, and from which the key can be made again. */
  readonly seed: Uint8Array;
  /** 64 bytes over `bytes`. */
  sign(bytes: Uint8Array): Uint8Array;
}

export function newSigningKey(): SigningKey {
  return signingKeyFromSeed(randomBytes(seedBytes));
}

/** @param seed 32 bytes, from `SigningKey.seed` or derived */
export function signingKeyFromSeed(seed: Uint8Array): SigningKey {
  assert(seed.length === seedBytes, 'an Ed25519 seed has 32 bytes');
  return new Ed25519Key(new Uint8Array(seed));
}

/** The seed stays out of enumerable properties, so that logging or serializing the key does not show it. */
class Ed25519Key implements SigningKey {
  readonly publicKey: Bytes;
  readonly principal: PrincipalId;
  readonly #seed: Bytes;
  readonly #key: KeyObject;

  constructor(seed: Bytes) {
    this.#seed = seed;
    this.#key = createPrivateKey({
      key: Buffer.from(concat(privatePrefix, seed)),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' });
    this.publicKey = new Uint8Array(spki.subarray(publicPrefix.length));
    this.principal = principalId(toHex(this.publicKey));
  }

  get seed(): Uint8Array {
    return this.#seed;
  }

  /** An own function, so that it may be handed on without its object. */
  readonly sign = (bytes: Uint8Array): Uint8Array => plain(signNative(null, bytes, this.#key));
}

/**
 * @param principal hex of the raw public key
 * @returns false for a wrong signature and for anything that is not a key or a signature
 */
export function verify(principal: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  const key = publicKeyOf(principal);
  return (
    key !== undefined && signature.length === signatureBytes && verifyNative(null, bytes, key, signature)
  );
}

/** The same on the thread pool, for many at once. */
export async function verifyAsync(
  principal: string,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = publicKeyOf(principal);
  if (key === undefined || signature.length !== signatureBytes) return false;
  return new Promise((resolve, reject) => {
    verifyNative(null, bytes, key, signature, (error, valid) => (error ? reject(error) : resolve(valid)));
  });
}

function publicKeyOf(principal: string): KeyObject | undefined {
  const known = publicKeys.get(principal);
  if (known) return known;
  if (!/^[0-9a-f]{64}$/.test(principal)) return undefined;
  const key = createPublicKey({
    key: Buffer.from(concat(publicPrefix, fromHex(principal))),
    format: 'der',
    type: 'spki',
  });
  publicKeys.set(principal, key);
  return key;
}
