import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LocalCatalog } from '../../../src/catalog/index.ts';
import { writeRecord } from '../../../src/catalog/records/record-format.ts';
import { headKey, meta, numberBytes, numberOfBytes } from '../../../src/catalog/records/store-layout.ts';
import type { AuditEvent } from '../../../src/model/contracts/audit.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import type { DeviceId } from '../../../src/model/ids.ts';
import { strayBytesMax } from '../../../src/model/limits.ts';
import { MemoryOrderedStore } from '../../../src/store/level/memory-ordered-store.ts';
import { carry, entryOf, keyOf, World } from '../world.ts';

/** A record of a device's log, signed by a key that anybody can make. */
function forged(world: World, device: DeviceId, seq: number, body: unknown = { any: 1 }) {
  const stranger = keyOf(`stranger ${seq}`);
  const fields = { table: 'facts', id: entryOf(seq), device, seq, hlc: 1, base: [] };
  return writeRecord(world.networkId, { ...fields, principal: stranger.principal, body }, stranger);
}

async function two(world: World, parts: Parameters<World['catalog']>[1] = {}) {
  const a = await world.founded();
  await world.admit(a, 1);
  const b = await world.catalog(1, parts);
  await carry(a, b);
  return [a, b] as const;
}

async function own(world: World, catalog: LocalCatalog, number: number) {
  const [record] = await catalog.author([world.entryDraft(number)], world.admin);
  assert.ok(record);
  return record;
}

describe('log heads', () => {
  it('keep a liar from stopping a device, or from hiding what it will write', async () => {
    const world = new World();
    let overtaken = false;
    const [a, b] = await two(world, { onOvertaken: () => (overtaken = true) });
    const device = world.device(1);
    const record = await own(world, b, 1);
    await b.accept([forged(world, device, b.ownSeq + 1).bytes], { head: { device, seq: 900 } });
    await b.heardHead(device, world.head(0, { ...record, seq: 900 }));
    await b.heardHead(device, new Uint8Array(102));
    assert.equal(overtaken, false);
    const next = await own(world, b, 2);
    // The same to the others: nobody skips what the device writes later.
    await a.accept([], { head: { device, seq: 900, signed: world.head(0, { ...record, seq: 900 }) } });
    await carry(b, a);
    assert.equal(a.get('entry', entryOf(2))?.revision, next.revision);
    assert.equal(a.vector()[device], next.seq);
  });

  it('show a device that its own key has written more than it knows', async () => {
    const world = new World();
    let overtaken = 0;
    const [, b] = await two(world, { onOvertaken: () => (overtaken += 1) });
    const record = await own(world, b, 1);
    await b.heardHead(world.device(1), world.head(1, record));
    assert.equal(overtaken, 0, 'its own head, told again');
    await b.heardHead(world.device(1), world.head(1, { ...record, seq: 2 }));
    await b.heardHead(world.device(1), world.head(1, { ...record, seq: 3 }));
    assert.equal(overtaken, 1);
    await assert.rejects(own(world, b, 2), (error) => isPeerstorError(error, 'conflict'));
  });

  it('show a device that its own key has written something else', async () => {
    const world = new World();
    let overtaken = false;
    const [, b] = await two(world, { onOvertaken: () => (overtaken = true) });
    const other = await own(world, b, 1);
    const record = await own(world, b, 2);
    await own(world, b, 3);
    await b.heardHead(world.device(1), world.head(1, record));
    assert.equal(overtaken, false, 'an older head of its own');
    await b.heardHead(world.device(1), world.head(1, { seq: record.seq, revision: other.revision }));
    assert.equal(overtaken, true);
  });

  it('tell everybody that two devices run with one key', async () => {
    const world = new World();
    const twice: DeviceId[] = [];
    const a = await world.founded({ onTwice: (device) => twice.push(device) });
    await world.admit(a, 1);
    const store = new MemoryOrderedStore();
    const [b, clone] = [await world.catalog(1), await world.catalog(1, { store })];
    await carry(a, b);
    await carry(a, clone);
    await own(world, b, 1);
    await own(world, clone, 2);
    await carry(b, a);
    assert.deepEqual(twice, []);
    const head = clone.headOf(world.device(1));
    assert.ok(head);
    await a.heardHead(world.device(1), head);
    assert.deepEqual(twice, [world.device(1)]);
  });

  it('are known again after a restart, and made anew where the database lost them', async () => {
    const world = new World();
    const store = new MemoryOrderedStore();
    const a = await world.founded({ store });
    const head = a.headOf(world.device(0));
    await a.stop();
    const rows = numberOfBytes(store.get(meta.rows) ?? new Uint8Array(0));
    await store.batch([
      { key: headKey(world.device(0)), value: null },
      { key: meta.rows, value: numberBytes(rows - 1, 6) },
    ]);
    const again = await world.catalog(0, { store });
    assert.deepEqual(again.headOf(world.device(0)), head);
  });
});

describe('records that nobody known has signed', () => {
  it('are bounded, and keep nothing good back', async () => {
    const world = new World();
    const notes: AuditEvent[] = [];
    const audit = { note: (event: AuditEvent) => void notes.push(event) };
    const [a, b] = await two(world, { audit });
    const device = world.device(0);
    const body = { owner: '', sealed: new Uint8Array(60_000) };
    const count = Math.ceil(strayBytesMax / 60_000) + 40;
    const before = b.vector()[device] ?? 0;
    const junk = Array.from({ length: count }, (_, index) => {
      const stranger = keyOf(`stranger ${before + 1 + index}`);
      const { bytes } = forged(world, device, before + 1 + index, { ...body, owner: stranger.principal });
      return bytes;
    });
    const outcome = await b.accept(junk);
    assert.ok(outcome.pending > 200 && outcome.pending < count, `${outcome.pending} of ${count} are kept`);
    assert.ok(outcome.refused.some((sentence) => sentence.includes('too many')));
    assert.equal(notes.filter(({ event }) => event === 'record-refused').length, 1);
    // A good record beside junk of the same log, which stays beyond the bound after a restart too.
    const good = await own(world, a, 1);
    const head = { device, seq: good.seq, signed: world.head(0, good) };
    const mixed = await b.accept([forged(world, device, before + count + 1, body).bytes, good.bytes], {
      head,
    });
    assert.deepEqual([mixed.accepted, b.vector()[device]], [1, good.seq]);
    // Once somebody vouches for the signer, its records are no strays.
    const member = keyOf('member');
    const late = { table: 'facts', id: entryOf(1), device, seq: good.seq + 500, hlc: good.hlc + 1, base: [] };
    const facts = { owner: member.principal, sealed: new Uint8Array(60_000) };
    const record = writeRecord(
      world.networkId,
      { ...late, principal: member.principal, body: facts },
      member,
    );
    assert.equal((await b.accept([record.bytes])).refused.length, 1);
    const [user] = await a.author([world.userDraft(member)], world.admin);
    assert.ok(user);
    assert.equal((await b.accept([user.bytes, record.bytes])).refused.length, 0);
  });
});
