import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryOutbox, type LocalCatalog } from '../../../src/catalog/index.ts';
import { ask, logPage } from '../../../src/catalog/sync/sync-messages.ts';
import { Pulling } from '../../../src/catalog/sync/sync-pull.ts';
import type { Transport } from '../../../src/model/contracts/transport.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { collect, entryOf, viewOf, World } from '../world.ts';

const pageSize = 20;
type Page = Parameters<typeof logPage.write>[0];

/** What a peer answers to the given page, counted from 1; throws where it does not answer. */
type Lie = (page: Page, count: number) => Page;

/** Pulls the log of the first device in small pages. */
async function pull(world: World, from: LocalCatalog, to: LocalCatalog, lie: Lie = (page) => page) {
  let count = 0;
  const call: Transport['call'] = async (_peer, _method, body) => {
    const { device, since } = ask.read(body);
    const all = await from.missing(device, since);
    const records = all.records.slice(0, pageSize);
    const complete = records.length === all.records.length;
    const reaches = complete ? all.reachesSeq : since + records.length;
    count += 1;
    return logPage.write(lie({ device, since, records, reaches, head: all.signed ?? null, complete }, count));
  };
  const author = world.device(0);
  const seq = from.vector()[author] ?? 0;
  const unused = {} as Transport;
  const pulling = new Pulling(to, { ...unused, call });
  await pulling.pull(author, new Map([[author, seq]]), new AbortController().signal);
}

/** A catalog with a log of some pages, and another one that has nothing of it. */
async function two(store = new MemoryOrderedStore(), outbox = createMemoryOutbox()) {
  const world = new World();
  const from = await world.founded();
  await world.admit(from, 1);
  const drafts = Array.from({ length: 5 * pageSize }, (_, index) => world.entryDraft(index + 1));
  await from.author(drafts, world.admin);
  return { world, from, to: await world.catalog(1, { store, outbox }) };
}

/** The vector covers exactly records that are here: nothing of this log was ever superseded. */
async function checkNoGap(world: World, catalog: LocalCatalog): Promise<number> {
  const reaches = catalog.vector()[world.device(0)] ?? 0;
  const { records } = await catalog.missing(world.device(0), 0);
  assert.equal(records.length, reaches);
  return reaches;
}

async function checkWhole(world: World, from: LocalCatalog, to: LocalCatalog): Promise<void> {
  await pull(world, from, to);
  assert.deepEqual(await viewOf(to), await viewOf(from));
  assert.equal((await collect(to.children(entryOf(0)))).length, 5 * pageSize);
  assert.deepEqual((await to.digests()).tables, (await from.digests()).tables);
}

describe('pages that are written while the next one is checked', () => {
  const lies: [string, Lie, number][] = [
    [
      'whose head cannot be read',
      (page, count) => (count === 3 ? { ...page, head: new Uint8Array(3) } : page),
      2,
    ],
    [
      'that does not come',
      (page, count) => {
        if (count === 3) throw new Error('cut off');
        return page;
      },
      2,
    ],
    ['of another place', (page, count) => (count === 3 ? { ...page, since: page.since + 1 } : page), 2],
    // The first page that is not whole says that it is complete; what was asked for is not all there.
    ['that ends the log', (page, count) => (count === 3 ? { ...page, complete: true } : page), 3],
  ];
  for (const [what, lie, pages] of lies) {
    it(`leave no gap where one comes in the middle ${what}`, async () => {
      const { world, from, to } = await two();
      const pulled = pull(world, from, to, lie);
      if (pages === 2) await assert.rejects(pulled);
      else await pulled;
      assert.equal(await checkNoGap(world, to), pages * pageSize);
      await checkWhole(world, from, to);
    });
  }

  it('believe the next one only as far as the device has signed, where a forged record lies between', async () => {
    const { world, from, to } = await two();
    await pull(world, from, to, (page, count) => {
      if (count !== 3) return page;
      const [first = new Uint8Array(0), ...rest] = page.records;
      const forged = Uint8Array.from(first);
      forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
      return { ...page, records: [forged, ...rest], reaches: page.reaches + 1_000_000, complete: true };
    });
    const head = from.vector()[world.device(0)] ?? 0;
    assert.ok((to.vector()[world.device(0)] ?? 0) <= head);
    assert.notDeepEqual((await to.digests()).tables, (await from.digests()).tables, 'its digest tells');
  });

  for (const failing of [1, 2, 3, 4, 5, 6]) {
    it(`are each there whole or not at all where the disk fails at write ${failing}`, async () => {
      const store = new MemoryOrderedStore();
      const outbox = createMemoryOutbox();
      const { world, from, to } = await two(store, outbox);
      const batch = store.batch.bind(store);
      let written = 0;
      store.batch = (changes) => {
        written += 1;
        return written === failing ? Promise.reject(new Error('the disk failed')) : batch(changes);
      };
      await assert.rejects(pull(world, from, to), /the disk failed/);
      store.batch = batch;
      await to.stop();
      const again = await world.catalog(1, { store, outbox });
      await checkNoGap(world, again);
      await checkWhole(world, from, again);
    });
  }
});
