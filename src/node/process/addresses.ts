/** The addresses at which people and devices reach this one. */
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** IPv4 addresses of this machine on its networks, private ones first; without any, its IPv6 addresses. */
export function lanAddresses(interfaces = networkInterfaces()): string[] {
  const faces = Object.values(interfaces)
    .flatMap((list) => list ?? [])
    .filter((face) => !face.internal && !/^fe[89ab]/i.test(face.address));
  const of = (family: string) => faces.filter((face) => face.family === family).map(({ address }) => address);
  const ipv4 = of('IPv4').sort((a, b) => Number(isPrivate(b)) - Number(isPrivate(a)));
  return ipv4.length > 0 ? ipv4 : of('IPv6');
}

function isPrivate(address: string): boolean {
  return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
}

const anyHost = new Set(['0.0.0.0', '::', '']);

function hostUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The address of the page on this machine. */
export function localUrl(host: string, port: number): string {
  return hostUrl(anyHost.has(host) ? '127.0.0.1' : host, port);
}

/** URLs of the page: the LAN's first, because those work on other devices too. */
export function pageUrls(host: string, port: number): string[] {
  if (!anyHost.has(host)) return [hostUrl(host, port)];
  return [...lanAddresses(), 'localhost'].map((address) => hostUrl(address, port));
}

/**
 * The network that an address stands for: whoever has one IPv6 address usually has its whole /64.
 * @param from an IP address, or anything else, which is then kept
 */
export function addressBlock(from: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(from)?.[1];
  if (mapped) return mapped;
  if (!isIPv6(from)) return from;
  const [head = '', tail] = (from.split('%', 1)[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** Every name and address by which a browser may open the page, for its certificate. */
export function pageHosts(ownNames: readonly string[], interfaces = networkInterfaces()): string[] {
  const faces = Object.values(interfaces).flatMap((list) => list ?? []);
  const addresses = faces.map(({ address }) => address).filter((address) => !/^fe[89ab]/i.test(address));
  const names = ownNames.flatMap((name) => (name.includes('.') ? [name] : [name, `${name}.local`]));
  return [...new Set([...names, 'localhost', '127.0.0.1', '::1', ...addresses])];
}
