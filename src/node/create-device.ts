/** Builds a device from its parts, starts it and stops it. No other file does that. */
import { hostname } from 'node:os';
import { type AdoptedChunks, SourcedChunkStore } from '../backup/index.ts';
import { readGenesis } from '../catalog/index.ts';
import type { AccountsRoom, Founding } from '../drive/index.ts';
import { createGateway } from '../http/index.ts';
import { assert } from '../model/assert.ts';
import { type Clock, systemClock, systemRandom } from '../model/clock.ts';
import { type OrderedStore, withPrefix } from '../model/contracts/ordered-store.ts';
import { isPeerstorError, sentenceOf } from '../model/errors.ts';
import { type DeviceId, deviceId } from '../model/ids.ts';
import type { Log } from '../model/log.ts';
import type { DiskChunkStore } from '../store/index.ts';
import { introduce, type NetworkOptions, type WiredNetwork, wireNetwork } from './device-network.ts';
import { AuditLog } from './front/audit-log.ts';
import { openAdopted } from './front/device-backups.ts';
import { openDeviceCertificates } from './front/device-certificates.ts';
import type { DeviceParts, NetworkParts } from './front/device-parts.ts';
import { startDeviceServices } from './front/device-services.ts';
import { EventHub } from './front/event-hub.ts';
import type { DeviceConfig } from './home/config.ts';
import { Home, type HomeSettings, newLocalSecret, type StoredMembership } from './home/home.ts';
import { openIndex } from './home/home-lock.ts';
import { putIndexAside, withCatalogStore } from './home/rebuilding.ts';
import { removed as asRemoved, finishLeaving, type Leaving } from './membership/leaving.ts';
import { rolledBack as asRolledBack } from './membership/rollback.ts';
import { createDiscovery, type Discovery } from './pairing/discovery.ts';
import { joinNetwork } from './pairing/joining.ts';
import { PairingLimits } from './pairing/pairing-limits.ts';
import { localUrl, pageUrls } from './process/addresses.ts';
import { type AgreedClock, openClocks } from './process/agreed-clock.ts';
import { guardInterfaces } from './process/known-interfaces.ts';
import { createLog } from './process/log.ts';
import { startGateway } from './process/page-port.ts';
import { webRoot } from './process/web-root.ts';
import type { ReadyFacts, RunningDevice } from './running-device.ts';
import { mustListen } from './settings/listen-address.ts';
import { OwnSettings } from './settings/own-settings.ts';

/**
 * Starts a device on its home and serves its page.
 * @throws `home-locked` naming the process that has the home, `home-newer`, `bad-input`, `disk-full`
 */
export async function startDevice(config: DeviceConfig): Promise<RunningDevice> {
  const log = createLog(config.logLevel);
  const home = await Home.open(config.home);
  try {
    return await startOn(home, config, log);
  } catch (error) {
    if (!isPeerstorError(error, 'index-corrupt')) throw error;
    await putIndexAside(home, log, error);
    return startOn(home, config, log);
  }
}

