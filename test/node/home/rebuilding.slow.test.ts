import assert from 'node:assert/strict';
import { mkdtemp, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createMemoryOutbox, type LocalCatalog, type Outbox } from '../../../src/catalog/index.ts';
import { logKey, registerKey } from '../../../src/catalog/records/store-layout.ts';
import type { AuditEvent } from '../../../src/model/contracts/audit.ts';
import { isPeerstorError, PeerstorError } from '../../../src/model/errors.ts';
import { silentLog } from '../../../src/model/log.ts';
import { Home } from '../../../src/node/home/home.ts';
import { openIndex } from '../../../src/node/home/home-lock.ts';
import { withCatalogStore } from '../../../src/node/home/rebuilding.ts';
import { LevelStore } from '../../../src/store/index.ts';
import { carry, entryOf, viewOf, World } from '../../catalog/world.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/** A device with its catalog on disk, and another one that has most of it. */
class Damaged {
  readonly world = new World();
  readonly notes: AuditEvent[] = [];
  readonly outbox: Outbox = createMemoryOutbox();
  readonly home: Home;
  #store: LevelStore | undefined;

  private constructor(home: Home) {
    this.home = home;
  }

  static async make(): Promise<Damaged> {
    return new Damaged(await Home.open(await mkdtemp(join(tmpdir(), 'peerstor-rebuild-'))));
  }

  async open(): Promise<{ catalog: LocalCatalog; close(): Promise<void> }> {
    const audit = { note: (event: AuditEvent) => void this.notes.push(event) };
    return withCatalogStore(this.home, { log: silentLog, audit }, async (store, damaged) => {
      this.#store = store;
      const catalog = await this.world.catalog(1, { store, outbox: this.outbox });
      if (damaged) await catalog.salvage(damaged);
      const close = async () => {
        await catalog.stop();
        await this.#store?.close();
      };
      return { catalog, close };
    });
  }

  get rebuilt(): boolean {
    for (const { sentence } of this.notes)
      assert.ok(!sentence.includes(this.home.folder), 'no note has a path');
    return this.notes.some(({ event }) => event === 'catalog-rebuilt');
  }

  async files(): Promise<string[]> {
    const names = await readdir(this.home.file('db', 'catalog'));
    return names.map((name) => this.home.file('db', 'catalog', name)).sort();
  }

  async remove(): Promise<void> {
    await rm(this.home.folder, { recursive: true, force: true });
  }
}

async function flip(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] = (byte[0] ?? 0) ^ 0x10;
  await file.write(byte, 0, 1, at);
  await file.close();
}

/** What the two devices have, and where it lies; the tests damage copies of it. */
async function populated(): Promise<{ device: Damaged; peer: LocalCatalog; view: string }> {
  const device = await Damaged.make();
  const { world } = device;
  const peer = await world.founded();
  await world.admit(peer, 1);
  const first = await device.open();
  await carry(peer, first.catalog);
  await first.catalog.caughtUp({ devices: [], whole: true });
  await peer.author(
    Array.from({ length: 60 }, (_, index) => world.entryDraft(index + 1, { name: new Uint8Array(200) })),
    world.admin,
  );
  await carry(peer, first.catalog);
  await first.catalog.author([world.entryDraft(100)], world.admin);
  await carry(first.catalog, peer);
  await first.close();
  // Opened again, LevelDB puts its log into a table.
  const second = await device.open();
  await second.catalog.author([world.entryDraft(101), world.entryDraft(102)], world.admin);
  const view = JSON.stringify(await viewOf(second.catalog));
  await second.close();
  assert.equal(device.rebuilt, false);
  return { device, peer, view };
}

/** However it was damaged: the device starts, says so or has everything, and has everything again in the end. */
async function check(damage: (device: Damaged) => Promise<void>, mustNotice: () => boolean): Promise<void> {
  const { device, peer, view } = await populated();
  try {
    await damage(device);
    const { catalog, close } = await device.open();
    const noticed = device.rebuilt || !catalog.isCaughtUp();
    if (!noticed) assert.equal(JSON.stringify(await viewOf(catalog)), view, 'damage that nobody noticed');
    if (mustNotice()) assert.ok(noticed, 'it is noticed');
    if (noticed) assert.equal(catalog.isCaughtUp(), false, 'nothing is concluded from what is not here');
    await carry(peer, catalog);
    assert.equal(JSON.stringify(await viewOf(catalog)), view);
    const [record] = await catalog.author([device.world.entryDraft(103)], device.world.admin);
    assert.equal(record?.seq, 4, 'no number is given twice');
    await close();
  } finally {
    await device.remove();
  }
}

const always = () => true;

const of = async (device: Damaged, ending: string) =>
  (await device.files()).filter((path) => path.endsWith(ending));

async function flipAll(device: Damaged, ending: string, place: (size: number) => number): Promise<void> {
  for (const path of await of(device, ending)) {
    const { size } = await stat(path);
    if (size > 0) await flip(path, place(size));
  }
}

