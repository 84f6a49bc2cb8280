/**
 * Writes the known-answer vectors that are ours, from docs/FORMAT.md and with other libraries than
 * src/crypto uses for the same work (pure JavaScript instead of OpenSSL, CBOR by hand). Nothing
 * random: running it again writes the same bytes.
 */
import { writeFileSync } from 'node:fs';
import { gcm } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { argon2id } from '@noble/hashes/argon2.js';
import { expand, extract, hkdf as nobleHkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { mnemonicToEntropy } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';

const none = new Uint8Array(0);
const hex = bytesToHex;
const ramp = (length: number, start: number) => Uint8Array.from({ length }, (_, i) => (start + 7 * i) & 0xff);

function write(name: string, value: unknown): void {
  writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(value, null, 2)}\n`);
}

function derive(key: Uint8Array, label: string, context = none, length = 32): Uint8Array {
  return nobleHkdf(sha256, key, none, concatBytes(utf8ToBytes(label), Uint8Array.of(0), context), length);
}

function seal(key: Uint8Array, label: string, plain: Uint8Array, nonce: Uint8Array): Uint8Array {
  return concatBytes(nonce, gcm(key, nonce, utf8ToBytes(label)).encrypt(plain));
}

function cborHead(major: number, length: number): Uint8Array {
  if (length < 24) return Uint8Array.of((major << 5) | length);
  if (length < 0x100) return Uint8Array.of((major << 5) | 24, length);
  if (length < 0x10000) return Uint8Array.of((major << 5) | 25, length >> 8, length & 0xff);
  throw new Error('too long for a vector');
}

/** A map of text to text or bytes, keys ordered by length, then bytes. */
function cborMap(fields: Record<string, string | Uint8Array>): Uint8Array {
  const names = Object.keys(fields).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const parts = names.flatMap((name) => {
    const value = fields[name] ?? '';
    const bytes = typeof value === 'string' ? utf8ToBytes(value) : value;
    const head = cborHead(typeof value === 'string' ? 3 : 2, bytes.length);
    return [cborHead(3, name.length), utf8ToBytes(name), head, bytes];
  });
  return concatBytes(cborHead(5, names.length), ...parts);
}

function numberBytes(value: number, length: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(length * 2, '0'));
}

// --- derivation, seal ---
const secret = ramp(32, 1);
write('derivation', [
  { key: hex(secret), label: 'chunk/1', context: '', length: 32, derived: hex(derive(secret, 'chunk/1')) },
  {
    key: hex(secret),
    label: 'chunk/1',
    context: hex(ramp(32, 9)),
    length: 32,
    derived: hex(derive(secret, 'chunk/1', ramp(32, 9))),
  },
  {
    key: hex(ramp(64, 5)),
    label: 'a',
    context: hex(utf8ToBytes('b')),
    length: 80,
    derived: hex(derive(ramp(64, 5), 'a', utf8ToBytes('b'), 80)),
  },
]);
write(
  'seal',
  [none, utf8ToBytes('holiday.jpg'), ramp(300, 3)].map((plain, index) => ({
    key: hex(secret),
    label: 'name/1',
    plain: hex(plain),
    sealed: hex(seal(secret, 'name/1', plain, ramp(12, index))),
  })),
);

// --- chunks ---
function chunk(payload: Uint8Array) {
  const key = derive(secret, 'chunk/1', sha256(payload));
  const format = Uint8Array.of(1);
  const bytes = concatBytes(format, gcm(key, new Uint8Array(12), format).encrypt(payload));
  return { key, bytes, id: sha256(bytes) };
}
write(
  'chunk',
  [Uint8Array.of(0), concatBytes(Uint8Array.of(0), utf8ToBytes('Hello, peerstor')), ramp(100_000, 0)].map(
    (payload) => {
      const { key, bytes, id } = chunk(payload);
      const short = payload.length < 1000;
      return {
        dedupeSecret: hex(secret),
        payload: short ? hex(payload) : { rampLength: payload.length, rampStart: 0 },
        key: hex(key),
        id: hex(id),
        ...(short ? { bytes: hex(bytes) } : {}),
      };
    },
  ),
);

// --- manifests ---
function manifest(
  kind: string,
  cutter: string,
  packed: Uint8Array,
  content: Record<string, Uint8Array>,
  nonce: Uint8Array,
) {
  const inner = cborMap({ kind, cutter, references: sha256(packed), ...content });
  const sealed = seal(secret, 'manifest/1', inner, nonce);
  const bytes = concatBytes(Uint8Array.of(2), cborMap({ kind, cutter, references: packed, sealed }));
  return { id: hex(sha256(bytes)), bytes: hex(bytes) };
}
const ids = [ramp(32, 20), ramp(32, 40)];
const keys = [ramp(32, 60), ramp(32, 80)];
const sealedSizes = [300_018, 17_018];
const plainSizes = [300_000, 20_000];
const childSizes = [8192 * 1024 * 1024, 5];
const rows = (heads: Uint8Array[], sizes: number[]) =>
  concatBytes(...heads.flatMap((head, index) => [head, numberBytes(sizes[index] ?? 0, 4)]));
const references = ids.map((id, index) => ({ id: hex(id), size: sealedSizes[index] }));
write('manifest', [
  {
    entryKey: hex(secret),
    manifest: { kind: 'inline', content: hex(utf8ToBytes('small')) },
    ...manifest('inline', '', none, { content: utf8ToBytes('small') }, ramp(12, 50)),
  },
  {
    entryKey: hex(secret),
    manifest: {
      kind: 'leaf',
      references,
      slots: keys.map((key, index) => ({ key: hex(key), size: plainSizes[index] })),
      cutter: 'fastcdc/1',
    },
    ...manifest('leaf', 'fastcdc/1', rows(ids, sealedSizes), { slots: rows(keys, plainSizes) }, ramp(12, 51)),
  },
  {
    entryKey: hex(secret),
    manifest: { kind: 'index', references, sizes: childSizes, cutter: 'fastcdc/1' },
    ...manifest(
      'index',
      'fastcdc/1',
      rows(ids, sealedSizes),
      { sizes: concatBytes(...childSizes.map((size) => numberBytes(size, 8))) },
      ramp(12, 52),
    ),
  },
]);

// --- passwords, recovery ---
const kdf = { name: 'argon2id', memoryKiB: 64, passes: 2, parallelism: 1, salt: hex(ramp(16, 7)) };
write(
  'password',
  ['correct horse battery staple', 'Cr\u00e8me br\u00fbl\u00e9e', 'Cre\u0300me bru\u0302le\u0301e', '\u{1F511}'].map(
    (password) => ({
      password,
      kdf,
      key: hex(
        argon2id(utf8ToBytes(password.normalize('NFC')), ramp(16, 7), { t: 2, m: 64, p: 1, dkLen: 32 }),
      ),
    }),
  ),
);
/** Entropy and words from the test vectors of BIP 39. */
const mnemonics = [
  [
    '0000000000000000000000000000000000000000000000000000000000000000',
    `${'abandon '.repeat(23)}art`,
  ],
  [
    '8080808080808080808080808080808080808080808080808080808080808080',
    `${'letter advice cage absurd amount doctor acoustic avoid '.repeat(2)}letter advice cage absurd amount doctor acoustic bless`,
  ],
  ['ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', `${'zoo '.repeat(23)}vote`],
] as const;
write(
  'recovery',
  mnemonics.map(([entropy, words]) => {
    if (hex(mnemonicToEntropy(words, wordlist)) !== entropy) throw new Error(`these are not its words: ${words}`);
    return { entropy, words, key: hex(derive(hexToBytes(entropy), 'recovery/1')) };
  }),
);

// --- sealing to a public key: RFC 9180 base mode, with a chosen ephemeral key ---
const version = utf8ToBytes('HPKE-v1');
const kemSuite = concatBytes(utf8ToBytes('KEM'), numberBytes(0x20, 2));
const hpkeSuite = concatBytes(utf8ToBytes('HPKE'), numberBytes(0x20, 2), numberBytes(1, 2), numberBytes(2, 2));
const labeledExtract = (suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array) =>
  extract(sha256, concatBytes(version, suite, utf8ToBytes(label), ikm), salt);
const labeledExpand = (suite: Uint8Array, prk: Uint8Array, label: string, info: Uint8Array, length: number) =>
  expand(sha256, prk, concatBytes(numberBytes(length, 2), version, suite, utf8ToBytes(label), info), length);

function hpkeSeal(ephemeral: Uint8Array, publicKey: Uint8Array, info: Uint8Array, plain: Uint8Array, aad = none) {
  const enc = x25519.getPublicKey(ephemeral);
  const prk = labeledExtract(kemSuite, none, 'eae_prk', x25519.getSharedSecret(ephemeral, publicKey));
  const shared = labeledExpand(kemSuite, prk, 'shared_secret', concatBytes(enc, publicKey), 32);
  const context = concatBytes(
    Uint8Array.of(0),
    labeledExtract(hpkeSuite, none, 'psk_id_hash', none),
    labeledExtract(hpkeSuite, none, 'info_hash', info),
  );
  const keySecret = labeledExtract(hpkeSuite, shared, 'secret', none);
  const key = labeledExpand(hpkeSuite, keySecret, 'key', context, 32);
  const nonce = labeledExpand(hpkeSuite, keySecret, 'base_nonce', context, 12);
  return concatBytes(enc, gcm(key, nonce, aad).encrypt(plain));
}
/** Mode 0, KEM 0x20, KDF 1, AEAD 2, first encryption: from the vectors that go with RFC 9180. */
const cfrg = {
  source: 'CFRG test vectors of RFC 9180: base mode, X25519, HKDF-SHA256, AES-256-GCM',
  secretKey: '497b4502664cfea5d5af0b39934dac72242a74f8480451e1aee7d6a53320333d',
  publicKey: '430f4b9859665145a6b1ba274024487bd66f03a2dd577d7753c68d7d7d00c00c',
  info: '4f6465206f6e2061204772656369616e2055726e',
  aad: '436f756e742d30',
  plain: '4265617574792069732074727574682c20747275746820626561757479',
  sealed:
    '6c93e09869df3402d7bf231bf540fadd35cd56be14f97178f0954db94b7fc256' +
    'e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c52deb5f512be9931980a41de125a925cdad859d5b7a',
};
const cfrgAgain = hpkeSeal(
  hexToBytes('179d4b53b6365c45b600c4163b61d95cbc2f4d9e36f1695558dce265ab8bab11'),
  hexToBytes(cfrg.publicKey),
  hexToBytes(cfrg.info),
  hexToBytes(cfrg.plain),
  hexToBytes(cfrg.aad),
);
if (hex(cfrgAgain) !== cfrg.sealed) throw new Error('the HPKE of this file is not that of RFC 9180');
const recipient = ramp(32, 90);
const recipientPublic = x25519.getPublicKey(recipient);
write('sealing-key', {
  cfrg,
  ours: ['', 'a network secret'].map((plain, index) => ({
    secretKey: hex(recipient),
    publicKey: hex(recipientPublic),
    label: 'grant/1',
    plain: hex(utf8ToBytes(plain)),
    sealed: hex(
      hpkeSeal(ramp(32, 130 + index), recipientPublic, utf8ToBytes('grant/1'), utf8ToBytes(plain)),
    ),
  })),
});
