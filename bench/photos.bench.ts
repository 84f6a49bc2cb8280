/**
 * The timeline and its searches, in one process without disks: 10,000 pictures of an open drive, and a search among 100,000. `--photos N` (10,000).
 */
import { photoTest } from '../src/drive/photos/index/photo-question.ts';
import type { Photo } from '../src/drive/photos/index/photo-row.ts';
import { arrange } from '../src/drive/photos/index/stacks.ts';
import { foldText } from '../src/drive/search/folding.ts';
import type { MediaFacts } from '../src/model/contracts/media/media-maker.ts';
import { type EntryId, entryId, versionId } from '../src/model/ids.ts';
import { FakeMaker, pictureText } from '../test/drive/photos/fake-maker.ts';
import { createHome, password, put, username } from '../test/drive/world.ts';
import { until } from '../test/support/until.ts';

const at = process.argv.indexOf('--photos');
const count = at < 0 ? 10_000 : Number(process.argv[at + 1]);
const many = 100_000;
const perFolder = 500;
const rounds = 20;
const questions = [
  'summer 2019',
  'München',
  'canon 2021',
  'video',
  'img_42',
  'nothing here',
  'may 2020',
  'lima',
];

/** Days of ten years, one after the other, two places. */
function factsOf(number: number): Partial<MediaFacts> {
  const day = new Date(Date.UTC(2016, 0, 1) + (number / count) * 3650 * 86_400_000);
  const latitude = number % 7 === 0 ? -12 : 48.1;
  return {
    takenAt: { local: day.toISOString().slice(0, 19), offsetMinutes: 60 },
    camera: number % 3 === 0 ? 'Canon EOS R5' : 'Pixel 8',
    gps: { latitude, longitude: 11.6 + (number % 100) / 1000 },
  };
}

async function timed(name: string, work: () => Promise<unknown>, times = rounds): Promise<void> {
  const ms: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const start = performance.now();
    await work();
    ms.push(performance.now() - start);
  }
  ms.sort((left, right) => left - right);
  const [least = 0, middle = 0] = [ms[0], ms[Math.floor(ms.length / 2)]];
  console.log(`${name.padEnd(52)} ${middle.toFixed(1)} ms (best ${least.toFixed(1)})`);
}

const maker = new FakeMaker();
maker.thumbnailBytes = [300, 600, 900];
const home = await createHome(undefined, maker);
let folder: EntryId = home.root;
for (let number = 0; number < count; number += 1) {
  if (number % perFolder === 0) {
    folder = entryId((await home.drive.createFolder(home.root, `folder ${number}`)).id);
  }
  const name = `IMG_${number}.jpg`;
  await put(home.drive, folder, name, pictureText(factsOf(number)), { mime: 'image/jpeg' });
}
await until('all were read', async () => (await home.session.photos.progress()).waiting === 0);
const device = await home.device.restart();
const { photos } = await device.accounts.login(username, password, 'here');
await timed(`the timeline of ${count}, first time after signing in`, () => photos.timeline(), 1);
await timed(`the timeline of ${count}`, () => photos.timeline());
await timed(`a month of ${count}`, () => photos.month('2019-07'));
for (const question of questions) {
  await timed(`"${question}" among ${count}`, () => photos.search(question));
}
await timed('what there is to choose from', () => photos.facets(''));
await timed('journeys', () => photos.trips());

function row(number: number): Photo {
  const { takenAt, camera, gps } = factsOf(number % count);
  const id = number.toString(16).padStart(32, '0');
  const name = `IMG_${number}.jpg`;
  const place = ['Munich', 'München', 'Monaco di Baviera', 'Germany', 'Deutschland'];
  const none = { contentId: undefined, burstId: undefined, panorama: undefined, description: undefined };
  return {
    ...none,
    id: entryId(id),
    version: versionId(id),
    name,
    parent: entryId(id),
    kind: 'image',
    format: 'jpeg',
    takenMs: number,
    local: takenAt?.local ?? '',
    dateFrom: 'content',
    width: 4000,
    height: 3000,
    thumbhash: null,
    perceptualHash: undefined,
    digest: id,
    hasThumbnail: true,
    favorite: false,
    durationSeconds: undefined,
    gps,
    place: undefined,
    camera,
    isMotion: false,
    isScreenshot: false,
    edits: {},
    words: [name, camera ?? '', ...place].map(foldText).join('\n'),
  };
}

const rows = Array.from({ length: many }, (_, number) => row(number));
await timed(`putting ${many} together`, async () => arrange(rows));
for (const question of questions) {
  await timed(`"${question}" among ${many}`, async () => rows.filter(photoTest(question)));
}
process.exit(0);
