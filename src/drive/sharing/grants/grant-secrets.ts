/**
 * The secret of a link or a token. The id of the grant, the signing key and the key that opens the
 * entry are derived from it. Whoever has the secret has the grant; nothing in the catalog helps to
 * guess it.
 */
import {
  hkdf,
  type PasswordKdf,
  passwordKey,
  type SigningKey,
  signingKeyFromSeed,
} from '../../../crypto/index.ts';
import type { Random } from '../../../model/clock.ts';
import { type GrantId, grantId, toHex } from '../../../model/ids.ts';

export type SecretKind = 'link' | 'token';

export interface GrantSecret {
  readonly kind: SecretKind;
  readonly id: GrantId;
  readonly signing: SigningKey;
  /** The uploader's dedupe secret: cuts and seals content that comes by this grant. */
  readonly dedupeSecret: Uint8Array;
  /** The key that seals the grant. @param password undefined where the link has none */
  key(password?: { text: string; kdf: PasswordKdf }): Promise<Uint8Array>;
}

const linkShape = /^[A-Za-z0-9_-]{32}$/;
const tokenShape = /^pst_[A-Za-z0-9_-]{43}$/;
const tokenPrefix = 'pst_';
const idBytes = 16;
const none = new Uint8Array(0);

export function newLinkSecret(random: Random): string {
  return Buffer.from(random.bytes(24)).toString('base64url');
}

export function newTokenSecret(random: Random): string {
  return tokenPrefix + Buffer.from(random.bytes(32)).toString('base64url');
}

/** The random part of a token. */
export function tokenBytes(token: string): Uint8Array {
  return new Uint8Array(Buffer.from(token.slice(tokenPrefix.length), 'base64url'));
}

export function tokenOfBytes(bytes: Uint8Array): string {
  return tokenPrefix + Buffer.from(bytes).toString('base64url');
}

export function isTokenSecret(secret: string): boolean {
  return tokenShape.test(secret);
}

/** Returns undefined for a text that is not a secret of this kind. */
export function readSecret(kind: SecretKind, secret: string): GrantSecret | undefined {
  if (typeof secret !== 'string' || !(kind === 'link' ? linkShape : tokenShape).test(secret))
    return undefined;
  const text = kind === 'link' ? secret : secret.slice(tokenPrefix.length);
  const bytes = new Uint8Array(Buffer.from(text, 'base64url'));
  return {
    kind,
    id: grantId(toHex(hkdf(bytes, `${kind}-id/1`, none, idBytes))),
    signing: signingKeyFromSeed(hkdf(bytes, `${kind}-sign/1`)),
    dedupeSecret: hkdf(bytes, `${kind}-dedupe/1`),
    async key(password) {
      return hkdf(bytes, `${kind}-key/1`, password ? await passwordKey(password.text, password.kdf) : none);
    },
  };
}
