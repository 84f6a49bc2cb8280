import type { Signer } from '../../../model/contracts/catalog.ts';

/** Of this device: what signs its records, and the X25519 secret that opens what is sealed to it. */
export interface DeviceKeys {
  signer: Signer;
  sealingSecret: Uint8Array;
}
