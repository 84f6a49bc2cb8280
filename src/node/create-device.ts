/** The one place where a device is built from its parts, started and stopped. */
import { readGenesis, writeGenesis } from '../catalog/index.ts';
import { createAccounts, type Founding } from '../drive/index.ts';
import { createGateway, type Gateway } from '../http/index.ts';
import { assert } from '../model/assert.ts';
import { systemClock, systemRandom } from '../model/clock.ts';
import type { OrderedStore } from '../model/contracts/ordered-store.ts';
import { withPrefix } from '../model/contracts/ordered-store.ts';
import { isPeerstorError, PeerstorError, sentenceOf } from '../model/errors.ts';
import { deviceId, networkId } from '../model/ids.ts';
import type { Log } from '../model/log.ts';
import { DiskChunkStore, LevelStore } from '../store/index.ts';
import { localUrl, pageUrls } from './addresses.ts';
import { type DeviceConfig, defaultDeviceName } from './config.ts';
import { createDeviceFront } from './device-front.ts';
import { type NetworkOptions, type WiredNetwork, wireNetwork } from './device-network.ts';
import type { DeviceParts, NetworkParts } from './device-parts.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { EventHub } from './event-hub.ts';
import { Home, type HomeSettings, homeFormat, newLocalSecret, readRunFacts } from './home.ts';
import { createLog } from './log.ts';
import { joinByCode } from './pairing-join.ts';
import { membershipProofBytes, type Welcome } from './pairing-window.ts';
import { lentBytes, planVolumes } from './volumes.ts';
import { webRoot } from './web-root.ts';

const defaultPort = 8080;
/** Ports that are tried after 8080 when nobody named one. */
const portsTried = 50;

export interface ReadyFacts {
  urls: string[];
  port: number;
  p2p: string[];
  deviceId: string;
  deviceName: string;
  setupCode: string | null;
}

export interface RunningDevice {
  ready(): ReadyFacts;
  /** A sentence when stopping now leaves something on this device alone, else undefined. */
  unprotectedWarning(): string | undefined;
  stop(): Promise<void>;
}

/**
 * Starts a device on its home and serves its page.
 * @throws `home-locked` naming the process that has the home, `home-newer`, `bad-input`, `disk-full`
 */
export async function startDevice(config: DeviceConfig): Promise<RunningDevice> {
  const log = createLog(config.logLevel);
  const home = await Home.open(config.home);
  const device = new Device(config, home, log);
  try {
    await device.start();
  } catch (error) {
    await device.stop().catch((cause: unknown) => log.error({}, `Cleaning up failed: ${sentenceOf(cause)}`));
    throw error;
  }
  return device;
}

class Device implements RunningDevice, DeviceParts {
  readonly config: DeviceConfig;
  readonly identity: Home['identity'];
  readonly localSecret = newLocalSecret();
  setupCode: string | null = null;
  readonly #home: Home;
  readonly #log: Log;
  readonly #events = new EventHub();
  /** Undone in reverse order when the device stops. */
  readonly #cleanups: (() => Promise<void> | void)[] = [];
  #settings!: HomeSettings;
  #store!: DiskChunkStore;
  #index!: OrderedStore;
  #catalogStore: OrderedStore | undefined;
  #network: NetworkParts | undefined;
  #discovery: Discovery | undefined;
  #port = 0;
  #stopping: Promise<void> | undefined;

