/**
 * Noise under each network secret in force. The protocol name in the negotiation is derived from the secret, so
 * two devices agree on a secret that both have, and a stranger is refused before any handshake. The set of
 * secrets changes while the node runs; existing connections stay as they are.
 */
import { type NoiseComponents, noise } from '@chainsafe/libp2p-noise';
import type { ConnectionEncrypter, Upgrader } from '@libp2p/interface';
import { hkdf } from '../../../crypto/index.ts';
import { toHex } from '../../../model/ids.ts';

type MakeEncrypter = (components: NoiseComponents) => ConnectionEncrypter;

/** The part of a secret that the negotiation shows: these 32 bits reveal nothing of it. */
export function noiseName(secret: Uint8Array): string {
  return `/peerstor/noise/${toHex(hkdf(secret, 'noise-name/1', undefined, 4))}`;
}

export class SecretEncrypters {
  #components: NoiseComponents | undefined;

  /** For libp2p, which makes one encrypter of each when the node is made. @param secrets the preferred one first */
  makers(secrets: readonly Uint8Array[]): MakeEncrypter[] {
    return secrets.map((secret) => (components) => {
      this.#components = components;
      return encrypter(secret, components);
    });
  }

  /** Uses these secrets for new connections; the first is preferred. */
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
