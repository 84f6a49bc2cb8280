import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LocalCatalog } from '../../../src/catalog/index.ts';
import type { Draft } from '../../../src/model/contracts/catalog.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { ownRecordId, userId } from '../../../src/model/ids.ts';
import { type CatalogRecord, hlcTicksPerMs } from '../../../src/model/records.ts';
import { Forger, take } from '../forger.ts';
import { carry, collect, entryOf, keyOf, versionOf, viewOf, World } from '../world.ts';

const bob = keyOf('bob');
const bobId = userId(bob.principal);

async function childrenOf(catalog: LocalCatalog, parent = 0): Promise<string[]> {
  return (await collect(catalog.children(entryOf(parent)))).map(({ id }) => id);
}

describe('rights', () => {
  it('refuse what is wrong by itself, and keep back what only lacks a right', async () => {
    const world = new World();
    const a = await world.founded();
    const forger = new Forger(world, [[0, 100]]);
    const stolen = forger.write(0, world.entryDraft(1, { owner: world.adminId }), bob);
    const bundle: Draft = {
      table: 'bundle',
      id: world.adminId,
      body: {
        kdf: { name: 'argon2id', memoryKiB: 1, passes: 1, parallelism: 1, salt: new Uint8Array(16) },
        byPassword: new Uint8Array(1),
        byRecovery: new Uint8Array(1),
        generation: 1,
      },
    };
    const proofless = forger.write(0, world.deviceDraft(3, { proof: new Uint8Array(64) }), world.admin);
    const refused = await take(a, stolen, forger.write(0, bundle, bob), proofless);
    assert.equal(refused.refused.length, 3);
    const early = await take(
      a,
      forger.write(0, world.userDraft(bob), bob),
      forger.write(0, world.deviceDraft(1), bob),
    );
    assert.deepEqual([early.pending, early.refused], [2, []]);
    assert.equal(a.get('user', bob.principal), undefined);
    assert.equal(a.get('device', world.device(1)), undefined);
  });

  it('refuse media and albums that do not name their signer as the owner', async () => {
    const world = new World();
    const a = await world.founded();
    await a.author([world.userDraft(bob)], world.admin);
    const forger = new Forger(world, [[0, 100]]);
    const media = world.mediaDraft(31, 1);
    assert.ok(media.body);
    const owned = { ...media, body: { ...media.body, owner: bobId } };
    const album: Draft = {
      table: 'album',
      id: ownRecordId(versionOf(1), world.adminId),
      body: { owner: world.adminId, sealed: Uint8Array.of(1) },
    };
    const foreign = [media, owned, { ...media, body: null }, album].map((draft) =>
      forger.write(0, draft, bob),
    );
    assert.equal((await take(a, ...foreign)).refused.length, foreign.length);
    assert.equal((await take(a, forger.write(0, owned, world.admin))).refused.length, 1);
    await a.author([media, album], world.admin);
    await a.author([world.mediaDraft(31, 2, bobId)], bob);
    assert.deepEqual(a.get('media', media.id)?.body, media.body);
  });

  it('let a device change its own name and size, and nothing else of itself', async () => {
    const world = new World();
    const a = await world.founded();
    await world.admit(a, 1);
    const b = await world.catalog(1);
    await carry(a, b);
    const device = keyOf('device 1');
    await b.author(
      [world.deviceDraft(1, { name: 'attic', capacityBytes: 5, class: 'sleeper', place: 'parents' })],
      device,
    );
    assert.equal(b.get('device', world.device(1))?.body?.name, 'attic');
    const forbidden = (draft: Draft) =>
      assert.rejects(b.author([draft], device), (error) => isPeerstorError(error, 'forbidden'));
    await forbidden(world.deviceDraft(1, { storageOnly: true }));
    await forbidden(world.deviceDraft(1, { state: 'draining' }));
    await forbidden(world.deviceDraft(0, { name: 'mine' }));
    await carry(b, a);
    assert.equal(a.get('device', world.device(1))?.body?.place, 'parents');
  });

  it('follow the rank of an admin at the time of writing', async () => {
    const world = new World();
    const a = await world.founded();
    await a.author([world.userDraft(bob, { role: 'admin' })], world.admin);
    const carol = keyOf('carol');
    await a.author([world.userDraft(carol)], bob);
    await a.author([world.userDraft(bob, { role: 'member' })], world.admin);
    await assert.rejects(a.author([world.userDraft(keyOf('dave'))], bob), (error) =>
      isPeerstorError(error, 'forbidden'),
    );
    const b = await world.catalog(1);
    await carry(a, b);
    assert.equal(b.get('user', carol.principal)?.body?.role, 'member');
    assert.equal(b.get('user', bob.principal)?.body?.role, 'member');
  });

  it('end with the lock on an account, but what was written before stays', async () => {
    const world = new World();
    const a = await world.founded();
    await a.author([world.userDraft(bob), world.rootDraft(20, bobId)], world.admin).catch(() => undefined);
    await a.author([world.userDraft(bob)], world.admin);
    await a.author(
      [world.rootDraft(20, bobId), world.entryDraft(21, { owner: bobId, parent: entryOf(20) })],
      bob,
    );
    await a.author([world.userDraft(bob, { disabled: true })], world.admin);
    await assert.rejects(
      a.author([world.entryDraft(22, { owner: bobId, parent: entryOf(20) })], bob),
      (error) => isPeerstorError(error, 'forbidden'),
    );
    const forger = new Forger(world, [[0, 100]]);
    const late = forger.write(0, world.entryDraft(23, { owner: bobId, parent: entryOf(20) }), bob, {
      afterMs: 500,
    });
    assert.equal((await take(a, late)).pending, 1);
    assert.deepEqual(await childrenOf(a, 20), [entryOf(21)]);
    // The lock may arrive after what it forbids.
    const b = await world.catalog(1);
    const page = await a.missing(world.device(0), 0);
    const lock = page.records.length - 1;
    await b.accept(page.records.slice(0, lock));
    await take(b, late);
    assert.deepEqual(await childrenOf(b, 20), [entryOf(21), entryOf(23)]);
    await b.accept(page.records.slice(lock));
    assert.deepEqual(await childrenOf(b, 20), [entryOf(21)]);
    assert.deepEqual(await viewOf(b), await viewOf(a));
    assert.deepEqual((await b.digests()).tables, (await a.digests()).tables);
  });

  it('take back what a removed device wrote after its last number that counts, deletions too', async () => {
    const world = new World();
    const a = await world.founded();
    await world.admit(a, 1);
    await a.author([world.entryDraft(1), world.entryDraft(2)], world.admin);
    const stolen = await world.catalog(1);
    await carry(a, stolen);
    await stolen.author([world.entryDraft(3)], world.admin);
    const lastSeq = stolen.ownSeq;
    await stolen.author(
      [{ ...world.entryDraft(1), body: null }, world.entryDraft(2, { parent: entryOf(3) })],
      world.admin,
    );
    await carry(stolen, a);
    assert.deepEqual(await childrenOf(a), [entryOf(3)]);
    const c = await world.catalog(2);
    await a.author([world.deviceDraft(1, { state: 'removed', lastSeq })], world.admin);
    assert.deepEqual(await childrenOf(a), [1, 2, 3].map(entryOf));
    const forger = new Forger(world, [[1, 50]]);
    const backdated = forger.write(1, world.entryDraft(9), world.admin, { hlc: 1000 });
    assert.equal((await take(a, backdated)).pending, 1);
    await assert.rejects(a.author([world.deviceDraft(1, { state: 'active' })], world.admin), (error) =>
      isPeerstorError(error, 'forbidden'),
    );
    await carry(a, c);
    await take(c, backdated);
    assert.deepEqual(await viewOf(c), await viewOf(a));
    await carry(a, stolen);
    await assert.rejects(stolen.author([world.entryDraft(5)], world.admin), (error) =>
      isPeerstorError(error, 'forbidden'),
    );
    assert.deepEqual(await childrenOf(stolen), [1, 2, 3].map(entryOf));
  });

  it('settle removals that contradict each other the same way everywhere', async () => {
    const world = new World();
    const a = await world.founded();
    await a.author([world.userDraft(bob, { role: 'admin' }), world.deviceDraft(1)], world.admin);
    const b = await world.catalog(1);
    await carry(a, b);
    const [seqA, seqB] = [a.ownSeq, b.ownSeq];
    // Bob acts first, and strikes out all that the older admin could do about it.
    await b.author([world.deviceDraft(0, { state: 'removed', lastSeq: seqA })], bob);
    await world.clock.pass(1000);
    await a.author([world.deviceDraft(1, { state: 'removed', lastSeq: seqB })], world.admin);
    await carry(a, b);
    await carry(b, a);
    for (const catalog of [a, b]) {
      assert.equal(catalog.get('device', world.device(0))?.body?.state, 'active');
      assert.equal(catalog.get('device', world.device(1))?.body?.state, 'removed');
    }
    // The root key has the last word.
    const forger = new Forger(world, [[1, b.ownSeq]]);
    const last = forger.write(1, world.deviceDraft(0, { state: 'removed', lastSeq: seqA }), world.root, {
      afterMs: 5000,
    });
    for (const catalog of [a, b]) {
      await take(catalog, last);
      assert.equal(catalog.get('device', world.device(0))?.body?.state, 'removed');
      assert.equal(catalog.get('device', world.device(1))?.body?.state, 'active');
    }
  });

  it('do not come from a device that is not in the network, nor from what it says', async () => {
    const world = new World();
    const a = await world.founded();
    const forger = new Forger(world, [[0, 100]]);
    const carol = keyOf('carol');
    const promoted = forger.write(9, world.userDraft(bob, { role: 'admin' }), world.admin, { afterMs: 10 });
    const invited = forger.write(0, world.userDraft(carol), bob, { afterMs: 20 });
    assert.equal((await take(a, promoted, invited)).pending, 2);
    assert.equal(a.get('user', carol.principal), undefined);
    await take(a, forger.write(0, world.deviceDraft(9), world.admin, { afterMs: 5 }));
    assert.equal(a.get('user', carol.principal)?.body?.role, 'member');
  });

  it('are not lost to a removal that a removed device wrote too late', async () => {
    const world = new World();
    const a = await world.founded();
    await world.admit(a, 1, 2);
    const stolen = await world.catalog(1);
    await carry(a, stolen);
    await stolen.author([world.deviceDraft(2, { state: 'removed', lastSeq: 0 })], world.admin);
    await carry(stolen, a);
    assert.equal(a.get('device', world.device(2))?.body?.state, 'removed');
    await a.author([world.deviceDraft(1, { state: 'removed', lastSeq: 0 })], world.admin);
    assert.equal(a.get('device', world.device(2))?.body?.state, 'active');
    assert.equal(a.get('device', world.device(1))?.body?.state, 'removed');
  });

  it('let nobody take over the entry of another', async () => {
    const world = new World();
    const a = await world.founded();
    await a.author([world.userDraft(bob), world.entryDraft(1)], world.admin);
    await a.author([world.rootDraft(20, bobId)], bob);
    const [before] = a.heads('entry', entryOf(1));
    const forger = new Forger(world, [[0, 100]]);
    await take(
      a,
      forger.write(0, world.entryDraft(1, { owner: bobId, parent: entryOf(20) }), bob, { hlc: 10 }),
      forger.write(0, world.entryDraft(1, { owner: bobId, parent: entryOf(20) }), bob, { afterMs: 9000 }),
      forger.write(0, { ...world.entryDraft(1), body: null }, bob, { ...(before ? { base: [before] } : {}) }),
      forger.write(0, world.versionDraft(1, 1, [], bobId), bob),
      forger.write(0, world.entryDraft(30, { owner: bobId, parent: entryOf(1) }), bob),
    );
    assert.equal(a.get('entry', entryOf(1))?.revision, before?.revision);
    assert.deepEqual(await childrenOf(a), [entryOf(1)]);
    assert.deepEqual(await childrenOf(a, 1), []);
    assert.deepEqual(await childrenOf(a, 20), [entryOf(30)]);
    assert.deepEqual(await a.versions(entryOf(1)), []);
  });

  it('keep a storage-only device from writing for users', async () => {
    const world = new World();
    const a = await world.founded();
    await a.author([world.deviceDraft(1, { storageOnly: true })], world.admin);
    const b = await world.catalog(1);
    await carry(a, b);
    await assert.rejects(b.author([world.entryDraft(1)], world.admin), (error) =>
      isPeerstorError(error, 'forbidden'),
    );
    await b.author([world.deviceDraft(1, { storageOnly: true, capacityBytes: 7 })], keyOf('device 1'));
    const forger = new Forger(world, [[1, 50]]);
    assert.equal((await take(a, forger.write(1, world.entryDraft(1), world.admin))).pending, 1);
  });

  it('give the same view and the same digests whatever order the records come in', async () => {
    await fc.assert(
      fc.asyncProperty(disputes, fc.infiniteStream(fc.nat()), async (steps, choices) => {
        const world = new World();
        const records = disputed(world, steps);
        const catalogs: LocalCatalog[] = [];
        for (let index = 7; index < 9; index += 1) {
          const catalog = await world.catalog(index);
          const waiting = [...records];
          const choose = (count: number) => (choices.next().value ?? 0) % count;
          while (waiting.length > 0) {
            const batch: CatalogRecord[] = [];
            for (let size = 1 + choose(5); size > 0 && waiting.length > 0; size -= 1) {
              batch.push(...waiting.splice(choose(waiting.length), 1));
            }
            await take(catalog, ...batch);
          }
          catalogs.push(catalog);
        }
        const [one, other] = catalogs;
        assert.ok(one && other);
        assert.deepEqual(await viewOf(one), await viewOf(other));
        assert.deepEqual((await one.digests()).tables, (await other.digests()).tables);
        for (const catalog of catalogs) await catalog.stop();
      }),
      { numRuns: 25, interruptAfterTimeLimit: 20_000 },
    );
  });
});

