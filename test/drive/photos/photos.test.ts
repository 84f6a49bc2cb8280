import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MediaFacts } from '../../../src/model/contracts/media/media-maker.ts';
import { entryId } from '../../../src/model/ids.ts';
import type { PhotoView } from '../../../src/model/views/photos.ts';
import { until } from '../../support/until.ts';
import { coded } from '../errors.ts';
import { catalogOf, createHome, createPair, exchange, password, put, username } from '../world.ts';
import { FakeMaker, pictureText } from './fake-maker.ts';

const taken = (local: string, offsetMinutes: number | null = 120) => ({ takenAt: { local, offsetMinutes } });

type Home = Awaited<ReturnType<typeof createHome>>;

/**
 * Puts pictures, and waits until they were read.
 * @param meanwhile called again and again while it waits
 */
async function addPictures(
  { drive, root }: Pick<Home, 'drive' | 'root'>,
  pictures: Readonly<Record<string, Partial<MediaFacts>>>,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const [name, facts] of Object.entries(pictures)) {
    const word = name.endsWith('.mp4') ? 'film' : 'picture';
    const mime = word === 'film' ? 'video/mp4' : 'image/jpeg';
    ids[name] = (await put(drive, root, name, pictureText(facts, word), { mime, modifiedAtMs: 0 })).id;
  }
  for (const id of Object.values(ids)) {
    await until('it was read', async () => {
      await meanwhile();
      return (await drive.entry(entryId(id))).media !== null;
    });
  }
  return ids;
}

/** Where there are two devices, thumbnails wait until both have them; uploads here do not. */
function addPicturesToPair(
  pair: Awaited<ReturnType<typeof createPair>>,
  pictures: Readonly<Record<string, Partial<MediaFacts>>>,
): Promise<Record<string, string>> {
  return addPictures(pair, pictures, () => {
    pair.device.network.copies = 2;
    return pair.world.clock.pass(61_000);
  });
}

async function withPictures(pictures: Readonly<Record<string, Partial<MediaFacts>>>) {
  const home = await createHome(undefined, new FakeMaker());
  return { ...home, photos: home.session.photos, ids: await addPictures(home, pictures) };
}

const namesOf = (photos: readonly PhotoView[]) => photos.map(({ name }) => name);

describe('the timeline', () => {
  it('counts months by the local time, newest first, with the ratio of each picture', async () => {
    const { photos } = await withPictures({
      // In UTC the last day of July.
      'a.jpg': taken('2026-08-01T00:30:00'),
      'b.jpg': { ...taken('2026-07-31T23:30:00'), width: 1000, height: 1000 },
      'c.jpg': { ...taken('2026-07-01T00:00:00'), width: 3000, height: 1000 },
      'd.jpg': taken('1955-02-03T00:00:00', null),
    });
    const months = await photos.timeline();
    assert.deepEqual(
      months.map(({ month, count, ratios }) => [month, count, [...Buffer.from(ratios, 'base64')]]),
      [
        ['2026-08', 1, [67]],
        ['2026-07', 2, [50, 150]],
        ['1955-02', 1, [67]],
      ],
    );
    assert.deepEqual(namesOf(await photos.month('2026-07')), ['b.jpg', 'c.jpg']);
    const [first] = await photos.month('2026-08');
    assert.deepEqual(
      [
        first?.takenAt,
        first?.takenLocal,
        first?.dateFrom,
        first?.ratio,
        first?.thumbhash,
        first?.hasThumbnail,
      ],
      ['2026-07-31T22:30:00.000Z', '2026-08-01T00:30:00', 'content', 1.333, 'AQID', true],
    );
  });

  it('takes the date from the name, else from the file, where the content says none', async () => {
    const { photos } = await withPictures({
      'IMG_20240229_101112.jpg': {},
      'IMG-20190714-WA0001.jpg': {},
      'PXL_20230230_101112.jpg': {},
      'scan.jpg': {},
    });
    const months = (await photos.timeline()).map(({ month }) => month);
    assert.deepEqual(months, ['2024-02', '2019-07', '1970-01']);
    const [day] = await photos.month('2019-07');
    assert.deepEqual([day?.takenLocal, day?.dateFrom], ['2019-07-14T12:00:00', 'name']);
  });

  it('follows what is added, changed, starred, put into the trash and restored, folders too', async () => {
    const { photos, drive, root, ids } = await withPictures({ 'a.jpg': taken('2026-07-01T00:00:00') });
    const all = async () => namesOf(await photos.month('2026-07'));
    assert.deepEqual(await all(), ['a.jpg']);
    const folder = await drive.createFolder(root, 'inside');
    await addPictures({ drive, root: entryId(folder.id) }, { 'b.jpg': taken('2026-07-02T00:00:00') });
    assert.deepEqual(await all(), ['b.jpg', 'a.jpg']);
    await drive.trash(entryId(folder.id));
    assert.deepEqual(await all(), ['a.jpg']);
    await drive.restore(entryId(folder.id));
    assert.deepEqual(await all(), ['b.jpg', 'a.jpg']);
    const id = entryId(ids['a.jpg'] ?? '');
    await drive.patch(id, { starred: true, name: 'renamed.jpg' });
    assert.deepEqual((await photos.month('2026-07'))[1]?.favorite, true);
    assert.deepEqual(await all(), ['b.jpg', 'renamed.jpg']);
    await drive.trash(id);
    await drive.purge(id);
    assert.deepEqual(await all(), ['b.jpg']);
  });

  it('is the same on another device, and after a restart', async () => {
    const pair = await createPair(new FakeMaker());
    await addPicturesToPair(pair, { 'a.jpg': taken('2026-07-01T00:00:00') });
    await exchange(pair.device, pair.laptop);
    const other = await pair.laptop.accounts.login(username, password, 'here');
    assert.deepEqual(namesOf(await other.photos.month('2026-07')), ['a.jpg']);
    const again = await pair.device.restart();
    const session = await again.accounts.login(username, password, 'here');
    assert.deepEqual(namesOf(await session.photos.month('2026-07')), ['a.jpg']);
  });
});

