import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CountRows } from '../../../../src/drive/users/quota/count-rows.ts';
import { RecordMeter } from '../../../../src/drive/users/quota/record-meter.ts';
import type { Drive, Session } from '../../../../src/model/contracts/drive.ts';
import { idKey } from '../../../../src/model/contracts/ordered-store.ts';
import { entryId, userId } from '../../../../src/model/ids.ts';
import { defaultTunables } from '../../../../src/model/limits.ts';
import { hlcTicksPerMs } from '../../../../src/model/records.ts';
import { MemoryOrderedStore } from '../../../../src/store/index.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { until } from '../../../support/until.ts';
import { coded } from '../../errors.ts';
import { addUser, catalogOf, createHome, exchange, pieces, put, type TestDevice } from '../../world.ts';

const tooMuch = coded('quota-exceeded', /does not fit/);

async function createLimited(quotaBytes: number) {
  const home = await createHome();
  const bob = await addUser(home.device, home.session, 'Bob', { quotaBytes });
  return { ...home, bob, folder: (await bob.drive.root()).id };
}

async function usedBy(device: TestDevice, admin: Session, name: string): Promise<number | undefined> {
  return (await device.accounts.users(admin)).find(({ username }) => username === name)?.usedBytes;
}

/** Gives out bytes, and counts how many were taken. */
function source(bytes: number, piece = 1000): { content: AsyncIterable<Uint8Array>; taken: () => number } {
  let taken = 0;
  async function* give() {
    for (; taken < bytes; taken += piece) yield new Uint8Array(Math.min(piece, bytes - taken)).fill(7);
  }
  return { content: give(), taken: () => taken };
}

const upload = (drive: Drive, folder: string, name: string, bytes: number) =>
  drive.upload(entryId(folder), name, pieces([new Uint8Array(bytes)]), {});

test('history and trash count, and only what is deleted for ever makes room again', async () => {
  const { bob, folder, device, session } = await createLimited(100);
  const file = await put(bob.drive, folder, 'a', 'x'.repeat(40));
  await put(bob.drive, folder, 'a', 'y'.repeat(40));
  await assert.rejects(put(bob.drive, folder, 'b', 'z'.repeat(40)), tooMuch);
  await bob.drive.trash(entryId(file.id));
  await assert.rejects(put(bob.drive, folder, 'b', 'z'.repeat(40)), tooMuch);
  assert.equal(await usedBy(device, session, 'Bob'), 80);
  await bob.drive.emptyTrash();
  await put(bob.drive, folder, 'b', 'z'.repeat(100));
  assert.equal(await usedBy(device, session, 'Bob'), 100);
});

test('what all devices together could never keep is refused before a byte is taken, also without a quota', async () => {
  const { drive, root, session } = await createHome();
  const full = coded('disk-full', /lend \d+ bytes in all/);
  const known = source(1000);
  const options = { sizeHint: 9_000_000_000_000_000 };
  await assert.rejects(drive.upload(entryId(root), 'a', known.content, options), full);
  assert.equal(known.taken(), 0);
  const wish = { parent: entryId(root), name: 'a', size: 9_000_000_000_000_000 };
  await assert.rejects(session.uploads.create(wish), full);
});

test('what cannot fit is refused before a byte is taken, or in the middle, and leaves nothing', async () => {
  const { bob, folder, device, session } = await createLimited(50_000);
  const known = source(80_000);
  const options = { sizeHint: 80_000 };
  await assert.rejects(bob.drive.upload(entryId(folder), 'a', known.content, options), tooMuch);
  assert.equal(known.taken(), 0);
  const unknown = source(10_000_000);
  await assert.rejects(bob.drive.upload(entryId(folder), 'a', unknown.content, {}), tooMuch);
  assert.ok(unknown.taken() < 100_000);
  assert.deepEqual(
    (await bob.drive.children(entryId(folder), { sort: 'name', order: 'asc', limit: 9 })).items,
    [],
  );
  assert.equal(await usedBy(device, session, 'Bob'), 0);
  await upload(bob.drive, folder, 'b', 50_000);
});

