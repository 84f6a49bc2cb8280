/** The settings of this device and what follows from them: the folders that it lends, and its limits. */

import { sealingThread } from '../../crypto/index.ts';
import type { Clock } from '../../model/clock.ts';
import type { CatalogAuthor } from '../../model/contracts/catalog.ts';
import type { DeviceSettings } from '../../model/contracts/device.ts';
import { type OrderedStore, withPrefix } from '../../model/contracts/ordered-store.ts';
import { PeerstorError, sentenceOf } from '../../model/errors.ts';
import { type ChunkId, deviceId } from '../../model/ids.ts';
import type { Log } from '../../model/log.ts';
import type { Replication } from '../../replication/index.ts';
import { DiskChunkStore } from '../../store/index.ts';
import { type DeviceConfig, defaultDeviceName, type VolumeConfig } from '../home/config.ts';
import { type Home, type HomeSettings, homeFormat } from '../home/home.ts';
import type { CatalogDirectory } from '../membership/device-directory.ts';
import { Bandwidth, type BandwidthSettings, type Libp2pTransport, noLimits } from '../network/index.ts';
import { Battery } from '../process/battery.ts';
import { WorkPause } from '../process/work-pause.ts';
import { Surplus } from '../volumes/surplus.ts';
import { planChange, type VolumePlan } from '../volumes/volume-plan.ts';
import { planVolumes } from '../volumes/volumes.ts';
import { keepOwnRecord } from './own-record.ts';

/** At a lower rate, chunks would not arrive within the time that their senders wait for them. */
const limitBytesMin = 128 * 1024;
/** An admin waits while other devices prove that they have these, about half a GiB; more must be drained. */
const removedChunksMax = 1024;

export interface OwnSettingsParts {
  home: Home;
  config: DeviceConfig;
  index: OrderedStore;
  /** Resolves when the device serves: looking through volumes can wait until then. */
  calm: Promise<void>;
  clock: Clock;
  log: Log;
}

/** The parts of a network that settings follow or change. */
export interface SettingsNetwork {
  chunks: Replication;
  directory: CatalogDirectory;
  catalog: CatalogAuthor;
  transport: Pick<Libp2pTransport, 'wireChanged'>;
}

export class OwnSettings {
  readonly store: DiskChunkStore;
  readonly bandwidth: Bandwidth;
  readonly battery: Battery;
  readonly pause: WorkPause;
  readonly #parts: OwnSettingsParts;
  #current: HomeSettings;
  #surplus: Surplus | undefined;
  #stopFollowing: () => void = () => undefined;
  #changes: Promise<unknown> = Promise.resolve();

  private constructor(parts: OwnSettingsParts, store: DiskChunkStore, settings: HomeSettings) {
    this.#parts = parts;
    this.store = store;
    this.#current = settings;
    this.bandwidth = new Bandwidth(parts.clock, settings.bandwidth ?? noLimits);
    this.battery = new Battery(parts.clock);
    this.pause = new WorkPause(parts.clock);
  }

  /** Opens the volumes. @throws as `planVolumes` and `DiskChunkStore.start` */
  static async open(parts: OwnSettingsParts): Promise<OwnSettings> {
    const { home, config, index, clock } = parts;
    const remembered = await home.settings();
    const volumes = await planVolumes(config.volumes, remembered?.volumes ?? [], {
      home: home.folder,
      made: (path) => reportMade(parts.log, path),
    });
    const settings: HomeSettings = {
      format: homeFormat,
      name: config.name ?? remembered?.name ?? defaultDeviceName(),
      class: config.class ?? remembered?.class ?? 'always-on',
      place: remembered?.place ?? '',
      p2pPort: config.p2pPort ?? remembered?.p2pPort ?? 0,
      volumes: volumes.map(({ owned: _owned, ...volume }) => volume),
      ...(remembered?.bandwidth && { bandwidth: remembered.bandwidth }),
      ...(remembered?.wire && { wire: remembered.wire }),
    };
    const store = new DiskChunkStore({
      device: deviceId(home.identity.principal),
      volumes: volumes.map(({ path, limitBytes, owned, state }) => ({
        path,
        limitBytes,
        owned,
        draining: state === 'draining',
      })),
      index: withPrefix(index, 'chunks/'),
      recountMs: config.tunables.recountMs,
      volumeCheckMs: config.tunables.volumeCheckMs,
      rottenWindowMs: config.tunables.rottenWindowMs,
      calm: parts.calm,
      sha256: (bytes) => sealingThread.hash(bytes),
      clock,
    });
    await store.start();
    const own = new OwnSettings(parts, store, settings);
    await home.saveSettings(settings);
    await own.battery.start();
    return own;
  }

