/**
 * What a passkey adds to a user's bundle: the user's secrets, sealed under a key from the secret that the authenticator
 * gives for a salt of the network (PRF extension). A signature alone opens nothing.
 */
import { decode, encode, hkdf, isFields, open, seal, sha256 } from '../../../crypto/index.ts';
import { isPeerstorError } from '../../../model/errors.ts';
import type { NetworkId } from '../../../model/ids.ts';
import type { PasskeyBody } from '../../../model/records.ts';
import type { PasskeyView } from '../../../model/views/passkeys.ts';
import { decodeKeys, encodeKeys, type UserKeys } from '../../keys/user-keys.ts';

const keysLabel = 'bundle-passkey/1';
const factsLabel = 'passkey-facts/1';
const text = new TextEncoder();

export interface PasskeyFacts {
  name: string;
  createdAtMs: number;
}

/** What every authenticator of a network is asked for. */
export function passkeySalt(network: NetworkId): Uint8Array {
  return sha256(text.encode(`peerstor passkey/1 ${network}`));
}

export function newPasskeyBody(
  keys: UserKeys,
  { id, publicKey }: { id: string; publicKey: Uint8Array },
  { host, secret, facts }: { host: string; secret: Uint8Array; facts: PasskeyFacts },
): PasskeyBody {
  const sealedKeys = seal(keyOf(secret, id), keysLabel, encodeKeys(keys));
  return { id, publicKey: Uint8Array.from(publicKey), host, sealedKeys, facts: sealFacts(keys, facts) };
}

/** @throws `forbidden` for the secret of another authenticator */
export function openByPasskey({ id, sealedKeys }: PasskeyBody, secret: Uint8Array): UserKeys {
  return decodeKeys(open(keyOf(secret, id), keysLabel, sealedKeys));
}

export function renamedPasskey(keys: UserKeys, body: PasskeyBody, name: string): PasskeyBody {
  return { ...body, facts: sealFacts(keys, { ...factsOf(keys, body), name }) };
}

export function passkeyView(keys: UserKeys, body: PasskeyBody): PasskeyView {
  const { name, createdAtMs } = factsOf(keys, body);
  return { id: body.id, name, host: body.host, createdAt: new Date(createdAtMs).toISOString() };
}

/** A passkey of which nothing else can be read can still be removed. */
function factsOf(keys: UserKeys, { facts }: PasskeyBody): PasskeyFacts {
  const unknown = { name: '', createdAtMs: 0 };
  try {
    const read = decode(open(factsKeyOf(keys), factsLabel, facts));
    if (!isFields(read) || typeof read.name !== 'string' || typeof read.createdAt !== 'number')
      return unknown;
    return { name: read.name, createdAtMs: read.createdAt };
  } catch (error) {
    if (isPeerstorError(error)) return unknown;
    throw error;
  }
}

function sealFacts(keys: UserKeys, { name, createdAtMs }: PasskeyFacts): Uint8Array {
  return seal(factsKeyOf(keys), factsLabel, encode({ name, createdAt: createdAtMs }));
}

const factsKeyOf = (keys: UserKeys) => hkdf(keys.signing.seed, 'passkey-facts-key/1');
const keyOf = (secret: Uint8Array, id: string) => hkdf(secret, keysLabel, sha256(text.encode(id)));
