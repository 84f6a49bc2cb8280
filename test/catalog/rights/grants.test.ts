import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryOutbox, type LocalCatalog } from '../../../src/catalog/index.ts';
import { parseRecord } from '../../../src/catalog/records/record-format.ts';
import type { SigningKey } from '../../../src/crypto/index.ts';
import type { Draft } from '../../../src/model/contracts/catalog.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { type DeviceId, userId } from '../../../src/model/ids.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import {
  bob,
  bobId,
  changed,
  inside,
  newEntry,
  newEntryOf,
  newVersion,
  newVersionOf,
  nonceOf,
  outside,
  shared,
  sharing,
  viaOf,
} from '../sharing.ts';
import { carry, collect, entryOf, grantOf, keyOf, viewOf, World } from '../world.ts';

const carol = keyOf('carol');

async function refuses(catalog: LocalCatalog, signer: SigningKey, ...drafts: Draft[]): Promise<void> {
  await assert.rejects(catalog.author(drafts, signer), (error) => isPeerstorError(error, 'forbidden'));
}

/** One log alone, as far as it goes: all of it, or only who is in the network. */
async function carryLog(from: LocalCatalog, to: LocalCatalog, device: DeviceId, tables?: string[]) {
  const { records } = await from.missing(device, 0);
  await to.accept(records.filter((bytes) => tables?.includes(parseRecord(bytes).record.table) ?? true));
}

async function same(a: LocalCatalog, b: LocalCatalog): Promise<void> {
  await carry(a, b);
  await carry(b, a);
  assert.deepEqual(await viewOf(a), await viewOf(b));
  assert.deepEqual((await a.digests()).tables, (await b.digests()).tables);
}

describe('invites', () => {
  const code = keyOf('code');
  const invited = (world: World, key = carol) => world.userDraft(key, { invite: code.principal });

  async function two() {
    const world = new World();
    const a = await world.founded();
    await world.admit(a, 1);
    const b = await world.catalog(1);
    return { world, a, b };
  }

  it('let one new user in, with all that a user has', async () => {
    const { world, a, b } = await two();
    await a.author([world.inviteDraft(code, { quotaBytes: 7 })], world.admin);
    await carry(a, b);
    await refuses(b, code, invited(world));
    const draft = world.userDraft(carol, { quotaBytes: 7, invite: code.principal });
    await b.author([draft], code);
    await b.author([world.rootDraft(30, userId(carol.principal))], carol);
    await same(a, b);
    assert.equal(a.get('user', carol.principal)?.body?.quotaBytes, 7);
    assert.ok(a.get('entry', entryOf(30)));
    await refuses(b, code, world.userDraft(keyOf('dave'), { quotaBytes: 7 }));
    await refuses(b, code, world.userDraft(carol, { quotaBytes: 7, username: 'again' }));
    // An admin who came by an invite may admit others, and that is shown to strangers too.
    await a.author([world.inviteDraft(keyOf('code 2'), { role: 'admin' })], world.admin);
    await a.author([world.userDraft(keyOf('erin'), { role: 'admin' })], keyOf('code 2'));
    await a.author([world.deviceDraft(5)], keyOf('erin'));
    const stranger = await world.catalog(6);
    assert.equal(stranger.verifyMember(world.device(5), a.certificatesOf(world.device(5)))?.name, 'device 5');
  });

  it('are over when withdrawn or expired, and only an admin gives them', async () => {
    const { world, a } = await two();
    await a.author([world.userDraft(bob)], world.admin);
    await refuses(a, bob, world.inviteDraft(code));
    await a.author([world.inviteDraft(code)], world.admin);
    await refuses(a, code, world.userDraft(carol, { role: 'admin' }));
    await refuses(a, code, world.userDraft(carol, { disabled: true }));
    await refuses(a, code, world.userDraft(bob));
    await refuses(a, code, world.userDraft(carol, { invite: bob.principal }));
    await a.author([world.inviteDraft(code, { withdrawn: true })], world.admin);
    await refuses(a, code, invited(world));
    await a.author([world.inviteDraft(code)], world.admin);
    await world.clock.pass(61_000);
    await refuses(a, code, invited(world));
  });

  it('keep the earlier of two users who came by the same one', async () => {
    const { world, a, b } = await two();
    await a.author([world.inviteDraft(code)], world.admin);
    await carry(a, b);
    await b.author([invited(world)], code);
    await world.clock.pass(1000);
    await a.author([invited(world, keyOf('dave'))], code);
    await a.author([world.rootDraft(40, userId(keyOf('dave').principal))], keyOf('dave'));
    await same(a, b);
    assert.ok(a.get('user', carol.principal));
    assert.equal(a.get('user', keyOf('dave').principal), undefined);
    assert.equal(a.get('entry', entryOf(40)), undefined);
  });
});

