import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Drive } from '../../../src/model/contracts/drive.ts';
import type { ResumableUploads, UploadWish } from '../../../src/model/contracts/uploads.ts';
import { type ChunkId, entryId, type UploadId, uploadId } from '../../../src/model/ids.ts';
import { defaultTunables, unfinishedUploadsPerHolder } from '../../../src/model/limits.ts';
import { freshSeed } from '../../support/fresh-seed.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { coded } from '../errors.ts';
import { addUser, createHome, createPair, namesIn, password, pieces, put, read, username } from '../world.ts';

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

async function begin(
  uploads: ResumableUploads,
  drive: Drive,
  size: number | null,
  wish: Partial<UploadWish> = {},
): Promise<UploadId> {
  const parent = entryId((await drive.root()).id);
  return uploadId((await uploads.create({ parent, name: 'film.mkv', size, ...wish })).id);
}

const send = (
  uploads: ResumableUploads,
  id: UploadId,
  content: Uint8Array,
  from: number,
  to = content.length,
) => uploads.append(id, from, pieces([content.subarray(from, to)]));

/** Gives some bytes, then breaks off as a connection does. */
async function* cut(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
  throw new Error('the connection was cut');
}

async function bytesOf(drive: Drive, id: string): Promise<Buffer> {
  const content = await drive.open(entryId(id));
  const parts: Uint8Array[] = [];
  const range = { start: 0, end: content.size };
  for await (const part of content.read(range, new AbortController().signal)) parts.push(part);
  return Buffer.concat(parts);
}

test('an upload in pieces of any length becomes the file that one request makes of it, with the same chunks', async () => {
  const { session, drive, device, root } = await createHome();
  const seed = freshSeed;
  const random = seededRandom(seed);
  const content = noise(5 * MiB);
  await drive.upload(root, 'whole.mkv', pieces([content]), {});
  const chunksOfWhole = new Set(device.network.chunks.keys());
  const id = await begin(session.uploads, drive, content.length);
  for (let at = 0; at < content.length; ) {
    const to = Math.min(content.length, at + Math.ceil(random.next() ** 3 * 2 * MiB));
    const { offset } = await send(session.uploads, id, content, at, to);
    assert.equal(offset, to, `every request moves on (seed ${seed})`);
    at = offset;
  }
  const { finished } = await session.uploads.look(id);
  assert.equal(finished?.created, true);
  assert.ok(Buffer.from(content).equals(await bytesOf(drive, finished?.entry.id ?? '')), `seed ${seed}`);
  const fresh = [...device.network.chunks.keys()].filter((chunk) => !chunksOfWhole.has(chunk));
  assert.equal(fresh.length, 1, 'nothing but another manifest was stored');
});

test('what came before a cut stays, over a restart of the device and a new sign-in', async () => {
  const { session, drive, device, root } = await createHome();
  const content = noise(3 * MiB);
  const id = await begin(session.uploads, drive, content.length);
  await assert.rejects(session.uploads.append(id, 0, cut(content.subarray(0, 2_000_000))), /cut/);
  assert.equal((await session.uploads.look(id)).offset, 2_000_000);
  const again = await device.restart();
  const { uploads, drive: later } = await again.accounts.login(username, password, 'here');
  const { offset, finished } = await uploads.look(id);
  assert.deepEqual({ offset, finished }, { offset: 2_000_000, finished: null });
  assert.deepEqual(
    (await uploads.list()).map(({ id: listed, name, size }) => ({ listed, name, size })),
    [{ listed: id, name: 'film.mkv', size: content.length }],
  );
  const done = await send(uploads, id, content, offset);
  assert.ok(Buffer.from(content).equals(await bytesOf(later, done.finished?.entry.id ?? '')));
  assert.deepEqual(await uploads.list(), []);
  assert.deepEqual(await namesIn(later, root), ['film.mkv']);
});

test('of an unfinished upload no byte, no name and no metadata is readable in the database', async () => {
  const { session, drive, device } = await createHome();
  const content = Buffer.from('The quick brown fox. '.repeat(100_000));
  const id = await begin(session.uploads, drive, content.length, { metadata: 'filename c2VjcmV0' });
  await send(session.uploads, id, content, 0, 1_500_000);
  const kept: string[] = [];
  for await (const [, value] of device.disk.uploads.range({ gte: '', lt: '\xff' })) {
    kept.push(Buffer.from(value).toString('latin1'));
  }
  assert.ok(kept.join('').length > 1000, 'there is something');
  for (const plain of ['brown fox', 'film.mkv', 'c2VjcmV0']) assert.ok(!kept.join('').includes(plain), plain);
});

