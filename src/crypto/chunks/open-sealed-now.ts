/**
 * What `openFrom` does, without waiting: opening a key tree is synchronous, and the library is not.
 * HPKE (RFC 9180) base mode, single message: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 */
import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
} from 'node:crypto';
import { PeerstorError } from '../../model/errors.ts';
import { fromHex } from '../../model/ids.ts';
import { type Bytes, concat, plain, textBytes } from '../bytes.ts';
import { hmacSha256 } from '../hash.ts';

const privatePrefix = fromHex('302e020100300506032b656e04220420');
const publicPrefix = fromHex('302a300506032b656e032100');
const version = textBytes('HPKE-v1');
/** "KEM" ‖ id of the KEM; "HPKE" ‖ ids of KEM, KDF and AEAD (RFC 9180, section 7). */
const kemSuite = concat(textBytes('KEM'), fromHex('0020'));
const hpkeSuite = concat(textBytes('HPKE'), fromHex('002000010002'));
const none = new Uint8Array(0);
const baseMode = new Uint8Array(1);
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * @param sealed from `sealTo` with the same label
 * @throws `forbidden` when key, label or bytes are not the ones it was sealed for
 */
export function openFromNow(secretKey: Uint8Array, label: string, sealed: Uint8Array): Bytes {
  try {
    const encapsulated = sealed.subarray(0, keyBytes);
    const shared = sharedSecret(secretKey, encapsulated);
    const context = concat(
      baseMode,
      extract(hpkeSuite, none, 'psk_id_hash', none),
      extract(hpkeSuite, none, 'info_hash', textBytes(label)),
    );
    const secret = extract(hpkeSuite, shared, 'secret', none);
    const key = expand(hpkeSuite, secret, 'key', context, keyBytes);
    const nonce = expand(hpkeSuite, secret, 'base_nonce', context, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce, {
      authTagLength: tagBytes,
    });
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    const plainBytes = plain(decipher.update(sealed.subarray(keyBytes, -tagBytes)));
    decipher.final();
    return plainBytes;
  } catch (cause) {
    throw new PeerstorError('forbidden', 'This cannot be opened with this key.', {
      cause,
      details: { label },
    });
  }
}

/** Decap of section 4.1. */
function sharedSecret(secretKey: Uint8Array, encapsulated: Uint8Array): Uint8Array {
  const der = Buffer.from(concat(privatePrefix, secretKey));
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = Buffer.from(concat(publicPrefix, encapsulated));
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  // Refuses the points that would give a secret of zeros.
  const exchanged = plain(diffieHellman({ privateKey, publicKey }));
  const own = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-keyBytes);
  const prk = extract(kemSuite, none, 'eae_prk', exchanged);
  return expand(kemSuite, prk, 'shared_secret', concat(encapsulated, own), keyBytes);
}

/** LabeledExtract of section 4. */
function extract(suite: Uint8Array, salt: Uint8Array, label: string, material: Uint8Array): Bytes {
  return hmacSha256(
    salt.length > 0 ? salt : new Uint8Array(keyBytes),
    concat(version, suite, textBytes(label), material),
  );
}

/** LabeledExpand of section 4, for up to one block of SHA-256. */
function expand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const head = new Uint8Array([length >> 8, length & 0xff]);
  const labelled = concat(head, version, suite, textBytes(label), context, new Uint8Array([1]));
  return hmacSha256(prk, labelled).slice(0, length);
}
