/**
 * How far a device's log reaches, signed by that device (docs/FORMAT.md, "Log heads"):
 *
 *   head   = Ed25519 signature (64) ‖ seq (6) ‖ revision of the record with that number (32)
 *   signed = "peerstor head/1" ‖ network id (32) ‖ device (32) ‖ seq (6) ‖ revision (32)
 *
 * A principal signs a record, not the device that the record names. Without a signed head anybody could claim
 * how far a log reaches, and so hide its records, or make its device believe that its key is used elsewhere.
 */
import { verifyAsync } from '../../crypto/index.ts';
import type { Signer } from '../../model/contracts/catalog.ts';
import { PeerstorError } from '../../model/errors.ts';
import {
  type DeviceId,
  fromHex,
  type NetworkId,
  principalId,
  type Revision,
  revision,
  toHex,
} from '../../model/ids.ts';
import { numberBytes, numberOfBytes } from './store-layout.ts';

export interface LogHead {
  readonly device: DeviceId;
  /** The last number that the device had given out. */
  readonly seq: number;
  /** Of the record with that number: two different heads with one number show that two devices share a key. */
  readonly revision: Revision;
  /** As stored and sent. The device is not part of it; it is stored and sent beside it. */
  readonly bytes: Uint8Array;
}

const labelBytes = new TextEncoder().encode('peerstor head/1');
const signatureBytes = 64;
const seqBytes = 6;
const headBytes = signatureBytes + seqBytes + 32;

/** @param identity the device's own key */
export function signHead(
  network: NetworkId,
  identity: Signer,
  last: { device: DeviceId; seq: number; revision: Revision },
): LogHead {
  const said = Buffer.concat([numberBytes(last.seq, seqBytes), fromHex(last.revision)]);
  const bytes = Buffer.concat([identity.sign(signedBytes(network, last.device, said)), said]);
  return { device: last.device, seq: last.seq, revision: last.revision, bytes: new Uint8Array(bytes) };
}

/**
 * Reads a head; its signature is not checked yet (`isGenuine`).
 * @throws `bad-record`
 */
export function readHead(device: DeviceId, bytes: Uint8Array): LogHead {
  if (bytes.length !== headBytes)
    throw new PeerstorError(
      'bad-record',
      'A device sent a log head that cannot be read; update both devices.',
    );
  const said = bytes.subarray(signatureBytes);
  return {
    device,
    seq: numberOfBytes(said.subarray(0, seqBytes)),
    revision: revision(toHex(said.subarray(seqBytes))),
    bytes,
  };
}

/** Did the device of the log sign this? */
export function isGenuine(network: NetworkId, { device, bytes }: LogHead): Promise<boolean> {
  const said = bytes.subarray(signatureBytes);
  return verifyAsync(
    principalId(device),
    signedBytes(network, device, said),
    bytes.subarray(0, signatureBytes),
  );
}

function signedBytes(network: NetworkId, device: DeviceId, said: Uint8Array): Uint8Array {
  return Buffer.concat([labelBytes, fromHex(network), fromHex(device), said]);
}
