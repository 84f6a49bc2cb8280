import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryOutbox } from '../../../src/catalog/index.ts';
import { registerKey } from '../../../src/catalog/records/store-layout.ts';
import type { OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { until } from '../../support/until.ts';
import { World } from '../world.ts';

/** A database that says whether its files are as a clean end left them, and counts how often all of it is read. */
class WatchedStore implements OrderedStore {
  asLeft = false;
  wholeReads = 0;
  readonly #store = new MemoryOrderedStore();

  get = (key: string) => this.#store.get(key);
  batch: OrderedStore['batch'] = (changes) => this.#store.batch(changes);
  range: OrderedStore['range'] = (bounds) => {
    if (bounds.gte === '') this.wholeReads += 1;
    return this.#store.range(bounds);
  };
  close = () => Promise.resolve();
}

describe('a catalog that starts', () => {
  it('reads the whole database first unless it ended cleanly, and then a minute later', async () => {
    const world = new World();
    const [store, outbox] = [new WatchedStore(), createMemoryOutbox()];
    await (await world.founded({ store, outbox })).stop();
    assert.equal(store.wholeReads, 1);
    await (await world.catalog(0, { store, outbox })).stop();
    assert.equal(store.wholeReads, 2);
    store.asLeft = true;
    const catalog = await world.catalog(0, { store, outbox });
    assert.equal(store.wholeReads, 2);
    world.clock.advance(60_000);
    await until('all rows were counted', async () => store.wholeReads === 3);
    await catalog.stop();
    await (await world.catalog(0, { store, outbox })).stop();
  });

  it('finds in the background that a row is gone, and refuses the database at the next start', async () => {
    const world = new World();
    const [store, outbox] = [new WatchedStore(), createMemoryOutbox()];
    await (await world.founded({ store, outbox })).stop();
    await store.batch([{ key: registerKey('user', world.adminId), value: null }]);
    store.asLeft = true;
    const catalog = await world.catalog(0, { store, outbox });
    world.clock.advance(60_000);
    await until('the loss was found', async () => store.get('mdamaged') !== undefined);
    await catalog.stop();
    await assert.rejects(world.catalog(0, { store, outbox }), { code: 'index-corrupt' });
  });
});