test('another user, and who has a token of the same drive, find no upload by its id', async () => {
  const { session, drive, device, root } = await createHome();
  const id = await begin(session.uploads, drive, 10);
  const bob = await addUser(device, session, 'Bob');
  const wish = { name: 'program', rights: 'edit', entryId: root, expiresAtMs: null } as const;
  const { token = '' } = await session.sharing.createToken(wish);
  const program = await device.accounts.resume(token);
  for (const { uploads } of [bob, program ?? bob]) {
    await assert.rejects(uploads.look(id), coded('not-found'));
    await assert.rejects(uploads.append(id, 0, pieces([noise(10)])), coded('not-found'));
    await assert.rejects(uploads.remove(id), coded('not-found'));
    assert.deepEqual(await uploads.list(), []);
  }
});

test('an upload with a wrong offset is told the right one, and keeps what it has', async () => {
  const { session, drive } = await createHome();
  const content = noise(1000);
  const id = await begin(session.uploads, drive, 1000);
  await send(session.uploads, id, content, 0, 400);
  const wrong = session.uploads.append(id, 399, pieces([content]));
  await assert.rejects(wrong, { code: 'conflict', details: { offset: 400 } });
  assert.equal((await send(session.uploads, id, content, 400)).finished?.entry.size, 1000);
});

test('an upload that outgrows its declared length is refused, and what came within it can go on', async () => {
  const { session, drive } = await createHome();
  const content = noise(2000);
  const id = await begin(session.uploads, drive, 1000);
  const tooLong = session.uploads.append(id, 0, pieces([content.subarray(0, 900), content.subarray(900)]));
  await assert.rejects(tooLong, coded('too-large'));
  assert.equal((await session.uploads.look(id)).offset, 900);
  const { finished } = await send(session.uploads, id, content.subarray(0, 1000), 900);
  assert.equal(finished?.entry.size, 1000);
});

test('a checksum that is wrong, or that not all bytes came for, leaves the upload as it was', async () => {
  const { session, drive } = await createHome();
  const content = noise(2 * MiB);
  const id = await begin(session.uploads, drive, content.length);
  const part = content.subarray(0, MiB);
  const checksum = { algorithm: 'sha1' as const, digest: createHash('sha1').update(part).digest() };
  const { uploads } = session;
  const wrong = { ...checksum, digest: Buffer.alloc(20) };
  await assert.rejects(
    uploads.append(id, 0, pieces([part]), { checksum: wrong }),
    coded('checksum-mismatch'),
  );
  await assert.rejects(uploads.append(id, 0, cut(part), { checksum }), /cut/);
  assert.equal((await uploads.look(id)).offset, 0);
  assert.equal((await uploads.append(id, 0, pieces([part]), { checksum })).offset, MiB);
  const { finished } = await send(uploads, id, content, MiB);
  assert.ok(Buffer.from(content).equals(await bytesOf(drive, finished?.entry.id ?? '')));
});

test('a length that was left open is said later, once, and not below what is there', async () => {
  const { session, drive } = await createHome();
  const { uploads } = session;
  const content = noise(500);
  const id = await begin(uploads, drive, null);
  await send(uploads, id, content, 0, 300);
  await assert.rejects(uploads.append(id, 300, pieces([]), { size: 200 }), coded('bad-input'));
  const rest = () => pieces([content.subarray(300)]);
  assert.equal((await uploads.append(id, 300, rest(), { size: 500 })).finished?.entry.size, 500);
  const other = await begin(uploads, drive, 10);
  await assert.rejects(uploads.append(other, 0, pieces([]), { size: 11 }), coded('conflict'));
});

test('an empty file is finished when it begins', async () => {
  const { session, drive, root } = await createHome();
  const { finished, offset } = await session.uploads.create({ parent: root, name: 'empty', size: 0 });
  assert.equal(offset, 0);
  assert.equal(await read(drive, finished?.entry.id ?? ''), '');
});

