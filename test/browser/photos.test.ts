/** Photos in a real browser: the timeline, the viewer, albums, look-alikes, thumbnails in the drive; every width. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { EntryView } from '../../src/model/api.ts';
import type { MediaProgressView, PhotoView, TimelineMonth } from '../../src/model/views/photos.ts';
import { DeviceProcess } from '../cluster/device-process.ts';
import { newFilm, newPicture } from '../media/pictures.ts';
import { until } from '../support/until.ts';
import {
  assertAccessible,
  assertNoOverflow,
  collectProblems,
  launchBrowser,
  shot,
  signIn,
  waitMs,
} from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const photoCount = 250;
const shapes = [
  [96, 64],
  [64, 96],
  [64, 64],
  [160, 60],
] as const;

/** The day of a picture: all of them over five years, newest first, more in the last months. */
function takenOn(at: number): string {
  const day = new Date(Date.UTC(2026, 6, 14, 15, 3, 22) - at ** 1.355 * 86_400_000);
  return day.toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
}

describe('photos on the page', { skip: withoutBrowser, timeout: 900_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  const put = (path: string, bytes: Uint8Array, type: string) =>
    device.must<EntryView>('PUT', `/api/v1/path/${path}`, { body: bytes, headers: { 'content-type': type } });
  const photos = (on = page) => on.locator('.photo:not(.waiting)');
  const visit = async (path: string, heading: string, on = page) => {
    await on.goto(`http://${device.address}${path}`);
    await on.getByRole('heading', { name: heading, level: 1 }).waitFor();
  };
  const timeline = async () =>
    (await device.must<{ months: TimelineMonth[] }>('GET', '/api/v1/photos/timeline')).months;

  before(async () => {
    device = await DeviceProcess.start({ name: 'nas' });
    await device.setup();
    const add = async (at: number) => {
      const [width, height] = shapes[at % shapes.length] ?? [64, 64];
      const exif = {
        IFD0: { Make: 'Canon', Model: 'Canon EOS R5' },
        IFD2: { DateTimeOriginal: takenOn(at) },
        IFD3: {
          GPSLatitudeRef: 'N',
          GPSLatitude: '48/1 8/1 0/1',
          GPSLongitudeRef: 'E',
          GPSLongitude: '11/1 34/1 0/1',
        },
      };
      await put(`Photos/p${at}.jpg`, await newPicture({ width, height, seed: at, exif }), 'image/jpeg');
    };
    for (let at = 0; at < photoCount; at += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, more) => add(at + more)));
    }
    await put(
      'Photos/film.mp4',
      newFilm({ created: 2_082_844_800 + Date.UTC(2026, 6, 13) / 1000 }),
      'video/mp4',
    );
    await put('Photos/broken_20200101.jpg', (await newPicture()).subarray(0, 100), 'image/jpeg');
    await put('Photos/notes.txt', Buffer.from('no picture'), 'text/plain');
    const allRead = async () => {
      const { waiting } = await device.must<MediaProgressView>('GET', '/api/v1/photos/progress');
      return waiting === 0 || `${waiting} wait`;
    };
    await until('all were read', allRead, 600_000);
    browser = await launchBrowser();
    page = await (
      await browser.newContext({ acceptDownloads: true, viewport: { width: 1280, height: 800 } })
    ).newPage();
    page.setDefaultTimeout(waitMs);
    problems = collectProblems(page, []);
    await signIn(page, device.address);
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
  });

  it('the timeline shows all pictures by month, and draws only those in sight', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Photos' }).click();
    await page.getByRole('heading', { name: 'July 2026' }).waitFor();
    const months = await timeline();
    assert.equal(
      months.reduce((sum, { count }) => sum + count, 0),
      photoCount + 2,
    );
    await until('pictures are shown', async () => (await photos().count()) > 10);
    assert.ok((await photos().count()) < 200);
    await until('all in sight are decoded', () =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLImageElement>('.photo img')]
          .filter((image) => image.getBoundingClientRect().top < innerHeight)
          .every((image) => image.complete && image.naturalWidth > 0),
      ),
    );
    await shot(page, 'photos');
    await assertAccessible(page, 'the timeline');
    const last = months.at(-1)?.month ?? '';
    // What is drawn on the way may make the page longer.
    await until('the oldest month is there', async () => {
      await page.locator('.content').evaluate((content) => content.scrollTo(0, content.scrollHeight));
      return (await page.locator(`#section-${last}`).count()) > 0;
    });
    await page.getByRole('link', { name: new RegExp(`p${photoCount - 1}\\.jpg`) }).waitFor();
    assert.deepEqual(problems, []);
  });

  it('the months at the side lead to any of them, by mouse and by keys', async () => {
    await visit('/photos', 'Photos');
    const slider = page.getByRole('slider', { name: 'Month' });
    await slider.focus();
    assert.equal(await slider.getAttribute('aria-valuetext'), 'July 2026');
    await page.keyboard.press('ArrowDown');
    await until(
      'the next month is shown',
      async () => (await slider.getAttribute('aria-valuetext')) === 'June 2026',
    );
    const box = await slider.boundingBox();
    assert.ok(box);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height * 0.7);
    await until('a month years ago is shown', async () =>
      /202[1-3]$/.test((await slider.getAttribute('aria-valuetext')) ?? ''),
    );
    await until('its pictures are there', async () => (await photos().count()) > 5);
    await shot(page, 'photos-scrubbed');
  });

  it('the viewer opens, goes on by keys, tells facts, and Back closes it', async () => {
    await visit('/photos', 'Photos');
    await page.getByRole('link', { name: /p0\.jpg/ }).click();
    const viewer = page.getByRole('dialog', { name: 'Photos' });
    await viewer.waitFor();
    assert.match(page.url(), /photo=[0-9a-f]{32}/);
    await viewer.locator('.pswp__img:not(.pswp__img--placeholder)').first().waitFor();
    const first = page.url();
    await page.keyboard.press('ArrowRight');
    await until('the next one is shown', () => page.url() !== first);
    await page.keyboard.press('ArrowLeft');
    await until('the first one is shown again', () => page.url() === first);
    await page.keyboard.press('i');
    const sheet = page.getByRole('complementary', { name: 'Information' });
    await sheet.getByText('Canon EOS R5').waitFor();
    const facts = await sheet.innerText();
    for (const fact of [
      'Tuesday, July 14, 2026',
      '3:03',
      'UTC+2',
      '48.1333° N, 11.5667° E',
      '96 × 64',
      'p0.jpg',
    ]) {
      assert.ok(facts.includes(fact), `${fact} in ${facts}`);
    }
    await shot(page, 'photos-viewer');
    await assertAccessible(page, 'the viewer');
    await page.goBack();
    await viewer.waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /p0\.jpg/ }).waitFor();
    await page.goto(first);
    await viewer.waitFor();
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).search, '');
    assert.deepEqual(problems, []);
  });

  it('the viewer stays with its picture when another one goes elsewhere, and what is done is done to that picture', async () => {
    const add = async (name: string, day: string, seed: number) =>
      put(
        `Photos/${name}`,
        await newPicture({ seed, exif: { IFD2: { DateTimeOriginal: day } } }),
        'image/jpeg',
      );
    const later = await add('later.jpg', '2026:07:20 12:00:00', 901);
    const held = await add('held.jpg', '2026:07:19 12:00:00', 902);
    await until('both are in the timeline', async () => {
      const { items } = await device.must<{ items: PhotoView[] }>('GET', '/api/v1/photos/months/2026-07');
      return (
        items.filter(({ id, hasThumbnail }) => [later.id, held.id].includes(id) && hasThumbnail).length === 2
      );
    });
    await visit('/photos', 'Photos');
    await page.getByRole('link', { name: /held\.jpg/ }).click();
    const viewer = page.getByRole('dialog', { name: 'Photos' });
    const counter = viewer.locator('.pswp__counter');
    const shown = viewer.locator('.pswp__item[aria-hidden=false] img:not(.pswp__img--placeholder)');
    await shown.waitFor();
    const [before, count] = ((await counter.innerText()).match(/\d+/g) ?? []).map(Number);
    await device.must('DELETE', `/api/v1/entries/${later.id}`);
    await until(
      'the viewer counts one less',
      async () => (await counter.innerText()).endsWith(` ${(count ?? 0) - 1}`) || counter.innerText(),
    );
    await until(
      'it is one nearer to the first',
      async () => (await counter.innerText()).startsWith(`${(before ?? 0) - 1} `) || counter.innerText(),
    );
    assert.match(page.url(), new RegExp(`photo=${held.id}`));
    assert.match((await shown.getAttribute('src')) ?? '', new RegExp(held.id));
    await page.keyboard.press('i');
    const sheet = page.getByRole('complementary', { name: 'Information' });
    await sheet.getByRole('button', { name: 'Edit date and description' }).click();
    await sheet.getByLabel('Taken').fill('2020-02-03T04:05:06');
    await sheet.getByLabel('Description').fill('The old boat');
    await sheet.getByRole('button', { name: 'Save' }).click();
    await sheet.getByText('Monday, February 3, 2020').waitFor();
    await sheet.getByText('The old boat').waitFor();
    assert.match(page.url(), new RegExp(`photo=${held.id}`));
    await assertAccessible(page, 'the sheet of facts');
    await sheet.getByRole('button', { name: 'Close information' }).click();
    await page.keyboard.press('Delete');
    await page.getByText('“held.jpg” moved to the trash').waitFor();
    await page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
  });

  it('pictures are selected by mouse and keys, put into an album, starred, and moved to the trash with Undo', async () => {
    await visit('/photos', 'Photos');
    const pick = (name: string) => page.getByRole('button', { name: new RegExp(`^Select .* ${name}`) });
    await pick('p0\\.jpg').click();
    await pick('p4\\.jpg').click({ modifiers: ['Shift'] });
    const bar = page.getByRole('toolbar', { name: 'Selected pictures' });
    await bar.getByText('selected').waitFor();
    const chosen = Number.parseInt(await bar.innerText(), 10);
    assert.ok(chosen >= 5, `${chosen} are selected`);
    await shot(page, 'photos-selected');
    await bar.getByRole('button', { name: 'Add to album' }).click();
    await page.getByLabel('Name of a new album').fill('Summer');
    await page.getByRole('button', { name: 'Create album' }).click();
    await page.getByText(`${chosen} items added to “Summer”`).waitFor();
    // By keys: the first picture, Space, Delete.
    await page.getByRole('link', { name: /p0\.jpg/ }).focus();
    await page.keyboard.press('Space');
    await bar.getByText('1 selected').waitFor();
    await bar.getByRole('button', { name: 'Add to favorites' }).click();
    await page.getByText('“p0.jpg” added to favorites.').waitFor();
    await page.getByRole('link', { name: 'Favorites' }).click();
    await page.getByRole('heading', { name: 'Favorites', level: 1 }).waitFor();
    await until('one picture is there', async () => (await photos().count()) === 1);
    await visit('/photos', 'Photos');
    await page.getByRole('link', { name: /p2\.jpg/ }).focus();
    await page.keyboard.press('x');
    await bar.waitFor();
    await page.keyboard.press('Delete');
    await page.getByRole('link', { name: /p2\.jpg/ }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByRole('link', { name: /p2\.jpg/ }).waitFor();
    assert.deepEqual(problems, []);
  });

  it('albums have a page each, with a cover; they are renamed and deleted, and the pictures stay', async () => {
    await visit('/photos/albums', 'Albums');
    await page.getByRole('link', { name: /Summer/ }).waitFor();
    await shot(page, 'photos-albums');
    await assertAccessible(page, 'albums');
    await page.getByRole('link', { name: /Summer/ }).click();
    await page.getByRole('heading', { name: 'Summer', level: 1 }).waitFor();
    await until('its pictures are there', async () => (await photos().count()) >= 5);
    const before = await photos().count();
    await page.getByRole('button', { name: /^Select .* p0\.jpg/ }).click();
    await page.getByRole('button', { name: 'Remove from album' }).click();
    await until('one is gone', async () => (await photos().count()) === before - 1);
    await page.getByRole('button', { name: 'Actions for this album' }).click();
    await page.getByRole('menuitem', { name: 'Delete album…' }).click();
    await page.getByRole('button', { name: 'Delete album' }).click();
    await page.getByRole('heading', { name: 'Albums', level: 1 }).waitFor();
    await page.getByText('No albums yet').waitFor();
    assert.equal(
      (await timeline()).reduce((sum, { count }) => sum + count, 0),
      photoCount + 2,
    );
  });

  it('a search finds by words, and look-alikes have a page', async () => {
    await visit('/photos', 'Photos');
    await page.getByRole('searchbox', { name: 'Search photos' }).fill('Juli 2026');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Photos: Juli 2026' }).waitFor();
    await until(
      'those of July are there',
      async () => (await photos().count()) === ((await timeline())[0]?.count ?? 0),
    );
    await visit('/photos/duplicates', 'Look-alikes');
    await until('an answer is there', async () => {
      const groups = await page.getByRole('heading', { name: /look alike$/, level: 2 }).count();
      return groups > 0 || page.getByText('No two pictures look alike.').isVisible();
    });
  });

  it('the drive shows thumbnails in lists and tiles, and icons for all else', async () => {
    const { id } = await device.must<EntryView>('GET', '/api/v1/path/Photos');
    await page.goto(`http://${device.address}/drive/${id}`);
    await page.locator('.entry img.thumb').first().waitFor();
    await until('those in sight are decoded', () =>
      page.evaluate(() =>
        [...document.querySelectorAll<HTMLImageElement>('img.thumb')]
          .filter((image) => image.getBoundingClientRect().top < innerHeight)
          .every((image) => image.complete && image.naturalWidth > 0),
      ),
    );
    assert.equal(await page.locator('.entry:has(a[title="broken_20200101.jpg"]) img').count(), 0);
    await shot(page, 'drive-thumbnails');
    await page.getByRole('button', { name: /tiles/i }).click();
    await page.locator('.tiles img.thumb').first().waitFor();
    await shot(page, 'drive-tiles');
    await assertAccessible(page, 'tiles with thumbnails');
    assert.deepEqual(problems, []);
  });

  it('the map gathers pictures by place, and shows below it what is in sight; places and dates are changed by hand', async () => {
    await visit('/photos/map', 'Map');
    const near = page.getByRole('button', { name: /pictures near Munich/ });
    await near.waitFor({ timeout: waitMs });
    await photos().first().waitFor();
    await shot(page, 'photos-map');
    await assertAccessible(page, 'the map');
    const map = page.getByRole('region', { name: 'Map of the world' });
    await map.focus();
    for (let step = 0; step < 6; step += 1) await page.keyboard.press('+');
    for (let step = 0; step < 12; step += 1) await page.keyboard.press('ArrowRight');
    await page.getByText('No pictures in this part of the map.').waitFor();

    await visit('/photos', 'Photos');
    await photos().first().hover();
    await photos().first().getByRole('button').click();
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Set place…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('region', { name: 'Map of the world' }).focus();
    for (let step = 0; step < 1; step += 1) await page.keyboard.press('-');
    for (let step = 0; step < 8; step += 1) await page.keyboard.press('ArrowUp');
    await shot(page, 'photos-place');
    await assertAccessible(page, 'the dialog of places');
    await dialog.getByRole('button', { name: 'Set place' }).click();
    await page.getByText('Place of 1 picture set.').waitFor();
    await visit('/photos/map', 'Map');
    await page.getByRole('button', { name: /^1 picture/ }).waitFor({ timeout: waitMs });

    await visit('/photos', 'Photos');
    await photos().first().hover();
    await photos().first().getByRole('button').click();
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'Move to the archive' }).click();
    await page.getByText('1 picture archived.').waitFor();
    await visit('/photos/archived', 'Archived');
    await photos().first().waitFor();
    await page.getByRole('link', { name: 'All photos' }).click();
    await page.getByRole('heading', { name: 'Photos', level: 1 }).waitFor();
  });

  it('photos fit every width from 320 px to 2560 px', async () => {
    await visit('/photos', 'Photos');
    for (const width of [320, 390, 768, 1024, 1920, 2560]) {
      await page.setViewportSize({ width, height: 800 });
      await until('pictures are shown', async () => (await photos().count()) > 3);
      await assertNoOverflow(page, `the timeline at ${width} px`);
      const inner = await page
        .locator('.content')
        .evaluate((content) => content.scrollWidth - content.clientWidth);
      assert.equal(inner, 0, `the content at ${width} px`);
      await shot(page, `photos-${width}`);
    }
    await page.setViewportSize({ width: 390, height: 740 });
    await assertAccessible(page, 'the timeline on a phone');
  });
});
