import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Drive, SearchQuery } from '../../../src/model/contracts/drive.ts';
import { entryId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { addUser, createHome, createPair, put } from '../world.ts';

async function pathsOf(drive: Drive, q: string, query: Partial<SearchQuery> = {}): Promise<string[]> {
  return (await drive.search({ q, limit: 100, ...query })).items.map(({ path }) => path).sort();
}

test('a search finds files and folders by their path right after every change', async () => {
  const { drive, root } = await createHome();
  const trip = await drive.ensureFolder(['Trips', 'Málaga']);
  const file = await put(drive, trip.id, 'Beach Photo.jpg', 'x');
  assert.deepEqual(await pathsOf(drive, 'malaga'), ['/Trips/Málaga']);
  assert.deepEqual(await pathsOf(drive, 'photo BEACH'), ['/Trips/Málaga/Beach Photo.jpg']);
  await put(drive, root, 'beach ball.txt', 'x');
  assert.equal((await pathsOf(drive, 'beach')).length, 2);
  await drive.patch(entryId(file.id), { name: 'Sunset.jpg', parentId: root });
  assert.deepEqual(await pathsOf(drive, 'sunset'), ['/Sunset.jpg']);
  assert.deepEqual(await pathsOf(drive, 'photo'), []);
  await drive.patch(entryId(file.id), { tags: ['Best of'], starred: true });
  assert.deepEqual(await pathsOf(drive, '', { tag: 'best OF' }), ['/Sunset.jpg']);
  assert.deepEqual(await pathsOf(drive, '', { starred: true }), ['/Sunset.jpg']);
  await put(drive, root, 'Sunset.jpg', 'a longer one', { mime: 'image/jpeg' });
  assert.deepEqual(await pathsOf(drive, 'sun', { type: 'image', minSize: 5 }), ['/Sunset.jpg']);
  await drive.purge(entryId(file.id));
  assert.deepEqual(await pathsOf(drive, 'sunset'), []);
});

test('a search shows nothing of the trash, and finds it again when it was restored', async () => {
  const { drive } = await createHome();
  const folder = await drive.ensureFolder(['Old']);
  await put(drive, folder.id, 'letter.txt', 'x');
  assert.deepEqual(await pathsOf(drive, 'letter'), ['/Old/letter.txt']);
  await drive.trash(entryId(folder.id));
  assert.deepEqual(await pathsOf(drive, 'letter'), []);
  assert.deepEqual(await pathsOf(drive, 'old'), []);
  await drive.restore(entryId(folder.id));
  assert.deepEqual(await pathsOf(drive, 'letter'), ['/Old/letter.txt']);
});

test('a search under a folder finds what lies in it at any depth, and follows it when it moves', async () => {
  const { drive, root } = await createHome();
  const inner = await drive.ensureFolder(['a', 'b']);
  await put(drive, inner.id, 'note.txt', 'x');
  await put(drive, root, 'note.txt', 'x');
  const a = await drive.resolve(['a']);
  const target = await drive.createFolder(root, 'target');
  const under = (id: string) => pathsOf(drive, 'note', { under: entryId(id) });
  assert.deepEqual(await under(a.id), ['/a/b/note.txt']);
  assert.deepEqual(await under(target.id), []);
  await drive.patch(entryId(a.id), { parentId: entryId(target.id) });
  assert.deepEqual(await under(target.id), ['/target/a/b/note.txt']);
  assert.equal((await under(root)).length, 2);
});

test('what other devices change is found here too', async () => {
  const { drive, other, root, meet } = await createPair();
  await put(drive, root, 'here.txt', 'x');
  const folder = await drive.ensureFolder(['folder']);
  await meet();
  assert.deepEqual(await pathsOf(other, 'here'), ['/here.txt']);
  await put(other, folder.id, 'there.txt', 'x');
  await drive.purge(entryId(folder.id));
  await meet();
  for (const one of [drive, other]) {
    assert.deepEqual(await pathsOf(one, 'there'), ['/there.txt']);
    assert.deepEqual(await pathsOf(one, 'folder'), []);
  }
});

test('a user finds what others shared with them, and nothing else of theirs', async () => {
  const { drive, device, session, root } = await createHome();
  const bob = await addUser(device, session, 'Bob');
  const shared = await drive.ensureFolder(['private', 'Trip']);
  await put(drive, shared.id, 'secret plan.txt', 'x');
  const hidden = await put(drive, shared.id, 'secret trash.txt', 'x');
  await put(drive, root, 'secret diary.txt', 'x');
  const find = () => pathsOf(bob.drive, 'secret');
  assert.deepEqual(await find(), []);
  await session.sharing.shareWith(entryId(shared.id), 'Bob', 'view');
  assert.deepEqual(await find(), ['/Trip/secret plan.txt', '/Trip/secret trash.txt']);
  await drive.patch(entryId(hidden.id), { tags: ['mine'], starred: true });
  await drive.trash(entryId(hidden.id));
  assert.deepEqual(await find(), ['/Trip/secret plan.txt']);
  await drive.restore(entryId(hidden.id));
  assert.deepEqual(await pathsOf(bob.drive, '', { tag: 'mine' }), []);
  assert.deepEqual(await pathsOf(bob.drive, '', { starred: true }), []);
  assert.deepEqual(await pathsOf(bob.drive, 'secret', { under: root }), []);
  assert.deepEqual(await pathsOf(bob.drive, 'secret', { owner: 'ada' }), [
    '/Trip/secret plan.txt',
    '/Trip/secret trash.txt',
  ]);
  assert.deepEqual(await pathsOf(bob.drive, 'secret', { owner: 'bob' }), []);
  await drive.patch(entryId(hidden.id), { parentId: root });
  assert.deepEqual(await find(), ['/Trip/secret plan.txt']);
  await session.sharing.revokeAccess(entryId(shared.id), 'Bob');
  assert.deepEqual(await find(), []);
});

test('a user whose rights were narrowed finds nothing by the tags that they no longer see', async () => {
  const { drive, device, session } = await createHome();
  const bob = await addUser(device, session, 'Bob');
  const shared = await drive.ensureFolder(['Trip']);
  const file = await put(drive, shared.id, 'plan.txt', 'x');
  await drive.patch(entryId(file.id), { tags: ['mine'] });
  await session.sharing.shareWith(entryId(shared.id), 'Bob', 'edit');
  assert.deepEqual(await pathsOf(bob.drive, '', { tag: 'mine' }), ['/Trip/plan.txt']);
  await session.sharing.shareWith(entryId(shared.id), 'Bob', 'view');
  assert.deepEqual(await pathsOf(bob.drive, 'plan'), ['/Trip/plan.txt']);
  assert.deepEqual(await pathsOf(bob.drive, '', { tag: 'mine' }), []);
});

test('a token finds what lies in its folder by the path from there, and a drop box nothing', async () => {
  const { drive, device, session, root } = await createHome();
  const folder = await drive.ensureFolder(['Backups']);
  await put(drive, folder.id, 'inside.txt', 'x');
  await put(drive, root, 'inside out.txt', 'x');
  const drives = [];
  for (const rights of ['view', 'upload'] as const) {
    const wish = { name: 'program', rights, entryId: entryId(folder.id), expiresAtMs: null };
    const { token = '' } = await session.sharing.createToken(wish);
    const program = await device.accounts.resume(token);
    assert.ok(program);
    drives.push(program.drive);
  }
  const [view, box] = drives;
  assert.ok(view && box);
  assert.deepEqual(await pathsOf(view, 'inside'), ['/inside.txt']);
  assert.equal((await view.resolve(['inside.txt'])).name, 'inside.txt');
  await assert.rejects(box.search({ q: 'inside', limit: 10 }), coded('forbidden'));
});

test('a token of a whole drive finds everything by the paths of its owner, which it can open', async () => {
  const { drive, device, session, root } = await createHome();
  const trip = await drive.ensureFolder(['Pictures', 'Trip']);
  await put(drive, trip.id, 'beach.txt', 'x');
  await put(drive, root, 'beach.jpg', 'x');
  const wish = { name: 'program', rights: 'view', entryId: root, expiresAtMs: null } as const;
  const { token = '' } = await session.sharing.createToken(wish);
  const program = await device.accounts.resume(token);
  assert.ok(program);
  const paths = await pathsOf(program.drive, 'beach');
  assert.deepEqual(paths, ['/Pictures/Trip/beach.txt', '/beach.jpg']);
  assert.deepEqual(await pathsOf(drive, 'beach'), paths);
  for (const path of paths) {
    const { name } = await program.drive.resolve(path.slice(1).split('/'));
    assert.ok(path.endsWith(`/${name}`));
  }
  for (const path of await pathsOf(program.drive, '')) {
    const names = path.split('/').filter((name) => name !== '');
    assert.ok(await program.drive.resolve(names), `${path} can be opened`);
  }
});

test('pages of a search follow each other, and nonsense is refused', async () => {
  const { drive, root } = await createHome();
  for (let number = 0; number < 7; number += 1) await put(drive, root, `file ${number}`, 'x');
  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await drive.search({ q: 'file', limit: 3, ...(cursor === undefined ? {} : { cursor }) });
    for (const { name } of page.items) seen.push(name);
    cursor = page.nextCursor;
  }
  assert.deepEqual(
    seen.sort(),
    ['0', '1', '2', '3', '4', '5', '6'].map((number) => `file ${number}`),
  );
  await assert.rejects(drive.search({ q: '', limit: 3, cursor: 'nonsense' }), coded('bad-input'));
  await assert.rejects(drive.search({ q: '', limit: 3, type: 'nonsense' }), coded('bad-input'));
});
