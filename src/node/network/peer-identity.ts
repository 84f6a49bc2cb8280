/**
 * A device's two names. peerstor says DeviceId (hex of the raw Ed25519 public key), libp2p says
 * PeerId (multihash of the same key); nothing outside this file turns one into the other.
 */
import { generateKeyPairFromSeed, publicKeyFromRaw } from '@libp2p/crypto/keys';
import type { PeerId, PrivateKey } from '@libp2p/interface';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { PeerstorError } from '../../model/errors.ts';
import { type DeviceId, deviceId, fromHex, toHex } from '../../model/ids.ts';

/** @param seed 32 bytes of the device's Ed25519 key */
export async function identityFromSeed(seed: Uint8Array): Promise<{ device: DeviceId; key: PrivateKey }> {
  const key = await generateKeyPairFromSeed('Ed25519', seed);
  return { device: deviceId(toHex(key.publicKey.raw)), key };
}

/** @throws `bad-id` for hex that is no point of the curve */
export function peerIdOf(device: DeviceId): PeerId {
  try {
    return peerIdFromPublicKey(publicKeyFromRaw(fromHex(device)));
  } catch (error) {
    throw new PeerstorError('bad-id', `This is not a device id: ${device}`, { cause: error });
  }
}

/** @throws `not-a-member` for a peer whose key is not Ed25519: no device of peerstor has such a one */
export function deviceOf(peer: PeerId): DeviceId {
  if (peer.type !== 'Ed25519') {
    throw new PeerstorError('not-a-member', `A device has an Ed25519 key, this peer has ${peer.type}.`);
  }
  return deviceId(toHex(peer.publicKey.raw));
}
