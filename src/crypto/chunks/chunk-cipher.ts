/**
 * AES-256-GCM (NIST SP 800-38D) for chunks: header ‖ ciphertext ‖ 16-byte tag, the header being the
 * associated data. The nonce is fixed, which is safe only because each key seals one payload ever;
 * everything else uses `seal`.
 *
 * It runs synchronously: 0.2 ms for an average chunk. WebCrypto needs 1.6 times
 * the CPU for the same bytes, because it copies what it is given and returns a fresh buffer that is
 * copied once more (seal: 0.37 instead of 0.9 s/GiB; open: 0.3 instead of 0.45).
 */
import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto';
import { copyInto, releaseMemory } from '../../model/memory.ts';
import { type Bytes, plain } from '../bytes.ts';

const nonce = new Uint8Array(12);
const tagBytes = 16;
const mode = 'aes-256-gcm';
const options = { authTagLength: tagBytes };
/** OpenSSL's output is copied to its place while it is in the processor's cache. */
const strideBytes = 64 * 1024;

/**
 * Overwrites a payload with its ciphertext, and puts the header before it and the tag behind it.
 * @param key 32 bytes, derived from this very payload
 * @param buffer the payload begins behind room for the header; it has room for the tag
 */
export function encryptInPlace(
  key: Uint8Array,
  header: Uint8Array,
  buffer: Uint8Array,
  payloadBytes: number,
): void {
  const end = header.length + payloadBytes;
  buffer.set(header);
  const cipher = createCipheriv(mode, createSecretKey(key), nonce, options).setAAD(header);
  for (let offset = header.length; offset < end; offset += strideBytes) {
    const ciphertext = cipher.update(buffer.subarray(offset, Math.min(end, offset + strideBytes)));
    copyInto(buffer, offset, ciphertext);
    releaseMemory(ciphertext);
  }
  cipher.final();
  buffer.set(cipher.getAuthTag(), end);
}

/**
 * Overwrites ciphertext with its payload, also where the tag turns out not to fit: nothing of it may be used then.
 * @param bytes ciphertext ‖ tag, at least 16 bytes
 * @returns a view of the payload
 * @throws whatever the native code throws when the tag does not fit
 */
export function decryptInPlace(key: Uint8Array, header: Uint8Array, bytes: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(mode, createSecretKey(key), nonce, options).setAAD(header);
  const end = bytes.length - tagBytes;
  decipher.setAuthTag(bytes.subarray(end));
  for (let offset = 0; offset < end; offset += strideBytes) {
    const payload = decipher.update(bytes.subarray(offset, Math.min(end, offset + strideBytes)));
    copyInto(bytes, offset, payload);
    releaseMemory(payload);
  }
  decipher.final();
  return bytes.subarray(0, end);
}

/**
 * @param bytes ciphertext ‖ tag, at least 16 bytes
 * @throws whatever the native code throws when the tag does not fit
 */
export async function decryptChunk(key: Uint8Array, header: Uint8Array, bytes: Uint8Array): Promise<Bytes> {
  const decipher = createDecipheriv(mode, createSecretKey(key), nonce, options).setAAD(header);
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  const payload = plain(decipher.update(bytes.subarray(0, -tagBytes)));
  decipher.final();
  return payload;
}