describe('pictures', () => {
  it('are found by words for names, cameras, times, kinds and favorites, in English and German', async () => {
    const { photos, drive, ids } = await withPictures({
      'beach.jpg': { ...taken('2019-07-14T10:00:00'), camera: 'Canon EOS R5' },
      'Schnee.jpg': { ...taken('2018-12-24T10:00:00'), camera: 'Pixel 8' },
      'party.mp4': taken('2019-03-01T10:00:00'),
      'winter.jpg': taken('2020-06-01T10:00:00'),
    });
    await drive.patch(entryId(ids['beach.jpg'] ?? ''), { starred: true });
    const found = async (question: string) => namesOf(await photos.search(question));
    for (const [question, names] of [
      ['summer 2019', ['beach.jpg']],
      ['Sommer 2019', ['beach.jpg']],
      ['juli', ['beach.jpg']],
      ['photos from July 2019', ['beach.jpg']],
      ['2019', ['beach.jpg', 'party.mp4']],
      ['2019-07', ['beach.jpg']],
      ['14.7.2019', ['beach.jpg']],
      ['dezember', ['Schnee.jpg']],
      ['März', ['party.mp4']],
      ['winter', ['winter.jpg', 'Schnee.jpg']],
      ['canon', ['beach.jpg']],
      ['SCHNEE pixel', ['Schnee.jpg']],
      ['video', ['party.mp4']],
      ['favorite', ['beach.jpg']],
      ['beach 2018', []],
      ['', []],
    ] as const) {
      assert.deepEqual(await found(question), names, question);
    }
    await assert.rejects(photos.search('x'.repeat(1001)), coded('bad-input'));
  });

  it('are found on a part of the map, across the 180th meridian too', async () => {
    const { photos } = await withPictures({
      'munich.jpg': { ...taken('2026-07-03T00:00:00'), gps: { latitude: 48.1, longitude: 11.6 } },
      'fiji.jpg': { ...taken('2026-07-02T00:00:00'), gps: { latitude: -17, longitude: 179.5 } },
      'samoa.jpg': { ...taken('2026-07-01T00:00:00'), gps: { latitude: -14, longitude: -171 } },
      'nowhere.jpg': taken('2026-07-01T00:00:00'),
    });
    const inside = async (west: number, south: number, east: number, north: number) =>
      namesOf(await photos.onMap({ west, south, east, north }));
    assert.deepEqual(await inside(-180, -90, 180, 90), ['munich.jpg', 'fiji.jpg', 'samoa.jpg']);
    assert.deepEqual(await inside(10, 47, 12, 49), ['munich.jpg']);
    assert.deepEqual(await inside(170, -20, -170, 0), ['fiji.jpg', 'samoa.jpg']);
  });

  it('that look alike are grouped: equal content, or hashes that differ little and the same shape', async () => {
    const hash = [0x0f, 0xf0, 0x55, 0xaa, 0x33, 0xcc, 0x99, 0x66];
    const near = [0x0e, 0xf1, 0x55, 0xaa, 0x33, 0xcc, 0x99, 0x66];
    const far = hash.map((byte) => byte ^ 0x0f);
    const alike = (bytes: number[], day: string, size = {}) => ({
      ...taken(`2026-07-${day}T00:00:00`),
      perceptualHash: Uint8Array.from(bytes),
      ...size,
    });
    const { photos } = await withPictures({
      'a.jpg': alike(hash, '09'),
      'smaller.jpg': alike(near, '08', { width: 400, height: 300 }),
      'wide.jpg': alike(near, '07', { width: 900, height: 300 }),
      'other.jpg': alike(far, '06'),
      'plain1.jpg': alike([0, 0, 0, 0, 0, 0, 0, 1], '05'),
      'plain2.jpg': alike([0, 0, 0, 0, 0, 0, 0, 3], '04'),
      'copy1.jpg': taken('2026-07-03T00:00:00'),
      'copy2.jpg': taken('2026-07-03T00:00:00'),
    });
    const groups = (await photos.duplicates()).map((group) => namesOf(group).sort());
    assert.deepEqual(groups, [
      ['a.jpg', 'smaller.jpg'],
      ['copy1.jpg', 'copy2.jpg'],
    ]);
  });

  it('are shown to a token as far as it opens the drive, and to one that may only upload not at all', async () => {
    const { photos, session, device, drive, root } = await withPictures({
      'a.jpg': taken('2026-07-01T00:00:00'),
    });
    const folder = await drive.createFolder(root, 'inside');
    await addPictures({ drive, root: entryId(folder.id) }, { 'b.jpg': taken('2026-07-02T00:00:00') });
    const open = async (rights: 'view' | 'upload', entryIdOf: string) => {
      const wish = { name: 'frame', rights, entryId: entryId(entryIdOf), expiresAtMs: null };
      const { token = '' } = await session.sharing.createToken(wish);
      const program = await device.accounts.resume(token);
      assert.ok(program);
      return program;
    };
    const { photos: inside } = await open('view', folder.id);
    assert.deepEqual(namesOf(await inside.month('2026-07')), ['b.jpg']);
    const { photos: all } = await open('view', root);
    assert.deepEqual(namesOf(await all.month('2026-07')), ['b.jpg', 'a.jpg']);
    await drive.trash(entryId(folder.id));
    assert.deepEqual(namesOf(await all.month('2026-07')), ['a.jpg']);
    await photos.createAlbum('mine');
    await assert.rejects(all.albums(), coded('forbidden'));
    const blind = await open('upload', root);
    assert.throws(() => blind.photos, coded('forbidden'));
  });

  it('that wait for being read are counted', async () => {
    const maker = new FakeMaker();
    const slow = Promise.withResolvers<void>();
    maker.pause = slow.promise;
    const { drive, root, session } = await createHome(undefined, maker);
    for (const name of ['a.jpg', 'b.jpg'])
      await put(drive, root, name, pictureText(), { mime: 'image/jpeg' });
    assert.deepEqual(await session.photos.progress(), { waiting: 2, lack: null });
    slow.resolve();
    await until('all were read', async () => (await session.photos.progress()).waiting === 0);
  });
});

