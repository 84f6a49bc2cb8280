/** The page in a real browser, as a person would use it: set up, upload, rename, trash, restore, pair. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { DeviceProcess } from '../cluster/device-process.ts';
import {
  assertAccessible,
  assertNoOverflow,
  collectProblems,
  shot as keepShot,
  launchBrowser,
} from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const skip = withoutBrowser;

describe('the page', { skip, timeout: 180_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let folder: string;
  let problems: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-page-'));
    device = await DeviceProcess.start({ name: 'laptop' });
    browser = await launchBrowser();
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
    });
    page = await context.newPage();
    page.setDefaultTimeout(15_000);
    // Asking who is signed in answers 401 before a login; the browser notes that by itself.
    problems = collectProblems(page, ['401']);
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const shot = (name: string) => keepShot(page, name);
  const accessible = (where: string) => assertAccessible(page, where);
  const row = (name: string) => page.locator('.entry', { hasText: name });
  const choose = async (name: string, action: string) => {
    await row(name)
      .getByRole('button', { name: `Actions for ${name}` })
      .click();
    await page.getByRole('menuitem', { name: action }).click();
  };

  it('makes the first account from the set-up link and shows the recovery code once', async () => {
    await page.goto(`http://${device.address}/setup#${device.ready.setupCode}`);
    await shot('setup');
    await accessible('set-up');
    await page.getByLabel('User name').fill('anna');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Make my store' }).click();
    await page.getByRole('heading', { name: 'Write this down' }).waitFor();
    assert.equal(await page.getByRole('list', { name: 'Recovery code' }).getByRole('listitem').count(), 24);
    await shot('recovery');
    await accessible('recovery code');
    assert.equal(await page.getByRole('button', { name: 'Open my drive' }).isEnabled(), false);
    await page.getByLabel(/I have written/).check();
    await page.getByRole('button', { name: 'Open my drive' }).click();
    await page.getByRole('heading', { name: 'My drive' }).waitFor();
    await shot('empty');
  });

  it('uploads files by the button, says how safe they are, and gives the same bytes back', async () => {
    const content = Buffer.alloc(3_000_000, 'peerstor ');
    await writeFile(join(folder, 'Holiday plan.txt'), content);
    await writeFile(join(folder, 'Zürich 🙂.md'), '# hello');
    await page
      .getByLabel('Files to upload')
      .setInputFiles([join(folder, 'Holiday plan.txt'), join(folder, 'Zürich 🙂.md')]);
    await row('Holiday plan.txt').waitFor();
    await row('Zürich 🙂.md').waitFor();
    await page.getByText('2 files saved').waitFor();
    await row('Holiday plan.txt').getByText('accepted · 1 of 3', { exact: true }).waitFor();
    await shot('drive');
    await accessible('drive');
    const download = page.waitForEvent('download');
    await row('Holiday plan.txt').getByRole('link').click();
    const saved = await (await download).path();
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    assert.equal(hash(await readFile(saved)), hash(content));
    assert.equal((await download).suggestedFilename(), 'Holiday plan.txt');
  });

  it('makes a folder, opens it, drops a file into it and walks back by the breadcrumbs', async () => {
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Photos');
    await page.keyboard.press('Enter');
    await row('Photos').getByRole('link').click();
    await page.getByRole('heading', { name: 'Photos' }).waitFor();
    await page.getByText('Nothing is here yet.').waitFor();
    const transfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
      return data;
    });
    await page.locator('.content > .card').dispatchEvent('drop', { dataTransfer: transfer });
    await row('dropped.txt').waitFor();
    await page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'My drive' }).click();
    await row('Photos').waitFor();
  });

  it('renames, refuses a taken name with a sentence, moves to the trash and restores', async () => {
    await choose('Zürich 🙂.md', 'Rename');
    await page.getByRole('textbox', { name: 'Name' }).fill('Photos');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await shot('rename-taken');
    await accessible('rename dialog');
    await page.getByRole('textbox', { name: 'Name' }).fill('notes.md');
    await page.keyboard.press('Enter');
    await row('notes.md').waitFor();
    await choose('notes.md', 'Move to trash');
    await row('notes.md').waitFor({ state: 'detached' });
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Trash' }).click();
    await page.getByText('notes.md', { exact: true }).waitFor();
    await shot('trash');
    await accessible('trash');
    await page.getByRole('button', { name: 'Restore' }).click();
    await page.getByText('The trash is empty.').waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Drive' }).click();
    await row('notes.md').waitFor();
  });

  it('shows a pairing code, notices the device that joins, and counts its copies', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Devices' }).click();
    await page.getByText('laptop').first().waitFor();
    await page.getByRole('button', { name: 'Add a device' }).click();
    const code = (await page.getByLabel('Pairing code').innerText()).replace(/\s/g, '');
    assert.match(code, /^\d{8}$/);
    await shot('pairing');
    await accessible('pairing dialog');
    const nas = await DeviceProcess.start({ name: 'nas' });
    try {
      await nas.must('POST', '/api/v1/pairing/join', {
        json: { setupCode: nas.ready.setupCode, code, address: device.address },
      });
      await page.getByRole('heading', { name: 'A device joined' }).waitFor();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByText('nas').first().waitFor();
      await shot('devices');
      await accessible('devices');
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Health' }).click();
      await page
        .getByText(/2 of 3 copies/)
        .first()
        .waitFor({ timeout: 30_000 });
      await shot('health');
      await accessible('health');
      const phone = await browser.newPage({ viewport: { width: 360, height: 740 } });
      await phone.goto(`http://${nas.address}/`);
      await phone.getByLabel('User name').fill('anna');
      await phone.getByLabel('Password').fill('wrong password');
      await phone.getByRole('button', { name: 'Sign in' }).click();
      await phone.getByRole('alert').waitFor();
      await phone.getByLabel('Password').fill('correct horse battery');
      await phone.getByRole('button', { name: 'Sign in' }).click();
      await phone.locator('.entry', { hasText: 'Holiday plan.txt' }).waitFor();
      await keepShot(phone, 'phone');
      await assertNoOverflow(phone, 'the drive on a phone');
      await phone.close();
    } finally {
      await nas.remove();
    }
  });

  it('says so when the device stops answering, and goes on when it is back', async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Drive' }).click();
    await row('notes.md').waitFor();
    await device.stop('SIGKILL');
    await page.getByText('Reconnecting…').waitFor();
    problems.length = 0;
    await device.start();
    await page.getByText('Reconnecting…').waitFor({ state: 'detached', timeout: 40_000 });
    await row('notes.md').waitFor();
    problems.length = 0;
  });

  it('signs out and asks for the password again', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await shot('login');
    await accessible('login');
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(problems, []);
  });
});
