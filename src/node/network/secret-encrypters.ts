/**
 * Noise under each network secret that is in force. Its name in the negotiation comes from the secret, so
 * that two devices agree on one that both have, and a stranger is turned away before any handshake. Which
 * ones are in force changes while the node runs; connections that exist stay as they are.
 */
import { type NoiseComponents, noise } from '@chainsafe/libp2p-noise';
import type { ConnectionEncrypter, Upgrader } from '@libp2p/interface';
import { hkdf } from '../../crypto/index.ts';
import { toHex } from '../../model/ids.ts';

type MakeEncrypter = (components: NoiseComponents) => ConnectionEncrypter;

/** What the negotiation shows of a secret: nothing of it can be learnt from these 32 bits. */
export function noiseName(secret: Uint8Array): string {
  return `/peerstor/noise/${toHex(hkdf(secret, 'noise-name/1', undefined, 4))}`;
}

export class SecretEncrypters {
  #components: NoiseComponents | undefined;

  /** For libp2p, which makes one of each when the node is made. @param secrets the one to be preferred first */
  makers(secrets: readonly Uint8Array[]): MakeEncrypter[] {
    return secrets.map((secret) => (components) => {
      this.#components = components;
      return encrypter(secret, components);
    });
  }

  /** From now on new connections are made under these; the first is preferred. */
  use(secrets: readonly Uint8Array[]): void {
    const components = this.#components;
    if (components === undefined) return;
    const inForce = encryptersOf(components.upgrader);
    const known = new Map(inForce);
    inForce.clear();
    for (const secret of secrets) {
      const name = noiseName(secret);
      inForce.set(name, known.get(name) ?? encrypter(secret, components));
    }
  }
}

/** The map that libp2p reads at each connection. */
function encryptersOf(upgrader: Upgrader): Map<string, ConnectionEncrypter> {
  return upgrader.getConnectionEncrypters();
}

function encrypter(secret: Uint8Array, components: NoiseComponents): ConnectionEncrypter {
  const made: ConnectionEncrypter = noise({ prologueBytes: secret })(components);
  made.protocol = noiseName(secret);
  return made;
}
