import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Drive, Session } from '../../../src/model/contracts/drive.ts';
import { entryId, userId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { addUser, createHome, pieces, put, type TestDevice } from '../world.ts';

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
