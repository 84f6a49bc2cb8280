/**
 * A home that was restored from an old copy gives numbers of its log a second time. Both records of a number
 * count, wherever they got to first, and whatever else rests on them.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LocalCatalog } from '../../../src/catalog/index.ts';
import { parseRecord } from '../../../src/catalog/records/record-format.ts';
import { Comparing } from '../../../src/catalog/sync/sync-compare.ts';
import type { SigningKey } from '../../../src/crypto/index.ts';
import type { Draft } from '../../../src/model/contracts/catalog.ts';
import type { Handler, Transport } from '../../../src/model/contracts/transport.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { type DeviceId, deviceId, entryId } from '../../../src/model/ids.ts';
import type { CatalogRecord } from '../../../src/model/records.ts';
import {
  bob,
  changed,
  inside,
  newEntry,
  newEntryOf,
  newVersion,
  newVersionOf,
  shared,
  sharing,
} from '../sharing.ts';
import { carry, collect, entryOf, viewOf, type World } from '../world.ts';

type Meeting = (one: LocalCatalog, other: LocalCatalog) => Promise<number>;

/** Two of these devices exchange logs, then digests, as the sync lets them. Gives how many records that healed. */
function meetingOf(catalogs: readonly LocalCatalog[]): Meeting {
  const handlers = new Map<string, Handler>();
  const comparing = new Map<DeviceId, Comparing>();
  for (const catalog of catalogs) {
    const { self } = catalog;
    const transport: Partial<Transport> = {
      handle: (method, handler) => void handlers.set(`${self} ${method}`, handler),
      call: async (to, method, body) => {
        const handler = handlers.get(`${to} ${method}`);
        assert.ok(handler);
        return handler(self, body, new AbortController().signal);
      },
      notify: () => undefined,
    };
    const one = new Comparing(catalog, transport as Transport, () => undefined);
    one.register(() => undefined);
    comparing.set(self, one);
  }
  const { signal } = new AbortController();
  return async (one, other) => {
    await carry(one, other);
    await carry(other, one);
    const healed = (await comparing.get(one.self)?.compare(other.self, signal)) ?? 0;
    return healed + ((await comparing.get(other.self)?.compare(one.self, signal)) ?? 0);
  };
}

/** Everybody meets everybody until nobody lacks anything. */
async function meetAll(catalogs: readonly LocalCatalog[]): Promise<void> {
  const meet = meetingOf(catalogs);
  for (let rounds = 0; rounds < 10; rounds += 1) {
    let healed = 0;
    for (const one of catalogs)
      for (const other of catalogs) if (one.self < other.self) healed += await meet(one, other);
    if (healed === 0) return;
  }
  assert.fail('they never agreed');
}

/** Without tables of which nothing counts: one that is not there is the same. */
async function digestsOf(catalog: LocalCatalog): Promise<unknown> {
  const { tables } = await catalog.digests();
  return new Map([...tables].filter(([, digest]) => digest.some((byte) => byte !== 0)));
}

async function assertEqual(catalogs: readonly LocalCatalog[]): Promise<void> {
  const [first, ...others] = catalogs;
  assert.ok(first);
  const [view, digests] = [await viewOf(first), await digestsOf(first)];
  for (const other of others) {
    assert.deepEqual(await viewOf(other), view);
    assert.deepEqual(await digestsOf(other), digests);
  }
}

/**
 * The owner's device, another one, and device 1 twice: as it went on, and as it was restored from a copy.
 * Who has met neither of the two has nothing of its log.
 */
async function restored() {
  const { world, a, b } = await sharing();
  await world.admit(a, 2);
  const [c, copy] = [await world.catalog(2), await world.catalog(1)];
  for (const catalog of [b, c, copy]) await carry(a, catalog);
  return { world, a, b, c, copy };
}

/** What the restored home writes: as many numbers as its former self gave out. */
async function writeOn(world: World, copy: LocalCatalog, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    await world.clock.pass(1);
    await copy.author([world.entryDraft(100 + number)], world.admin);
  }
}

