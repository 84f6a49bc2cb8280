/** The addresses at which people and devices reach this one. */
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

/** Every name and address by which a browser may open the page, for its certificate. */
export function pageHosts(ownNames: readonly string[], interfaces = networkInterfaces()): string[] {
  const faces = Object.values(interfaces).flatMap((list) => list ?? []);
  const addresses = faces.map(({ address }) => address).filter((address) => !/^fe[89ab]/i.test(address));
  const names = ownNames.flatMap((name) => (name.includes('.') ? [name] : [name, `${name}.local`]));
  return [...new Set([...names, 'localhost', '127.0.0.1', '::1', ...addresses])];
}