test('uploads at once do not together exceed the quota', async () => {
  const { bob, folder, device, session } = await createLimited(100);
  const uploads = Array.from({ length: 10 }, (_, index) => upload(bob.drive, folder, `f${index}`, 30));
  const done = (await Promise.allSettled(uploads)).filter(({ status }) => status === 'fulfilled');
  assert.equal(done.length, 3);
  assert.equal(await usedBy(device, session, 'Bob'), 90);
  await upload(bob.drive, folder, 'last', 10);
});

test('copies and restored versions count too', async () => {
  const { bob, folder } = await createLimited(100);
  const file = await put(bob.drive, folder, 'a', 'x'.repeat(40));
  const [first] = await bob.drive.versions(entryId(file.id));
  await put(bob.drive, folder, 'a', 'y'.repeat(40));
  await assert.rejects(bob.drive.copy(entryId(file.id), entryId(folder)), tooMuch);
  assert.ok(first);
  await assert.rejects(bob.drive.restoreVersion(entryId(file.id), first.id), tooMuch);
});

test('a quota that an admin sets later counts what is there, and one that is lifted is none', async () => {
  const { bob, folder, device, session } = await createLimited(1000);
  const id = userId(bob.user.id);
  await upload(bob.drive, folder, 'a', 60);
  await device.accounts.changeUser(session, id, { quotaBytes: 100 });
  await assert.rejects(upload(bob.drive, folder, 'b', 50), tooMuch);
  await device.accounts.changeUser(session, id, { quotaBytes: null });
  await upload(bob.drive, folder, 'b', 5000);
  await device.accounts.changeUser(session, id, { quotaBytes: 100 });
  await assert.rejects(upload(bob.drive, folder, 'c', 1), tooMuch);
});

test('what a friend puts into a shared folder counts for its owner', async () => {
  const { bob, folder, device, session } = await createLimited(100);
  const shared = await bob.drive.createFolder(entryId(folder), 'shared');
  await bob.sharing.shareWith(entryId(shared.id), 'Ada', 'edit');
  await upload(session.drive, shared.id, 'a', 60);
  await assert.rejects(upload(session.drive, shared.id, 'b', 60), tooMuch);
  const link = await bob.sharing.createLink({ entryId: entryId(shared.id), rights: 'upload' });
  const guest = await device.accounts.openLink(link.url.slice(3), undefined, 'guest');
  await assert.rejects(upload(guest.drive, shared.id, 'c', 60), tooMuch);
  await upload(guest.drive, shared.id, 'c', 40);
  assert.equal(await usedBy(device, session, 'Bob'), 100);
  assert.equal(await usedBy(device, session, 'Ada'), 0);
});

test('content that was deleted for ever counts beside the quota until the devices have freed it', async () => {
  const { bob, folder, world } = await createLimited(100);
  const once = async () => bob.drive.purge(entryId((await put(bob.drive, folder, 'a', 'x'.repeat(60))).id));
  await once();
  await once();
  await assert.rejects(put(bob.drive, folder, 'b', 'x'.repeat(90)), coded('quota-exceeded', /for now/));
  await put(bob.drive, folder, 'c', 'x'.repeat(80));
  await world.clock.stall(defaultTunables.garbageGraceMs + defaultTunables.garbageTrashMs);
  await put(bob.drive, folder, 'c', 'y'.repeat(20));
});

