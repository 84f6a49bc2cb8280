/** The addresses at which people and devices reach this one. */
import { networkInterfaces } from 'node:os';

/** IPv4 addresses of this machine on its networks, private ones first. */
export function lanAddresses(): string[] {
  const found = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((face) => face.family === 'IPv4' && !face.internal)
    .map((face) => face.address);
  return found.sort((a, b) => Number(isPrivate(b)) - Number(isPrivate(a)));
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
