/**
 * Codes of an authenticator app: TOTP (RFC 6238) with HMAC-SHA-1, six digits and 30 s, which is what every app
 * understands. The hash is used as a MAC under a secret key, where SHA-1 has no known weakness.
 */
import { createHmac, createSecretKey } from 'node:crypto';
import { type Bytes, textBytes } from './bytes.ts';
import { equalBytes } from './hash.ts';
import { randomBytes } from './random.ts';

/** As long as the hash, as RFC 4226 section 4 recommends. */
const secretBytes = 20;
const stepMs = 30_000;
const digits = 6;
/** Clocks of phones are this many steps off. */
const stepsOff = 1;
const base32Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function newTotpSecret(): Bytes {
  return randomBytes(secretBytes);
}

/** The counter of a time: steps of 30 s since 1970. */
export function totpStep(atMs: number): number {
  return Math.floor(atMs / stepMs);
}

/** @param length digits: apps show six */
export function totpCode(secret: Uint8Array, step: number, length = digits): string {
  const counter = new Uint8Array(8);
  new DataView(counter.buffer).setBigUint64(0, BigInt(step));
  const mac = createHmac('sha1', createSecretKey(secret)).update(counter).digest();
  // Dynamic truncation, RFC 4226 section 5.3.
  const offset = (mac.at(-1) ?? 0) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** length).padStart(length, '0');
}

/**
 * Which step a code that somebody typed belongs to.
 * @param after only later steps count: a code is good once
 * @returns undefined for a wrong or used code
 */
export function matchingTotpStep(
  secret: Uint8Array,
  typed: string,
  atMs: number,
  after = Number.NEGATIVE_INFINITY,
): number | undefined {
  const code = textBytes(typed.replace(/\s/g, ''));
  const now = totpStep(atMs);
  const steps = [0, -stepsOff, stepsOff].map((off) => now + off);
  return steps.find((step) => step > after && equalBytes(code, textBytes(totpCode(secret, step))));
}

/** RFC 4648 without padding: how people type a secret into an app. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let [bits, held] = [0, 0];
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += base32Letters[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + base32Letters[(held << (5 - bits)) & 31] : text;
}

/** The address that an app reads from a QR code. */
export function totpAddress(secret: Uint8Array, issuer: string, account: string): string {
  const label = encodeURIComponent(`${issuer}:${account}`);
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}`;
}
