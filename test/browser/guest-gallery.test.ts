/** Pictures behind a link, as a guest sees them on a phone, at another device than the one where the link was made. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { EntryView, Page as ListPage, ShareView } from '../../src/model/api.ts';
import { DeviceProcess, pair } from '../cluster/device-process.ts';
import { newPicture } from '../media/pictures.ts';
import { until } from '../support/until.ts';
import {
  assertAccessible,
  assertNoOverflow,
  collectProblems,
  launchBrowser,
  shot,
  waitMs,
} from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

describe('a gallery for guests', { skip: withoutBrowser, timeout: 600_000 }, () => {
  let laptop: DeviceProcess;
  let nas: DeviceProcess;
  let browser: Browser;
  let guest: Page;
  let share: ShareView;
  let problems: string[];

  before(async () => {
    laptop = await DeviceProcess.start({ name: 'laptop' });
    nas = await DeviceProcess.start({ name: 'nas' });
    await laptop.setup();
    await pair(laptop, nas);
    const put = (path: string, body: Uint8Array, type: string) =>
      laptop.must('PUT', `/api/v1/path/${path}`, {
        body: Buffer.from(body),
        headers: { 'content-type': type },
      });
    for (const seed of [1, 2, 3]) {
      await put(`Trip/p${seed}.jpg`, await newPicture({ width: 640, height: 480, seed }), 'image/jpeg');
    }
    await put('Trip/plan.txt', Buffer.from('the plan'), 'text/plain');
    const { id: entryId } = await laptop.must<EntryView>('GET', '/api/v1/path/Trip');
    const json = { entryId, rights: 'view', maxDownloads: 1 };
    share = await laptop.must('POST', '/api/v1/shares', { json });
    // A guest is told nothing new by itself: the page is opened when the other device knows the pictures.
    await until('the other device knows the pictures', async () => {
      const path = `${share.path}/api/entries/root/children`;
      const { status, body } = await nas.api<ListPage<EntryView>>('GET', path, { anonymous: true });
      if (status !== 200) return `${status}`;
      return body.items.filter(({ thumbnail }) => thumbnail !== null).length === 3;
    });
    browser = await launchBrowser();
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    guest = await (await browser.newContext(phone)).newPage();
    guest.setDefaultTimeout(waitMs);
    problems = collectProblems(guest, []);
    await guest.goto(`http://${nas.address}${share.path}`);
  });
  after(async () => {
    await browser?.close();
    await nas?.remove();
    await laptop?.remove();
  });

  it('shows tiles where most files are pictures, with every thumbnail', async () => {
    await guest.getByRole('heading', { name: 'Trip' }).waitFor();
    await until('three thumbnails are decoded', () =>
      guest.evaluate(
        () =>
          [...document.querySelectorAll<HTMLImageElement>('.guest-tile img')].filter(
            ({ complete, naturalWidth }) => complete && naturalWidth > 0,
          ).length === 3,
      ),
    );
    await shot(guest, 'guest-gallery');
    await assertNoOverflow(guest, 'a gallery of a guest');
    await assertAccessible(guest, 'a gallery of a guest');
  });

  it('opens pictures one after the other, which uses up no download', async () => {
    await guest.getByRole('button', { name: 'p1.jpg', exact: true }).click();
    const preview = guest.getByRole('dialog');
    for (const name of ['p1.jpg', 'p2.jpg', 'p3.jpg']) {
      await preview.getByRole('heading', { name }).waitFor();
      await until(`${name} is drawn`, () =>
        preview
          .locator('img')
          .last()
          .evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth > 0),
      );
      if (name !== 'p3.jpg') await guest.keyboard.press('ArrowRight');
    }
    await shot(guest, 'guest-gallery-picture');
    await assertAccessible(guest, 'a picture of a guest');
    await guest.getByRole('button', { name: 'Close preview' }).click();
    await guest.reload();
    await guest.locator('.guest-tile').first().waitFor();
    assert.equal(await guest.getByRole('button', { name: 'plan.txt', exact: true }).count(), 0);
  });

  it('becomes a list, from which the one download is taken; the next is refused in plain words', async () => {
    await guest.getByRole('button', { name: 'Show as list' }).click();
    const download = guest.waitForEvent('download');
    await guest.getByRole('button', { name: 'Download plan.txt' }).click();
    await download;
    assert.deepEqual(problems, []);
    await until('the other device knows of the download', async () => {
      await guest.goto(`http://${laptop.address}${share.path}`);
      const ended = guest.getByRole('heading', { name: 'This link has ended' });
      await ended.or(guest.getByRole('heading', { name: 'Trip' })).waitFor();
      return ended.isVisible();
    });
    await shot(guest, 'guest-used-up');
    await assertAccessible(guest, 'a link that is used up');
  });
});
