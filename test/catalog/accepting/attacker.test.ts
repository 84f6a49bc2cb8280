/** What somebody can try who has a device, a share or an account, and changes the program at will. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LocalCatalog } from '../../../src/catalog/index.ts';
import type { SigningKey } from '../../../src/crypto/index.ts';
import type { AuditEvent } from '../../../src/model/contracts/audit.ts';
import type { Draft } from '../../../src/model/contracts/catalog.ts';
import type { CatalogRecord, GrantBody, Via } from '../../../src/model/records.ts';
import { Forger, take } from '../forger.ts';
import {
  bob,
  bobId,
  inside,
  newEntry,
  newEntryOf,
  newVersion,
  nonceOf,
  outside,
  shared,
  sharing,
  viaOf,
} from '../sharing.ts';
import { carry, entryOf, grantOf, keyOf, viewOf } from '../world.ts';

const carol = keyOf('carol');

/** Bob's own device 5 sends what it likes (and 6, where it is named). */
async function attack(change: Partial<GrantBody> = {}) {
  const parts = await sharing(change);
  const { world, a, b } = parts;
  await world.admit(a, 5, 6);
  await carry(a, b);
  await world.clock.pass(10_000);
  const forger = new Forger(world);
  const send = (
    draft: Draft,
    signer: SigningKey = bob,
    { on = 5, ...options }: Parameters<Forger['write']>[3] & { on?: number } = {},
  ) => forger.write(on, draft, signer, { afterMs: 0, ...options });
  return { ...parts, forger, send };
}

/** The same draft, with this way instead of its own. */
function shown(draft: Draft<'entry'>, via: Partial<Via>): Draft<'entry'> {
  return draft.body
    ? { ...draft, body: { ...draft.body, via: { ...viaOf(draft.body.via), ...via } } }
    : draft;
}

const revisionOf = (catalog: LocalCatalog, id: string) => {
  const record = catalog.get('entry', id);
  assert.ok(record);
  return record.revision;
};

const wayInside = (catalog: LocalCatalog) => ({ [entryOf(inside)]: revisionOf(catalog, entryOf(inside)) });

async function countsFor(catalog: LocalCatalog, ...records: CatalogRecord[]): Promise<number> {
  await take(catalog, ...records);
  return records.filter(({ table, id, revision }) =>
    catalog.heads(table as 'entry', id).some((head) => head.revision === revision),
  ).length;
}

/** Refused, or stored without any effect. */
async function isWithoutEffect(catalog: LocalCatalog, ...records: CatalogRecord[]): Promise<void> {
  const before = await viewOf(catalog);
  const outcome = await take(catalog, ...records);
  assert.equal(outcome.accepted, 0, outcome.refused.join());
  assert.deepEqual(await viewOf(catalog), before);
}

