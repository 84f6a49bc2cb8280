/** Wires what a device has once it belongs to a network: catalog, transport, copies, pairing. */
import { createServer } from 'node:net';
import { createCatalog, createCatalogSync, createOutbox } from '../catalog/index.ts';
import type { SigningKey } from '../crypto/index.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { Catalog, Signer } from '../model/contracts/catalog.ts';
import type { ChunkStore } from '../model/contracts/chunk-store.ts';
import { type OrderedStore, withPrefix } from '../model/contracts/ordered-store.ts';
import { sentenceOf } from '../model/errors.ts';
import type { DeviceId } from '../model/ids.ts';
import { deviceId } from '../model/ids.ts';
import type { Log } from '../model/log.ts';
import type { DeviceBody } from '../model/records.ts';
import { createReplication } from '../replication/index.ts';
import type { DeviceConfig } from './config.ts';
import { CatalogDirectory } from './device-directory.ts';
import type { NetworkParts } from './device-parts.ts';
import type { Home, HomeSettings, StoredMembership } from './home.ts';
import { liveVersionsOf } from './live-versions.ts';
import { createLibp2pTransport, type Libp2pTransport } from './network/index.ts';
import { type JoiningDevice, PairingWindow, type Welcome } from './pairing-window.ts';
import { Presence } from './presence.ts';
import { lentBytes } from './volumes.ts';

export interface NetworkOptions {
  config: DeviceConfig;
  home: Home;
  identity: SigningKey;
  membership: StoredMembership;
  settings(): HomeSettings;
  store: ChunkStore;
  /** Local database for what can be made again: inventory, references, addresses. */
  index: OrderedStore;
  catalogStore: OrderedStore;
  clock: Clock;
  random: Random;
  log: Log;
}

/** A network that is wired but not started: a new one is populated first. */
export interface WiredNetwork {
  parts: NetworkParts;
  start(): Promise<void>;
}

export async function wireNetwork(options: NetworkOptions): Promise<WiredNetwork> {
  const { config, home, identity, membership, clock, random, log } = options;
  const { tunables } = config;
  const self = deviceId(identity.principal);

  const catalog = createCatalog({
    genesis: membership.genesis,
    self,
    store: options.catalogStore,
    outbox: createOutbox(home.file('outbox.log')),
    clock,
    log,
  });
  await catalog.start();
  const directory = await CatalogDirectory.open(catalog);
  const transport = await openTransport(options, catalog, directory);
  const sync = createCatalogSync({ catalog, transport, clock, tunables, log });
  const chunks = createReplication({
    self,
    transport,
    store: options.store,
    index: withPrefix(options.index, 'replication/'),
    devices: directory,
    versions: liveVersionsOf(catalog),
    clock,
    random,
    tunables,
    log,
  });
  const presence = new Presence({ transport, store: options.store, clock });
  const pairing = new PairingWindow({
    self: { id: self, name: () => options.settings().name },
    networkId: () => catalog.networkId,
    welcome: (joiner, signer) => welcome({ catalog, transport, membership, directory }, joiner, signer),
    clock,
    tunables,
  });

  const stop = async () => {
    pairing.close();
    presence.stop();
    await sync.stop();
    await chunks.stop();
    await transport.stop();
    await catalog.stop();
  };
  return {
    parts: { catalog, transport, chunks, directory, presence, pairing, stop },
    async start() {
      await chunks.start();
      await sync.start();
      presence.start();
      await transport.start();
      introduce(transport, membership);
      await keepOwnRecord(options, catalog, self);
    },
  };
}

async function openTransport(
  { config, identity, membership, index, settings, clock, random, log }: NetworkOptions,
  catalog: Catalog,
  directory: CatalogDirectory,
): Promise<Libp2pTransport> {
  const self = deviceId(identity.principal);
  return createLibp2pTransport({
    identitySeed: identity.seed,
    networkId: membership.networkId,
    networkSecret: membership.networkSecret,
    listen: await listenAddress(config, settings()),
    name: () => settings().name,
    class: () => settings().class,
    // Until the catalog has arrived, what was handed over at pairing proves the membership.
    certificates: () =>
      catalog.get('device', self) ? catalog.certificatesOf(self) : membership.certificates,
    authorize: (device, certificates) => {
      const body = catalog.verifyMember(device, certificates);
      return body && { class: body.class };
    },
    // Until the catalog has arrived, the devices that the welcome named are all that is known.
    members: () =>
      directory.find(self)
        ? directory.members().map((member) => member.id)
        : Object.keys(membership.introductions).map((id) => deviceId(id)),
    onMembersChange: (listener) => directory.onChange(listener),
    addressBook: withPrefix(index, 'addresses/'),
    mdns: config.mdns,
    tunables: config.tunables,
    log,
    clock,
    random,
  });
}

/** The port of the last time, so that others find it there; any other one if that was taken meanwhile. */
async function listenAddress(config: DeviceConfig, settings: HomeSettings) {
  const host = config.host === 'localhost' ? '127.0.0.1' : config.host;
  const isAsked = config.p2pPort !== undefined;
  const port = isAsked || (await isFree(host, settings.p2pPort)) ? settings.p2pPort : 0;
  return { host, port };
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

function introduce(transport: Libp2pTransport, membership: StoredMembership): void {
  for (const [id, addresses] of Object.entries(membership.introductions)) {
    transport.hint(deviceId(id), addresses);
  }
}

/** Signs a joining device in and gathers what it needs to find the others and be believed by them. */
async function welcome(
  network: {
    catalog: Catalog;
    transport: Libp2pTransport;
    membership: StoredMembership;
    directory: CatalogDirectory;
  },
  joiner: JoiningDevice,
  signer: Signer,
): Promise<Welcome> {
  const { catalog, transport, membership } = network;
  const body: DeviceBody = {
    name: joiner.name,
    class: joiner.class,
    state: 'active',
    capacityBytes: joiner.capacityBytes,
    place: joiner.place,
    storageOnly: false,
    proof: joiner.proof,
    addedAt: Date.now(),
  };
  await catalog.author([{ table: 'device', id: joiner.id, body }], signer);
  const introductions: Record<string, string[]> = { [transport.self]: transport.addresses() };
  for (const peer of transport.peers()) introductions[peer.device] = peer.addresses;
  return {
    networkId: catalog.networkId,
    networkSecret: membership.networkSecret,
    genesis: membership.genesis,
    certificates: catalog.certificatesOf(joiner.id),
    introductions,
  };
}

/**
 * A device may say itself what it is called, whether it sleeps and how much it lends: keep that true.
 * A clock that is wrong just now must not keep the device from starting.
 */
async function keepOwnRecord(options: NetworkOptions, catalog: Catalog, self: DeviceId): Promise<void> {
  const body = catalog.get('device', self)?.body;
  if (!body) return;
  const settings = options.settings();
  const changed: DeviceBody = {
    ...body,
    capacityBytes: lentBytes(settings),
    ...(options.config.name === undefined ? {} : { name: settings.name }),
    ...(options.config.class === undefined ? {} : { class: settings.class }),
  };
  const isSame =
    changed.capacityBytes === body.capacityBytes &&
    changed.name === body.name &&
    changed.class === body.class;
  if (isSame) return;
  try {
    await catalog.author([{ table: 'device', id: self, body: changed }], options.identity);
  } catch (error) {
    options.log.warn({}, `This device's record could not be brought up to date: ${sentenceOf(error)}`);
  }
}