test('uploads that break off count beside the quota, the same chunks once, and not at all once they are listed', async () => {
  const { bob, folder, world, device } = await createLimited(1_300_000);
  let puts = 0;
  const beginUpload = device.network.beginUpload.bind(device.network);
  device.network.beginUpload = () => {
    const upload = beginUpload();
    const put: typeof upload.put = async (id, bytes) => {
      await upload.put(id, bytes);
      puts += 1;
    };
    return { put, adopt: upload.adopt, settle: upload.settle, close: upload.close };
  };
  /** Breaks off when a chunk is stored. */
  async function* broken(seed: number): AsyncIterable<Uint8Array> {
    const before = puts;
    yield noise(seed, 1_200_000);
    for (let turns = 0; puts === before && turns < 100_000; turns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error('cut');
  }
  const breaking = (seed: number) => bob.drive.upload(entryId(folder), 'a', broken(seed), {});
  for (let tries = 0; tries < 9; tries += 1) await assert.rejects(breaking(1), /cut/);
  const refused = coded('quota-exceeded', /for now/);
  let seed = 2;
  for (; seed < 12; seed += 1) {
    const error = await breaking(seed).catch((cause: unknown) => cause);
    if (refused(error)) break;
    assert.match(String(error), /cut/);
  }
  assert.ok(seed > 2 && seed < 12, `refused at the upload of seed ${seed}`);
  await world.clock.stall(defaultTunables.garbageGraceMs + defaultTunables.garbageTrashMs);
  await assert.rejects(breaking(seed), /cut/);
  await bob.drive.upload(entryId(folder), 'a', pieces([noise(seed, 1_200_000)]), {});
  const other = bob.drive.upload(entryId(folder), 'b', pieces([noise(99, 1_200_000)]), {});
  await assert.rejects(other, coded('quota-exceeded', /does not fit/));
});

test('two devices apart may together exceed a quota, and take nothing more once they have met', async () => {
  const { world, device, session, bob, folder } = await createLimited(100);
  const laptop = await world.join('Laptop', device, session);
  const there = await laptop.accounts.login('Bob', 'correct horse battery', 'here');
  await upload(bob.drive, folder, 'here', 80);
  await upload(there.drive, folder, 'there', 80);
  await exchange(device, laptop);
  for (const { drive } of [bob, there]) await assert.rejects(upload(drive, folder, 'more', 1), tooMuch);
  assert.equal(await usedBy(device, session, 'Bob'), 160);
});

test('a restart forgets nothing of what lies on disks beside the quota, and keeps it no longer than the disks do', async () => {
  const { bob, folder, world, device } = await createLimited(100);
  const purged = async (drive: Drive, bytes: number) =>
    drive.purge(entryId((await put(drive, folder, 'a', 'x'.repeat(bytes))).id));
  await purged(bob.drive, 60);
  const second = await device.restart();
  const again = await second.accounts.login('Bob', 'correct horse battery', 'here');
  await purged(again.drive, 60);
  const third = await second.restart();
  const last = await third.accounts.login('Bob', 'correct horse battery', 'here');
  await assert.rejects(put(last.drive, folder, 'b', 'x'.repeat(90)), coded('quota-exceeded', /for now/));
  await put(last.drive, folder, 'c', 'x'.repeat(80));
  await world.clock.stall(defaultTunables.garbageGraceMs + defaultTunables.garbageTrashMs);
  const fourth = await third.restart();
  const free = await fourth.accounts.login('Bob', 'correct horse battery', 'here');
  await put(free.drive, folder, 'c', 'y'.repeat(20));
  await until('the rows are gone', async () => (await rowsOf(fourth, 'l')) <= 1);
});

test('what is deleted before anything is uploaded in a run of the device counts all the same', async () => {
  const { bob, folder, device } = await createLimited(100);
  const files: string[] = [];
  for (const name of ['a', 'b']) files.push((await put(bob.drive, folder, name, 'x'.repeat(50))).id);
  const again = await device.restart();
  const { drive } = await again.accounts.login('Bob', 'correct horse battery', 'here');
  for (const file of files) await drive.purge(entryId(file));
  await until('both are noted', async () => (await rowsOf(again, 'l')) === 2);
  await put(drive, folder, 'c', 'x'.repeat(90));
  await assert.rejects(put(drive, folder, 'd', 'x'.repeat(11)), coded('quota-exceeded'));
  await drive.purge(entryId((await drive.resolve(['c'])).id));
  await assert.rejects(put(drive, folder, 'e', 'x'.repeat(20)), coded('quota-exceeded', /for now/));
});

test('records of a day are counted over a restart, and those that another device wrote within the day too', async () => {
  const clock = new ManualClock();
  const store = new MemoryOrderedStore();
  const { device, session, world } = await createHome();
  const folder = await session.drive.createFolder(entryId((await session.drive.root()).id), 'a');
  const record = catalogOf(device).get('entry', folder.id);
  assert.ok(record?.body);
  const change = { table: 'entry', id: folder.id, body: record.body } as const;
  const { owner } = record.body;
  const meter = () => new RecordMeter(clock, { recordsPerDay: 3, bytesPerDay: 1e6 }, new CountRows(store));
  assert.equal(world.clock.wallMs(), clock.wallMs());
  const first = meter();
  first.written(owner, [record]);
  first.heard(record);
  first.heard({ ...record, hlc: record.hlc - 2 * 86_400_000 * hlcTicksPerMs });
  first.requireRoom(owner, [change]);
  first.heard(record);
  assert.throws(() => first.requireRoom(owner, [change]), coded('quota-exceeded', /tomorrow/));
  await until('the day is on disk', () => store.get(`d${idKey(owner)}`) !== undefined);
  assert.throws(() => meter().requireRoom(owner, [change]), coded('quota-exceeded', /tomorrow/));
  await clock.pass(86_400_000);
  meter().requireRoom(owner, [change]);
});

test('a flood of bytes in records ends as a flood of records does', async () => {
  const meter = new RecordMeter(
    new ManualClock(),
    { recordsPerDay: 1000, bytesPerDay: 1000 },
    new CountRows(undefined),
  );
  const { device, session } = await createHome();
  const root = (await session.drive.root()).id;
  const record = catalogOf(device).get('entry', root);
  assert.ok(record?.body);
  const change = { table: 'entry', id: root, body: record.body } as const;
  meter.written(record.body.owner, [{ bytes: new Uint8Array(999) }]);
  meter.requireRoom(record.body.owner, [change]);
  meter.written(record.body.owner, [{ bytes: new Uint8Array(1) }]);
  assert.throws(() => meter.requireRoom(record.body?.owner ?? userId(''), [change]), coded('quota-exceeded'));
});

test('the same content again takes no room, another one of its size does', async () => {
  const { bob, folder } = await createLimited(100);
  const file = await put(bob.drive, folder, 'a', 'x'.repeat(60));
  for (let count = 0; count < 3; count += 1) await put(bob.drive, folder, 'a', 'x'.repeat(60));
  assert.equal((await bob.drive.versions(entryId(file.id))).length, 1);
  await assert.rejects(put(bob.drive, folder, 'a', 'y'.repeat(60)), tooMuch);
});

test('a flood of records in one drive ends, whatever is deleted goes on, and the next day begins anew', async () => {
  const clock = new ManualClock();
  const meter = new RecordMeter(clock, { recordsPerDay: 3, bytesPerDay: 1000 }, new CountRows(undefined));
  const ada = userId('a'.repeat(64));
  const { device, session } = await createHome();
  const folder = await session.drive.createFolder(entryId((await session.drive.root()).id), 'a');
  const record = catalogOf(device).get('entry', folder.id);
  assert.ok(record?.body);
  const change = { table: 'entry', id: folder.id, body: record.body } as const;
  meter.requireRoom(ada, [change]);
  meter.written(ada, [record, record, record]);
  assert.throws(() => meter.requireRoom(ada, [change]), coded('quota-exceeded', /tomorrow/));
  meter.requireRoom(ada, [
    { ...change, body: null },
    { ...change, body: { ...record.body, trashedAt: 1 } },
  ]);
  meter.requireRoom(userId('b'.repeat(64)), [change]);
  await clock.pass(86_400_000);
  meter.requireRoom(ada, [change]);
});

/** Rows of counts that a device has on disk. */
async function rowsOf({ disk }: TestDevice, prefix: string): Promise<number> {
  return (await Array.fromAsync(disk.quotaCounts.range({ gte: prefix, lt: `${prefix}\xff` }))).length;
}

/** Bytes that nothing compresses and that are the same each time. */
function noise(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let state = seed, at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
