import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LocalCatalog } from '../../../src/catalog/index.ts';
import { placeOf } from '../../../src/catalog/tree/tree.ts';
import { type EntryId, entryId } from '../../../src/model/ids.ts';
import type { CatalogRecord } from '../../../src/model/records.ts';
import { ids, locationsOf, seenEntries, steps, written } from '../histories.ts';
import { collect, entryOf, World } from '../world.ts';

describe('places kept in rows', () => {
  it('are those that a look at the whole drive finds, after every batch, in any order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), async (history, choices) => {
        const { world, catalog } = await network();
        const waiting = written(world, history);
        const arrived: CatalogRecord[] = [];
        const choose = (count: number) => (choices.next().value ?? 0) % count;
        while (waiting.length > 0) {
          const batch: CatalogRecord[] = [];
          for (let size = 1 + choose(4); size > 0 && waiting.length > 0; size -= 1) {
            batch.push(...waiting.splice(choose(waiting.length), 1));
          }
          const outcome = await catalog.accept(batch.map(({ bytes }) => bytes));
          assert.deepEqual(outcome.refused, []);
          arrived.push(...batch);
          await checkPlaces(catalog, arrived);
        }
      }),
      { numRuns: 80, interruptAfterTimeLimit: 20_000 },
    );
  });
});

async function network() {
  const world = new World();
  const catalog = await world.catalog(0);
  const drafts = [
    world.userDraft(world.admin, { role: 'admin' }),
    ...[0, 1, 2].map((index) => world.deviceDraft(index)),
  ];
  await catalog.author(drafts, world.admin);
  return { world, catalog };
}

async function checkPlaces(catalog: LocalCatalog, arrived: readonly CatalogRecord[]): Promise<void> {
  const seen = seenEntries(arrived);
  const locations = locationsOf(seen);
  const children = new Map<EntryId, string[]>();
  for (let number = 0; number <= ids; number += 1) {
    const id = entryOf(number);
    assert.equal(catalog.get('entry', id)?.revision, seen.get(id)?.revision);
    const place = placeOf(id, locations);
    const owner = seen.get(id)?.body.owner;
    const parent =
      place?.rung === 'recovered' && owner ? (locations.rootOf(owner) ?? null) : (place?.parent ?? null);
    assert.equal(catalog.placeOf(id)?.parent ?? null, parent);
    if (parent) children.set(parent, [...(children.get(parent) ?? []), id]);
  }
  for (let number = 0; number <= ids; number += 1) {
    const listed = await collect(catalog.children(entryOf(number)));
    assert.deepEqual(
      listed.map(({ id }) => entryId(id)),
      children.get(entryOf(number)) ?? [],
    );
    assert.deepEqual(
      listed.map(({ id, revision }) => [id, revision]),
      listed.map(({ id }) => [id, seen.get(entryId(id))?.revision]),
    );
  }
}