describe('an album', () => {
  async function withAlbum() {
    const days = { 'a.jpg': taken('2026-07-01T00:00:00'), 'b.jpg': taken('2026-07-02T00:00:00') };
    const home = await withPictures({ ...days, 'c.jpg': taken('2026-07-03T00:00:00') });
    const album = await home.photos.createAlbum('Sommer');
    const id = (name: string) => entryId(home.ids[name] ?? '');
    return { ...home, album: album.id, id };
  }

  it('keeps the order in which pictures were added, each once, and another one where it is given', async () => {
    const { photos, album, id } = await withAlbum();
    const missing = entryId('0'.repeat(32));
    assert.deepEqual(
      (await photos.addToAlbum(album, [id('b.jpg'), id('a.jpg'), id('b.jpg'), missing])).map(({ ok }) => ok),
      [true, true, true, false],
    );
    await photos.addToAlbum(album, [id('c.jpg'), id('a.jpg')]);
    const shown = async () => namesOf(await photos.albumEntries(album));
    assert.deepEqual(await shown(), ['b.jpg', 'a.jpg', 'c.jpg']);
    await photos.changeAlbum(album, { order: [id('c.jpg'), id('b.jpg')] });
    assert.deepEqual(await shown(), ['c.jpg', 'b.jpg', 'a.jpg']);
    const outcomes = await photos.removeFromAlbum(album, [id('b.jpg'), missing]);
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, false],
    );
    assert.deepEqual(await shown(), ['c.jpg', 'a.jpg']);
  });

  it('has a name and a cover that can be changed', async () => {
    const { photos, album, id } = await withAlbum();
    assert.equal((await photos.album(album)).cover, null);
    await photos.addToAlbum(album, [id('a.jpg'), id('b.jpg')]);
    const changed = await photos.changeAlbum(album, { name: ' Urlaub\u0308 ', coverId: id('b.jpg') });
    assert.deepEqual(
      [changed.name, changed.cover?.name, changed.count],
      ['Urlaub\u0308'.normalize('NFC'), 'b.jpg', 2],
    );
    await photos.removeFromAlbum(album, [id('b.jpg')]);
    assert.equal((await photos.album(album)).cover?.name, 'a.jpg');
    for (const name of ['\u200b', '\u2800 \u2060', '', '   ', 'a\nb', 'x'.repeat(201)]) {
      await assert.rejects(photos.changeAlbum(album, { name }), coded('bad-input'), JSON.stringify(name));
    }
    await assert.rejects(photos.changeAlbum(album, { coverId: id('c.jpg') }), coded('bad-input'));
    await assert.rejects(photos.album('0'.repeat(32)), coded('not-found'));
  });

  it('leaves out what is in the trash, and shows it in its place when it is restored', async () => {
    const { photos, drive, album, id } = await withAlbum();
    await photos.addToAlbum(album, [id('a.jpg'), id('b.jpg'), id('c.jpg')]);
    await drive.trash(id('b.jpg'));
    assert.deepEqual(namesOf(await photos.albumEntries(album)), ['a.jpg', 'c.jpg']);
    await drive.restore(id('b.jpg'));
    assert.deepEqual(namesOf(await photos.albumEntries(album)), ['a.jpg', 'b.jpg', 'c.jpg']);
  });

  it('that is deleted leaves its pictures', async () => {
    const { photos, album, id } = await withAlbum();
    await photos.addToAlbum(album, [id('a.jpg')]);
    await photos.deleteAlbum(album);
    assert.deepEqual(await photos.albums(), []);
    assert.equal((await photos.month('2026-07')).length, 3);
    await assert.rejects(photos.addToAlbum(album, [id('a.jpg')]), coded('not-found'));
  });

  it('keeps what two devices add while they do not hear each other, each picture once', async () => {
    const pair = await createPair(new FakeMaker());
    const ids = await addPicturesToPair(pair, {
      'a.jpg': taken('2026-07-01T00:00:00'),
      'b.jpg': taken('2026-07-02T00:00:00'),
      'c.jpg': taken('2026-07-03T00:00:00'),
    });
    const { photos } = pair.session;
    const album = await photos.createAlbum('both');
    await pair.meet();
    const other = (await pair.laptop.accounts.login(username, password, 'here')).photos;
    const id = (name: string) => entryId(ids[name] ?? '');
    await photos.addToAlbum(album.id, [id('a.jpg'), id('c.jpg')]);
    await other.addToAlbum(album.id, [id('b.jpg'), id('c.jpg')]);
    await pair.meet();
    const here = namesOf(await photos.albumEntries(album.id));
    assert.deepEqual([...here].sort(), ['a.jpg', 'b.jpg', 'c.jpg']);
    assert.deepEqual(namesOf(await other.albumEntries(album.id)), here);
  });

  it('tells nobody else its name, nor which pictures are in it', async () => {
    const { photos, album, id, device, ids } = await withAlbum();
    await photos.addToAlbum(album, [id('a.jpg')]);
    let records = 0;
    for await (const { bytes, id: record } of catalogOf(device).list('album')) {
      records += 1;
      const text = Buffer.from(bytes).toString('latin1');
      for (const secret of ['Sommer', ids['a.jpg'] ?? '']) {
        assert.equal(text.includes(secret) || record.includes(secret), false);
      }
    }
    assert.equal(records, 2);
  });
});
