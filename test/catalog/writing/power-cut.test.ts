import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryOutbox } from '../../../src/catalog/index.ts';
import type { OrderedStore } from '../../../src/model/contracts/ordered-store.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { World } from '../world.ts';

type Changes = Parameters<OrderedStore['batch']>[0];

/** A database that loses with the power what was not synced. */
class UnsyncedStore extends MemoryOrderedStore {
  /** Batches on disk, and those after the last sync. */
  readonly durable: Changes[] = [];
  unsynced: Changes[] = [];

  override async batch(changes: Changes, options: { sync?: boolean } = {}): Promise<void> {
    await super.batch(changes);
    this.unsynced.push(changes);
    if (options.sync !== true) return;
    this.durable.push(...this.unsynced);
    this.unsynced = [];
  }

  /** What the next start finds. */
  async cut(): Promise<UnsyncedStore> {
    const left = new UnsyncedStore();
    for (const changes of this.durable) await left.batch(changes, { sync: true });
    return left;
  }
}

describe('a catalog whose power is cut', () => {
  it('has every record that was acknowledged, though the database had lost some', async () => {
    const world = new World();
    const [store, outbox] = [new UnsyncedStore(), createMemoryOutbox()];
    const catalog = await world.founded({ store, outbox });
    await catalog.author([world.entryDraft(1)], world.admin);
    await catalog.author([world.entryDraft(2), world.versionDraft(7, 2)], world.admin);
    assert.ok(store.unsynced.length > 0, 'own records wait for the sync of the outbox only');
    const before = { vector: catalog.vector(), digests: await catalog.digests() };
    const again = await world.catalog(0, { store: await store.cut(), outbox });
    assert.deepEqual(again.vector(), before.vector);
    assert.deepEqual(await again.digests(), before.digests);
    for (const number of [1, 2]) assert.ok(again.get('entry', world.entryDraft(number).id));
    assert.ok(again.get('version', world.versionDraft(7, 2).id));
    assert.deepEqual(again.headOf(world.device(0)), catalog.headOf(world.device(0)));
    await again.author([world.entryDraft(3)], world.admin);
    assert.equal(again.ownSeq, catalog.ownSeq + 1);
    await again.stop();
  });

  it('has the database synced a second after own records were written', async () => {
    const world = new World();
    const [store, outbox] = [new UnsyncedStore(), createMemoryOutbox()];
    const catalog = await world.founded({ store, outbox });
    await catalog.author([world.entryDraft(1)], world.admin);
    await world.clock.pass(1000);
    assert.deepEqual(store.unsynced, []);
    await catalog.stop();
  });

  it('loses nothing to an outbox that forgets: the database is synced first', async () => {
    const world = new World();
    const store = new UnsyncedStore();
    const outbox = createMemoryOutbox();
    const forget = outbox.forget.bind(outbox);
    const unsyncedAtForget: number[] = [];
    outbox.forget = async (seq, durable) => {
      await durable?.();
      unsyncedAtForget.push(store.unsynced.length);
      await forget(seq);
    };
    const catalog = await world.founded({ store, outbox });
    await catalog.author([world.deviceDraft(1)], world.admin);
    await catalog.author([world.entryDraft(1)], world.admin);
    assert.ok(store.unsynced.length > 0);
    catalog.peerHas(world.device(1), { [world.device(0)]: catalog.ownSeq });
    await world.clock.pass(10);
    assert.deepEqual(unsyncedAtForget, [0]);
    await catalog.stop();
  });
});
