/**
 * X.509 certificates (RFC 5280) for https: an authority that a person trusts once, and leaves that it signs for
 * the names and addresses of a device. ECDSA with P-256 and SHA-256, which every browser takes.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import {
  addressBytes,
  bits,
  boolean,
  identifier,
  integer,
  octets,
  sequence,
  tagged,
  time,
} from './encoding/der.ts';
import { sha256 } from './hash.ts';
import { randomBytes } from './random.ts';

const dayMs = 86_400_000;
/** Longer ones are refused by browsers (398 days). */
export const leafDays = 397;
const authorityDays = 3650;
/** How long a device that left the network, or was stolen, is still believed. */
export const vouchedDays = 180;
/** Clocks of phones differ. */
const backdatedMs = dayMs;
/** Zones that nobody can register (RFC 6762, RFC 6761, RFC 8375, and ICANN's `.internal`), and what routers use. */
const privateZones = ['localhost', 'local', 'lan', 'home.arpa', 'internal'];
/** Addresses that mean the same machine, link, home or overlay only, with their masks. */
const privateNetworks: readonly [address: string, mask: string][] = [
  ['10.0.0.0', '255.0.0.0'],
  ['172.16.0.0', '255.240.0.0'],
  ['192.168.0.0', '255.255.0.0'],
  ['169.254.0.0', '255.255.0.0'],
  ['100.64.0.0', '255.192.0.0'],
  ['127.0.0.0', '255.0.0.0'],
  ['::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fc00::', 'fe00::'],
  ['fe80::', 'ffc0::'],
];

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

/**
 * An authority that signs itself.
 * @param below how many authorities may stand between it and a leaf
 */
export function newAuthority(name: string, nowMs: number, below = 0): Authority {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = distinguishedName(name);
  const certificate = signed({
    subject,
    issuer: subject,
    publicKey,
    signer: privateKey,
    notBeforeMs: nowMs - backdatedMs,
    notAfterMs: nowMs + authorityDays * dayMs,
    extensions: authorityExtensions(publicKey, below),
  });
  return { name, certificate, privateKey: pemOf(privateKey) };
}

/** A device that the network's authority vouches for. */
export interface VouchedDevice {
  /** The name of its own authority, and the public key of that in DER (SPKI). */
  name: string;
  publicKey: Uint8Array;
  /** Host names that it may sign leaves for, beside those of `privateZones`. */
  hostNames: readonly string[];
}

/**
 * Vouches for the authority of a device: whoever trusts `root` trusts the leaves that it signs, for private addresses
 * and the names of the device only.
 * @returns the certificate in PEM, good for `vouchedDays`
 * @throws Error for a key that is none
 */
export function vouchFor(root: Authority, device: VouchedDevice, nowMs: number): string {
  const publicKey = createPublicKey({ key: Buffer.from(device.publicKey), format: 'der', type: 'spki' });
  const names = [...privateZones, ...device.hostNames].map((name) =>
    tagged(0x82, Buffer.from(name, 'ascii')),
  );
  const networks = privateNetworks.map(([address, mask]) =>
    tagged(0x87, addressBytes(address), addressBytes(mask)),
  );
  const permitted = [...names, ...networks].map((base) => sequence(base));
  return signed({
    subject: distinguishedName(device.name),
    issuer: distinguishedName(root.name),
    publicKey,
    signer: createPrivateKey(root.privateKey),
    notBeforeMs: nowMs - backdatedMs,
    notAfterMs: nowMs + vouchedDays * dayMs,
    extensions: [
      ...authorityExtensions(publicKey, 0),
      extension('551d1e', true, sequence(tagged(0xa0, ...permitted))),
      extension('551d23', false, sequence(tagged(0x80, keyIdentifier(createPublicKey(root.certificate))))),
    ],
  });
}

/** May a leaf under `vouchFor` have this name or address? */
export function isVouchable(name: string, hostNames: readonly string[]): boolean {
  const family = isIP(name);
  if (family === 0) {
    return (
      hostNames.includes(name) || privateZones.some((zone) => name === zone || name.endsWith(`.${zone}`))
    );
  }
  const bytes = addressBytes(name);
  return privateNetworks.some(([address, mask]) => {
    const [base, bitsOf] = [addressBytes(address), addressBytes(mask)];
    return (
      base.length === bytes.length &&
      base.every((byte, at) => byte === ((bytes[at] ?? 0) & (bitsOf[at] ?? 0)))
    );
  });
}

/** What a certificate says of the key that it vouches for. */
export interface Vouched {
  /** SPKI in DER. */
  publicKey: Uint8Array;
  endsAtMs: number;
}

/** @returns undefined unless `root` signed it, and it is good now */
export function vouchedBy(root: string, certificate: string, nowMs: number): Vouched | undefined {
  try {
    const [issuer, parsed] = [new X509Certificate(root), new X509Certificate(certificate)];
    const endsAtMs = Date.parse(parsed.validTo);
    const isGood =
      parsed.ca && parsed.checkIssued(issuer) && parsed.verify(issuer.publicKey) && endsAtMs > nowMs;
    if (!isGood) return undefined;
    return { publicKey: new Uint8Array(parsed.publicKey.export({ type: 'spki', format: 'der' })), endsAtMs };
  } catch {
    return undefined;
  }
}

/** SHA-256 of a certificate in PEM, as systems show it: `AB:CD:…`. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256;
}

/** From when a certificate is good, Unix ms; before everything for what is none. */
export function madeAtMs(certificate: string): number {
  try {
    return Date.parse(new X509Certificate(certificate).validFrom);
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
}

/** The public key of a certificate: SPKI in DER. */
export function publicKeyOf(certificate: string): Uint8Array {
  return new Uint8Array(createPublicKey(certificate).export({ type: 'spki', format: 'der' }));
}

function authorityExtensions(publicKey: KeyObject, below: number): Buffer[] {
  return [
    extension('551d13', true, sequence(boolean(true), integer(Buffer.of(below)))),
    extension('551d0f', true, bits(Buffer.of(0x06), 1)),
    extension('551d0e', false, octets(keyIdentifier(publicKey))),
  ];
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