  constructor(config: DeviceConfig, home: Home, log: Log) {
    this.config = config;
    this.identity = home.identity;
    this.#home = home;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.#lockHome();
    await this.#openSettings();
    // Reserved here, so that both end after the gateway and in this order, whenever a network was entered.
    this.#cleanups.push(() => this.#catalogStore?.close());
    this.#cleanups.push(() => this.#network?.stop());
    const membership = await this.#home.membership();
    if (membership) {
      await this.#openCatalogStore();
      await this.#enter(await wireNetwork(this.#networkOptions(membership)));
    } else this.setupCode = newLocalSecret().slice(0, 12);
    await this.#serve();
    await this.#home.saveRunFacts({
      pid: process.pid,
      port: this.#port,
      url: localUrl(this.config.host, this.#port),
      localSecret: this.localSecret,
      setupCode: this.setupCode,
    });
    this.#cleanups.push(() => this.#home.removeRunFacts());
    this.#announce();
  }

  /** Safe to call again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) {
      try {
        await cleanup();
      } catch (error) {
        this.#log.error({}, `A part did not stop cleanly: ${sentenceOf(error)}`);
      }
    }
  }

  ready(): ReadyFacts {
    return {
      urls: pageUrls(this.config.host, this.#port),
      port: this.#port,
      p2p: this.#network?.transport.addresses() ?? [],
      deviceId: this.identity.principal,
      deviceName: this.#settings.name,
      setupCode: this.setupCode,
    };
  }

  unprotectedWarning(): string | undefined {
    const waiting = this.#network?.chunks.repairStatus().queued ?? 0;
    if (waiting === 0) return undefined;
    return `${waiting} chunks are not yet on as many devices as wanted; they go on when this device is back.`;
  }

  get store(): DiskChunkStore {
    return this.#store;
  }

  settings = (): HomeSettings => this.#settings;
  network = (): NetworkParts | undefined => this.#network;
  port = (): number => this.#port;
  nearby = () => this.#discovery?.nearby() ?? [];
  onEvent: DeviceParts['onEvent'] = (listener) => this.#events.listen(listener);

  /** LevelDB's own lock is what keeps a second process away from this home. */
  async #lockHome(): Promise<void> {
    try {
      const index = await LevelStore.open(this.#home.file('db', 'index'));
      this.#index = index;
      this.#cleanups.push(() => index.close());
    } catch (error) {
      if (!isPeerstorError(error, 'home-locked')) throw error;
      const facts = await readRunFacts(this.#home.folder);
      const holder = facts ? `process ${facts.pid}, page on port ${facts.port}` : 'another process';
      throw new PeerstorError(
        'home-locked',
        `${this.#home.folder} is in use by ${holder}. Stop that one first, or start this one with another --home.`,
        { cause: error },
      );
    }
  }

  async #openCatalogStore(): Promise<void> {
    this.#catalogStore = await LevelStore.open(this.#home.file('db', 'catalog'));
  }

  async #openSettings(): Promise<void> {
    const remembered = await this.#home.settings();
    const volumes = await planVolumes(this.config.volumes, remembered?.volumes ?? [], this.#home.folder);
    this.#settings = {
      format: homeFormat,
      name: this.config.name ?? remembered?.name ?? defaultDeviceName(),
      class: this.config.class ?? remembered?.class ?? 'always-on',
      place: remembered?.place ?? '',
      p2pPort: this.config.p2pPort ?? remembered?.p2pPort ?? 0,
      volumes: volumes.map(({ path, limitBytes }) => ({ path, limitBytes })),
    };
    this.#store = new DiskChunkStore({
      volumes,
      index: withPrefix(this.#index, 'chunks/'),
      clock: systemClock,
    });
    await this.#store.start();
    this.#cleanups.push(() => this.#store.stop());
    await this.#home.saveSettings(this.#settings);
  }

  #networkOptions(membership: NetworkOptions['membership']): NetworkOptions {
    assert(this.#catalogStore, 'the catalog has its database before it is wired');
    return {
      config: this.config,
      home: this.#home,
      identity: this.identity,
      membership,
      settings: this.settings,
      store: this.#store,
      index: this.#index,
      catalogStore: this.#catalogStore,
      clock: systemClock,
      random: systemRandom,
      log: this.#log,
    };
  }

  /** Starts what was wired, and remembers the port that libp2p took, so that others find it there again. */
  async #enter(wired: WiredNetwork): Promise<void> {
    this.#network = wired.parts;
    await wired.start();
    this.#events.follow(wired.parts);
    const taken = /\/tcp\/(\d+)/.exec(wired.parts.transport.addresses()[0] ?? '')?.[1];
    if (taken !== undefined && Number(taken) !== this.#settings.p2pPort && !this.config.p2pPort) {
      this.#settings = { ...this.#settings, p2pPort: Number(taken) };
      await this.#home.saveSettings(this.#settings);
    }
    this.#discovery?.setNetwork(wired.parts.catalog.networkId);
  }

  /**
   * Enters a network for the first time. It is remembered only when its catalog opened and `populate`
   * wrote what must be in it; if that fails, the device is as it was before.
   */
  async #become(membership: NetworkOptions['membership'], populate: Founding['populate']): Promise<void> {
    // A founding that broke off, or a `network.key` that was lost: kept aside, never deleted (I7).
    await this.#home.setAside(['db/catalog', 'outbox.log']);
    await this.#openCatalogStore();
    const wired = await wireNetwork(this.#networkOptions(membership));
    try {
      await populate(wired.parts.catalog);
      await this.#home.saveMembership(membership);
    } catch (error) {
      await wired.parts.stop();
      await this.#catalogStore?.close();
      throw error;
    }
    await this.#enter(wired);
  }

  async #found({ genesis, populate }: Founding) {
    const membership = {
      networkId: readGenesis(genesis).networkId,
      networkSecret: systemRandom.bytes(32),
      genesis,
      certificates: [],
      introductions: {},
    };
    await this.#become(membership, populate);
    return requireCatalog(this.#network);
  }

  join: DeviceParts['join'] = async (code, address) => {
    const addresses = address === undefined ? this.#nearbyNetworks() : [address];
    if (addresses.length === 0) {
      throw new PeerstorError(
        'peer-unreachable',
        'No device of a network was found nearby. Give the address of its page: --peer HOST:PORT.',
      );
    }
    const { name, class: deviceClass, place } = this.#settings;
    const self = {
      id: deviceId(this.identity.principal),
      name,
      class: deviceClass,
      place,
      capacityBytes: lentBytes(this.#settings),
    };
    const welcome = await firstThatWelcomes(addresses, (at) => joinByCode(code, at, this.identity, self));
    const membership = { ...welcome, networkId: networkId(welcome.networkId) };
    await this.#become(membership, async () => undefined);
    return { networkId: welcome.networkId };
  };

  #nearbyNetworks(): string[] {
    const shown = this.nearby().filter((device) => device.network !== null);
    return [...shown.map((device) => device.address), ...this.config.peers];
  }

  async #serve(): Promise<void> {
    const device = deviceId(this.identity.principal);
    const accounts = createAccounts({
      catalog: () => this.#network?.catalog,
      network: () => this.#network?.chunks,
      foundNetwork: (founding) => this.#found(founding),
      makeGenesis: (body, root) => writeGenesis(body, root).bytes,
      device,
      deviceBody: (network) => ({
        name: this.#settings.name,
        class: this.#settings.class,
        state: 'active',
        capacityBytes: lentBytes(this.#settings),
        place: this.#settings.place,
        storageOnly: false,
        proof: this.identity.sign(membershipProofBytes(network, device)),
        addedAt: systemClock.wallMs(),
      }),
      sessions: withPrefix(this.#index, 'sessions/'),
      clock: systemClock,
      random: systemRandom,
      tunables: this.config.tunables,
      log: this.#log,
    });
    this.#cleanups.push(() => accounts.stop());
    const front = createDeviceFront(this, accounts);
    const gateway = await this.#listen((port) =>
      createGateway({
        front,
        webRoot: webRoot(),
        host: this.config.host,
        port,
        log: this.#log,
        clock: systemClock,
      }),
    );
    this.#cleanups.push(() => gateway.stop());
  }

  /** The port that was asked for; or 8080, or the next one that is free. */
  async #listen(make: (port: number) => Gateway): Promise<Gateway> {
    const first = this.config.port ?? defaultPort;
    const last = this.config.port === undefined ? first + portsTried : first;
    for (let port = first; ; port++) {
      const gateway = make(port);
      try {
        this.#port = (await gateway.start()).port;
        return gateway;
      } catch (error) {
        const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
        if (taken && port < last) continue;
        if (!taken) throw error;
        throw new PeerstorError(
          'bad-input',
          `Port ${port} is taken. Choose another with --port, or --port 0 for any.`,
          {
            cause: error,
          },
        );
      }
    }
  }

  #announce(): void {
    if (!this.config.mdns) return;
    const discovery = createDiscovery({
      device: deviceId(this.identity.principal),
      name: () => this.#settings.name,
      port: this.#port,
      network: this.#network?.catalog.networkId ?? null,
      log: this.#log,
    });
    this.#discovery = discovery;
    this.#cleanups.push(() => discovery.stop());
    discovery.start();
  }
}

function requireCatalog(network: NetworkParts | undefined) {
  assert(network, 'a device that entered a network has its catalog');
  return network.catalog;
}

/** The first device that lets us in; else the most telling refusal. */
async function firstThatWelcomes(
  addresses: string[],
  ask: (address: string) => Promise<Welcome>,
): Promise<Welcome> {
  let refusal: unknown;
  for (const address of addresses) {
    try {
      return await ask(address);
    } catch (error) {
      // A device that is not pairing says nothing about the code; one that refuses it does.
      if (refusal === undefined || isPeerstorError(error, 'wrong-pairing-code')) refusal = error;
    }
  }
  throw refusal;
}
