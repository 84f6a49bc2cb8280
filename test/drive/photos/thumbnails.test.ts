import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Drive } from '../../../src/model/contracts/drive.ts';
import type { ThumbnailSize } from '../../../src/model/contracts/media/media-maker.ts';
import { PeerstorError } from '../../../src/model/errors.ts';
import { entryId, ownRecordId, userId, versionId } from '../../../src/model/ids.ts';
import { until } from '../../support/until.ts';
import { coded } from '../errors.ts';
import { addUser, catalogOf, createHome, createPair, password, put, username } from '../world.ts';
import { FakeMaker, pictureText } from './fake-maker.ts';

/** The thumbnail of a size, read whole; `making` where it is not there yet. */
async function thumbnail(
  drive: Drive,
  id: string,
  size: ThumbnailSize = 240,
): Promise<Uint8Array | 'making'> {
  const found = await drive.thumbnail(entryId(id), size);
  if (found === 'making') return found;
  const pieces: Uint8Array[] = [];
  const { signal } = new AbortController();
  for await (const piece of found.read({ start: 0, end: found.size }, signal)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function whenMade(drive: Drive, id: string): Promise<void> {
  await until('the thumbnail is made', async () => (await drive.entry(entryId(id))).media !== null);
}

async function withPicture(content = pictureText()) {
  const maker = new FakeMaker();
  const home = await createHome(undefined, maker);
  const file = await put(home.drive, home.root, 'a.jpg', content, { mime: 'image/jpeg' });
  return { ...home, maker, file };
}

describe('a picture that is uploaded', () => {
  it('gets thumbnails of three sizes and its facts, and the upload does not wait for them', async () => {
    const maker = new FakeMaker();
    const slow = Promise.withResolvers<void>();
    maker.pause = slow.promise;
    const { drive, root } = await createHome(undefined, maker);
    const text = pictureText({
      camera: 'a camera',
      takenAt: { local: '2026-07-14T15:03:22', offsetMinutes: 120 },
    });
    const file = await put(drive, root, 'a.jpg', text, { mime: 'image/jpeg' });
    assert.deepEqual([file.thumbnail, file.media, await thumbnail(drive, file.id)], [null, null, 'making']);
    slow.resolve();
    await whenMade(drive, file.id);
    const { thumbnail: address, media } = await drive.entry(entryId(file.id));
    assert.equal(address, `/api/v1/entries/${file.id}/thumbnail`);
    assert.deepEqual(
      [media?.takenAt, media?.takenLocal, media?.camera, media?.width, media?.thumbhash],
      ['2026-07-14T13:03:22.000Z', '2026-07-14T15:03:22', 'a camera', 4000, 'AQID'],
    );
    for (const [at, size] of ([240, 720, 2160] as const).entries()) {
      assert.deepEqual(await thumbnail(drive, file.id, size), Buffer.from(maker.bytesOf(at)));
    }
  });

  it('lets the smallest thumbnail be read without a byte of the others', async () => {
    const { drive, file, world, device } = await withPicture();
    await whenMade(drive, file.id);
    const { version } = await drive.entry(entryId(file.id));
    const { owner = '' } = catalogOf(device).get('version', version)?.body ?? {};
    const media = catalogOf(device).get('media', ownRecordId(version, userId(owner)))?.body;
    for (const [id, bytes] of world.chunks) {
      if (bytes.length > 200_000) world.chunks.delete(id);
    }
    assert.ok(media && media.sealedBytes > 1000);
    assert.ok((await thumbnail(drive, file.id, 240)) instanceof Uint8Array);
    await assert.rejects(thumbnail(drive, file.id, 2160), coded('chunk-missing'));
  });

  it('has its thumbnails on as many devices as the upload asked for before the record is written', async () => {
    const { drive, file, device } = await withPicture();
    await whenMade(drive, file.id);
    const { steps } = device.network;
    assert.deepEqual(steps.slice(-2), ['settle safe', 'close']);
    assert.ok(steps.at(-3)?.startsWith('put '));
  });

  it('that looks like one by nothing but its content is found when it arrives', async () => {
    const maker = new FakeMaker();
    const { drive, root } = await createHome(undefined, maker);
    const content = `GIF8${pictureText()}`;
    const file = await put(drive, root, 'noname', content);
    await whenMade(drive, file.id);
    await put(drive, root, 'other', 'no picture at all');
    await put(drive, root, 'sound', 'RIFF no picture either');
    await put(drive, root, 'notes.txt', pictureText(), { mime: 'text/plain' });
    await put(drive, root, 'drawing.svg', pictureText(), { mime: 'image/svg+xml' });
    await until('the bytes were looked at', () => maker.read.length === 2);
    assert.deepEqual(maker.read, [content, 'RIFF no picture either']);
  });

  it('that cannot be read has a problem, no thumbnail, and is not tried again', async () => {
    const { drive, file, device, maker } = await withPicture(pictureText({ problem: 'damaged' }));
    await whenMade(drive, file.id);
    const view = await drive.entry(entryId(file.id));
    assert.deepEqual([view.thumbnail, view.media?.problem], [null, 'damaged']);
    await assert.rejects(thumbnail(drive, file.id), coded('no-thumbnail'));
    const again = await device.restart();
    const session = await again.accounts.login(username, password, 'here');
    assert.equal((await session.drive.entry(entryId(file.id))).media?.problem, 'damaged');
    assert.equal(maker.read.length, 1);
  });

  it('and is copied, alone or in a folder, or restored as a former version has them at once, made only once', async () => {
    const { drive, root, file, maker, device } = await withPicture(pictureText({ camera: 'mine' }));
    await whenMade(drive, file.id);
    const folder = await drive.createFolder(root, 'folder');
    const copy = await drive.copy(entryId(file.id), entryId(folder.id));
    const whole = await drive.copy(entryId(folder.id), root, 'folder again');
    const [inside] = (await drive.children(entryId(whole.id), { sort: 'name', order: 'asc', limit: 10 }))
      .items;
    assert.ok(inside);
    const { version: first } = await drive.entry(entryId(file.id));
    await put(drive, root, 'a.jpg', 'no picture any more', { mime: 'text/plain' });
    await drive.restoreVersion(entryId(file.id), versionId(first));
    for (const { id } of [copy, inside, file]) {
      const view = await drive.entry(entryId(id));
      assert.equal(view.media?.camera, 'mine');
      assert.deepEqual(await thumbnail(drive, id, 720), Buffer.from(maker.bytesOf(1)));
    }
    const again = await device.restart();
    const session = await again.accounts.login(username, password, 'here');
    assert.equal((await session.drive.entry(entryId(copy.id))).media?.camera, 'mine');
    assert.equal(maker.read.filter((text) => text.startsWith('picture')).length, 1);
    // The original is deleted with its thumbnails; those of the copy stay.
    await session.drive.trash(entryId(file.id));
    await session.drive.purge(entryId(file.id));
    assert.deepEqual(await thumbnail(session.drive, copy.id, 240), Buffer.from(maker.bytesOf(0)));
  });

  it('and gets new content has no thumbnail of the old one', async () => {
    const { drive, root, file, maker } = await withPicture();
    await whenMade(drive, file.id);
    const slow = Promise.withResolvers<void>();
    maker.pause = slow.promise;
    await put(drive, root, 'a.jpg', pictureText({ camera: 'new' }), { mime: 'image/jpeg' });
    assert.equal(await thumbnail(drive, file.id), 'making');
    slow.resolve();
    await until(
      'the new one is made',
      async () => (await drive.entry(entryId(file.id))).media?.camera === 'new',
    );
  });
});

describe('thumbnails that are lacking', () => {
  it('are made at the next sign-in, when the device stopped in the middle', async () => {
    const maker = new FakeMaker();
    maker.pause = new Promise(() => undefined);
    const { drive, root, device, world } = await createHome(undefined, maker);
    const file = await put(drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    await until('the first one is being read', () => maker.read.length === 1);
    world.media = new FakeMaker();
    const again = await device.restart();
    const session = await again.accounts.login(username, password, 'here');
    assert.equal(await thumbnail(session.drive, file.id), 'making');
    await world.clock.pass(10_000);
    await whenMade(session.drive, file.id);
  });

  it('are left to the device that took the picture in, and made elsewhere when that one does not', async () => {
    const maker = new FakeMaker();
    maker.fault = new PeerstorError('chunk-missing', 'The device that has it is off.');
    const { drive, root, world, meet, other, device, laptop } = await createPair(maker);
    const file = await put(drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    await until('it was tried', () => maker.read.length === 1);
    for (const { network } of [device, laptop]) network.copies = 2;
    await meet();
    await world.clock.pass(1000);
    assert.equal(maker.read.length, 1);
    maker.fault = undefined;
    await world.clock.pass(6 * 60_000);
    await until('somebody made it', async () => (await other.entry(entryId(file.id))).media !== null);
  });

  it('wait for a second device where there is one, and are not made again before it is there', async () => {
    const maker = new FakeMaker();
    const { drive, root, world, device } = await createPair(maker);
    const file = await put(drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    const { steps } = device.network;
    // The upload itself, and the thumbnails.
    await until('it gave up', () => steps.filter((step) => step === 'close').length === 2);
    await world.clock.pass(10 * 60_000);
    assert.deepEqual([maker.read.length, await thumbnail(drive, file.id)], [1, 'making']);
    assert.equal((await drive.entry(entryId(file.id))).media, null);
    device.network.copies = 2;
    await world.clock.pass(15 * 60_000);
    await whenMade(drive, file.id);
    assert.equal(maker.read.length, 2);
    assert.ok((await thumbnail(drive, file.id)) instanceof Uint8Array);
  });

  it('wait for no device that lends no space', async () => {
    const maker = new FakeMaker();
    const { drive, root, device, laptop, session } = await createPair(maker);
    const catalog = catalogOf(device);
    const record = catalog.get('device', laptop.id)?.body;
    assert.ok(record);
    const body = { ...record, capacityBytes: 0 };
    await catalog.author([{ table: 'device', id: laptop.id, body }], session.adminSigner());
    const file = await put(drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    await whenMade(drive, file.id);
    assert.equal(device.network.copies, 1);
  });

  it('wait where bytes cannot be reached, and are made when they can', async () => {
    const maker = new FakeMaker();
    maker.fault = new PeerstorError('chunk-missing', 'The device that has it is off.');
    const { drive, root, world } = await createHome(undefined, maker);
    const file = await put(drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    await until('it was tried', () => maker.read.length === 1);
    maker.fault = undefined;
    await world.clock.pass(61_000);
    await whenMade(drive, file.id);
  });

  it('wait longer after each failure, and are left alone where the quota is full', async () => {
    const maker = new FakeMaker();
    maker.fault = new PeerstorError('chunk-missing', 'The device that has it is off.');
    const { drive, root, world, device, session } = await createHome(undefined, maker);
    await put(drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    await until('it was tried', () => maker.read.length === 1);
    await world.clock.pass(61_000);
    await until('it was tried again', () => maker.read.length === 2);
    await world.clock.pass(61_000);
    assert.equal(maker.read.length, 2);
    await world.clock.pass(61_000);
    await until('it was tried a third time', () => maker.read.length === 3);
    maker.fault = undefined;
    maker.thumbnailBytes = [50_000, 0, 0];
    const bob = await addUser(device, session, 'Bob', { quotaBytes: 10_000 });
    const { id: theirs } = await bob.drive.root();
    // What signing in looks for is found to be nothing.
    await world.clock.pass(10_000);
    const full = await put(bob.drive, theirs, 'b.jpg', pictureText({ camera: 'b' }), { mime: 'image/jpeg' });
    const ofBob = () => maker.read.filter((text) => text.includes('"b"')).length;
    await until('it was tried', () => ofBob() === 1);
    await world.clock.pass(3_600_000);
    assert.equal(ofBob(), 1);
    assert.equal((await bob.drive.entry(entryId(full.id))).media, null);
  });

  it('are said with the reason where this device cannot make any', async () => {
    const maker = new FakeMaker();
    maker.lack = 'Thumbnails need sharp.';
    const { drive, root } = await createHome(undefined, maker);
    const file = await put(drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    await until('it was tried', () => maker.read.length === 1);
    await assert.rejects(thumbnail(drive, file.id), coded('no-thumbnail', /need sharp/));
    assert.equal((await drive.entry(entryId(file.id))).media, null);
  });
});

describe('thumbnails', () => {
  it('are shown to whom the picture was shared with, and to nobody after it was taken back', async () => {
    const { device, session, drive, file } = await withPicture();
    await whenMade(drive, file.id);
    const bob = await addUser(device, session, 'Bob');
    await session.sharing.shareWith(entryId(file.id), 'Bob', 'view');
    assert.ok((await thumbnail(bob.drive, file.id)) instanceof Uint8Array);
    assert.equal((await bob.drive.entry(entryId(file.id))).media?.width, 4000);
    await session.sharing.revokeAccess(entryId(file.id), 'Bob');
    await assert.rejects(thumbnail(bob.drive, file.id), coded('not-found'));
    assert.ok((await thumbnail(drive, file.id)) instanceof Uint8Array);
  });

  it('of what a grantee adds are made for the owner, and shown to both', async () => {
    const maker = new FakeMaker();
    const { device, session, drive, root } = await createHome(undefined, maker);
    const bob = await addUser(device, session, 'Bob');
    const folder = await drive.createFolder(root, 'Photos');
    await session.sharing.shareWith(entryId(folder.id), 'Bob', 'edit');
    const file = await put(bob.drive, folder.id, 'b.jpg', pictureText(), { mime: 'image/jpeg' });
    await whenMade(drive, file.id);
    assert.ok((await thumbnail(bob.drive, file.id)) instanceof Uint8Array);
  });

  it('count against the quota, and do not where their version was deleted for ever', async () => {
    const maker = new FakeMaker();
    maker.thumbnailBytes = [50_000, 0, 0];
    const { device, session } = await createHome(undefined, maker);
    const bob = await addUser(device, session, 'Bob', { quotaBytes: 100_000 });
    const { id: root } = await bob.drive.root();
    const first = await put(bob.drive, root, 'a.jpg', pictureText(), { mime: 'image/jpeg' });
    await whenMade(bob.drive, first.id);
    const used = (await device.accounts.users(session)).find(
      ({ username: name }) => name === 'Bob',
    )?.usedBytes;
    assert.ok(used !== undefined && used > 50_000, `${used}`);
    await assert.rejects(put(bob.drive, root, 'b', 'x'.repeat(60_000)), coded('quota-exceeded'));
    await bob.drive.trash(entryId(first.id));
    await bob.drive.purge(entryId(first.id));
    await put(bob.drive, root, 'b', 'x'.repeat(60_000));
  });

  it('of a folder or of what is no picture are none', async () => {
    const { drive, root } = await createHome(undefined, new FakeMaker());
    const file = await put(drive, root, 'a.txt', 'text', { mime: 'text/plain' });
    for (const id of [file.id, root]) await assert.rejects(thumbnail(drive, id), coded('no-thumbnail'));
    await assert.rejects(thumbnail(drive, versionId('0'.repeat(32))), coded('not-found'));
  });

  it('are sealed: no byte of them and no fact lies on a disk or in a record', async () => {
    const maker = new FakeMaker();
    const { drive, root, world, device } = await createHome(undefined, maker);
    const facts = { camera: 'Leica Secretflex', gps: { latitude: 48.137, longitude: 11.575 } };
    const file = await put(drive, root, 'a.jpg', pictureText(facts), { mime: 'image/jpeg' });
    await whenMade(drive, file.id);
    const kept: Uint8Array[] = [...world.chunks.values()];
    const catalog = catalogOf(device);
    for (const table of ['media', 'version', 'entry', 'facts'] as const) {
      for await (const { bytes } of catalog.list(table)) kept.push(bytes);
    }
    for (const bytes of kept) {
      const text = Buffer.from(bytes).toString('latin1');
      assert.equal(text.includes('Secretflex') || text.includes('latitude'), false);
      for (const at of [0, 1, 2]) {
        const part = Buffer.from(maker.bytesOf(at).subarray(100, 132)).toString('latin1');
        assert.equal(text.includes(part), false);
      }
    }
  });
});
