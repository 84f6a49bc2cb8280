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
  it('has every picture for two who ask at once, while the drive is read for the first time', async () => {
    const { device, session } = await withPictures({
      'a.jpg': taken('2026-08-01T00:30:00'),
      'b.jpg': taken('2026-07-31T23:30:00'),
    });
    const again = await device.restart();
    const resumed = await again.accounts.resume(session.secret);
    assert.ok(resumed);
    const asked = await Promise.all([resumed.photos.timeline(), resumed.photos.timeline()]);
    assert.deepEqual(
      asked.map((months) => months.length),
      [2, 2],
    );
  });

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

describe('files that are one picture', () => {
  const at = (local: string) => taken(local);
  const id = 'A1B2C3D4-0000-4000-8000-000000000001';

  it('are shown as one: Live Photos, raw files beside their JPEG, bursts', async () => {
    const { photos, ids } = await withPictures({
      'IMG_1.heic': { ...at('2026-07-01T10:00:00'), contentId: id },
      'other name.mp4': { ...at('2026-07-01T10:00:01'), contentId: id, durationSeconds: 3 },
      'IMG_2.jpg': at('2026-07-02T10:00:00'),
      'IMG_2.mp4': { ...at('2026-07-02T10:00:01'), durationSeconds: 2.5 },
      'IMG_2.dng': { ...at('2026-07-02T10:00:00'), format: 'raw' },
      // Long, and at another time: films of their own.
      'IMG_3.jpg': at('2026-07-03T10:00:00'),
      'IMG_3.mp4': { ...at('2026-07-03T10:00:01'), durationSeconds: 30 },
      'IMG_4.jpg': at('2026-07-04T10:00:00'),
      'IMG_4.mp4': { ...at('2026-07-04T12:00:00'), durationSeconds: 3 },
      'b1.jpg': { ...at('2026-07-05T10:00:00'), burstId: id },
      'b2.jpg': { ...at('2026-07-05T10:00:01'), burstId: id },
      'b3.jpg': { ...at('2026-07-05T10:00:02'), burstId: id },
    });
    const month = await photos.month('2026-07');
    assert.deepEqual(
      month.map(({ name, stack = 1 }) => [name, stack]),
      [
        ['b1.jpg', 3],
        ['IMG_4.mp4', 1],
        ['IMG_4.jpg', 1],
        ['IMG_3.mp4', 1],
        ['IMG_3.jpg', 1],
        ['IMG_2.jpg', 3],
        ['IMG_1.heic', 2],
      ],
    );
    assert.equal(month.find(({ name }) => name === 'IMG_1.heic')?.live, ids['other name.mp4']);
    assert.equal(month.find(({ name }) => name === 'IMG_2.jpg')?.live, ids['IMG_2.mp4']);
    assert.equal((await photos.timeline())[0]?.count, 7);
    const stack = await photos.stack(entryId(ids['b1.jpg'] ?? ''));
    assert.deepEqual(namesOf(stack), ['b1.jpg', 'b2.jpg', 'b3.jpg']);
    await assert.rejects(photos.stack(entryId(ids['b2.jpg'] ?? '')), coded('not-found'));
  });

  it('of a burst have the favorite on top', async () => {
    const { photos, drive, ids } = await withPictures({
      'b1.jpg': { ...at('2026-07-05T10:00:00'), burstId: id },
      'b2.jpg': { ...at('2026-07-05T10:00:01'), burstId: id },
    });
    await drive.patch(entryId(ids['b2.jpg'] ?? ''), { starred: true });
    assert.deepEqual(namesOf(await photos.month('2026-07')), ['b2.jpg']);
  });
});

