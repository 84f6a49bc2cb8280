/**
 * X.509 certificates (RFC 5280) for https: an authority that a person trusts once, and leaves that it signs for
 * the names and addresses of a device. ECDSA with P-256 and SHA-256, which every browser takes.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { sha256 } from './hash.ts';
import { randomBytes } from './random.ts';

const dayMs = 86_400_000;
/** Longer ones are refused by browsers (398 days). */
export const leafDays = 397;
const authorityDays = 3650;
/** Clocks of phones differ. */
const backdatedMs = dayMs;

export interface Certificate {
  /** PEM. */
  certificate: string;
  /** PKCS #8 in PEM. */
  privateKey: string;
}

export interface Authority extends Certificate {
  /** What people see in the list of their trusted authorities. */
  name: string;
}

export function newAuthority(name: string, nowMs: number): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = distinguishedName(name);
  const certificate = signed({
    subject,
    issuer: subject,
    publicKey,
    signer: privateKey,
    notBeforeMs: nowMs - backdatedMs,
    notAfterMs: nowMs + authorityDays * dayMs,
    // It signs leaves only, and no further authority.
    extensions: [
      extension('551d13', true, sequence(boolean(true), integer(Buffer.of(0)))),
      extension('551d0f', true, bits(Buffer.of(0x06), 1)),
      extension('551d0e', false, octets(keyIdentifier(publicKey))),
    ],
  });
  return { name, certificate, privateKey: pemOf(privateKey) };
}

/**
 * Makes a leaf for a server.
 * @param names host names and IP addresses that it is good for, at least one
 */
export function newLeaf(authority: Authority, names: readonly string[], nowMs: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = createPrivateKey(authority.privateKey);
  const issuerKey = createPublicKey(authority.certificate);
  const alternatives = names.map((name) =>
    isIP(name) === 0 ? tagged(0x82, Buffer.from(name, 'ascii')) : tagged(0x87, addressBytes(name)),
  );
  const certificate = signed({
    subject: distinguishedName(names[0] ?? 'peerstor'),
    issuer: distinguishedName(authority.name),
    publicKey,
    signer,
    notBeforeMs: nowMs - backdatedMs,
    notAfterMs: nowMs + (leafDays - 1) * dayMs,
    extensions: [
      extension('551d13', true, sequence()),
      extension('551d0f', true, bits(Buffer.of(0x80), 7)),
      extension('551d25', false, sequence(identifier('2b06010505070301'))),
      extension('551d11', false, sequence(...alternatives)),
      extension('551d23', false, sequence(tagged(0x80, keyIdentifier(issuerKey)))),
    ],
  });
  return { certificate, privateKey: pemOf(privateKey) };
}

interface Draft {
  subject: Buffer;
  issuer: Buffer;
  publicKey: KeyObject;
  signer: KeyObject;
  notBeforeMs: number;
  notAfterMs: number;
  extensions: readonly Buffer[];
}

/** ecdsa-with-SHA256 (RFC 5758). */
const signatureAlgorithm = sequence(identifier('2a8648ce3d040302'));

function signed(draft: Draft): string {
  const body = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    signatureAlgorithm,
    draft.issuer,
    sequence(time(draft.notBeforeMs), time(draft.notAfterMs)),
    draft.subject,
    draft.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...draft.extensions)),
  );
  const der = sequence(body, signatureAlgorithm, bits(sign('sha256', body, draft.signer), 0));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** DER (X.690): a tag, a length, and what is inside. */
function tagged(tag: number, ...inside: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(inside);
  const { length } = content;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...inside: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...inside);
}

/** @param bytes big-endian, without a leading 1 bit: positive */
function integer(bytes: Uint8Array): Buffer {
  return tagged(0x02, bytes);
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.of(value ? 0xff : 0));
}

function octets(bytes: Uint8Array): Buffer {
  return tagged(0x04, bytes);
}

/** @param unused how many of the last bits say nothing */
function bits(bytes: Uint8Array, unused: number): Buffer {
  return tagged(0x03, Buffer.of(unused), bytes);
}

/** @param hex the encoded arcs of an object identifier */
function identifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

/** GeneralizedTime from 2050 on, UTCTime before (RFC 5280 section 4.1.2.5). */
function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  return Number(text.slice(0, 4)) >= 2050
    ? tagged(0x18, Buffer.from(text))
    : tagged(0x17, Buffer.from(text.slice(2)));
}

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(identifier('550403'), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, attribute));
}

function extension(hex: string, isCritical: boolean, value: Uint8Array): Buffer {
  return sequence(identifier(hex), ...(isCritical ? [boolean(true)] : []), octets(value));
}

/** SHA-256 of the key, shortened (RFC 7093 method 1). */
function keyIdentifier(key: KeyObject): Buffer {
  return Buffer.from(sha256(key.export({ type: 'spki', format: 'der' }))).subarray(0, 20);
}

/** The 4 or 16 bytes of an IP address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // The URL parser writes an IPv4 tail as two groups, and the shortest form of the rest.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const missing = 8 - groups(head).length - groups(tail).length;
  const zeros = tail === undefined ? [] : Array.from({ length: missing }, () => '0');
  const all = [...groups(head), ...zeros, ...groups(tail)];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
