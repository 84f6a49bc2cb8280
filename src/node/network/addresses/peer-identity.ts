/**
 * A device's two names. peerstor uses DeviceId (hex of the raw Ed25519 public key), libp2p uses PeerId
 * (multihash of the same key). Only this file converts between them.
 */
import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { PeerId, PrivateKey } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { PeerstorError } from '../../../model/errors.ts';
import { type DeviceId, deviceId, fromHex, toHex } from '../../../model/ids.ts';

/** @param seed 32 bytes of the device's Ed25519 key */
export async function identityFromSeed(seed: Uint8Array): Promise<{ device: DeviceId; key: PrivateKey }> {
  const key = await generateKeyPairFromSeed('Ed25519', seed);
  return { device: deviceId(toHex(key.publicKey.raw)), key };
}

/** @throws `bad-id` for hex that is not a point of the curve */
export function peerIdOf(device: DeviceId): PeerId {
  try {
    return peerIdFromPublicKey(publicKeyFromRaw(fromHex(device)));
  } catch (error) {
    throw new PeerstorError('bad-id', `Not a device id: ${device}`, { cause: error });
  }
}

/** @throws `not-a-member` for a peer whose key is not Ed25519: no peerstor device has such a key */
export function deviceOf(peer: PeerId): DeviceId {
  if (peer.type !== 'Ed25519') {
    throw new PeerstorError('not-a-member', `A device must have an Ed25519 key; this peer has ${peer.type}.`);
  }
  return deviceId(toHex(peer.publicKey.raw));
}