describe('two records of one number', () => {
  const version = newVersionOf(20);
  const entry = newEntryOf(10);

  for (const first of ['the one', 'the other'] as const) {
    it(`count with the replaced record that they show their right with, ${first} first`, async () => {
      const { world, a, b, c, copy } = await restored();
      await b.author([newEntry(world, 10, entryOf(inside))], bob);
      await b.author([newVersion(world, 20, entry)], bob);
      await writeOn(world, copy, 2);
      const [early, late] = first === 'the one' ? [c, a] : [a, c];
      await carry(b, early);
      await world.clock.pass(1);
      const { via: _, ...body } = early.get('entry', entry)?.body ?? assert.fail('it is not there');
      await early.author(
        [{ table: 'entry', id: entry, body: { ...body, parent: entryOf(shared) } }],
        world.admin,
      );
      await carry(copy, late);
      await meetAll([a, c]);
      assert.ok(a.get('version', version)?.body && c.get('version', version)?.body);
      assert.ok(late.heads('entry', entryOf(100)).length > 0);
      await assertEqual([a, c]);
    });
  }

  it('stay out while no grant allows them, and count when what ended the grant counts no more', async () => {
    const { world, a, b, c, copy } = await restored();
    await world.admit(a, 3);
    await carry(a, c);
    const d = await world.catalog(3);
    await carry(a, d);
    await d.author([world.grantDraft(1, shared, { revoked: true })], world.admin);
    await world.clock.pass(1);
    await b.author([newEntry(world, 10, entryOf(inside))], bob);
    await b.author([changed(b.get('entry', entry), { parent: entryOf(shared) })], bob);
    await b.author([newVersion(world, 20, entry)], bob);
    await writeOn(world, copy, 3);
    await carry(d, c);
    await carry(b, c);
    await carry(copy, a);
    await meetAll([a, c]);
    assert.equal(c.get('version', version), undefined, 'the grant was over');
    await assertEqual([a, c]);
    await a.author([world.deviceDraft(3, { state: 'removed', lastSeq: 0 })], world.admin);
    await meetAll([a, c]);
    assert.ok(a.get('version', version)?.body && c.get('version', version)?.body);
    await assertEqual([a, c]);
  });

  it('count when their grant comes after them', async () => {
    const { world, a, b, c, copy } = await restored();
    await world.admit(a, 3);
    const d = await world.catalog(3);
    for (const catalog of [b, c, copy, d]) await carry(a, catalog);
    const link = world.grantDraft(2, inside);
    await d.author([link], world.admin);
    await carry(d, b);
    await world.clock.pass(1);
    const draft = newEntry(world, 10, entryOf(inside));
    const via = draft.body?.via && { ...draft.body.via, grant: link.id };
    await b.author([{ ...draft, body: draft.body && { ...draft.body, ...(via && { via }) } } as Draft], bob);
    const [other] = await b.author([changed(b.get('entry', entry), { parent: entryOf(shared) })], bob);
    assert.ok(other);
    await writeOn(world, copy, 2);
    await carry(copy, a);
    // Without the log of the fourth device: its records are the grant.
    const device = world.device(1);
    const page = await b.missing(device, 0);
    await c.accept(page.records, {
      head: { device, seq: page.reachesSeq, ...(page.signed && { signed: page.signed }) },
    });
    assert.equal(c.get('entry', entry), undefined, 'nothing shows its right yet');
    await meetAll([a, c]);
    assert.equal(a.get('entry', entry), undefined);
    await carry(d, a);
    await meetAll([a, c]);
    assert.equal(a.get('entry', entry)?.revision, other.revision);
    await assertEqual([a, c]);
  });
});

interface Action {
  what: 'create' | 'version' | 'move' | 'own move' | 'own version' | 'delete' | 'grant' | 'disable' | 'carry';
  on: number;
  pick: number;
  to: number;
  flag: boolean;
}

const actions = fc.array(
  fc.record<Action>({
    what: fc.constantFrom<Action['what'][]>(
      'create',
      'create',
      'version',
      'version',
      'move',
      'own move',
      'own version',
      'delete',
      'grant',
      'disable',
      'carry',
      'carry',
    ),
    on: fc.constantFrom(0, 1, 1, 2, 3, 3),
    pick: fc.nat({ max: 1000 }),
    to: fc.nat({ max: 1000 }),
    flag: fc.boolean(),
  }),
  { minLength: 12, maxLength: 35, size: 'max' },
);