async function startOn(home: Home, config: DeviceConfig, log: Log): Promise<Device> {
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
  readonly localSecret = newLocalSecret();
  setupCode: string | null = null;
  clock!: Clock;
  agreedClock!: AgreedClock;
  adopted!: AdoptedChunks;
  audit!: AuditLog;
  readonly #home: Home;
  readonly #log: Log;
  readonly #events = new EventHub();
  /** Run in reverse order when the device stops. */
  readonly #cleanups: (() => Promise<void> | void)[] = [];
  #own!: OwnSettings;
  #index!: OrderedStore;
  #catalogStore: OrderedStore | undefined;
  #network: NetworkParts | undefined;
  #discovery: Discovery | undefined;
  #port = 0;
  #pairingLimits!: PairingLimits;
  #accounts: AccountsRoom | undefined;
  readonly #started = Promise.withResolvers<void>();
  #leaving: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(config: DeviceConfig, home: Home, log: Log) {
    this.config = config;
    this.#home = home;
    this.#log = log;
  }

  async start(): Promise<void> {
    this.#cleanups.push(guardInterfaces(this.#log));
    await this.#lockHome();
    if (await this.#home.isLeaving()) await finishLeaving(this.#home, this.#index);
    await this.#openNotes();
    await this.#openSettings();
    // Here, so that they run after the gateway's cleanup and in this order, whenever a network was entered.
    this.#cleanups.push(() => this.#catalogStore?.close());
    this.#cleanups.push(() => this.#network?.stop());
    this.#cleanups.push(() => this.#own.leave());
    const membership = await this.#home.membership();
    if (membership) await this.#enter(await this.#wire(membership));
    else this.setupCode = await this.#home.setupCode();
    await this.#serve();
    await this.#saveRunFacts();
    this.#cleanups.push(() => this.#home.removeRunFacts());
    this.#cleanups.push(() => this.#discovery?.stop());
    this.#announce();
    this.#started.resolve();
  }

  /** Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#started.resolve();
    await this.#leaving;
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
      deviceName: this.#own.current.name,
      setupCode: this.setupCode,
    };
  }

  unprotectedWarning(): string | undefined {
    const waiting = this.#network?.chunks.unprotectedChunks() ?? 0;
    if (waiting === 0) return undefined;
    return `${waiting} chunks have fewer copies than wanted. Copying continues when this device is back.`;
  }

  get identity(): Home['identity'] {
    return this.#home.identity;
  }

  get store(): DiskChunkStore {
    return this.#own.store;
  }

  get own(): OwnSettings {
    return this.#own;
  }

  settings = (): HomeSettings => this.#own.current;
  network = (): NetworkParts | undefined => this.#network;
  port = (): number => this.#port;
  nearby = () => this.#discovery?.nearby() ?? [];
  tell: DeviceParts['tell'] = (topic) => this.#events.tell(topic, []);
  onEvent: DeviceParts['onEvent'] = (listener) => this.#events.listen(listener);

  async #lockHome(): Promise<void> {
    const index = await openIndex(this.#home, this.#log, this.config.takesBack);
    this.#index = index;
    this.#cleanups.push(() => index.close());
    const heard = () => this.#network?.catalog.clocksHeard() ?? [];
    const { clock, agreedClock, stop } = openClocks({ index, system: systemClock, heard, log: this.#log });
    this.clock = clock;
    this.agreedClock = agreedClock;
    this.#cleanups.push(stop);
    this.adopted = await openAdopted(index, clock);
    this.#cleanups.push(() => this.adopted.stop());
  }

  async #openNotes(): Promise<void> {
    this.#pairingLimits = new PairingLimits(withPrefix(this.#index, 'pairing/'), this.clock);
    this.audit = await AuditLog.open({
      store: withPrefix(this.#index, 'audit/'),
      clock: this.clock,
      log: this.#log,
      device: () => ({ id: this.#self, name: this.#own.current.name }),
    });
    this.#cleanups.push(() => this.audit.flush());
  }

  get #self(): DeviceId {
    return deviceId(this.identity.principal);
  }

  async #saveRunFacts(): Promise<void> {
    await this.#home.saveRunFacts({
      pid: process.pid,
      deviceId: this.#self,
      port: this.#port,
      url: localUrl(this.config.host, this.#port),
      localSecret: this.localSecret,
      setupCode: this.setupCode,
      version: this.config.version,
    });
  }

  #wire(membership: NetworkOptions['membership']): Promise<WiredNetwork> {
    return withCatalogStore(this.#home, { log: this.#log, audit: this.audit }, (catalogStore, damaged) => {
      this.#catalogStore = catalogStore;
      const options = this.#networkOptions(membership);
      return wireNetwork({ ...options, catalogStore, ...(damaged ? { damaged } : {}) });
    });
  }

  async #openSettings(): Promise<void> {
    const parts = { home: this.#home, config: this.config, index: this.#index, log: this.#log };
    this.#own = await OwnSettings.open({ ...parts, clock: this.clock, calm: this.#started.promise });
    this.#cleanups.push(() => this.#own.stop());
  }

  #networkOptions(membership: NetworkOptions['membership']): Omit<NetworkOptions, 'catalogStore'> {
    return {
      config: this.config,
      home: this.#home,
      identity: this.identity,
      membership,
      settings: this.settings,
      store: new SourcedChunkStore(this.#own.store, this.adopted),
      bandwidth: this.#own.bandwidth,
      pages: () => pageUrls(this.config.host, this.#port).map((url) => new URL(url).host),
      onBattery: () => this.#own.isQuiet,
      restorable: () => this.#accounts?.restorable() ?? [],
      oldestUploadMs: () => this.#accounts?.uploads.oldestMs() ?? Number.NEGATIVE_INFINITY,
      uploadStates: () => this.#accounts?.uploads,
      index: this.#index,
      pairingLimits: this.#pairingLimits,
      audit: this.audit,
      clock: this.clock,
      notBeforeMs: () => this.agreedClock.notBeforeMs(),
      calm: this.#started.promise,
      random: systemRandom,
      log: this.#log,
    };
  }

  /** Starts a wired network and remembers the port that libp2p took, so that others find the device there again. */
  async #enter(wired: WiredNetwork): Promise<void> {
    this.#network = wired.parts;
    await wired.start();
    await this.#own.enter(wired.parts);
    await this.#own.follow(wired.parts);
    this.#events.follow(wired.parts);
    const taken = /\/tcp\/(\d+)/.exec(wired.parts.transport.addresses()[0] ?? '')?.[1];
    const isChosen = this.config.p2pPort || this.config.announce.length > 0;
    if (taken !== undefined && Number(taken) !== this.#own.current.p2pPort && !isChosen) {
      await this.#own.save({ p2pPort: Number(taken) });
    }
    this.#discovery?.setNetwork(wired.parts.catalog.networkId);
    void wired.parts.removal.learned.then(() => this.#leave(wired.parts, asRemoved));
    void wired.parts.rollback.settled.then(() => this.#leave(wired.parts, asRolledBack));
  }

  /** Forgets the network; the copies on the volumes stay. */
  #leave(network: NetworkParts, leaving: Leaving): Promise<void> {
    if (this.#stopping || this.#network !== network) return Promise.resolve();
    this.#leaving ??= this.#forget(network, leaving)
      .catch((error: unknown) => {
        this.#log.error(
          {},
          `This device could not leave its network completely: ${sentenceOf(error)} Restart the device to finish.`,
        );
      })
      .finally(() => {
        this.#leaving = undefined;
      });
    return this.#leaving;
  }

  async #forget(network: NetworkParts, { note, before, after }: Leaving): Promise<void> {
    await this.#started.promise;
    // The next start finds the reason again.
    if (this.#stopping) return;
    this.#log.warn({}, note.sentence);
    this.audit.note(note);
    await before(network, this.clock);
    this.#network = undefined;
    this.#accounts?.stop();
    await this.#own.leave();
    await network.stop();
    await this.#catalogStore?.close();
    this.#catalogStore = undefined;
    await after(this.#home, this.#index);
    this.setupCode = await this.#home.setupCode();
    await this.#saveRunFacts();
    await this.#discovery?.stop();
    this.#announce();
    this.#events.tell('devices', []);
  }

  /**
   * Enters a network for the first time. The home remembers the network only after its catalog opened and
   * `populate` wrote the first records; if that fails, the device is as it was before.
   */
  async #become(membership: NetworkOptions['membership'], populate: Founding['populate']): Promise<void> {
    await mustListen(this.config, this.#own.current);
    // Left over from a founding that broke off or from a lost `network.key`: renamed, never deleted (I7).
    await this.#home.setAside(['db/catalog', 'outbox.log']);
    const wired = await this.#wire(membership);
    try {
      await populate(wired.parts.catalog);
      await this.#home.saveMembership(membership);
      await this.#home.dropSetupCode();
    } catch (error) {
      await wired.parts.stop();
      await this.#catalogStore?.close();
      throw error;
    }
    await this.#enter(wired);
  }

  async #found({ genesis, populate }: Founding) {
    const { networkId } = readGenesis(genesis);
    const fresh = { epoch: 0, replaced: [], certificates: [], introductions: {} };
    await this.#become({ networkId, networkSecret: systemRandom.bytes(32), genesis, ...fresh }, populate);
    assert(this.#network, 'a device that entered a network has its catalog');
    return this.#network.catalog;
  }

  join: DeviceParts['join'] = async (code, address, { storageOnly }) => {
    const addresses = address === undefined ? this.#nearbyNetworks() : [address];
    const only = this.#network?.catalog.networkId;
    const wish = { code, addresses, storageOnly, only };
    if (!this.#network) await mustListen(this.config, this.#own.current);
    const membership = await joinNetwork(wish, this.identity, this.#own.current);
    if (this.#network) await this.#comeBack(this.#network, membership);
    else await this.#become(membership, async () => undefined);
    return { networkId: membership.networkId };
  };

  /** The network's secret changed while this device was away for too long: the pairing brings the new one. */
  async #comeBack({ secrets, transport }: NetworkParts, welcome: StoredMembership): Promise<void> {
    await secrets.learn({ epoch: welcome.epoch, secret: welcome.networkSecret });
    introduce(transport, welcome.introductions);
  }

  #nearbyNetworks(): string[] {
    const shown = this.nearby().flatMap(({ network, address }) => (network === null ? [] : [address]));
    return [...shown, ...this.config.peers];
  }

  async #serve(): Promise<void> {
    const services = await startDeviceServices(this, {
      home: this.#home,
      index: this.#index,
      foundNetwork: (founding) => this.#found(founding),
      log: this.#log,
    });
    this.#accounts = services.accounts;
    this.#cleanups.push(() => services.stop());
    const certificates = await openDeviceCertificates(this, this.#home, this.#log);
    this.#cleanups.push(() => certificates.stop());
    const { gateway, port } = await startGateway(this.config.port, (port) =>
      createGateway({
        front: services.front,
        webRoot: webRoot(),
        certificates,
        hostNames: [hostname(), ...this.config.hostNames],
        trustedProxies: this.config.trustedProxies,
        plainDav: this.config.plainDav,
        host: this.config.host,
        port,
        log: this.#log,
        clock: this.agreedClock,
      }),
    );
    this.#port = port;
    this.#cleanups.push(() => gateway.stop());
  }

  #announce(): void {
    if (!this.config.mdns) return;
    this.#discovery = createDiscovery({
      device: deviceId(this.identity.principal),
      name: () => this.#own.current.name,
      port: this.#port,
      network: this.#network?.catalog.networkId ?? null,
      log: this.#log,
    });
    this.#discovery.start();
  }
}
