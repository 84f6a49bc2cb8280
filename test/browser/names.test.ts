/** Names that would deceive who reads them, on the page in a real browser. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { EntryView } from '../../src/model/api.ts';
import { DeviceProcess } from '../cluster/device-process.ts';
import { launchBrowser, signIn } from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const turned = 'photo\u202egpj.exe';
const shown = 'photo\\u{202e}gpj.exe';
const marks = 'a\u202eb\u200bc';

describe('deceptive names on the page', { skip: withoutBrowser, timeout: 300_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let folder: EntryView;

  before(async () => {
    device = await DeviceProcess.start({ name: 'laptop' });
    await device.setup();
    const put = (path: string, body: string) =>
      device.must<EntryView>('PUT', `/api/v1/path/${path}`, {
        body: Buffer.from(body),
        headers: { 'content-type': 'text/plain' },
      });
    await put(`In/${encodeURIComponent(turned)}`, 'x');
    await put('In/marks.txt', `${marks}\n\tsecond line`);
    await put(`${encodeURIComponent(`folder ${turned}`)}/inside.txt`, 'x');
    folder = await device.must<EntryView>('GET', '/api/v1/path/In');
    browser = await launchBrowser();
    page = await browser.newPage();
    page.setDefaultTimeout(30_000);
    await signIn(page, device.address);
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
  });

  /** All that is shown or said, the values of fields aside. */
  const outerHtml = () => page.locator('html').evaluate((html) => html.outerHTML);

  it('are written out in lists, headings, titles and messages', async () => {
    await page.getByText(`folder ${shown}`).first().waitFor();
    await page.getByText(`folder ${shown}`).first().click();
    await page.getByRole('heading', { name: `folder ${shown}`, level: 1 }).waitFor();
    await page.getByText('inside.txt').first().waitFor();
    assert.doesNotMatch(await outerHtml(), /\u202e/);
    await page.goto(`http://${device.address}/drive/${folder.id}`);
    await page.locator(`a[title="${shown.replaceAll('\\', '\\\\')}"]`).waitFor();
    assert.doesNotMatch(await outerHtml(), /\u202e/);
  });

  it('change nothing of the content of a text file', async () => {
    await page.goto(`http://${device.address}/drive/${folder.id}`);
    await page.locator('a[title="marks.txt"]').click();
    await page.locator('pre').waitFor();
    assert.equal(await page.locator('pre').textContent(), `${marks}\n\tsecond line`);
  });
});
