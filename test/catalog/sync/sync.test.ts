import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type CatalogSync,
  createCatalogSync,
  createMemoryOutbox,
  type LocalCatalog,
  type Outbox,
} from '../../../src/catalog/index.ts';
import {
  logKey,
  meta,
  numberBytes,
  numberOfBytes,
  registerKey,
} from '../../../src/catalog/records/store-layout.ts';
import type { OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { type DeviceId, deviceId } from '../../../src/model/ids.ts';
import { defaultTunables, frameBytesMax } from '../../../src/model/limits.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryNetwork, type MemoryTransport } from '../../support/memory-network.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { collect, entryOf, viewOf, World } from '../world.ts';

interface Device {
  index: number;
  store: OrderedStore;
  outbox: Outbox;
  catalog: LocalCatalog;
  transport: MemoryTransport;
  sync: CatalogSync;
  healed: number;
  overtaken: boolean;
  calls: string[];
}

/** Devices with catalogs on a network in memory. */
class Home {
  readonly clock = new ManualClock();
  readonly world = new World(this.clock);
  readonly network: MemoryNetwork;
  readonly devices: Device[] = [];

  constructor(seed = 1) {
    this.network = new MemoryNetwork({ clock: this.clock, random: seededRandom(seed), latencyMaxMs: 5 });
  }

  get ids(): DeviceId[] {
    return this.devices.map(({ catalog }) => catalog.self);
  }

  /** The first founds the network and lets the others in. */
  static async of(count: number, seed = 1): Promise<Home> {
    const home = new Home(seed);
    for (let index = 0; index < count; index += 1) await home.add(index);
    const { world } = home;
    const [first] = home.devices;
    assert.ok(first);
    const others = Array.from({ length: count - 1 }, (_, index) => world.deviceDraft(index + 1));
    await first.catalog.author(
      [world.userDraft(world.admin, { role: 'admin' }), world.deviceDraft(0), ...others, world.rootDraft()],
      world.admin,
    );
    await home.settled();
    return home;
  }

  async add(
    index: number,
    store: OrderedStore = new MemoryOrderedStore(),
    outbox: Outbox = createMemoryOutbox(),
  ): Promise<Device> {
    const { world, network, clock } = this;
    let overtaken = false;
    const onOvertaken = () => {
      overtaken = true;
    };
    const catalog = await world.catalog(index, { store, outbox, onOvertaken });
    const transport = network.transport(catalog.self);
    const calls: string[] = [];
    const call = transport.call.bind(transport);
    transport.call = async (to, method, body, options) => {
      calls.push(method);
      assert.ok(body.length <= frameBytesMax - 256);
      const answer = await call(to, method, body, options);
      assert.ok(answer.length <= frameBytesMax - 256);
      return answer;
    };
    const device = { index, store, outbox, catalog, transport, calls, healed: 0 };
    const onHealed = ({ records }: { records: number }) => {
      running.healed += records;
    };
    const sync = createCatalogSync({ catalog, transport, clock, tunables: defaultTunables, onHealed });
    const running: Device = Object.defineProperty({ ...device, sync, overtaken }, 'overtaken', {
      get: () => overtaken,
    });
    this.devices.push(running);
    await sync.start();
    await transport.start();
    return running;
  }

  async remove(device: Device): Promise<void> {
    this.devices.splice(this.devices.indexOf(device), 1);
    await device.sync.stop();
    await device.transport.stop();
    await device.catalog.stop();
  }

  /** Lets time pass, and real work be done, until it is so. */
  async until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let round = 0; round < 3000; round += 1) {
      if (await condition()) return;
      await this.clock.pass(20);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    assert.fail(`it never came true that ${what}`);
  }

  settled(): Promise<void> {
    const vectors = () =>
      new Set(this.devices.map(({ catalog }) => JSON.stringify(Object.entries(catalog.vector()).sort())));
    return this.until(() => vectors().size === 1, 'all vectors are equal');
  }

  /** Waits until what follows from connecting is over, and forgets the calls so far. */
  async quiet(): Promise<void> {
    await this.pass(3000);
    for (const device of this.devices) device.calls.length = 0;
  }

  /** Lets time pass slowly enough for real work to be done. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 50) {
      await this.clock.pass(50);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  async checkEqual(): Promise<void> {
    const [first, ...others] = this.devices;
    assert.ok(first);
    const [view, digests] = [await viewOf(first.catalog), await first.catalog.digests()];
    for (const { catalog } of others) {
      assert.deepEqual(await viewOf(catalog), view);
      assert.deepEqual(
        Object.fromEntries((await catalog.digests()).tables),
        Object.fromEntries(digests.tables),
      );
    }
  }

  at(index: number): Device {
    const device = this.devices.find((one) => one.index === index);
    assert.ok(device);
    return device;
  }

  async end(): Promise<void> {
    for (const device of [...this.devices]) await this.remove(device);
  }
}

async function withHome(count: number, run: (home: Home) => Promise<void>, seed = 1): Promise<void> {
  const home = await Home.of(count, seed);
  try {
    await run(home);
  } finally {
    await home.end();
  }
}

describe('catalog sync', () => {
  it('pushes a new record to all that are connected at once', () =>
    withHome(3, async (home) => {
      const { world } = home;
      await home.quiet();
      await home.at(1).catalog.author([world.entryDraft(1)], world.admin);
      await home.until(
        () => home.devices.every(({ catalog }) => catalog.get('entry', entryOf(1))),
        'all have it',
      );
      assert.deepEqual(home.at(1).calls, ['catalog/push', 'catalog/push']);
      await home.checkEqual();
    }));

  it('catches up after a partition, with many pages in flight one at a time', () =>
    withHome(3, async (home) => {
      const { world, network } = home;
      const [a, b] = [home.at(0), home.at(1)];
      network.partition([home.ids.slice(0, 1), home.ids.slice(1)]);
      await home.clock.pass(60_000);
      const name = new Uint8Array(3000);
      for (let from = 1; from <= 801; from += 400) {
        const drafts = Array.from({ length: 400 }, (_, index) => world.entryDraft(from + index, { name }));
        await a.catalog.author(drafts, world.admin);
      }
      await b.catalog.author([world.entryDraft(1, { parent: entryOf(2) })], world.admin);
      network.heal();
      await home.settled();
      await home.checkEqual();
      assert.equal((await collect(b.catalog.children(entryOf(0)))).length, 1199);
      assert.equal((await collect(a.catalog.children(entryOf(2)))).length, 1);
    }));

  it('reaches a device through another where two cannot see each other', () =>
    withHome(3, async (home) => {
      const { world, network } = home;
      const hidden = new Set([home.ids[0], home.ids[2]]);
      for (const index of [0, 2]) {
        const { transport } = home.at(index);
        const [call, notify] = [transport.call.bind(transport), transport.notify.bind(transport)];
        transport.call = async (to, ...rest) => {
          if (!hidden.has(to)) return call(to, ...rest);
          throw new Error('no way');
        };
        transport.notify = (to, ...rest) => {
          if (!hidden.has(to)) notify(to, ...rest);
        };
      }
      await home.at(0).catalog.author([world.entryDraft(1)], world.admin);
      await home.until(() => home.at(2).catalog.get('entry', entryOf(1)) !== undefined, 'the far one has it');
      void network;
    }));

  it('does not send again and again what everybody has', () =>
    withHome(4, async (home) => {
      const { world } = home;
      await home.quiet();
      await home.at(0).catalog.author([world.entryDraft(1)], world.admin);
      await home.settled();
      await home.pass(5000);
      const calls = home.devices.map((device) => device.calls);
      assert.deepEqual(calls, [['catalog/push', 'catalog/push', 'catalog/push'], [], [], []]);
    }));

  it('heals what the database of one device lost, and says so', () =>
    withHome(2, async (home) => {
      const { world } = home;
      const [a, b] = [home.at(0), home.at(1)];
      await a.catalog.author(
        [world.entryDraft(1), world.entryDraft(2), world.entryDraft(3), world.versionDraft(1, 1)],
        world.admin,
      );
      await home.settled();
      const { store, outbox } = b;
      const [one] = b.catalog.heads('entry', entryOf(1));
      assert.ok(one);
      await home.remove(b);
      const rows = numberOfBytes(store.get(meta.rows) ?? new Uint8Array(0));
      await store.batch([
        { key: logKey({ device: one.device, seq: one.seq }), value: null },
        { key: registerKey('entry', entryOf(2)), value: null },
        { key: registerKey('entry', entryOf(3)), value: null },
        { key: logKey({ device: one.device, seq: one.seq + 2 }), value: null },
        // As a loss that the count does not show.
        { key: meta.rows, value: numberBytes(rows - 4, 6) },
      ]);
      const again = await home.add(1, store, outbox);
      await home.until(() => again.healed >= 3, 'what was lost is back');
      await home.settled();
      await home.checkEqual();
      assert.equal(a.healed, 0);
    }));

  it('finds what a liar hid, a deletion too, when it next compares with another', () =>
    withHome(2, async (home) => {
      const { world } = home;
      const [a, b] = [home.at(0), home.at(1)];
      await a.catalog.author([world.entryDraft(1)], world.admin);
      await home.settled();
      home.network.partition([[a.catalog.self], [b.catalog.self]]);
      await home.clock.pass(60_000);
      await a.catalog.author([{ ...world.entryDraft(1), body: null }, world.entryDraft(2)], world.admin);
      const device = a.catalog.self;
      const signed = a.catalog.headOf(device);
      assert.ok(signed);
      await b.catalog.accept([], { head: { device, seq: a.catalog.ownSeq, signed } });
      assert.ok(b.catalog.get('entry', entryOf(1)) && !b.catalog.get('entry', entryOf(2)));
      home.network.heal();
      await home.until(() => b.catalog.get('entry', entryOf(2)) !== undefined, 'it is found');
      assert.equal(b.catalog.get('entry', entryOf(1)), undefined);
      await home.settled();
      await home.checkEqual();
    }));

  it('fills a device whose database is gone, from the others and its outbox', () =>
    withHome(3, async (home) => {
      const { world } = home;
      const b = home.at(1);
      await b.catalog.author([world.entryDraft(1)], world.admin);
      await home.settled();
      home.network.partition([[b.catalog.self]]);
      await home.clock.pass(60_000);
      await b.catalog.author([world.entryDraft(2)], world.admin);
      const { outbox } = b;
      await home.remove(b);
      home.network.heal();
      const again = await home.add(1, new MemoryOrderedStore(), outbox);
      await home.settled();
      await home.checkEqual();
      assert.ok(home.at(0).catalog.get('entry', entryOf(2)), 'what only the outbox had');
      assert.equal(again.overtaken, false);
      const [record] = await again.catalog.author([world.entryDraft(3)], world.admin);
      assert.equal(record?.seq, 3);
    }));

  it('notices a home that was restored from an old copy, and loses neither history', () =>
    withHome(3, async (home) => {
      const { world } = home;
      const b = home.at(1);
      const copy = new MemoryOrderedStore();
      await b.catalog.author([world.entryDraft(1)], world.admin);
      await home.settled();
      const rows: { key: string; value: Uint8Array }[] = [];
      for await (const [key, value] of b.store.range({ gte: '\0', lt: '\xff' })) rows.push({ key, value });
      await copy.batch(rows);
      await b.catalog.author([world.entryDraft(2), world.entryDraft(3)], world.admin);
      await home.settled();
      await home.remove(b);
      home.network.partition([home.ids]);
      const restored = await home.add(1, copy);
      const [fork] = await restored.catalog.author([world.entryDraft(4)], world.admin);
      assert.equal(fork?.seq, 2);
      home.network.heal();
      await home.until(() => restored.overtaken, 'it is overtaken');
      await assert.rejects(restored.catalog.author([world.entryDraft(5)], world.admin), (error) =>
        isPeerstorError(error, 'conflict'),
      );
      await home.settled();
      await home.pass(3000);
      const everywhere = () =>
        home.devices.every(({ catalog }) =>
          [2, 3, 4].every((number) => catalog.get('entry', entryOf(number))),
        );
      for (const one of home.devices)
        for (const { catalog } of home.devices) {
          if (one.catalog !== catalog) await home.clock.until(one.sync.compare(catalog.self));
        }
      await home.until(everywhere, 'both records of one number are everywhere');
      await home.checkEqual();
    }));

  it('tells a clock that is wrong from what the others say', () =>
    withHome(3, async (home) => {
      const { world } = home;
      const { clock } = home;
      const wrong = await home.world.catalog(5, {
        clock: { ...bound(clock), wallMs: () => clock.wallMs() + 600_000 },
      });
      const transport = home.network.transport(deviceId(world.device(5)));
      const sync = createCatalogSync({ catalog: wrong, transport, clock, tunables: defaultTunables });
      await sync.start();
      await transport.start();
      await world.admit(home.at(0).catalog, 5);
      await home.until(() => wrong.get('device', world.device(5)) !== undefined, 'it has joined');
      const refused = () =>
        wrong.author([world.entryDraft(9)], world.admin).then(
          () => false,
          (error) => isPeerstorError(error, 'clock-wrong'),
        );
      await home.until(refused, 'two others have told it');
      await sync.stop();
      await transport.stop();
      await wrong.stop();
    }));

  it('makes all catalogs equal in the end, whatever happens in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(events, { minLength: 5, maxLength: 14, size: 'max' }),
        fc.nat(),
        (history, seed) =>
          withHome(
            4,
            async (home) => {
              home.network.setNotifyLoss(0.3);
              for (const event of history) await happen(home, event);
              home.network.heal();
              await home.settled();
              await home.checkEqual();
            },
            seed,
          ),
      ),
      { numRuns: 12, interruptAfterTimeLimit: 12_000 },
    );
  });
});

function bound(clock: ManualClock) {
  return {
    monotonicMs: () => clock.monotonicMs(),
    elapsedMs: () => clock.elapsedMs(),
    after: (ms: number, run: () => void) => clock.after(ms, run),
  };
}

interface Event {
  what: 'write' | 'move' | 'delete' | 'version' | 'partition' | 'heal' | 'cut' | 'wait' | 'restart';
  device: number;
  other: number;
  entry: number;
}

const events = fc.record<Event>({
  what: fc.constantFrom(
    'write',
    'write',
    'move',
    'move',
    'delete',
    'version',
    'partition',
    'heal',
    'cut',
    'wait',
    'restart',
  ),
  device: fc.integer({ min: 0, max: 3 }),
  other: fc.integer({ min: 0, max: 3 }),
  entry: fc.integer({ min: 1, max: 5 }),
});

async function happen(home: Home, { what, device: index, other, entry }: Event): Promise<void> {
  const { world, network } = home;
  const device = home.at(index);
  const { catalog } = device;
  const split = [home.ids.slice(0, 1 + other), home.ids.slice(1 + other)];
  const versions = (await catalog.currentVersions(entryOf(entry))).map(({ id }) => id);
  const version = world.versionDraft(entry * 100 + index * 10 + versions.length, entry);
  const happening: Record<Event['what'], () => Promise<unknown> | unknown> = {
    write: () => catalog.author([world.entryDraft(entry)], world.admin),
    move: () => catalog.author([world.entryDraft(entry, { parent: entryOf(other + 1) })], world.admin),
    delete: () => catalog.author([{ ...world.entryDraft(entry), body: null }], world.admin),
    version: () => catalog.author([version], world.admin).catch(() => undefined),
    partition: () => network.partition(split),
    heal: () => network.heal(),
    cut: () => network.cut(home.ids[index] ?? catalog.self, home.ids[other] ?? catalog.self),
    wait: () => home.clock.pass(3000),
    restart: async () => {
      await home.remove(device);
      await home.add(index, device.store, device.outbox);
    },
  };
  await happening[what]();
  await home.clock.pass(15);
}