test('a name that is taken makes a version, another name or nothing, as the upload was asked', async () => {
  const { session, drive, root } = await createHome();
  const { uploads } = session;
  const first = await put(drive, root, 'film.mkv', 'old');
  const skipped = await uploads.create({ parent: root, name: 'film.mkv', size: 100, onConflict: 'skip' });
  assert.deepEqual([skipped.finished?.entry.id, skipped.offset], [first.id, 100]);
  const whole = async (onConflict: 'version' | 'rename') => {
    const id = await begin(uploads, drive, 3, { onConflict });
    return (await send(uploads, id, noise(3, onConflict.length), 0)).finished;
  };
  assert.equal((await whole('version'))?.entry.id, first.id);
  assert.equal((await drive.versions(entryId(first.id))).length, 2);
  assert.equal((await whole('rename'))?.entry.name, 'film (2).mkv');
  await drive.createFolder(root, 'Films');
  await assert.rejects(uploads.create({ parent: root, name: 'Films', size: 1 }), coded('name-taken'));
});

test('two requests for one upload do not mix: the older one ends, and the newer one goes on where it was', async () => {
  const { session, drive } = await createHome();
  const { uploads } = session;
  const content = noise(1000);
  const id = await begin(uploads, drive, 1000);
  const reached = Promise.withResolvers<void>();
  async function* stalled(): AsyncIterable<Uint8Array> {
    yield content.subarray(0, 600);
    reached.resolve();
    await new Promise(() => undefined);
  }
  const older = assert.rejects(uploads.append(id, 0, stalled()), coded('conflict'));
  await reached.promise;
  assert.equal((await uploads.look(id)).offset, 600);
  await older;
  const { finished } = await send(uploads, id, content, 600);
  assert.ok(Buffer.from(content).equals(await bytesOf(drive, finished?.entry.id ?? '')));
});

test('an upload whose device died before it was listed is listed when somebody looks, and never told as done before', async () => {
  const { session, drive, root, device } = await createHome();
  const { uploads } = session;
  const content = noise(700_000);
  const id = await begin(uploads, drive, content.length);
  const { catalog } = device;
  assert.ok(catalog);
  const { author } = catalog;
  catalog.author = async () => {
    throw new Error('the device lost power');
  };
  await assert.rejects(send(uploads, id, content, 0), /lost power/);
  await assert.rejects(uploads.look(id), /lost power/);
  assert.deepEqual(await namesIn(drive, root), []);
  catalog.author = author;
  const { finished, offset } = await uploads.look(id);
  assert.equal(offset, content.length);
  assert.ok(Buffer.from(content).equals(await bytesOf(drive, finished?.entry.id ?? '')));
  assert.deepEqual((await uploads.look(id)).finished?.entry.id, finished?.entry.id, 'it is listed once');
  assert.deepEqual(await namesIn(drive, root), ['film.mkv']);
});

test('chunks that no device has any more are asked for again, and nothing is listed without them', async () => {
  const { session, drive, root, device } = await createHome();
  const { uploads } = session;
  const content = noise(4 * MiB);
  const id = await begin(uploads, drive, content.length);
  await send(uploads, id, content, 0, 3 * MiB);
  const chunks = [...device.network.chunks.keys()];
  const third = device.network.steps
    .filter((step) => step.startsWith('put '))
    .at(-2)
    ?.slice(4) as ChunkId;
  assert.ok(chunks.includes(third));
  device.network.chunks.delete(third);
  const lost = await send(uploads, id, content, 3 * MiB).catch((error: unknown) => error);
  assert.ok(lost instanceof Error && coded('conflict')(lost));
  assert.deepEqual(await namesIn(drive, root), []);
  const { offset } = await uploads.look(id);
  assert.ok(offset > 0 && offset < 3 * MiB, `${offset}`);
  const { finished } = await send(uploads, id, content, offset);
  assert.ok(Buffer.from(content).equals(await bytesOf(drive, finished?.entry.id ?? '')));
});

test('unfinished uploads count against the quota of the owner, a restart included, until they are given up', async () => {
  const { session, device } = await createHome();
  const bob = await addUser(device, session, 'Bob', { quotaBytes: 1_000_000 });
  const content = noise(900_000);
  const id = await begin(bob.uploads, bob.drive, content.length);
  await send(bob.uploads, id, content, 0, 800_000);
  const root = entryId((await bob.drive.root()).id);
  const more = () => bob.drive.upload(root, 'more', pieces([noise(300_000)]), {});
  await assert.rejects(more(), coded('quota-exceeded'));
  const tooMuch = bob.uploads.create({ parent: root, name: 'other', size: 300_000 });
  await assert.rejects(tooMuch, coded('quota-exceeded'));
  const again = await device.restart();
  const later = await again.accounts.login('Bob', password, 'here');
  await assert.rejects(
    later.drive.upload(root, 'more', pieces([noise(300_000)]), {}),
    coded('quota-exceeded'),
  );
  const { finished } = await send(later.uploads, id, content, 800_000);
  assert.equal(finished?.entry.size, 900_000);
  const second = await begin(later.uploads, later.drive, null, { name: 'endless' });
  const grown = later.uploads.append(second, 0, pieces([noise(60_000), noise(60_000)]));
  await assert.rejects(grown, coded('quota-exceeded'));
  assert.equal((await later.uploads.look(second)).offset, 60_000, 'what fitted stays');
  await later.uploads.remove(second);
  await later.drive.upload(root, 'small', pieces([noise(90_000)]), {});
});

