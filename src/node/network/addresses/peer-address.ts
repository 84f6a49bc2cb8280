/**
 * Addresses in the form in which they are stored and compared: /ip4/…/tcp/… or /ip6/…/tcp/…, without the peer
 * id. Addresses from other devices are hints: a wrong one costs a dial, because libp2p proves the key.
 */
import type { PeerId } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';

/** The plain form, or undefined for text that is not a device address. */
export function plainAddress(text: string): string | undefined {
  let components: { name: string; value?: string }[];
  try {
    components = multiaddr(text).getComponents();
  } catch {
    // The text comes from outside; any error means that it is not a multiaddr.
    return undefined;
  }
  const [host, port, ...others] = components;
  if (host === undefined || (host.name !== 'ip4' && host.name !== 'ip6') || port?.name !== 'tcp')
    return undefined;
  if (others.some((component) => component.name !== 'p2p')) return undefined;
  return `/${host.name}/${host.value}/tcp/${port.value}`;
}

/** The dial target with the peer id, so that libp2p refuses another device at that address. */
export function dialTarget(address: string, peer: PeerId): Multiaddr {
  return multiaddr(`${address}/p2p/${peer.toString()}`);
}

/** @param host an IPv4 or IPv6 literal; 0.0.0.0 and :: mean all interfaces */
export function listenAddress(host: string, port: number): string {
  return `/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${port}`;
}
