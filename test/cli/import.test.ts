import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FoundView, Page } from '../../src/model/api.ts';
import { CommandLine } from './command-line.ts';

describe('import', () => {
  let line: CommandLine;
  before(async () => {
    line = await CommandLine.start();
  });
  after(() => line.stop());

  /** Writes files below a folder of their own. @returns its path */
  async function folderOf(name: string, files: Readonly<Record<string, string | object>>): Promise<string> {
    for (const [path, content] of Object.entries(files)) {
      const at = join(line.folder, name, path);
      await mkdir(dirname(at), { recursive: true });
      await writeFile(at, typeof content === 'string' ? content : JSON.stringify(content));
    }
    return join(line.folder, name);
  }

  const entries = async () =>
    (await line.gateway.get('/api/v1/search?limit=1000')).json<Page<FoundView>>().items;
  const entry = async (name: string) => {
    const found = (await entries()).find((one) => one.name === name);
    assert.ok(found, `${name} is in the drive`);
    return found;
  };
  const has = async (name: string) => (await entries()).some((one) => one.name === name);
  const change = async (name: string) => {
    const { id } = await entry(name);
    return line.gateway.front.photos.changes.find(({ ids }) => ids.includes(id))?.change;
  };

  it('of Google Takeout keeps dates, places, descriptions, albums, favorites and the archive, each content once', async () => {
    const long = 'a very long name that somebody gave to a picture.jpg';
    const said = (more: object) => ({ photoTakenTime: { timestamp: '1563112800' }, ...more });
    const geo = { latitude: 48.1, longitude: 11.6 };
    const none = { latitude: 0, longitude: 0 };
    const from = await folderOf('takeout', {
      'Photos from 2019/metadata.json': { title: 'Photos from 2019' },
      'Photos from 2019/IMG_1.jpg': 'one',
      'Photos from 2019/IMG_1.jpg.supplemental-metadata.json': said({
        description: 'Am See',
        geoData: geo,
        geoDataExif: none,
        favorited: true,
      }),
      'Photos from 2019/IMG_2.jpg': 'two',
      'Photos from 2019/IMG_2.jpg.json': said({ geoData: geo, geoDataExif: geo, archived: true }),
      'Photos from 2019/IMG_2(1).jpg': 'two, another one',
      'Photos from 2019/IMG_2.jpg(1).json': said({ description: 'twin' }),
      'Photos from 2019/IMG_1-edited.jpg': 'one, edited',
      [`Photos from 2019/${long}`]: 'long',
      [`Photos from 2019/${long.slice(0, 46)}.json`]: said({ description: 'cut name' }),
      'Photos from 2019/broken.jpg': 'broken',
      'Photos from 2019/broken.jpg.json': '{ no json',
      'Summer/metadata.json': { title: 'Sommer am See' },
      'Summer/IMG_1.jpg': 'one',
      'Summer/notes.txt': 'no picture',
    });
    const dry = await line.run(['import', 'takeout', from, '--dry-run']);
    assert.match(dry.out, /6 files would be imported, 1 file there already/);
    assert.equal(await has('IMG_1.jpg'), false);
    const ran = await line.run(['import', 'takeout', from]);
    assert.equal(ran.code, 0, ran.err);
    assert.match(ran.out, /6 files imported, 1 file there already/);
    assert.equal((await entry('IMG_1.jpg')).modifiedAt, '2019-07-14T14:00:00.000Z');
    assert.equal((await line.run(['ls', '/Photos/2019/07'])).code, 0);
    assert.deepEqual(await change('IMG_1.jpg'), { description: 'Am See', gps: geo });
    assert.equal((await entry('IMG_1.jpg')).starred, true);
    assert.deepEqual(await change('IMG_2.jpg'), { archived: true });
    assert.deepEqual(await change('IMG_2(1).jpg'), { description: 'twin' });
    assert.deepEqual((await change('IMG_1-edited.jpg'))?.description, 'Am See');
    assert.deepEqual(await change(long), { description: 'cut name' });
    const [album, ...others] = await line.gateway.front.photos.albums();
    assert.deepEqual([album?.name, album?.count, others.length], ['Sommer am See', 1, 0]);
    // Again: nothing is sent, and there is no second album.
    const again = await line.run(['import', 'takeout', from, '--json']);
    assert.deepEqual(JSON.parse(again.out), { imported: 0, duplicates: 7, failed: [] });
    assert.equal((await line.gateway.front.photos.albums()).length, 1);
  });

  it('of iCloud reads its tables', async () => {
    const from = await folderOf('icloud', {
      'Part 1/Photo Details.csv':
        'imgName,fileChecksum,favorite,hidden,deleted,originalCreationDate,viewCount\r\n' +
        'IMG_7.HEIC,abc,yes,no,no,"Friday January 11,2019 1:05 PM GMT",3\r\n' +
        '"odd, ""name"".jpg",abc,no,yes,no,"Friday January 11,2019 11:00 AM GMT",3\r\n' +
        'gone.jpg,abc,no,no,yes,"Friday January 11,2019 11:00 AM GMT",3\r\n',
      'Part 1/Photos/IMG_7.HEIC': 'seven',
      'Part 1/Photos/odd, "name".jpg': 'odd',
      'Part 1/Photos/gone.jpg': 'gone',
      'Albums/Winter.csv': 'Images\r\nIMG_7.HEIC\r\n',
    });
    const ran = await line.run(['import', 'icloud', from, '--to', '/Apple']);
    assert.equal(ran.code, 0, ran.err);
    assert.equal((await entry('IMG_7.HEIC')).modifiedAt, '2019-01-11T13:05:00.000Z');
    assert.equal((await entry('IMG_7.HEIC')).starred, true);
    assert.deepEqual(await change('odd, "name".jpg'), { hidden: true });
    assert.equal(await has('gone.jpg'), false);
    const albums = await line.gateway.front.photos.albums();
    assert.equal(albums.find(({ name }) => name === 'Winter')?.count, 1);
  });

  it('of Immich reads the XMP beside, of a camera the files alone; a twin of a name gets another one', async () => {
    const xmp =
      '<x:xmpmeta><rdf:Description exif:DateTimeOriginal="2020-02-03T04:05:06Z" exif:GPSLatitude="12,3.0S" ' +
      'exif:GPSLongitude="77,1.2W"><dc:description><rdf:Alt><rdf:li xml:lang="x-default">Fish &amp; chips</rdf:li>' +
      '</rdf:Alt></dc:description></rdf:Description></x:xmpmeta>';
    const from = await folderOf('immich', { 'a/P_1.jpg': 'from immich', 'a/P_1.jpg.xmp': xmp });
    assert.equal((await line.run(['import', 'immich', from])).code, 0);
    assert.equal((await entry('P_1.jpg')).modifiedAt, '2020-02-03T04:05:06.000Z');
    assert.deepEqual(await change('P_1.jpg'), {
      description: 'Fish & chips',
      gps: { latitude: -12.05, longitude: -77.02 },
    });
    const card = await folderOf('card', {
      'DCIM/100/DSC_1.JPG': 'first',
      'DCIM/101/DSC_1.JPG': 'second',
      'DCIM/101/DSC_1.JPG.xml': 'of the camera',
    });
    const ran = await line.run(['import', 'dcim', card]);
    assert.match(ran.out, /2 files imported, 0 files there already/);
    assert.equal((await entries()).filter(({ name }) => name.startsWith('DSC_1')).length, 2);
  });

  it('of what is not known, or of a packed file, says what to do', async () => {
    const unknown = await line.run(['import', 'flickr', line.folder]);
    assert.deepEqual([unknown.code, /takeout, icloud, immich, dcim/.test(unknown.err)], [2, true]);
    const folder = await folderOf('packed', { 'takeout.zip': 'zip' });
    const packed = await line.run(['import', 'takeout', join(folder, 'takeout.zip')]);
    assert.match(packed.err, /unpack it/);
  });
});