describe('grants', () => {
  it('are given by the owner alone, and found by entry and by grantee', async () => {
    const { world, a, b, grant } = await sharing();
    await refuses(a, bob, world.grantDraft(2, shared));
    await refuses(a, bob, world.grantDraft(1, shared, { rights: 'edit', owner: bobId }));
    await a.author([world.grantDraft(3, inside, { kind: 'link', grantee: carol.principal })], world.admin);
    await grant({ revoked: true });
    const ids = (records: { id: string }[]) => records.map(({ id }) => id);
    assert.deepEqual(ids(await b.grantsOf(entryOf(shared))), [grantOf(1)]);
    assert.deepEqual(ids(await b.grantsOf(entryOf(outside))), []);
    assert.deepEqual(ids(await b.grantsFor(bob.principal)), [grantOf(1)]);
    assert.deepEqual(ids(await b.grantsFor(carol.principal)), [grantOf(3)]);
    const byLink = (number: number) => {
      const via = viaOf({ grant: grantOf(3), nonce: nonceOf(number) });
      return newEntry(world, number, entryOf(inside), { via }, carol);
    };
    await a.author([byLink(10)], carol);
    await a.author([{ ...world.grantDraft(3, inside), body: null }], world.admin);
    await refuses(a, carol, byLink(11));
    assert.deepEqual(ids(await a.grantsFor(carol.principal)), []);
  });

  it('let a grantee add, change, move and describe what is in the folder', async () => {
    const { world, a, b } = await sharing();
    const [folder, file] = [newEntryOf(10), newEntryOf(11)];
    await b.author(
      [
        newEntry(world, 10, entryOf(inside), { kind: 'folder' }),
        newEntry(world, 11, folder, { fallback: { parent: entryOf(shared), wrappedKey: Uint8Array.of(1) } }),
        newVersion(world, 12, file),
        { ...world.factsDraft(0, 1, { via: viaOf() }), id: file },
      ],
      bob,
    );
    await b.author([changed(b.get('entry', file), { parent: entryOf(shared) })], bob);
    await b.author([changed(b.get('entry', entryOf(inside)), { trashedAt: 5 })], bob);
    await b.author([changed(b.get('entry', entryOf(shared)), { name: Uint8Array.of(9) })], bob);
    await same(a, b);
    assert.equal(a.placeOf(file)?.parent, entryOf(shared));
    assert.equal(a.get('entry', file)?.principal, bob.principal);
    assert.equal((await a.versions(file))[0]?.id, newVersionOf(12));
    assert.ok(a.get('facts', file));
    assert.equal(a.get('entry', entryOf(inside))?.body?.trashedAt, 5);
    // The owner goes on with what the grantee began.
    await a.author([{ ...newVersion(world, 13, file), id: '00'.repeat(16) }], world.admin);
    await a.author([changed(a.get('entry', file), { parent: entryOf(outside) })], world.admin);
    await a.author([{ table: 'entry', id: folder, body: null }], world.admin);
    await same(a, b);
    assert.equal(b.get('entry', folder), undefined);
    assert.equal((await b.versions(file)).length, 2);
    assert.equal((await collect(b.versionsOwnedBy(world.adminId))).length, 2);
    await refuses(b, bob, newVersion(world, 14, file));
  });

  it('do not let a grantee touch what is the owner alone to say', async () => {
    const { world, b } = await sharing();
    await b.author([newEntry(world, 10, entryOf(inside))], bob);
    const mine = b.get('entry', newEntryOf(10));
    for (const draft of [
      newEntry(world, 20, entryOf(outside)),
      newEntry(world, 20, entryOf(0)),
      newEntry(world, 20, entryOf(shared), { parent: null }),
      newEntry(world, 20, entryOf(shared), {
        fallback: { parent: entryOf(0), wrappedKey: Uint8Array.of(1) },
      }),
      newVersion(world, 21, entryOf(outside)),
      { ...world.factsDraft(outside, 1, { via: viaOf() }) },
      changed(mine, { parent: entryOf(outside) }),
      changed(mine, { kind: 'folder' }),
      changed(mine, { createdAt: 1 }),
      changed(mine, { owner: bobId }),
      changed(b.get('entry', entryOf(outside)), { parent: entryOf(shared) }),
      changed(b.get('entry', entryOf(shared)), { parent: entryOf(outside) }),
      changed(b.get('entry', entryOf(shared)), { trashedAt: 1 }),
      { ...newEntry(world, 20, entryOf(shared)), id: newEntryOf(21) },
      world.entryDraft(20, { parent: entryOf(shared), via: viaOf({ nonce: new Uint8Array(16) }) }),
    ])
      await refuses(b, bob, draft);
    await refuses(b, carol, newEntry(world, 20, entryOf(shared), {}, carol));
    await refuses(b, bob, { table: 'entry', id: newEntryOf(10), body: null });
  });

  it('for uploads let add, and finish what was added, and nothing else', async () => {
    const { world, a, b } = await sharing({ rights: 'upload', kind: 'link', grantee: carol.principal });
    const [file, folder] = [newEntryOf(10, carol), newEntryOf(11, carol)];
    await b.author(
      [
        newEntry(world, 11, entryOf(shared), { kind: 'folder', wrappedFor: 'owner' }, carol),
        newEntry(world, 10, folder, {}, carol),
        newVersion(world, 12, file, carol),
      ],
      carol,
    );
    await same(a, b);
    await a.author([changed(a.get('entry', file), { keyVersion: 2 })], world.admin);
    await carry(a, b);
    await b.author([newVersion(world, 13, file, carol)], carol);
    await refuses(b, carol, changed(b.get('entry', file), { name: Uint8Array.of(7) }));
    await refuses(b, carol, newVersion(world, 14, entryOf(inside), carol));
    await refuses(b, carol, { ...world.factsDraft(0, 1, { via: viaOf() }), id: file });
    await a.author([world.grantDraft(1, shared, { rights: 'view', grantee: carol.principal })], world.admin);
    await refuses(a, carol, newEntry(world, 15, entryOf(shared), {}, carol));
  });

  it('count the uses of a link, up and not down', async () => {
    const { world, a, b } = await sharing({ kind: 'link', grantee: carol.principal });
    await b.author([world.useDraft(1, 1, 1)], carol);
    await b.author([world.useDraft(1, 1, 2)], carol);
    await a.author([world.useDraft(1, 0, 5)], carol);
    await refuses(b, carol, world.useDraft(1, 1, 1));
    await refuses(b, carol, { ...world.useDraft(1, 1, 1), base: [] });
    await refuses(b, carol, world.useDraft(1, 0, 9));
    await refuses(b, bob, world.useDraft(1, 1, 9));
    await same(a, b);
    assert.deepEqual((await b.usesOf(grantOf(1))).map(({ body }) => body?.count).sort(), [2, 5]);
    await a.author(
      [world.grantDraft(1, shared, { kind: 'link', grantee: carol.principal, revoked: true })],
      world.admin,
    );
    await refuses(a, carol, world.useDraft(1, 0, 6));
  });

  it('take back what was written after a revoke that arrives late, and nothing before', async () => {
    const { world, a, b } = await sharing();
    await b.author([newEntry(world, 10, entryOf(shared), { kind: 'folder' })], bob);
    await world.clock.pass(1000);
    await a.author([world.grantDraft(1, shared, { revoked: true })], world.admin);
    await world.clock.pass(1000);
    await b.author([newEntry(world, 11, newEntryOf(10), { kind: 'folder' })], bob);
    await b.author([newEntry(world, 12, newEntryOf(11)), newVersion(world, 13, newEntryOf(12))], bob);
    await same(a, b);
    for (const catalog of [a, b]) {
      assert.ok(catalog.get('entry', newEntryOf(10)));
      for (const number of [11, 12]) assert.equal(catalog.get('entry', newEntryOf(number)), undefined);
    }
    await world.clock.pass(1000);
    await a.author([world.grantDraft(1, shared)], world.admin);
    await a.author([newEntry(world, 15, newEntryOf(10))], bob);
    await same(a, b);
  });

  it('are followed to the end after a crash in between', async () => {
    const { world, a, b } = await sharing();
    await b.author([newEntry(world, 10, entryOf(shared), { kind: 'folder' })], bob);
    await b.author([newEntry(world, 11, newEntryOf(10))], bob);
    const parts = { store: new MemoryOrderedStore(), outbox: createMemoryOutbox() };
    const c = await world.catalog(2, parts);
    // What rests on something arrives before it.
    await carry(a, b);
    await carryLog(b, c, world.device(0), ['user', 'device']);
    await carryLog(b, c, world.device(1));
    const { store } = parts;
    const batch = store.batch.bind(store);
    let batches = 0;
    store.batch = async (changes) => {
      batches += 1;
      if (batches > 1) throw new Error('killed');
      await batch(changes);
    };
    await assert.rejects(carryLog(b, c, world.device(0)), /killed/);
    store.batch = batch;
    const again = await world.catalog(2, parts);
    assert.ok(again.get('entry', newEntryOf(11)));
    await carry(b, again);
    assert.deepEqual(await viewOf(again), await viewOf(b));
  });

  it('of two concurrent changes keep the one that ends them', async () => {
    const { world, a, b } = await sharing();
    await a.author([world.grantDraft(1, shared, { revoked: true })], world.admin);
    await world.clock.pass(1000);
    await b.author([world.grantDraft(1, shared, { keyVersion: 2 })], world.admin);
    await same(a, b);
    assert.equal(a.get('grant', grantOf(1))?.body?.revoked, true);
    await refuses(b, bob, newEntry(world, 10, entryOf(shared)));
    await a.author([world.grantDraft(1, shared)], world.admin);
    await carry(a, b);
    await b.author([newEntry(world, 10, entryOf(shared))], bob);
  });
});

describe('network secrets', () => {
  it('are told by admins, each under its number', async () => {
    const { world, a, b } = await sharing();
    await refuses(b, bob, world.secretDraft(1));
    await a.author([world.secretDraft(1)], world.admin);
    await refuses(a, world.admin, { ...world.secretDraft(2), id: 'epoch-3' });
    await refuses(a, world.admin, { ...world.secretDraft(1), body: null });
    await a.author([world.userDraft(bob, { role: 'admin' })], world.admin);
    await carry(a, b);
    await b.author([world.secretDraft(2)], bob);
    await world.clock.pass(1000);
    await a.author([world.secretDraft(2, { createdAt: 2 })], world.admin);
    await same(a, b);
    assert.equal(a.get('secret', 'epoch-2')?.body?.createdAt, 2);
    // An admin who had been none any more.
    await a.author([world.userDraft(bob, { role: 'member' })], world.admin);
    await world.clock.pass(1000);
    await b.author([world.secretDraft(3)], bob);
    assert.ok(b.get('secret', 'epoch-3'));
    await same(a, b);
    assert.equal(b.get('secret', 'epoch-3'), undefined);
  });
});
