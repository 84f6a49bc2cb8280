/**
 * Signatures of requests as S3 has them (AWS Signature Version 4), and the digests that its clients send beside
 * content. MD5 is none of our choosing: it protects nothing here, clients compare it.
 */
import { createHash } from 'node:crypto';
import { toHex } from '../model/ids.ts';
import { textBytes } from './bytes.ts';
import { hmacSha256 } from './hash.ts';

export interface SignatureScope {
  /** YYYYMMDD. */
  date: string;
  region: string;
  service: string;
}

/** The key that signs requests of one day: it does not give the secret away. */
export function requestSigningKey(secret: string, { date, region, service }: SignatureScope): Uint8Array {
  let key = hmacSha256(textBytes(`AWS4${secret}`), textBytes(date));
  for (const part of [region, service, 'aws4_request']) key = hmacSha256(key, textBytes(part));
  return key;
}

/** @returns lower-case hex */
export function requestSignature(signingKey: Uint8Array, text: string): string {
  return toHex(hmacSha256(signingKey, textBytes(text)));
}

export type ContentHash = 'md5' | 'sha1' | 'sha256';

/** Bytes that come in pieces. `digest` ends it. */
export function createContentHash(algorithm: ContentHash): {
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
} {
  const hasher = createHash(algorithm);
  return {
    update: (bytes) => {
      hasher.update(bytes);
    },
    digest: () => new Uint8Array(hasher.digest()),
  };
}
