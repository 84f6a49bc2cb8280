/** Which names this device answers to: a foreign page may point a name of its own at it (DNS rebinding). */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { PeerstorError } from '../../model/errors.ts';

/** Zones that nobody can register, used at home (RFC 6762, RFC 6761, RFC 8375, and ICANN's `.internal`). */
const privateZones = /\.(?:local|localhost|lan|home\.arpa|internal)$/;

/**
 * Makes the check of the Host header. Right are addresses (no rebinding without a name), names without a
 * dot and of private zones (no stranger can own one), and the names that are given.
 * @param names of this machine, and what the owner configured
 * @returns throws `unknown-host`
 */
export function requireOwnHost(names: readonly string[]): (request: FastifyRequest) => void {
  const own = new Set(names.map(normalName));
  return ({ hostname }) => {
    const name = normalName(hostname);
    if (name === '' || isIP(name) !== 0 || !name.includes('.') || privateZones.test(name) || own.has(name))
      return;
    throw new PeerstorError(
      'unknown-host',
      `This device does not answer to the name "${name}". Open it by its address, or start it with --host-name ${name}.`,
    );
  };
}

/** Lower case, without the brackets of an IPv6 address and without the dot of the root. */
function normalName(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
}