describe('what is said of a picture', () => {
  it('counts instead of what its file says, on other devices too, and is taken back', async () => {
    const pair = await createPair(new FakeMaker());
    const ids = await addPicturesToPair(pair, {
      'a.jpg': { ...taken('2026-07-01T10:00:00'), gps: { latitude: 48.1, longitude: 11.6 } },
    });
    const { photos } = pair.session;
    const id = entryId(ids['a.jpg'] ?? '');
    const change = {
      takenLocal: '1999-12-31T23:59:00',
      offsetMinutes: 60,
      gps: { latitude: -12, longitude: -77 },
      description: 'Silvester am Meer',
      turn: 90 as const,
      crop: { x: 0.1, y: 0, width: 0.5, height: 1 },
    };
    const missing = entryId('0'.repeat(32));
    const outcomes = await photos.change([id, missing], change);
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, false],
    );
    await exchange(pair.device, pair.laptop);
    const other = await pair.laptop.accounts.login(username, password, 'here');
    const [shown] = await other.photos.month('1999-12');
    assert.deepEqual(
      [shown?.takenAt, shown?.dateFrom, shown?.description, shown?.turn, shown?.crop, shown?.place?.town],
      ['1999-12-31T22:59:00.000Z', 'edited', 'Silvester am Meer', 90, change.crop, 'Lima'],
    );
    // 4000 × 3000, of which half of the width is left, turned.
    assert.equal(shown?.ratio, 1.5);
    assert.deepEqual(namesOf(await photos.search('silvester lima')), ['a.jpg']);
    await photos.change([id], { takenLocal: null, gps: 'none', description: null, turn: 0, crop: null });
    const [again] = await photos.month('2026-07');
    assert.deepEqual([again?.gps, again?.ratio, again?.description], [undefined, 1.333, undefined]);
    await photos.change([id], { gps: null });
    assert.equal((await photos.month('2026-07'))[0]?.place?.town, 'Munich');
    for (const wrong of [
      { takenLocal: '2026-02-31T00:00:00' },
      { offsetMinutes: 5000 },
      { gps: { latitude: 91, longitude: 0 } },
      { crop: { x: 0.9, y: 0, width: 0.5, height: 1 } },
      { description: 'x'.repeat(5001) },
    ]) {
      await assert.rejects(photos.change([id], wrong), coded('bad-input'), JSON.stringify(wrong));
    }
  });

  it('keeps its tags and star, goes with a copy, and is changed by no token', async () => {
    const { photos, drive, root, session, device, ids } = await withPictures({
      'a.jpg': taken('2026-07-01T10:00:00'),
    });
    const id = entryId(ids['a.jpg'] ?? '');
    await drive.patch(id, { starred: true, tags: ['sea'] });
    await photos.change([id], { description: 'mine' });
    const { starred, tags } = await drive.entry(id);
    assert.deepEqual([starred, tags], [true, ['sea']]);
    const folder = await drive.createFolder(root, 'inside');
    const copy = await drive.copy(id, entryId(folder.id));
    await until('the copy was read', async () => (await drive.entry(entryId(copy.id))).media !== null);
    assert.equal((await photos.search('mine')).length, 2);
    const wish = { name: 'frame', rights: 'edit' as const, entryId: root, expiresAtMs: null };
    const program = await device.accounts.resume((await session.sharing.createToken(wish)).token ?? '');
    assert.ok(program);
    await assert.rejects(program.photos.change([id], { archived: true }), coded('forbidden'));
  });

  it('keeps it out of the timeline when archived, and out of everything when hidden', async () => {
    const { photos, ids } = await withPictures({
      'a.jpg': taken('2026-07-01T10:00:00'),
      'b.jpg': taken('2026-07-02T10:00:00'),
      'c.jpg': taken('2026-07-03T10:00:00'),
    });
    const id = (name: string) => entryId(ids[name] ?? '');
    await photos.change([id('a.jpg')], { archived: true });
    await photos.change([id('b.jpg')], { hidden: true });
    const album = await photos.createAlbum('all');
    await photos.addToAlbum(album.id, [id('a.jpg'), id('b.jpg'), id('c.jpg')]);
    assert.deepEqual(namesOf(await photos.month('2026-07')), ['c.jpg']);
    assert.deepEqual(namesOf(await photos.search('2026')), ['c.jpg', 'a.jpg']);
    assert.deepEqual(namesOf(await photos.albumEntries(album.id)), ['a.jpg', 'c.jpg']);
    assert.deepEqual(namesOf(await photos.archived()), ['a.jpg']);
    assert.deepEqual(namesOf(await photos.hidden()), ['b.jpg']);
    await photos.change([id('a.jpg'), id('b.jpg')], { archived: false, hidden: false });
    assert.equal((await photos.month('2026-07')).length, 3);
  });
});

describe('what a device keeps of pictures', () => {
  it('says nowhere what they are called, show, or where they were taken', async () => {
    const secrets = ['Geheimnis', 'Pixel 8', 'Munich', 'München', 'Silvester', 'Sommer 2019', 'A1B2C3D4'];
    const home = await withPictures({
      'Geheimnis.jpg': {
        ...taken('2019-07-01T10:00:00'),
        gps: { latitude: 48.1, longitude: 11.6 },
        camera: 'Pixel 8',
        contentId: 'A1B2C3D4-0000-4000-8000-000000000001',
        description: 'Silvester',
      },
    });
    const { photos, ids, device, world } = home;
    const id = entryId(ids['Geheimnis.jpg'] ?? '');
    await photos.change([id], { description: 'Silvester am See', gps: { latitude: 48.2, longitude: 11.5 } });
    await photos.addToAlbum((await photos.createAlbum('Sommer 2019')).id, [id]);
    await photos.createAlbum('Silvester', 'München');
    assert.equal((await photos.search('münchen')).length, 1);
    const kept: Uint8Array[] = [...world.chunks.values()];
    for (const table of ['entry', 'version', 'facts', 'media', 'album'] as const) {
      let records = 0;
      for await (const { bytes } of catalogOf(device).list(table)) {
        records += 1;
        kept.push(bytes);
      }
      assert.ok(records > 0, table);
    }
    for (const bytes of kept) {
      const text = Buffer.from(bytes).toString('latin1') + Buffer.from(bytes).toString('utf8');
      for (const secret of secrets) assert.equal(text.includes(secret), false, secret);
    }
  });
});

