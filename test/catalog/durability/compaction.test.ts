import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { supersededKeepMs } from '../../../src/catalog/durability/compaction.ts';
import { createMemoryOutbox, type LocalCatalog } from '../../../src/catalog/index.ts';
import { parseRecord } from '../../../src/catalog/records/record-format.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { carry, entryOf, keyOf, OwnClock, viewOf, World } from '../world.ts';

async function seqsAt(catalog: LocalCatalog, world: World, device = 0): Promise<number[]> {
  const { records } = await catalog.missing(world.device(device), 0);
  return records.map((bytes) => parseRecord(bytes).record.seq);
}

/** Two devices, and the clock of the first, which can be turned on. */
async function pair() {
  const world = new World();
  const clock = new OwnClock(world.clock);
  const parts = { clock, store: new MemoryOrderedStore(), outbox: createMemoryOutbox() };
  const a = await world.founded(parts);
  await world.admit(a, 1);
  const b = await world.catalog(1);
  await carry(a, b);
  const acknowledge = () => a.peerHas(world.device(1), b.vector());
  return { world, clock, a, b, acknowledge, parts };
}

describe('dropping superseded records', () => {
  it('waits for 30 days and for every member', async () => {
    const { world, clock, a, b, acknowledge } = await pair();
    for (const stars of [1, 2, 3]) await a.author([world.factsDraft(1, stars)], world.admin);
    acknowledge();
    assert.equal(await a.compact(), 0);
    clock.aheadMs = supersededKeepMs + 60_000;
    assert.equal(await a.compact(), 0, 'the other has not got them');
    await carry(a, b);
    acknowledge();
    const [view, digests] = [await viewOf(a), (await a.digests()).tables];
    assert.equal(await a.compact(), 2);
    assert.deepEqual(await seqsAt(a, world), [1, 2, 3, 4, 7]);
    assert.deepEqual(await viewOf(a), view);
    assert.deepEqual((await a.digests()).tables, digests);
    assert.deepEqual((await b.digests()).tables, digests, 'whoever still has them counts the same');
    const c = await world.catalog(2);
    await carry(a, c);
    assert.deepEqual(await viewOf(c), view);
    assert.deepEqual(c.vector(), a.vector());
  });

  it('never drops who had which right, versions, or what lies under a tombstone', async () => {
    const { world, clock, a, b, acknowledge } = await pair();
    await a.author([world.deviceDraft(0, { name: 'one' })], world.admin);
    await a.author([world.deviceDraft(0, { name: 'two' })], world.admin);
    await a.author([world.userDraft(world.admin, { role: 'admin', quotaBytes: 5 })], world.admin);
    await a.author([world.entryDraft(1), world.versionDraft(1, 1)], world.admin);
    for (const keyVersion of [1, 2]) await a.author([world.entryDraft(2, { keyVersion })], world.admin);
    for (const revoked of [false, true]) await a.author([world.grantDraft(1, 2, { revoked })], world.admin);
    for (const withdrawn of [false, true])
      await a.author([world.inviteDraft(keyOf('invite'), { withdrawn })], world.admin);
    for (const createdAt of [1, 2]) await a.author([world.secretDraft(1, { createdAt })], world.admin);
    await a.author(
      [
        { ...world.versionDraft(1, 1), body: null },
        { ...world.entryDraft(1), body: null },
      ],
      world.admin,
    );
    await carry(a, b);
    acknowledge();
    clock.aheadMs = supersededKeepMs + 60_000;
    const before = await seqsAt(a, world);
    assert.equal(await a.compact(), 0);
    assert.deepEqual(await seqsAt(a, world), before);
    // An edit that the deletion did not know of brings the file back, as it was.
    await b.author([world.versionDraft(2, 1, [1])], world.admin);
    await carry(b, a);
    assert.equal(a.get('entry', entryOf(1))?.body?.kind, 'folder');
    assert.deepEqual(a.placeOf(entryOf(1))?.parent, entryOf(0));
    assert.equal((await a.currentVersions(entryOf(1))).length, 1);
  });

  it('goes from the oldest on, and remembers over a restart', async () => {
    const { world, clock, a, b, acknowledge, parts } = await pair();
    for (const stars of [1, 2, 3, 4]) {
      await a.author([world.factsDraft(1, stars)], world.admin);
      clock.aheadMs += supersededKeepMs / 3;
    }
    await carry(a, b);
    acknowledge();
    await a.stop();
    const again = await world.catalog(0, parts);
    assert.equal(await again.compact(), 1);
    assert.deepEqual(await seqsAt(again, world), [1, 2, 3, 4, 6, 7, 8]);
    clock.aheadMs += supersededKeepMs;
    assert.equal(await again.compact(), 2);
    assert.deepEqual(
      again.heads('facts', entryOf(1)).map(({ body }) => body?.sealed),
      [Uint8Array.of(4)],
    );
  });
});