describe('an attacker', () => {
  it('could write this if it were honest', async () => {
    const { world, a, send } = await attack();
    const draft = shown(newEntry(world, 10, entryOf(inside)), { steps: wayInside(a) });
    assert.equal(await countsFor(a, send(draft)), 1);
  });

  it('cannot forge a signature, nor change what was signed', async () => {
    const { world, a, send } = await attack();
    const { bytes } = send(newEntry(world, 10, entryOf(shared)));
    for (const at of [10, bytes.length - 1]) {
      const spoilt = Uint8Array.from(bytes);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      const outcome = await a.accept([spoilt]);
      assert.deepEqual([outcome.accepted, outcome.pending, outcome.refused.length], [0, 0, 1]);
    }
  });

  it('cannot use the right of another', async () => {
    const { world, a, send } = await attack();
    await a.author([world.userDraft(carol)], world.admin);
    const draft = newEntry(world, 10, entryOf(shared), {}, carol);
    const owners = world.entryDraft(11, { parent: entryOf(shared) });
    await isWithoutEffect(a, send(draft, carol), send(owners, bob), send(world.secretDraft(1), bob));
    await isWithoutEffect(a, send(world.inviteDraft(carol), bob), send(world.useDraft(1, 5, 1), bob));
  });

  it('gains nothing by sending old records again', async () => {
    const { world, a, b } = await attack();
    const { records } = await a.missing(world.device(0), 0);
    await a.author([world.grantDraft(1, shared, { revoked: true })], world.admin);
    const before = await viewOf(a);
    assert.equal((await a.accept(records)).accepted, 0);
    assert.equal((await a.accept([...records].reverse())).accepted, 0);
    assert.deepEqual(await viewOf(a), before);
    await carry(a, b);
    await b.accept(records);
    assert.deepEqual(await viewOf(b), before);
  });

  it('writes nothing more on a removed device, whatever time it says', async () => {
    const { world, a, b, send } = await attack();
    const first = send(newEntry(world, 10, entryOf(shared)));
    const second = send(newEntry(world, 11, entryOf(shared)));
    assert.equal(await countsFor(b, first, second), 2);
    await a.author([world.deviceDraft(5, { state: 'removed', lastSeq: 1 })], world.admin);
    await carry(a, b);
    assert.ok(b.get('entry', newEntryOf(10)));
    assert.equal(b.get('entry', newEntryOf(11)), undefined);
    await isWithoutEffect(b, send(newEntry(world, 12, entryOf(shared)), bob, { afterMs: -5000 }));
  });

  it('cannot widen, renew or redirect its own grant', async () => {
    const { world, a, send } = await attack({ rights: 'view' });
    const [grant] = a.heads('grant', grantOf(1));
    assert.ok(grant);
    const base = { base: [grant] };
    await isWithoutEffect(
      a,
      send(world.grantDraft(1, shared, { rights: 'edit' }), bob, base),
      send(world.grantDraft(1, 0, { rights: 'edit', owner: bobId }), bob, base),
      send({ ...world.grantDraft(1, shared), body: null }, bob, base),
      send(world.grantDraft(2, shared), bob),
      send(newEntry(world, 10, entryOf(shared))),
    );
    // A grant of its own opens nothing of another.
    const own = world.grantDraft(3, shared, { owner: bobId });
    const via = { grant: grantOf(3) };
    assert.equal(await countsFor(a, send(own), send(shown(newEntry(world, 11, entryOf(shared)), via))), 1);
  });

  it('gets no rights for what it wrote before they were widened', async () => {
    const { world, a, b, grant, send } = await attack({ rights: 'view' });
    const early = send(newEntry(world, 10, entryOf(shared)));
    await isWithoutEffect(a, early);
    await grant({ rights: 'edit' });
    assert.equal(a.get('entry', newEntryOf(10)), undefined);
    assert.equal(await countsFor(b, early), 0);
    assert.equal(await countsFor(a, send(newEntry(world, 11, entryOf(shared)), bob, { afterMs: 1 })), 1);
  });

  it('writes for nobody on a storage-only device, nor for a share', async () => {
    const { world, a, send } = await attack();
    await a.author([world.deviceDraft(5, { storageOnly: true })], world.admin);
    const options = { afterMs: 1000 };
    await isWithoutEffect(a, send(newEntry(world, 10, entryOf(shared)), bob, options));
    await isWithoutEffect(a, send(world.rootDraft(60, bobId), bob, options));
    await isWithoutEffect(a, send(world.grantDraft(9, 60, { owner: bobId }), bob, options));
  });

  it('cannot leave the shared folder, however it describes the way', async () => {
    const { world, a, send } = await attack();
    const [top, beside] = [revisionOf(a, entryOf(shared)), revisionOf(a, entryOf(outside))];
    const ways: Via['steps'][] = [
      {},
      { [entryOf(outside)]: beside },
      { [entryOf(outside)]: top },
      { [entryOf(outside)]: revisionOf(a, entryOf(inside)) },
      { [entryOf(outside)]: beside, [entryOf(0)]: beside },
      { [entryOf(outside)]: beside, [entryOf(0)]: revisionOf(a, entryOf(0)) },
    ];
    for (const [index, steps] of ways.entries())
      await isWithoutEffect(a, send(shown(newEntry(world, 10 + index, entryOf(outside)), { steps })));
    // Into the folder, out of it, or along a way that it made up itself.
    const taken = world.entryDraft(outside, {
      parent: entryOf(shared),
      via: viaOf({ steps: ways[1] ?? {} }),
    });
    const [before] = a.heads('entry', entryOf(outside));
    assert.ok(before);
    await isWithoutEffect(a, send(taken, bob, { base: [before] }));
    const made = shown(newEntry(world, 20, entryOf(outside), { kind: 'folder' }), { steps: ways[1] ?? {} });
    const step = send(made);
    const steps = { [newEntryOf(20)]: step.revision };
    const below = shown(newEntry(world, 21, newEntryOf(20)), { steps });
    await isWithoutEffect(a, step, send(below, bob, { afterMs: 1 }));
    const moved = world.entryDraft(outside, { parent: entryOf(shared), owner: bobId });
    const own = send(moved);
    const along = { [entryOf(outside)]: own.revision };
    const beyond = shown(newEntry(world, 22, entryOf(outside)), { steps: along });
    await isWithoutEffect(a, own, send(beyond, bob, { afterMs: 1 }));
    // Something else under the id of what is in the folder, beside what is there.
    const another = world.entryDraft(inside, {
      fallback: null,
      parent: entryOf(shared),
      via: viaOf({ steps: wayInside(a) }),
    });
    await isWithoutEffect(a, send(another, bob, { base: [before], afterMs: 1 }));
  });

  it('cannot rest on a step that does not count (any more)', async () => {
    const { world, a, b, grant, send } = await attack();
    const folder = send(newEntry(world, 10, entryOf(shared), { kind: 'folder' }));
    const later = send(newEntry(world, 11, entryOf(shared), { kind: 'folder' }), bob, { afterMs: 9000 });
    const steps = { [newEntryOf(10)]: folder.revision, [newEntryOf(11)]: later.revision };
    const child = send(shown(newEntry(world, 12, newEntryOf(10)), { steps }), bob, { on: 6, afterMs: 1 });
    const ahead = send(shown(newEntry(world, 13, newEntryOf(11)), { steps }), bob, { afterMs: 2 });
    assert.equal(await countsFor(a, child), 0);
    assert.equal(await countsFor(a, folder, later, ahead), 2, 'nothing stands on what was written after it');
    assert.ok(a.get('entry', newEntryOf(12)), 'it counts once its step is here');
    await a.author([world.deviceDraft(5, { state: 'removed', lastSeq: 0 })], world.admin);
    await carry(a, b);
    await take(b, child, folder);
    await grant();
    for (const catalog of [a, b]) assert.equal(catalog.get('entry', newEntryOf(12)), undefined);
  });

  it('cannot take an id, with or without a nonce', async () => {
    const { world, a, send } = await attack();
    const victim = newEntry(world, 10, entryOf(shared), {}, carol);
    const stolen = { ...newEntry(world, 10, entryOf(shared)), id: victim.id };
    const shortNonce = viaOf({ nonce: new Uint8Array(15) });
    const refused = await take(
      a,
      send(stolen),
      send({ ...newVersion(world, 11, entryOf(shared)), id: '77'.repeat(16) }),
      send(shown(newEntry(world, 12, entryOf(shared)), shortNonce)),
      send({ ...newEntry(world, 13, entryOf(shared)), id: entryOf(outside) }),
    );
    assert.deepEqual([refused.accepted, refused.pending, refused.refused.length], [0, 0, 4]);
    // The owner's own creation under an id is the owner's.
    const guest = send(newEntry(world, 14, entryOf(shared)), bob, { afterMs: 5000 });
    const owners = { ...world.entryDraft(14, { parent: entryOf(outside) }), id: newEntryOf(14) };
    await take(a, guest, send(owners, world.admin, { afterMs: -1000 }));
    assert.equal(a.get('entry', newEntryOf(14))?.principal, world.admin.principal);
  });

  it('edits nothing with the right to add', async () => {
    const { world, a, send } = await attack({ rights: 'upload' });
    const steps = wayInside(a);
    const [there] = a.heads('entry', entryOf(inside));
    assert.ok(there?.body);
    const renamed = { ...world.entryDraft(inside, { ...there.body, via: viaOf({ steps }) }) };
    const version = newVersion(world, 11, entryOf(inside));
    await isWithoutEffect(
      a,
      send(renamed, bob, { base: [there] }),
      send(
        version.body
          ? { ...version, body: { ...version.body, via: viaOf({ steps, nonce: nonceOf(11) }) } }
          : version,
      ),
      send(world.factsDraft(inside, 1, { via: viaOf({ steps }) })),
    );
    assert.equal(await countsFor(a, send(newEntry(world, 12, entryOf(shared)))), 1);
  });

  it('writes nothing after a revoke, whichever comes first', async () => {
    const { world, a, b, send } = await attack();
    await a.author([world.grantDraft(1, shared, { revoked: true })], world.admin);
    await world.clock.pass(1000);
    const late = send(newEntry(world, 10, entryOf(shared)));
    const earlier = send(newEntry(world, 11, entryOf(shared)), bob, { afterMs: -5000 });
    assert.equal(await countsFor(a, late, earlier), 1);
    assert.equal(await countsFor(b, late, earlier), 2, 'not heard of the revoke yet');
    await carry(a, b);
    assert.deepEqual(await viewOf(b), await viewOf(a));
    assert.equal(b.get('entry', newEntryOf(10)), undefined);
    assert.ok(b.get('entry', newEntryOf(11)), 'written before');
  });

  it('has nothing of a link that has expired, or of an owner who is locked out', async () => {
    const { world, a, send, grant } = await attack({ kind: 'link', grantee: carol.principal });
    const draft = (number: number) => newEntry(world, number, entryOf(shared), {}, carol);
    await grant({ expiresAt: world.clock.wallMs() + 5000 });
    await isWithoutEffect(a, send(draft(10), carol, { afterMs: 5001 }));
    assert.equal(await countsFor(a, send(draft(11), carol, { afterMs: 5000 })), 1);
    await grant({ expiresAt: null });
    await a.author([world.userDraft(bob, { role: 'admin' })], world.admin);
    await a.author([world.userDraft(world.admin, { disabled: true })], bob);
    await isWithoutEffect(a, send(draft(12), carol, { afterMs: 9000 }));
  });

  it('keeps no table from being compared, however many it makes up', async () => {
    const { world, a, b, send } = await attack();
    const madeUp = (by: SigningKey, letter: string, length: number) =>
      Array.from({ length }, (_, number) => {
        const table = `${letter}${number.toString().padStart(3, '0')}`;
        return send({ table, id: 'x', body: {} } as unknown as Draft, by);
      });
    const compared = async (catalog: LocalCatalog) => [...(await catalog.digests()).tables.keys()];
    const real = await compared(a);
    assert.deepEqual(real, ['device', 'entry', 'grant', 'user']);
    const strays = madeUp(carol, 'a', 60);
    await take(a, ...strays);
    assert.deepEqual(await compared(a), real, 'whom nobody knows makes no table');
    const members = madeUp(keyOf('device 5'), 'b', 128);
    for (const catalog of [a, b]) await take(catalog, ...members);
    assert.deepEqual((await compared(a)).slice(0, real.length), real);
    // Once it is known who signed them they count, whichever came first.
    await a.author([world.userDraft(carol)], world.admin);
    await carry(a, b);
    await take(b, ...strays);
    assert.equal((await compared(a)).length, 128);
    assert.deepEqual(await a.digests(), await b.digests());
    assert.ok((await compared(a)).includes('a059'));
  });

  it('leaves a trace for the admins, and cannot flood it', async () => {
    const { world, a, send } = await attack({ rights: 'view' });
    const notes: AuditEvent[] = [];
    const c = await world.catalog(7, { audit: { note: (event) => void notes.push(event) } });
    await carry(a, c);
    const guest = keyOf('guest');
    await a.author([world.inviteDraft(guest)], world.admin);
    await take(c, ...(await a.author([world.userDraft(carol)], guest)));
    assert.equal(notes.length, 0, 'an honest network gives no cause');
    for (let number = 10; number < 20; number += 1)
      await take(c, send(newEntry(world, number, entryOf(shared))));
    await take(c, send(world.secretDraft(1), bob), send(world.entryDraft(1), bob));
    const sentences = notes.map(({ event, sentence }) => [event, sentence.split(': ')[1]]);
    assert.deepEqual(sentences, [
      ['record-refused', 'the share that it names does not allow this.'],
      ['record-refused', 'it is signed by another than its owner.'],
      ['record-refused', 'only an admin may say this.'],
    ]);
    await world.clock.pass(61_000);
    await take(c, send(newEntry(world, 30, entryOf(shared))));
    assert.equal(notes.length, 4);
  });
});