describe('pictures put together', () => {
  const munich = { gps: { latitude: 48.1, longitude: 11.6 } };
  const lima = { gps: { latitude: -12, longitude: -77 } };
  const two = (number: number) => String(number).padStart(2, '0');

  it('are found by places in two languages, and listed by town', async () => {
    const { photos } = await withPictures({
      'a.jpg': { ...taken('2026-07-01T10:00:00'), ...munich },
      'b.jpg': { ...taken('2026-07-02T10:00:00'), ...lima, camera: 'Pixel 8' },
      'Screenshot_1.jpg': taken('2026-07-03T10:00:00'),
      'd.jpg': { ...taken('2025-07-03T10:00:00'), ...munich },
    });
    assert.deepEqual(namesOf(await photos.search('münchen 2026')), ['a.jpg']);
    assert.deepEqual(namesOf(await photos.search('Deutschland')), ['a.jpg', 'd.jpg']);
    assert.deepEqual(namesOf(await photos.search('bildschirmfotos')), ['Screenshot_1.jpg']);
    assert.deepEqual(
      (await photos.places()).map(({ town, country, count, cover }) => [town, country, count, cover.name]),
      [
        ['Munich', 'DE', 2, 'a.jpg'],
        ['Lima', 'PE', 1, 'b.jpg'],
      ],
    );
    const { count, kinds, cameras, towns, years } = await photos.facets('');
    assert.deepEqual(
      [count, kinds[0], cameras, towns[0], years],
      [
        4,
        { name: 'photo', count: 3 },
        [{ name: 'Pixel 8', count: 1 }],
        { name: 'Munich', count: 2 },
        [
          { name: '2026', count: 3 },
          { name: '2025', count: 1 },
        ],
      ],
    );
    assert.equal((await photos.facets('lima')).count, 1);
  });

  it('are remembered on their day in later years, but for screenshots and what has no date of its own', async () => {
    const { photos } = await withPictures({
      'a.jpg': taken('2024-02-29T10:00:00'),
      'b.jpg': taken('2020-02-28T10:00:00'),
      'Screenshot_20200228-101010.jpg': {},
      'today.jpg': taken('2026-02-28T10:00:00'),
      'scan.jpg': {},
    });
    const memories = await photos.memories('2026-02-28');
    assert.deepEqual(
      memories.map(({ year, items }) => [year, ...namesOf(items)]),
      [
        [2024, 'a.jpg'],
        [2020, 'b.jpg'],
      ],
    );
    assert.deepEqual(await photos.memories('2024-02-28'), [
      { year: 2020, items: (await photos.month('2020-02')).slice(1) },
    ]);
    assert.deepEqual(await photos.memories('2026-01-01'), []);
  });

  it('are journeys where they were taken away from home on days near each other', async () => {
    const pictures: Record<string, Partial<MediaFacts>> = {};
    for (let day = 1; day <= 25; day += 1) {
      pictures[`home${day}.jpg`] = { ...taken(`2026-05-${two(day)}T10:00:00`), ...munich };
    }
    for (const day of [1, 2, 4, 20, 21]) {
      for (const hour of [9, 10, 11]) {
        pictures[`away${day}-${hour}.jpg`] = { ...taken(`2026-08-${two(day)}T${two(hour)}:00:00`), ...lima };
      }
    }
    const { photos } = await withPictures(pictures);
    assert.deepEqual(
      (await photos.trips()).map(({ from, to, towns, countries, count }) => [
        from,
        to,
        towns,
        countries,
        count,
      ]),
      [
        ['2026-08-20', '2026-08-21', ['Lima'], ['Peru'], 6],
        ['2026-08-01', '2026-08-04', ['Lima'], ['Peru'], 9],
      ],
    );
  });
});

describe('an album that fills itself', () => {
  it('has what fits its words, now and later, and takes nothing by hand', async () => {
    const home = await withPictures({
      'a.jpg': taken('2019-07-01T00:00:00'),
      'b.jpg': taken('2020-07-02T00:00:00'),
    });
    const { photos, ids } = home;
    const album = await photos.createAlbum('Sommer 2019', 'summer 2019');
    assert.deepEqual(namesOf(await photos.albumEntries(album.id)), ['a.jpg']);
    await addPictures(home, { 'c.jpg': taken('2019-08-01T00:00:00') });
    const { count, query, cover } = await photos.album(album.id);
    assert.deepEqual([count, query, cover?.name], [2, 'summer 2019', 'c.jpg']);
    await assert.rejects(photos.addToAlbum(album.id, [entryId(ids['b.jpg'] ?? '')]), coded('conflict'));
    const changed = await photos.changeAlbum(album.id, { query: '2020', coverId: null });
    assert.deepEqual([changed.count, changed.cover?.name], [1, 'b.jpg']);
    const plain = await photos.createAlbum('plain');
    await assert.rejects(photos.changeAlbum(plain.id, { query: '2020' }), coded('conflict'));
    await assert.rejects(photos.createAlbum('empty', '  '), coded('bad-input'));
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
