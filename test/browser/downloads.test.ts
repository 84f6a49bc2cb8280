/** Downloads of more than a file in a real browser: a folder, a selection, a guest's folder; and what a new token tells. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { ShareView } from '../../src/model/api.ts';
import { DeviceProcess } from '../cluster/device-process.ts';
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

const localHeader = Buffer.from('504b0304', 'hex');

describe('downloads on the page', { skip: withoutBrowser, timeout: 900_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let folder: string;
  let problems: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-downloads-'));
    device = await DeviceProcess.start({ name: 'laptop' });
    await device.setup();
    const put = (path: string, text: string) =>
      device.must('PUT', `/api/v1/path/${path}`, { body: Buffer.from(text) });
    await put('Trip/plan.txt', 'the plan');
    await put('Trip/deep/map.txt', 'the map');
    await put('diary.txt', 'private');
    browser = await launchBrowser();
    page = await (await browser.newContext({ acceptDownloads: true })).newPage();
    page.setDefaultTimeout(waitMs);
    problems = collectProblems(page, []);
    await signIn(page, device.address);
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** The name that a ZIP file is saved under, and the names in it: those of its local headers. */
  const saved = async (on: Page, click: () => Promise<void>) => {
    const waiting = on.waitForEvent('download');
    await click();
    const download = await waiting;
    const bytes = await readFile(await download.path());
    const names: string[] = [];
    for (let at = bytes.indexOf(localHeader); at >= 0; at = bytes.indexOf(localHeader, at + 30)) {
      names.push(bytes.toString('utf8', at + 30, at + 30 + bytes.readUInt16LE(at + 26)));
    }
    return { name: download.suggestedFilename(), names };
  };
  const tripNames = ['Trip/', 'Trip/deep/', 'Trip/deep/map.txt', 'Trip/plan.txt'];
  const row = (name: string) => page.getByRole('row', { name: new RegExp(name) });

  it('save a folder, and several entries, as one ZIP file', async () => {
    await row('Trip').click();
    const bar = page.getByRole('toolbar', { name: 'Selected entries' });
    const one = await saved(page, () => bar.getByRole('link', { name: 'Download' }).click());
    assert.equal(one.name, 'Trip.zip');
    assert.deepEqual(one.names.sort(), tripNames);
    await row('diary.txt').click({ modifiers: ['Control'] });
    await bar.getByText('2 selected').waitFor();
    await shot(page, 'download-selection');
    const two = await saved(page, () => bar.getByRole('button', { name: 'Download' }).click());
    assert.equal(two.name, '2 files.zip');
    assert.deepEqual(two.names.sort(), [...tripNames, 'diary.txt']);
  });

  it('save all of a folder for a guest', async () => {
    const { id } = await device.entryAt('/Trip');
    const { url } = await device.must<ShareView>('POST', '/api/v1/shares', { json: { entryId: id } });
    const guest = await (await browser.newContext({ acceptDownloads: true })).newPage();
    guest.setDefaultTimeout(waitMs);
    await guest.goto(new URL(new URL(String(url)).pathname, `http://${device.address}`).href);
    const all = guest.getByRole('button', { name: 'Download Trip' });
    await all.waitFor();
    await shot(guest, 'download-guest');
    await assertAccessible(guest, 'a folder of a guest');
    const { name, names } = await saved(guest, () => all.click());
    assert.equal(name, 'Trip.zip');
    assert.deepEqual(names.sort(), tripNames);
  });

  it('tell where programs mount the drive when a token is made', async () => {
    await page.goto(`http://${device.address}/settings`);
    await page.getByLabel('Purpose').fill('backup');
    await page.getByRole('button', { name: 'Create token' }).click();
    assert.equal(await page.getByLabel('WebDAV address').inputValue(), `http://${device.address}/dav/`);
    assert.match(await page.getByLabel('S3 access key').inputValue(), /^[0-9a-f]{120}$/);
    await page.getByLabel('S3 access key').scrollIntoViewIfNeeded();
    await shot(page, 'download-token');
    await assertNoOverflow(page, 'a new token');
    await assertAccessible(page, 'a new token');
    assert.deepEqual(problems, []);
  });
});
