/**
 * DNS-SD: announces this device and finds others, paired or not. `_peerstor._tcp` with TXT name, network (short
 * id, or absent) and id (short device id). The port is that of the page. Everything received is an untrusted
 * hint: anyone on the network can send anything (docs/SECURITY.md).
 */
import { EventEmitter } from 'node:events';
import { isIPv4, isIPv6 } from 'node:net';
import { Bonjour, type Browser, type Service } from 'bonjour-service';
import { LRUCache } from 'lru-cache';
import type { NearbyDevice } from '../../model/api.ts';
import { displayText } from '../../model/display-text.ts';
import { sentenceOf } from '../../model/errors.ts';
import { type DeviceId, type NetworkId, shortId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';

const serviceType = 'peerstor';
/** Repeated questions find devices whose announcement was lost. */
const askEveryMs = 10_000;
/** A device that has not answered for this long is no longer shown. */
const forgetMs = 120_000;
/** A flood of false services must not fill the memory. */
const nearbyMax = 256;
/** Characters of a name that are shown. */
const shownLengthMax = 64;

export interface DiscoveryOptions {
  device: DeviceId;
  name: () => string;
  /** The port of the page. */
  port: number;
  network: NetworkId | null;
  log: Log;
}

export interface Discovery {
  start(): void;
  stop(): Promise<void>;
  /** Devices heard of recently, this one excluded. */
  nearby(): NearbyDevice[];
  /** Announces from now on that this device is in a network. */
  setNetwork(network: NetworkId): void;
}

export function createDiscovery(options: DiscoveryOptions): Discovery {
  return new BonjourDiscovery(options);
}

class BonjourDiscovery implements Discovery {
  readonly #options: DiscoveryOptions;
  readonly #heard = new LRUCache<string, NearbyDevice>({ max: nearbyMax, ttl: forgetMs });
  #network: NetworkId | null;
  #bonjour: Bonjour | undefined;
  #browser: Browser | undefined;
  #service: Service | undefined;
  #timer: NodeJS.Timeout | undefined;
  #complained = false;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
    this.#network = options.network;
  }

  start(): void {
    if (this.#bonjour) return;
    try {
      this.#bonjour = new Bonjour({}, (error: unknown) => this.#complain(error));
      this.#guard(this.#bonjour);
      this.#publish();
      this.#browser = this.#bonjour.find({ type: serviceType });
      this.#browser.on('up', (service) => this.#hear(service));
      this.#browser.on('txt-update', (service) => this.#hear(service));
      this.#browser.on('srv-update', (service) => this.#hear(service));
      this.#timer = setInterval(() => this.#ask(), askEveryMs);
      this.#timer.unref();
    } catch (error) {
      this.#complain(error);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const bonjour = this.#bonjour;
    this.#bonjour = undefined;
    this.#browser?.stop();
    if (!bonjour) return;
    await new Promise<void>((resolve) => {
      // The goodbye is a courtesy: it must not delay the stop.
      setTimeout(resolve, 1000).unref();
      bonjour.unpublishAll(() => bonjour.destroy(resolve));
    });
  }

  nearby(): NearbyDevice[] {
    return [...this.#heard.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  setNetwork(network: NetworkId): void {
    this.#network = network;
    const service = this.#service;
    if (!service) return;
    service.stop(() => this.#bonjour && this.#publish());
  }

  #publish(): void {
    this.#service = this.#bonjour?.publish(announcementOf(this.#options, this.#network));
  }

  #ask(): void {
    try {
      this.#browser?.update();
      for (const service of this.#browser?.services ?? []) this.#hear(service);
    } catch (error) {
      this.#complain(error);
    }
  }

  #hear(service: Service): void {
    const heard = nearbyOf(service, this.#options.device);
    if (heard) this.#heard.set(`${heard.id}@${heard.device.address}`, heard.device);
  }

  /** The library has no listener for the errors of its own socket: a taken port would end the process. */
  #guard(bonjour: Bonjour): void {
    const { server }: { server?: { mdns?: unknown } } = Object(bonjour);
    if (server?.mdns instanceof EventEmitter) server.mdns.on('error', (error) => this.#complain(error));
  }

  /** Without multicast (a container, flight mode) no device is nearby. */
  #complain(error: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    this.#options.log.warn(
      {},
      `Nearby devices cannot be found: ${sentenceOf(error)}. Pair with --peer HOST:PORT.`,
    );
  }
}

/** What everybody on the local network is told of this device: nothing but this. */
export function announcementOf(
  { device, name, port }: Pick<DiscoveryOptions, 'device' | 'name' | 'port'>,
  network: NetworkId | null,
) {
  return {
    // The short id keeps two devices with one name apart, so no probing is needed.
    name: `${name()} ${shortId(device)}`,
    type: serviceType,
    port,
    probe: false,
    txt: {
      name: name(),
      id: shortId(device),
      ...(network === null ? {} : { network: shortId(network) }),
    },
  };
}

/** What an announcement says. All of it comes from strangers. */
export type Announcement = Pick<Service, 'name' | 'port' | 'txt' | 'addresses' | 'referer'>;

/** @returns undefined for an announcement of this device itself, or without an address that a page can be asked at */
export function nearbyOf(
  service: Announcement,
  own: DeviceId,
): { id: string; device: NearbyDevice } | undefined {
  const { name, id, network } = (service.txt ?? {}) as Record<string, unknown>;
  const host = hostOf(service);
  if (typeof id !== 'string' || id === shortId(own) || host === undefined) return undefined;
  return {
    id: displayText(id).slice(0, shownLengthMax),
    device: {
      name: displayText(typeof name === 'string' ? name : service.name).slice(0, shownLengthMax),
      address: `${host}:${service.port}`,
      network: typeof network === 'string' ? displayText(network).slice(0, 16) : null,
    },
  };
}

/**
 * The address that the announcement came from, else one that it names; IPv4 before IPv6. A link-local IPv6 address
 * is of no use: an HTTP client needs its zone, which differs between machines.
 */
function hostOf({ addresses, referer }: Announcement): string | undefined {
  const all = [...(referer ? [referer.address] : []), ...(addresses ?? [])];
  const ipv4 = all.find((address) => isIPv4(address));
  if (ipv4) return ipv4;
  const ipv6 = all.find(
    (address) => isIPv6(address) && !/^fe[89ab]/i.test(address) && !address.includes('%'),
  );
  return ipv6 && `[${ipv6}]`;
}
