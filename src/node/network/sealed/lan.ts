/** Which addresses are on a network that this machine is on itself. */
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLocal } from '../limits/bandwidth.ts';

/** The IP address of a multiaddr, without an IPv4 address being written as IPv6; undefined without one. */
export function hostOf(address: string): string | undefined {
  const host = /^\/ip[46](?:zone\/[^/]+\/ip6)?\/([^/]+)/.exec(address)?.[1];
  return host && (/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host)?.[1] ?? host);
}

/**
 * @param address a multiaddr
 * @returns true for a private address in a subnet of one of this machine's interfaces, or of this machine itself
 */
export function isOnLan(address: string, interfaces = networkInterfaces()): boolean {
  const host = hostOf(address);
  if (host === undefined) return false;
  const faces = Object.values(interfaces).flatMap((list) => list ?? []);
  if (faces.some((face) => face.address === host)) return true;
  if (!isLocal(address)) return false;
  const own = new BlockList();
  for (const { cidr, family } of faces) {
    const [net, prefix] = cidr?.split('/') ?? [];
    if (net && prefix) own.addSubnet(net, Number(prefix), family === 'IPv4' ? 'ipv4' : 'ipv6');
  }
  return own.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}
