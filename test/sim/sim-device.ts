/** One simulated device: a disk that stays, and processes that come and go on it. */
import { createCatalog, createCatalogSync, type LocalCatalog } from '../../src/catalog/index.ts';
import type { Random } from '../../src/model/clock.ts';
import type { DeviceId } from '../../src/model/ids.ts';
import type { Tunables } from '../../src/model/limits.ts';
import { silentLog } from '../../src/model/log.ts';
import { CatalogDirectory } from '../../src/node/device-directory.ts';
import { liveVersionsOf } from '../../src/node/live-versions.ts';
import { createReplication, type Replication } from '../../src/replication/index.ts';
import type { MemoryNetwork } from '../support/memory-network.ts';
import { SimChunkStore } from './sim-chunk-store.ts';
import { SimDisk, SimProcess } from './sim-disk.ts';
import type { VirtualClock } from './virtual-clock.ts';

export interface SimDeviceParts {
  id: DeviceId;
  genesis: Uint8Array;
  clock: VirtualClock;
  network: MemoryNetwork;
  random: Random;
  tunables: Tunables;
}

/** What runs on a device while it is on. */
export interface Running {
  process: SimProcess;
  catalog: LocalCatalog;
  replication: Replication;
}

export class SimDevice {
  readonly id: DeviceId;
  readonly disk = new SimDisk();
  full = false;
  running: Running | undefined;
  readonly #parts: SimDeviceParts;

  constructor(parts: SimDeviceParts) {
    this.id = parts.id;
    this.#parts = parts;
  }

  /** Starts a process on the disk. */
  async boot(): Promise<Running> {
    const { id, genesis, network, random, tunables } = this.#parts;
    const { disk } = this;
    const process = new SimProcess();
    const clock = process.clock(this.#parts.clock);
    const catalog = createCatalog({
      genesis,
      self: id,
      store: disk.catalog.store(process),
      outbox: disk.outboxFor(process),
      clock,
    });
    await catalog.start();
    const transport = network.transport(id);
    const replication = createReplication({
      self: id,
      transport,
      store: new SimChunkStore({ disk, process, clock, random, isFull: () => this.full }),
      index: disk.index.store(process),
      devices: await CatalogDirectory.open(catalog),
      versions: liveVersionsOf(catalog),
      clock,
      random,
      tunables,
      log: silentLog,
    });
    const sync = createCatalogSync({ catalog, transport, clock, tunables });
    await replication.start();
    await sync.start();
    await transport.start();
    this.running = { process, catalog, replication };
    return this.running;
  }

  /** The power is cut. */
  async crash(): Promise<void> {
    if (!this.running) return;
    this.running.process.alive = false;
    this.running = undefined;
    this.#parts.network.crash(this.id);
    await this.disk.crash(this.#parts.random);
  }
}
