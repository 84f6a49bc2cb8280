import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '../../../src/model/contracts/drive.ts';
import type { MultipartUploads } from '../../../src/model/contracts/uploads.ts';
import { type EntryId, entryId, type UploadId, userId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { createHome, namesIn, pieces, type TestDevice } from '../world.ts';

const MiB = 1024 * 1024;

/** Bytes that nothing compresses and that are the same each time. */
function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

interface Program extends Pick<Session, 'drive' | 'uploads'> {
  multipart: MultipartUploads;
}

async function createProgram() {
  const home = await createHome();
  const wish = { name: 'backup', rights: 'edit', entryId: home.root, expiresAtMs: null } as const;
  const { token = '' } = await home.session.sharing.createToken(wish);
  const program = async (device: TestDevice = home.device): Promise<Program> => {
    const session = await device.accounts.resume(token);
    assert.ok(session?.multipart);
    const { multipart, drive, uploads } = session;
    return { multipart, drive, uploads };
  };
  return { ...home, program };
}

const begin = async ({ multipart }: Program, parent: EntryId) =>
  (await multipart.create({ parent, name: 'dir/film.mkv', metadata: 'said' })).id;

const putPart = (uploads: MultipartUploads, id: UploadId, number: number, content: Uint8Array) =>
  uploads.putPart(id, pieces([content]), { number, size: content.length, etag: () => `etag-${number}` });

const listIn = (session: Program, parent: EntryId) => (content: Parameters<Session['drive']['upload']>[2]) =>
  session.drive.upload(parent, 'film.mkv', content, {});

async function bytesOf({ drive }: Program, id: string): Promise<Buffer> {
  const content = await drive.open(entryId(id));
  const parts: Uint8Array[] = [];
  const range = { start: 0, end: content.size };
  for await (const part of content.read(range, new AbortController().signal)) parts.push(part);
  return Buffer.concat(parts);
}

test('parts in any order become one file in the order of their numbers, without a chunk being stored twice', async () => {
  const { program, root, device } = await createProgram();
  const session = await program();
  const id = await begin(session, root);
  const content = [noise(3 * MiB + 17, 1), noise(2 * MiB, 2), noise(100, 3), new Uint8Array(0)];
  for (const number of [3, 1, 4, 2]) {
    await putPart(session.multipart, id, number, content[number - 1] ?? new Uint8Array(0));
  }
  const chunks = device.network.chunks.size;
  assert.deepEqual(
    (await session.multipart.parts(id)).map(({ number, size, etag }) => ({ number, size, etag })),
    content.map(({ length }, index) => ({ number: index + 1, size: length, etag: `etag-${index + 1}` })),
  );
  const { entry } = await session.multipart.complete(id, [1, 2, 3, 4], listIn(session, root));
  assert.equal(device.network.chunks.size, chunks + 1, 'only the manifest is new');
  assert.ok((await bytesOf(session, entry.id)).equals(Buffer.concat(content)));
  await assert.rejects(session.multipart.parts(id), coded('not-found'));
  assert.deepEqual(await session.multipart.list(), []);
});

test('a part that is sent again takes the place of the first, and parts that are not named are left out', async () => {
  const { program, root } = await createProgram();
  const session = await program();
  const id = await begin(session, root);
  await putPart(session.multipart, id, 1, noise(1000, 1));
  await putPart(session.multipart, id, 1, noise(2000, 2));
  await putPart(session.multipart, id, 2, noise(3000, 3));
  const { entry } = await session.multipart.complete(id, [1], listIn(session, root));
  assert.ok((await bytesOf(session, entry.id)).equals(Buffer.from(noise(2000, 2))));
});

test('parts outlive a restart of the device, and no byte or name of them is readable in its database', async () => {
  const { program, root, device } = await createProgram();
  const session = await program();
  const id = await begin(session, root);
  const plain = Buffer.from('The quick brown fox. '.repeat(60_000));
  await putPart(session.multipart, id, 1, plain);
  const kept: string[] = [];
  for await (const [, value] of device.disk.uploads.range({ gte: '', lt: '\xff' })) {
    kept.push(Buffer.from(value).toString('latin1'));
  }
  for (const text of ['brown fox', 'film.mkv', 'said', 'etag-1'])
    assert.ok(!kept.join('').includes(text), text);
  const later = await program(await device.restart());
  assert.deepEqual(
    (await later.multipart.list()).map(({ name, metadata }) => ({ name, metadata })),
    [{ name: 'dir/film.mkv', metadata: 'said' }],
  );
  await putPart(later.multipart, id, 2, noise(10));
  const { entry } = await later.multipart.complete(id, [1, 2], listIn(later, root));
  assert.ok((await bytesOf(later, entry.id)).equals(Buffer.concat([plain, noise(10)])));
});

test('a part that breaks off, or whose upload is over meanwhile, leaves nothing', async () => {
  const { program, root } = await createProgram();
  const session = await program();
  const id = await begin(session, root);
  async function* cut() {
    yield noise(1_500_000);
    throw new Error('the connection was cut');
  }
  const part = { number: 1, size: 2_000_000, etag: () => 'x' };
  await assert.rejects(session.multipart.putPart(id, cut(), part), /cut/);
  assert.deepEqual(await session.multipart.parts(id), []);
  async function* slow() {
    yield noise(1000);
    await session.multipart.remove(id);
    yield noise(1000);
  }
  await assert.rejects(session.multipart.putPart(id, slow(), { ...part, size: 2000 }), coded('not-found'));
  await assert.rejects(session.multipart.complete(id, [1], listIn(session, root)), coded('not-found'));
});

test('an upload that cannot be completed goes on, and one that is given up is gone', async () => {
  const { program, root, drive } = await createProgram();
  const session = await program();
  const id = await begin(session, root);
  await putPart(session.multipart, id, 1, noise(1000));
  await assert.rejects(session.multipart.complete(id, [1, 2], listIn(session, root)), coded('bad-input'));
  const failing = async () => {
    throw new Error('the disk broke');
  };
  await assert.rejects(session.multipart.complete(id, [1], failing), /disk broke/);
  assert.equal((await session.multipart.parts(id)).length, 1);
  await session.multipart.remove(id);
  await assert.rejects(session.multipart.look(id), coded('not-found'));
  assert.deepEqual(await namesIn(drive, root), []);
});

test('parts count against the quota of the owner, and hold garbage back while their upload lasts', async () => {
  const { program, root, device, session: admin } = await createProgram();
  const session = await program();
  await device.accounts.changeUser(admin, userId(admin.user.id), { quotaBytes: 5000 });
  const id = await begin(session, root);
  const began = device.accounts.uploads.oldestMs();
  assert.notEqual(began, Number.POSITIVE_INFINITY);
  await putPart(session.multipart, id, 1, noise(3000));
  await assert.rejects(putPart(session.multipart, id, 2, noise(3000, 2)), coded('quota-exceeded'));
  const { entry } = await session.multipart.complete(id, [1], listIn(session, root));
  assert.equal(entry.size, 3000);
  assert.equal(device.accounts.uploads.oldestMs(), Number.POSITIVE_INFINITY);
});

test('a token finds no upload of another one', async () => {
  const one = await createProgram();
  const session = await one.program();
  const id = await begin(session, one.root);
  const wish = { name: 'other', rights: 'edit', entryId: one.root, expiresAtMs: null } as const;
  const { token = '' } = await one.session.sharing.createToken(wish);
  const other = await one.device.accounts.resume(token);
  assert.ok(other?.multipart);
  assert.deepEqual(await other.multipart.list(), []);
  await assert.rejects(other.multipart.look(id), coded('not-found'));
  await assert.rejects(putPart(other.multipart, id, 1, noise(1)), coded('not-found'));
  await assert.rejects(other.multipart.remove(id), coded('not-found'));
  assert.deepEqual(await other.uploads.list(), []);
});