describe('dropping superseded records of several devices', () => {
  it('drops what a record replaces before that record', async () => {
    const world = new World();
    const a = await world.founded();
    await world.admit(a, 1);
    const b = await world.catalog(1);
    await carry(a, b);
    // The device whose log is looked at first writes the record in the middle.
    const [middle, outer] = a.self < b.self ? [a, b] : [b, a];
    await outer.author([world.factsDraft(1, 1)], world.admin);
    await carry(outer, middle);
    await middle.author([world.factsDraft(1, 2)], world.admin);
    await carry(middle, outer);
    await outer.author([world.factsDraft(1, 3)], world.admin);
    await carry(outer, middle);
    const clock = new OwnClock(world.clock);
    const c = await world.catalog(2, { clock });
    await carry(a, c);
    for (const index of [0, 1]) c.peerHas(world.device(index), c.vector());
    clock.aheadMs = supersededKeepMs + 60_000;
    assert.equal(await c.compact(), 1);
    assert.equal(await c.compact(), 1);
    assert.equal(await c.compact(), 0);
    assert.deepEqual((await c.digests()).tables, (await a.digests()).tables);
  });
});

describe('after a crash', () => {
  it('what a change of rights calls for is made good', async () => {
    const world = new World();
    const parts = { store: new MemoryOrderedStore(), outbox: createMemoryOutbox() };
    const a = await world.founded(parts);
    await world.admit(a, 1);
    const b = await world.catalog(1);
    await carry(a, b);
    await b.author([world.entryDraft(1)], world.admin);
    await carry(b, a);
    // The process ends between the batch with the removal and the one that follows from it.
    const { store } = parts;
    const batch = store.batch.bind(store);
    let batches = 0;
    store.batch = async (changes) => {
      batches += 1;
      if (batches > 1) throw new Error('killed');
      await batch(changes);
    };
    await a
      .author([world.deviceDraft(1, { state: 'removed', lastSeq: 0 })], world.admin)
      .catch(() => undefined);
    assert.ok(a.get('entry', entryOf(1)), 'not taken back yet');
    store.batch = batch;
    const again = await world.catalog(0, parts);
    assert.equal(again.get('entry', entryOf(1)), undefined);
    assert.equal(again.get('device', world.device(1))?.body?.state, 'removed');
  });

  it('a record that reached the outbox alone is there, and one that reached neither is not', async () => {
    const world = new World();
    const parts = { store: new MemoryOrderedStore(), outbox: createMemoryOutbox() };
    const a = await world.founded(parts);
    const { store } = parts;
    const batch = store.batch.bind(store);
    store.batch = async () => {
      throw new Error('the disk is full');
    };
    await assert.rejects(a.author([world.entryDraft(1)], world.admin));
    await assert.rejects(
      a.author([world.entryDraft(2)], world.admin),
      'nothing more is written until a restart',
    );
    store.batch = batch;
    const again = await world.catalog(0, parts);
    assert.ok(again.get('entry', entryOf(1)));
    assert.equal(again.get('entry', entryOf(2)), undefined);
    const [record] = await again.author([world.entryDraft(3)], world.admin);
    assert.equal(record?.seq, 5);
  });
});