  /** Chunks that must leave this device but have no taker. */
  get chunksWithoutPlace(): number {
    return this.#surplus?.waiting ?? 0;
  }

  /** Work in the background waits: for mains power, or because a person said so. */
  get isQuiet(): boolean {
    return this.battery.isOn || this.pause.isOn;
  }

  get current(): HomeSettings {
    return this.#current;
  }

  async save(change: Partial<HomeSettings>): Promise<void> {
    const settings = { ...this.#current, ...change };
    await this.#parts.home.saveSettings(settings);
    this.#current = settings;
  }

  /** In a network there are other devices that can take chunks. */
  async enter({ chunks }: Pick<SettingsNetwork, 'chunks'>): Promise<void> {
    await this.#surplus?.stop();
    const { clock, config, log } = this.#parts;
    const againMs = config.tunables.presenceStableMs;
    this.#surplus = new Surplus({ store: this.store, chunks, clock, log, againMs });
    this.#surplus.begin();
  }

  /** An admin may change this device's name, class and place at any device: follows the catalog. */
  async follow({ directory, catalog }: SettingsNetwork): Promise<void> {
    const take = async () => {
      const said = directory.find(catalog.self);
      if (!said) return;
      const { name, place } = said;
      const now = this.#current;
      if (now.name === name && now.class === said.class && now.place === place) return;
      await this.save({ name, class: said.class, place });
    };
    this.#stopFollowing = directory.onChange(() => {
      this.#changes = this.#changes.then(take, take).catch((error: unknown) => {
        this.#parts.log.warn({}, `The settings of this device could not be saved: ${sentenceOf(error)}`);
      });
    });
    await take();
  }

  /** Call it before the network stops. */
  async leave(): Promise<void> {
    this.#stopFollowing();
    await this.#surplus?.stop();
    this.#surplus = undefined;
  }

  async stop(): Promise<void> {
    this.battery.stop();
    await this.leave();
    await this.store.stop();
  }

  /**
   * Changes settings that only this device itself can change; they are saved when it resolves.
   * @throws `bad-input`; `conflict` when a volume has chunks that are on too few other devices
   */
  change(settings: DeviceSettings, network: SettingsNetwork): Promise<void> {
    const change = this.#changes.catch(() => undefined).then(() => this.#change(settings, network));
    this.#changes = change;
    return change;
  }

  async #change(settings: DeviceSettings, network: SettingsNetwork): Promise<void> {
    const { catalog, chunks, transport } = network;
    const limits = this.#limits(settings);
    if (settings.volumes !== undefined) {
      const { home, config, log } = this.#parts;
      const plan = await planChange(settings.volumes, this.#current.volumes, home.folder);
      await this.#withoutFolders(plan.removed, chunks, () => this.#apply(plan));
      this.#surplus?.begin();
      // Placement depends on the lent bytes.
      await keepOwnRecord({ identity: home.identity, config, settings: this.#current, log }, catalog);
    }
    if (limits) {
      await this.save({ bandwidth: limits });
      this.bandwidth.change(limits);
    }
    if (settings.wire !== undefined) {
      await this.save({ wire: settings.wire });
      transport.wireChanged();
    }
  }

  async #apply({ added, changed, removed }: VolumePlan): Promise<void> {
    const { home } = this.#parts;
    const now = new Map<string, VolumeConfig>();
    const planned = await planVolumes(
      [
        ...changed.map(({ before, wish }) => ({
          ...before,
          limitBytes: wish.limitBytes ?? before.limitBytes,
        })),
        ...added.map(({ path, limitBytes }) => ({ path, limitBytes: limitBytes ?? null })),
      ],
      changed.map(({ before }) => before),
      { home: home.folder, mayBeNone: true, made: (path) => reportMade(this.#parts.log, path) },
    );
    for (const { path, limitBytes, owned } of planned) {
      const wish = added.find((one) => one.path === path);
      if (!wish) continue;
      const draining = wish.state === 'draining';
      await this.store.addVolume({ path, limitBytes, owned, draining, adopt: wish.adopt === true });
      // Saved one by one: a folder that is lent now must be found again after a crash.
      const volume: VolumeConfig = { path, limitBytes, added: true, ...(draining && { state: 'draining' }) };
      now.set(path, volume);
      await this.save({ volumes: [...this.#current.volumes, volume] });
    }
    for (const { before, wish } of changed) {
      const limitBytes = wish.limitBytes ?? before.limitBytes;
      const state = wish.state ?? before.state ?? 'active';
      await this.store.changeVolume(before.path, {
        ...(limitBytes !== null && { limitBytes }),
        draining: state === 'draining',
        trusted: wish.state === 'active',
      });
      const { state: _before, ...rest } = before;
      now.set(before.path, { ...rest, limitBytes, ...(state === 'draining' && { state }) });
    }
    await this.save({ volumes: [...now.values(), ...removed] });
    for (const { path } of removed) await this.store.removeVolume(path);
    await this.save({ volumes: [...now.values()] });
  }

  /**
   * Applies a change that removes folders, once other devices promised to keep the chunks on them and proved
   * that they have them. Copies in a missing folder do not count any more: for them it is enough that other
   * devices claim them.
   */
  async #withoutFolders(
    removed: readonly VolumeConfig[],
    chunks: Replication,
    apply: () => Promise<void>,
  ): Promise<void> {
    const paths = removed.map(({ path }) => path).join(', ');
    const present: ChunkId[] = [];
    let only = 0;
    for (const { path } of removed) {
      const { state } = this.store.usage().volumes.find((volume) => volume.path === path) ?? {};
      for await (const id of this.store.chunksOf(path)) {
        if (!chunks.isElsewhere(id)) only += 1;
        else if (state !== 'missing') present.push(id);
      }
    }
    if (only === 0 && present.length > removedChunksMax) {
      throw new PeerstorError(
        'conflict',
        `There are still ${present.length} chunks in ${paths}. Drain the folder first and wait until it is empty.`,
        { details: { chunks: present.length } },
      );
    }
    if (only === 0) only = await chunks.handOverAll(present, apply);
    if (only === 0) return;
    const what = only === 1 ? '1 chunk' : `${only} chunks`;
    throw new PeerstorError(
      'conflict',
      `${what} in ${paths} ${only === 1 ? 'is' : 'are'} on too few other devices. Drain the folder first and wait until it is empty.`,
      { details: { chunks: only } },
    );
  }

  /** @returns undefined where the settings contain no limits */
  #limits(settings: DeviceSettings): BandwidthSettings | undefined {
    const { upLimit, downLimit, schedule, limitLan } = settings;
    if ([upLimit, downLimit, schedule, limitLan].every((one) => one === undefined)) return undefined;
    for (const limit of [upLimit, downLimit]) {
      if (limit === undefined || limit === null || limit >= limitBytesMin) continue;
      throw new PeerstorError('bad-input', 'A limit is at least 128 KiB (0.14 MB) a second.');
    }
    return {
      ...(this.#current.bandwidth ?? noLimits),
      ...(upLimit !== undefined && { upLimit }),
      ...(downLimit !== undefined && { downLimit }),
      ...(schedule !== undefined && { schedule }),
      ...(limitLan !== undefined && { limitLan }),
    };
  }
}

/** A folder that nobody made before may be a mistyped one: its making is never silent. */
function reportMade(log: Log, path: string): void {
  log.warn({}, `The folder ${path} did not exist. This device made it and lends it.`);
}