/** @returns what somebody does on a device, and who */
async function draftOf(
  world: World,
  catalog: LocalCatalog,
  { what, pick, to, flag }: Action,
  number: number,
): Promise<[Draft, SigningKey] | undefined> {
  const entries = (await collect(catalog.list('entry'))).filter(({ body }) => body && body.parent !== null);
  const versions = await collect(catalog.list('version'));
  const at = <Item>(list: readonly Item[], index: number) => list[index % Math.max(1, list.length)];
  const [entry, target] = [at(entries, pick), at(entries, to)];
  if (!entry?.body || !target) return undefined;
  const parent = entryId(target.id);
  const { via: _, ...body } = entry.body;
  switch (what) {
    case 'create':
      return [newEntry(world, number, parent, { kind: flag ? 'folder' : 'file' }), bob];
    case 'version':
      return [newVersion(world, number, entryId(entry.id)), bob];
    case 'move':
      return [changed(entry, { parent }), bob];
    case 'own move':
      return [{ table: 'entry', id: entry.id, body: { ...body, parent } }, world.admin];
    case 'own version': {
      const draft = world.versionDraft(number, 0);
      return [{ ...draft, body: draft.body && { ...draft.body, entry: entryId(entry.id) } }, world.admin];
    }
    case 'delete': {
      const id = at(versions, pick)?.id;
      return id === undefined ? undefined : [{ table: 'version', id, body: null }, world.admin];
    }
    case 'grant':
      return [
        world.grantDraft(1, shared, { revoked: flag, rights: to % 2 === 0 ? 'edit' : 'upload' }),
        world.admin,
      ];
    default:
      return [world.userDraft(bob, { disabled: flag }), world.admin];
  }
}

async function allOf(catalog: LocalCatalog): Promise<CatalogRecord[]> {
  const pages = Object.keys(catalog.vector()).map((device) => catalog.missing(deviceId(device), 0));
  return (await Promise.all(pages)).flatMap(({ records }) =>
    records.map((bytes) => parseRecord(bytes).record),
  );
}

describe('a home that was restored and wrote on', () => {
  it('leaves the same everywhere, as if all had come at once', async () => {
    let forks = 0;
    await fc.assert(
      fc.asyncProperty(actions, async (steps) => {
        const { world, a, b, c, copy } = await restored();
        const catalogs = [a, b, c, copy];
        for (const [index, action] of steps.entries()) {
          await world.clock.pass(1 + (action.pick % 20));
          const [on, from] = [catalogs[action.on], catalogs[action.to % catalogs.length]];
          if (!on || !from) continue;
          if (action.what === 'carry') {
            if (from.self !== on.self) await carry(from, on);
            continue;
          }
          const [draft, signer] = (await draftOf(world, on, action, 10 + index)) ?? [];
          try {
            if (draft && signer) await on.author([draft], signer);
          } catch (error) {
            assert.ok(isPeerstorError(error), String(error));
          }
        }
        // The restored home goes on; what its former self had is where that had been.
        await carry(copy, a);
        await carry(b, c);
        const met = [a, c, copy];
        await meetAll(met);
        await assertEqual(met);
        const records = new Map<string, CatalogRecord>();
        for (const catalog of met) for (const one of await allOf(catalog)) records.set(one.revision, one);
        const numbers = new Set([...records.values()].map(({ device, seq }) => `${device} ${seq}`));
        forks += records.size - numbers.size;
        const fresh = await world.catalog(8);
        await fresh.accept([...records.values()].map(({ bytes }) => bytes));
        assert.deepEqual(await viewOf(fresh), await viewOf(a));
        for (const catalog of [...catalogs, fresh]) await catalog.stop();
      }),
      { numRuns: 30, interruptAfterTimeLimit: 15_000 },
    );
    assert.ok(forks > 10, `${forks} forks`);
  });
});
