/**
 * The parts of a simulated device that survive its process: chunks, databases, the outbox. A crash loses unsynced
 * writes, like a power cut, and nothing that was acknowledged (I2).
 */
import { createMemoryOutbox, type Outbox } from '../../src/catalog/index.ts';
import type { Clock, Random, Timer } from '../../src/model/clock.ts';
import type { OrderedStore } from '../../src/model/contracts/ordered-store.ts';
import type { ChunkId } from '../../src/model/ids.ts';
import { MemoryOrderedStore } from '../../src/store/level/memory-ordered-store.ts';

type Changes = Parameters<OrderedStore['batch']>[0];

/** A process is alive until it crashes; later calls of a dead process have no effect. */
export class SimProcess {
  alive = true;

  /** The clock as this process sees it. */
  clock(clock: Clock): Clock {
    const after = (ms: number, run: () => void): Timer =>
      clock.after(ms, () => {
        if (this.alive) run();
      });
    return {
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs(),
      elapsedMs: () => clock.elapsedMs(),
      after,
    };
  }

  /** Never resolves in a dead process. */
  async mustLive(): Promise<void> {
    if (!this.alive) await new Promise(() => undefined);
  }
}

export class SimDisk {
  readonly chunks = new Map<ChunkId, Uint8Array>();
  /** Deleted chunks that can come back. */
  readonly trash = new Map<ChunkId, { bytes: Uint8Array; deletedAtMs: number }>();
  catalog = new SimDatabase();
  index = new SimDatabase();
  outbox = createMemoryOutbox();
  #copy: { catalog: SimDatabase; index: SimDatabase; outbox: Outbox } | undefined;

  /** Copies the home, as a backup does; chunks are on other disks. */
  async copyHome(): Promise<void> {
    const [catalog, index] = [await this.catalog.copy(), await this.index.copy()];
    this.#copy = { catalog, index, outbox: await copyOfOutbox(this.outbox) };
  }

  get hasCopy(): boolean {
    return this.#copy !== undefined;
  }

  /** Restores the copy. Call it while no process runs on the disk. */
  restoreHome(): void {
    Object.assign(this, this.#copy);
    this.#copy = undefined;
  }

  /** An empty home; the chunks stay. */
  clearHome(): void {
    this.#copy = undefined;
    Object.assign(this, {
      catalog: new SimDatabase(),
      index: new SimDatabase(),
      outbox: createMemoryOutbox(),
    });
  }

  async crash(random: Random): Promise<void> {
    await this.catalog.crash(random);
    await this.index.crash(random);
  }

  outboxFor(process: SimProcess): Outbox {
    const { outbox } = this;
    return {
      open: () => outbox.open(),
      async append(records) {
        await process.mustLive();
        await outbox.append(records);
      },
      records: () => outbox.records(),
      get device() {
        return outbox.device;
      },
      get lastSeq() {
        return outbox.lastSeq;
      },
      get forgottenSeq() {
        return outbox.forgottenSeq;
      },
      async forget(seq) {
        await process.mustLive();
        await outbox.forget(seq);
      },
      close: () => outbox.close(),
    };
  }
}

async function copyOfOutbox(outbox: Outbox): Promise<Outbox> {
  const copy = createMemoryOutbox();
  const records: Uint8Array[] = [];
  for await (const record of outbox.records()) records.push(record);
  await copy.append(records);
  const { device, lastSeq, forgottenSeq } = outbox;
  return Object.assign(copy, { device, lastSeq, forgottenSeq });
}

/** A database whose batches are lost from the end, unless one after them was synced. */
export class SimDatabase {
  #live = new MemoryOrderedStore();
  readonly #durable = new MemoryOrderedStore();
  #unsynced: Changes[] = [];

  store(process: SimProcess): OrderedStore {
    const database = this;
    return {
      get: (key) => database.#live.get(key),
      async batch(changes, options = {}) {
        await process.mustLive();
        await database.#write(changes, options.sync === true);
      },
      range: (bounds) => database.#live.range(bounds),
      close: () => Promise.resolve(),
    };
  }

  async crash(random: Random): Promise<void> {
    const kept = Math.floor(random.next() * (this.#unsynced.length + 1));
    for (const changes of this.#unsynced.slice(0, kept)) await this.#durable.batch(changes);
    this.#unsynced = [];
    this.#live = new MemoryOrderedStore();
    await this.#live.batch(await this.#rows());
  }

  /** The present rows on the disk. */
  async copy(): Promise<SimDatabase> {
    const copy = new SimDatabase();
    await copy.#write(await this.#rows(), true);
    return copy;
  }

  /** Deletes rows silently. Call it while no process runs on the disk. */
  async lose(random: Random): Promise<void> {
    const rows = await this.#rows();
    const from = Math.floor(random.next() * rows.length);
    const count = random.next() < 0.2 ? rows.length : 1 + Math.floor(random.next() * 20);
    const lost = rows.slice(from, from + count).map(({ key }) => ({ key, value: null }));
    await this.#write(lost, true);
  }

  async #rows(): Promise<{ key: string; value: Uint8Array }[]> {
    const rows: { key: string; value: Uint8Array }[] = [];
    for await (const [key, value] of this.#durable.range({ gte: '', lt: '\xff\xff' }))
      rows.push({ key, value });
    return rows;
  }

  async #write(changes: Changes, sync: boolean): Promise<void> {
    const copy = changes.map(({ key, value }) => ({ key, value: value?.slice() ?? null }));
    await this.#live.batch(copy);
    this.#unsynced.push(copy);
    if (!sync) return;
    const synced = this.#unsynced;
    this.#unsynced = [];
    for (const batch of synced) await this.#durable.batch(batch);
  }
}
