/** Configuration of a device: flags and environment, parsed once, and what its home remembers. */
import { isIP } from 'node:net';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { PeerstorError } from '../../model/errors.ts';
import { parseTunables, type Tunables } from '../../model/limits.ts';
import { checkDisplayName } from '../../model/names/display-name.ts';
import type { DeviceClass } from '../../model/records.ts';

export interface StartOptions {
  home?: string;
  port?: number;
  host?: string;
  p2pPort?: number;
  /** DIR or DIR=SIZE, such as /mnt/usb=500G. */
  storage?: string[];
  name?: string;
  class?: DeviceClass;
  mdns?: boolean;
  /** HOST:PORT of other devices' pages. */
  peers?: string[];
  /** IP:PORT at which other devices reach this one's p2p port, where that is not its own address. */
  announce?: string[];
  /** Names with a dot under which people open the page. */
  hostName?: string[];
  /** Addresses or networks of proxies whose X-Forwarded headers are believed. */
  trustedProxy?: string[];
  /** Programs may show tokens as passwords over plain http. */
  plainDav?: boolean;
  logLevel?: string;
  /** Of the program that starts the device; pages show it. */
  version?: string;
  takesBack?: boolean;
}

export interface VolumeConfig {
  path: string;
  /** null: half of the free space at the first use. */
  limitBytes: number | null;
  /** The folder is draining. */
  state?: 'draining';
  /** Lent while the device ran: stays lent although --storage does not name it. */
  added?: true;
}

/** The address at which others dial this device: a port forward, a container or a proxy. */
export interface AnnouncedAddress {
  host: string;
  port: number;
}

export interface DeviceConfig {
  home: string;
  /** undefined: 8080, or the next free port. */
  port: number | undefined;
  host: string;
  p2pPort: number | undefined;
  volumes: VolumeConfig[];
  name: string | undefined;
  class: DeviceClass | undefined;
  mdns: boolean;
  peers: string[];
  announce: AnnouncedAddress[];
  hostNames: string[];
  trustedProxies: string[];
  plainDav: boolean;
  logLevel: string;
  version: string;
  /** A newer program was tried on this home and failed: what it migrated is taken back. */
  takesBack: boolean;
  tunables: Tunables;
}

/** The home folder: `--home`, else PEERSTOR_HOME, else `~/.peerstor`. */
export function homeFolder(home: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(home ?? env.PEERSTOR_HOME ?? join(personFolder(env), '.peerstor'));
}

/** Windows sets no HOME; a service may have neither, and has a folder all the same. */
function personFolder({ HOME, USERPROFILE }: NodeJS.ProcessEnv): string {
  return HOME || USERPROFILE || homedir();
}

/** @throws `bad-input`, `bad-tune` with the flag or setting that is wrong */
export function readConfig(options: StartOptions, env: NodeJS.ProcessEnv = process.env): DeviceConfig {
  return {
    home: homeFolder(options.home, env),
    port: options.port === undefined ? undefined : portNumber(options.port, '--port'),
    host: options.host ?? '0.0.0.0',
    p2pPort: options.p2pPort === undefined ? undefined : portNumber(options.p2pPort, '--p2p-port'),
    volumes: (options.storage ?? []).map(parseVolume),
    name: options.name === undefined ? undefined : deviceName(options.name),
    class: options.class,
    mdns: options.mdns ?? true,
    peers: (options.peers ?? []).map(pageAddress),
    announce: (options.announce ?? []).map(announcedAddress),
    hostNames: (options.hostName ?? []).map(hostName),
    trustedProxies: (options.trustedProxy ?? []).map(proxyAddress),
    plainDav: options.plainDav ?? false,
    logLevel: options.logLevel ?? 'info',
    version: options.version ?? 'unknown',
    takesBack: options.takesBack ?? false,
    tunables: parseTunables(env.PEERSTOR_TUNE),
  };
}

function portNumber(port: number, flag: string): number {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new PeerstorError('bad-input', `${flag} must be a number from 0 to 65535.`);
  }
  return port;
}

/** A device's display name, by the rule of all display names. @throws `bad-input` */
export function deviceName(name: string): string {
  return checkDisplayName('A device name', name);
}

/** The name of a device until somebody names it. */
export function defaultDeviceName(): string {
  return hostname().split('.')[0] || 'device';
}

/** HOST:PORT (or a whole http URL) → HOST:PORT. @throws `bad-input` */
export function pageAddress(text: string): string {
  const match = /^(?:https?:\/\/)?(\[[0-9a-fA-F:]+\]|[^\s:/]+):(\d{1,5})\/?$/.exec(text.trim());
  if (!match || Number(match[2]) > 65535) {
    throw new PeerstorError('bad-input', `"${text}" is not HOST:PORT, such as 192.168.1.10:8080.`);
  }
  return `${match[1]}:${match[2]}`;
}

/** IP:PORT or [IP6]:PORT. @throws `bad-input` */
function announcedAddress(text: string): AnnouncedAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? 0);
  if (isIP(host) === 0 || port < 1 || port > 65535) {
    throw new PeerstorError('bad-input', `--announce "${text}" is not IP:PORT, such as 203.0.113.7:4001.`);
  }
  return { host, port };
}

/** @throws `bad-input` */
function hostName(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text)) return text;
  throw new PeerstorError('bad-input', `--host-name "${text}" is not a name such as nas.example.org.`);
}

/** An IP address, or a network in CIDR. @throws `bad-input` */
function proxyAddress(text: string): string {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family !== 0 && Number(bits ?? 0) <= (family === 4 ? 32 : 128)) return text;
  throw new PeerstorError(
    'bad-input',
    `--trusted-proxy "${text}" is not an address such as 127.0.0.1, nor a network such as 10.0.0.0/8.`,
  );
}

const sizeUnits: Record<string, number> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** "500G", "1.5T", "1048576" → bytes. @throws `bad-input` */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  const bytes = match ? Number(match[1]) * (sizeUnits[(match[2] ?? '').toLowerCase()] ?? 0) : 0;
  if (!Number.isFinite(bytes) || bytes < 1) {
    throw new PeerstorError('bad-input', `"${text}" is not a size; write 500G, 1.5T or a number of bytes.`);
  }
  return Math.floor(bytes);
}

function parseVolume(text: string): VolumeConfig {
  const cut = text.lastIndexOf('=');
  if (cut < 0) return { path: resolve(text), limitBytes: null };
  return { path: resolve(text.slice(0, cut)), limitBytes: parseSize(text.slice(cut + 1)) };
}