interface Dispute {
  what: 'user' | 'device' | 'remove' | 'entry' | 'delete' | 'invite' | 'join' | 'secret';
  by: number;
  on: number;
  target: number;
  ticks: number;
  flag: boolean;
  lastSeq: number;
  base: boolean[];
}

const disputes = fc.array(
  fc.record<Dispute>({
    what: fc.constantFrom(
      'user',
      'user',
      'device',
      'remove',
      'entry',
      'entry',
      'entry',
      'delete',
      'invite',
      'join',
      'join',
      'secret',
    ),
    by: fc.integer({ min: 0, max: 3 }),
    on: fc.integer({ min: 0, max: 2 }),
    target: fc.integer({ min: 0, max: 2 }),
    ticks: fc.integer({ min: 1, max: 40 }),
    flag: fc.boolean(),
    lastSeq: fc.integer({ min: 0, max: 8 }),
    base: fc.array(fc.boolean(), { maxLength: 3 }),
  }),
  { minLength: 10, maxLength: 30, size: 'max' },
);

/** Admins, members, the root key and three devices that promote, lock out and remove each other. */
function disputed(world: World, steps: readonly Dispute[]): CatalogRecord[] {
  const people = [world.admin, bob, keyOf('carol'), world.root];
  const forger = new Forger(world);
  const start = world.clock.wallMs() * hlcTicksPerMs;
  const records = [
    forger.write(0, world.userDraft(world.admin, { role: 'admin' }), world.admin, { hlc: start + 1 }),
    forger.write(0, world.deviceDraft(0), world.admin, { hlc: start + 2 }),
    forger.write(0, world.userDraft(bob, { role: 'admin' }), world.admin, { hlc: start + 3 }),
    forger.write(0, world.deviceDraft(1), world.admin, { hlc: start + 4 }),
    forger.write(1, world.deviceDraft(2), bob, { hlc: start + 5 }),
  ];
  for (const { what, by, on, target, ticks, flag, lastSeq, base } of steps) {
    const code = keyOf(`code ${by % 2}`);
    const signer = what === 'join' ? code : (people[by] ?? world.admin);
    const other = people[target] ?? bob;
    const owner = userId(signer.principal);
    const drafts: Record<Dispute['what'], Draft> = {
      user: world.userDraft(other, { role: flag ? 'admin' : 'member', disabled: lastSeq > 6 }),
      device: world.deviceDraft(target, { storageOnly: flag, capacityBytes: ticks }),
      remove: world.deviceDraft(target, { state: 'removed', lastSeq }),
      entry: world.entryDraft(target + 1, { owner, parent: entryOf(lastSeq % 4), fallback: null }),
      delete: { ...world.entryDraft(target + 1), body: null },
      invite: world.inviteDraft(code, { withdrawn: flag && lastSeq > 4, role: 'admin' }),
      join: world.userDraft(flag ? keyOf('carol') : keyOf(`guest ${target}`), { role: 'admin' }),
      secret: world.secretDraft(target + 1, { createdAt: ticks }),
    };
    const draft = drafts[what];
    const earlier = records.filter(({ table, id }) => table === draft.table && id === draft.id);
    const replaced = earlier.filter((_, index) => base[index % 3] ?? false);
    records.push(forger.write(on, draft, signer, { hlc: start + 5 + ticks, base: replaced }));
  }
  return records;
}
