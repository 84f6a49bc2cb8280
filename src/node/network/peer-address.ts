/**
 * Addresses as they are kept and compared: /ip4/…/tcp/… or /ip6/…/tcp/…, without the peer id. Those
 * that other devices tell are hints: a wrong one costs a dial, since libp2p proves the key.
 */
import type { PeerId } from '@libp2p/interface';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';

/** The plain form, or undefined for text that is no address of a device. */
export function plainAddress(text: string): string | undefined {
  let components: { name: string; value?: string }[];
  try {
    components = multiaddr(text).getComponents();
  } catch {
    // The text comes from outside; being no multiaddr is all there is to know.
    return undefined;
  }
  const [host, port, ...others] = components;
  if (host === undefined || (host.name !== 'ip4' && host.name !== 'ip6') || port?.name !== 'tcp')
    return undefined;
  if (others.some((component) => component.name !== 'p2p')) return undefined;
  return `/${host.name}/${host.value}/tcp/${port.value}`;
}

/** What libp2p dials: with the peer id, so that another device at that address is refused. */
export function dialTarget(address: string, peer: PeerId): Multiaddr {
  return multiaddr(`${address}/p2p/${peer.toString()}`);
}

/** @param host an IPv4 or IPv6 literal; 0.0.0.0 and :: mean all interfaces */
export function listenAddress(host: string, port: number): string {
  return `/${host.includes(':') ? 'ip6' : 'ip4'}/${host}/tcp/${port}`;
}