test('an upload that nobody continues ends after its time, with all its rows, and holds garbage back until then', async () => {
  const { session, drive, device, world } = await createHome();
  const { uploads } = session;
  assert.equal(device.accounts.uploads.oldestMs(), Number.POSITIVE_INFINITY);
  await world.clock.pass(1000);
  const id = await begin(uploads, drive, 2 * MiB);
  await send(uploads, id, noise(2 * MiB), 0, MiB);
  await world.clock.leap(defaultTunables.uploadExpiryMs - 2000);
  await uploads.append(id, MiB, pieces([new Uint8Array(1)]));
  await world.clock.leap(defaultTunables.uploadExpiryMs - 2000);
  assert.equal(device.accounts.uploads.oldestMs(), 1000);
  assert.equal((await uploads.look(id)).offset, MiB + 1);
  await world.clock.leap(3_600_000);
  await assert.rejects(uploads.look(id), coded('not-found'));
  const left: string[] = [];
  for await (const [key] of device.disk.uploads.range({ gte: '', lt: '\xff' })) left.push(key);
  assert.deepEqual(left, []);
  assert.equal(device.accounts.uploads.oldestMs(), Number.POSITIVE_INFINITY);
});

test(`a user has at most ${unfinishedUploadsPerHolder} unfinished uploads, and others still have theirs`, async () => {
  const { session, drive, device } = await createHome();
  for (let count = 0; count < unfinishedUploadsPerHolder; count += 1) await begin(session.uploads, drive, 10);
  await assert.rejects(begin(session.uploads, drive, 10), coded('too-many-tries'));
  const bob = await addUser(device, session, 'Bob');
  const id = await begin(bob.uploads, bob.drive, 10);
  assert.equal((await send(bob.uploads, id, noise(10), 0)).finished?.created, true);
});

test('a guest of a drop box continues a drop, and rights that were taken back end an upload in the middle', async () => {
  const { session, drive, device } = await createHome();
  const box = entryId((await drive.createFolder(await entryIdOfRoot(drive), 'Box')).id);
  const link = await session.sharing.createLink({ entryId: box, rights: 'upload' });
  const secret = link.url?.split('/s/')[1] ?? '';
  const guest = await device.accounts.openLink(secret, undefined, 'there');
  const content = noise(900_000);
  const wish = { parent: box, name: 'paper.pdf', size: content.length, onConflict: 'rename' } as const;
  const id = uploadId((await guest.uploads.create(wish)).id);
  await send(guest.uploads, id, content, 0, 500_000);
  const later = await device.accounts.openLink(secret, undefined, 'there');
  assert.equal((await later.uploads.look(id)).offset, 500_000);
  await send(later.uploads, id, content, 500_000);
  assert.deepEqual(await namesIn(drive, box), ['paper.pdf']);
  const second = uploadId((await guest.uploads.create(wish)).id);
  await session.sharing.revokeLink(link.id as never);
  await assert.rejects(send(guest.uploads, second, content, 0), coded('gone'));
  assert.deepEqual(await namesIn(drive, box), ['paper.pdf']);
});

test('an upload goes on at the device where it began, whichever session its user has there', async () => {
  const { session, laptop, drive, device } = await createPair();
  const heard: string[][] = [];
  const stop = session.uploads.onChange((ids) => heard.push(ids));
  const id = await begin(session.uploads, drive, 100);
  const second = await device.accounts.login(username, password, 'here');
  await send(second.uploads, id, noise(100), 0);
  stop();
  assert.ok(heard.length >= 2 && heard.every(([heardId]) => heardId === id));
  const elsewhere = await laptop.accounts.login(username, password, 'here');
  await assert.rejects(elsewhere.uploads.look(id), coded('not-found'));
});

async function entryIdOfRoot(drive: Drive) {
  return entryId((await drive.root()).id);
}
