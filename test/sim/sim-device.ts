/** One simulated device: a permanent disk, and processes that start and crash on it. */
import {
  type CatalogSync,
  createCatalog,
  createCatalogSync,
  type LocalCatalog,
} from '../../src/catalog/index.ts';
import type { Clock, Random } from '../../src/model/clock.ts';
import { isPeerstorError } from '../../src/model/errors.ts';
import type { DeviceId } from '../../src/model/ids.ts';
import type { Tunables } from '../../src/model/limits.ts';
import { silentLog } from '../../src/model/log.ts';
import { CatalogDirectory } from '../../src/node/membership/device-directory.ts';
import { standingOf } from '../../src/node/wiring/catalog-standing.ts';
import { liveVersionsOf } from '../../src/node/wiring/live-versions.ts';
import { createReplication, type Replication } from '../../src/replication/index.ts';
import { keyOf, type World } from '../catalog/world.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import type { MemoryNetwork, MemoryTransport } from '../support/memory-network.ts';
import { SimChunkStore } from './sim-chunk-store.ts';
import { SimDatabase, SimDisk, SimProcess } from './sim-disk.ts';

export interface SimDeviceParts {
  world: World;
  clock: ManualClock;
  network: MemoryNetwork;
  random: Random;
  tunables: Tunables;
}

/** The running parts of a device that is on. */
export interface Running {
  process: SimProcess;
  catalog: LocalCatalog;
  replication: Replication;
  sync: CatalogSync;
  transport: MemoryTransport;
}

export class SimDevice {
  /** Number of its device key: it takes another one after a rollback. */
  index: number;
  readonly disk = new SimDisk();
  full = false;
  /** How far its wall clock is ahead of the true one, and since when (true monotonic time). */
  aheadMs = 0;
  aheadSinceMs = 0;
  running: Running | undefined;
  readonly #parts: SimDeviceParts;

  constructor(index: number, parts: SimDeviceParts) {
    this.index = index;
    this.#parts = parts;
  }

  get id(): DeviceId {
    return this.#parts.world.device(this.index);
  }

  /** Starts a process on the disk. */
  async boot(): Promise<Running> {
    const { network, random, tunables } = this.#parts;
    const { disk, id } = this;
    const process = new SimProcess();
    const clock = process.clock(this.#ownClock());
    const catalog = await this.#openCatalog(process, clock);
    const transport = network.transport(id);
    const sync = createCatalogSync({ catalog, transport, clock, tunables });
    const replication = createReplication({
      self: id,
      transport,
      store: new SimChunkStore({ disk, process, clock, random, isFull: () => this.full }),
      index: disk.index.store(process),
      devices: await CatalogDirectory.open(catalog),
      versions: liveVersionsOf(catalog),
      catalog: standingOf(catalog, sync),
      clock,
      random,
      tunables,
      log: silentLog,
    });
    await replication.start();
    await sync.start();
    await transport.start();
    this.running = { process, catalog, replication, sync, transport };
    return this.running;
  }

  /** Does the same as `node/home/rebuilding.ts`. */
  async #openCatalog(process: SimProcess, clock: Clock): Promise<LocalCatalog> {
    const { disk, id } = this;
    const make = () =>
      createCatalog({
        genesis: this.#parts.world.genesis,
        self: id,
        identity: keyOf(`device ${this.index}`),
        store: disk.catalog.store(process),
        outbox: disk.outboxFor(process),
        clock,
      });
    const catalog = make();
    try {
      await catalog.start();
      return catalog;
    } catch (error) {
      if (!isPeerstorError(error, 'index-corrupt')) throw error;
      await catalog.stop();
    }
    const damaged = disk.catalog;
    disk.catalog = new SimDatabase();
    const rebuilt = make();
    await rebuilt.start();
    await rebuilt.salvage(damaged.store(process));
    return rebuilt;
  }

  #ownClock(): Clock {
    const { clock } = this.#parts;
    return {
      wallMs: () => clock.wallMs() + this.aheadMs,
      elapsedMs: () => clock.elapsedMs(),
      monotonicMs: () => clock.monotonicMs(),
      after: (ms, run) => clock.after(ms, run),
    };
  }

  /** Cuts the power. */
  async crash(): Promise<void> {
    if (!this.running) return;
    this.running.process.alive = false;
    this.running = undefined;
    this.#parts.network.crash(this.id);
    await this.disk.crash(this.#parts.random);
  }
}