describe('a damaged catalog database', () => {
  it('a damaged catalog database is found wherever a byte of a table is flipped, and made again', async (test) => {
    const seed = Number(process.env.PEERSTOR_TEST_SEED ?? 1);
    test.diagnostic(`PEERSTOR_TEST_SEED=${seed}`);
    const random = seededRandom(seed);
    // From the end: the footer, the index, the filters (a flipped bit makes them deny rows that are there), rows.
    const fromEnd = [5, 46, 60, 170, 280, 330, 440, 580, 640, 700, 2000];
    const places = [
      ...fromEnd.map((bytes) => (size: number) => Math.max(0, size - bytes)),
      ...Array.from(
        { length: 4 },
        () => (size: number) => Buffer.from(random.bytes(4)).readUInt32BE() % size,
      ),
    ];
    // Zeros between the places and the magic number of the footer say nothing, and may be flipped.
    const saysNothing = (at: number, size: number) => at >= size - 46 && at < size - 8;
    for (const place of places) {
      let must = true;
      await check(
        (device) =>
          flipAll(device, '.ldb', (size) => {
            const at = place(size);
            must &&= !saysNothing(at, size);
            return at;
          }),
        () => must,
      );
    }
  });

  it('a catalog database is whole again after a byte of its log was flipped', async () => {
    for (let part = 0.03; part < 1; part += 0.12)
      await check(
        (device) => flipAll(device, '.log', (size) => Math.floor(size * part)),
        () => false,
      );
  });

  it('a catalog database is made again when one of its files is missing', async () => {
    for (const name of ['MANIFEST', 'CURRENT', '.ldb']) {
      await check(async (device) => {
        const paths = (await device.files()).filter((path) => path.includes(name));
        assert.ok(paths.length > 0, name);
        for (const path of paths) await rm(path);
      }, always);
    }
  });

  it('a catalog database is made again when its folder is missing', async () => {
    await check(async (device) => rm(device.home.file('db', 'catalog'), { recursive: true }), always);
  });

  it('a catalog database is made again when a table was cut off', async () => {
    await check(async (device) => {
      for (const path of await of(device, '.ldb'))
        await truncate(path, Math.floor((await stat(path)).size / 2));
    }, always);
  });
});

describe('a damaged value that is met while the catalog runs', () => {
  it('a damaged register is made again from the log, and a damaged log row from the outbox', async () => {
    const world = new World();
    const folder = await mkdtemp(join(tmpdir(), 'peerstor-mend-'));
    const real = await LevelStore.open(folder);
    const bad = new Set<string>();
    const damaged = (key: string) => new PeerstorError('index-corrupt', 'damaged', { details: { key } });
    const store: typeof real = Object.assign(Object.create(real), {
      get(key: string) {
        if (bad.has(key)) throw damaged(key);
        return real.get(key);
      },
      getDecoded<Decoded>(key: string, decode: (value: Uint8Array | undefined) => Decoded): Decoded {
        if (bad.has(key)) throw damaged(key);
        return real.getDecoded(key, decode);
      },
      async batch(...parts: Parameters<typeof real.batch>) {
        // Who sees a new value may damage others of the batch before this resolves.
        const mended = parts[0].map(({ key }) => key).filter((key) => bad.has(key));
        await real.batch(...parts);
        for (const key of mended) bad.delete(key);
      },
      async *range(bounds: Parameters<typeof real.range>[0]) {
        for await (const row of real.range(bounds)) {
          if (bad.has(row[0])) throw damaged(row[0]);
          yield row;
        }
      },
      close: () => real.close(),
    });
    const catalog = await world.founded({ store });
    const [record] = await catalog.author([world.entryDraft(1)], world.admin);
    assert.ok(record);
    for (const key of [registerKey('entry', entryOf(1)), logKey(record)]) {
      bad.add(key);
      const read = async () => {
        catalog.get('entry', entryOf(1));
        await catalog.missing(world.device(0), 0);
      };
      await assert.rejects(read(), (error) => isPeerstorError(error, 'index-corrupt'));
      const isBack = async () => {
        const { records } = await catalog.missing(world.device(0), 0);
        return records.length === 4 && catalog.get('entry', entryOf(1))?.revision === record.revision;
      };
      for (let round = 0; !(await isBack().catch(() => false)); round += 1) {
        assert.ok(round < 1000, `${key.charAt(0)} is back`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    await catalog.stop();
    const again = await world.catalog(0, { store });
    assert.equal(again.get('entry', entryOf(1))?.revision, record.revision);
    await again.stop();
    await real.close();
    await rm(folder, { recursive: true });
  });
});

describe('a damaged index', () => {
  let home: Home;
  before(async () => {
    home = await Home.open(await mkdtemp(join(tmpdir(), 'peerstor-index-')));
  });
  after(() => rm(home.folder, { recursive: true, force: true }));

  it('a damaged index is renamed, and a new one is begun', async () => {
    const index = await openIndex(home, silentLog, false);
    await index.batch([{ key: 'a', value: new Uint8Array(1) }], { sync: true });
    await index.close();
    await rm(home.file('db', 'index', 'CURRENT'));
    const remade = await openIndex(home, silentLog, false);
    assert.equal(remade.get('a'), undefined);
    await remade.close();
    const names = await readdir(home.file('db'));
    assert.equal(names.filter((name) => name.startsWith('index.aside-')).length, 1);
  });
});
