import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryOutbox } from '../../../src/catalog/index.ts';
import { logKey, registerKey } from '../../../src/catalog/records/store-layout.ts';
import type { OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { until } from '../../support/until.ts';
import { carry, entryOf, viewOf, World } from '../world.ts';

/** A database with values that cannot be read until they are written again, and whose power can be cut. */
class DamagedStore implements OrderedStore {
  readonly bad = new Set<string>();
  /** The first batch that repairs something is also the last one. */
  cutsPower = false;
  #isOff = false;
  readonly #store = new MemoryOrderedStore();

  get = (key: string) => {
    if (this.bad.has(key)) throw damaged(key);
    return this.#store.get(key);
  };

  batch: OrderedStore['batch'] = async (changes) => {
    if (this.#isOff) throw new PeerstorError('storage-failed', 'The power was cut.');
    await this.#store.batch(changes);
    for (const { key } of changes) if (this.bad.delete(key)) this.#isOff = this.cutsPower;
  };

  async *range(bounds: Parameters<OrderedStore['range']>[0]) {
    for await (const row of this.#store.range(bounds)) {
      if (this.bad.has(row[0])) throw damaged(row[0]);
      yield row;
    }
  }

  close = () => Promise.resolve();

  powerIsBack(): void {
    this.cutsPower = false;
    this.#isOff = false;
  }
}

const damaged = (key: string) =>
  new PeerstorError('index-corrupt', 'This value is damaged.', { details: { key } });

describe('a catalog that stops while it repairs a value', () => {
  it('has its own record again from the outbox, and starts without being made anew', async () => {
    const world = new World();
    const parts = { store: new DamagedStore(), outbox: createMemoryOutbox() };
    const catalog = await world.founded(parts);
    const [record] = await catalog.author([world.entryDraft(1)], world.admin);
    assert.ok(record);
    parts.store.bad.add(logKey(record));
    await assert.rejects(catalog.missing(world.device(0), 0), { code: 'index-corrupt' });
    await catalog.stop();
    assert.equal(parts.store.bad.size, 0);
    const again = await world.catalog(0, parts);
    assert.equal((await again.missing(world.device(0), 0)).records.length, 4);
    await again.stop();
  });

  it('lacks the record of another device, counts its rows right however often it is missed, and takes it back', async () => {
    const world = new World();
    const peer = await world.founded();
    await world.admit(peer, 1);
    const [record] = await peer.author([world.entryDraft(1)], world.admin);
    assert.ok(record);
    const parts = { store: new DamagedStore(), outbox: createMemoryOutbox() };
    const running = await world.catalog(1, parts);
    await carry(peer, running);
    parts.store.bad.add(logKey(record));
    await assert.rejects(running.missing(world.device(0), 0), { code: 'index-corrupt' });
    await running.stop();
    assert.equal(parts.store.get(logKey(record)), undefined);
    const again = await world.catalog(1, parts);
    for (let round = 0; round < 3; round += 1) {
      assert.throws(() => again.get('entry', entryOf(1)), { code: 'index-corrupt' });
      await again.author([world.entryDraft(10 + round)], world.admin);
    }
    await again.stop();
    const last = await world.catalog(1, parts);
    assert.equal(await last.heal([record.bytes]), 1);
    await carry(last, peer);
    assert.deepEqual(await viewOf(last), await viewOf(peer));
    await last.stop();
    await (await world.catalog(1, parts)).stop();
  });

  it('has the whole register after a power cut in the middle', async () => {
    const world = new World();
    const parts = { store: new DamagedStore(), outbox: createMemoryOutbox() };
    const catalog = await world.founded(parts);
    const [record] = await catalog.author([world.entryDraft(1)], world.admin);
    assert.ok(record);
    parts.store.bad.add(registerKey('entry', entryOf(1)));
    parts.store.cutsPower = true;
    assert.throws(() => catalog.get('entry', entryOf(1)), { code: 'index-corrupt' });
    await until('the repair has begun', async () => parts.store.bad.size === 0);
    await catalog.stop().catch(() => undefined);
    parts.store.powerIsBack();
    const again = await world.catalog(0, parts);
    assert.equal(again.get('entry', entryOf(1))?.revision, record.revision);
    await again.stop();
  });
});
