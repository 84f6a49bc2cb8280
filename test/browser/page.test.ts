/** The page in a real browser, as a person would use it: set up, upload, rename, trash, restore, pair. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { EntryView } from '../../src/model/api.ts';
import { DeviceProcess } from '../cluster/device-process.ts';
import { until } from '../support/until.ts';
import {
  assertAccessible,
  assertFitsPhone,
  assertNoOverflow,
  collectProblems,
  confirmRecoveryWords,
  shot as keepShot,
  launchBrowser,
  waitMs,
} from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const skip = withoutBrowser;

describe('the page', { skip, timeout: 900_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let folder: string;
  let problems: string[];
  /** Of the second device of the network. */
  let nasPort: number;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-page-'));
    device = await DeviceProcess.start({ name: 'laptop' });
    browser = await launchBrowser();
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
    });
    page = await context.newPage();
    page.setDefaultTimeout(waitMs);
    problems = collectProblems(page, ['401', '404', '409', '410']);
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  /** Another program of the same person, beside the page. */
  const authorized = async <Shape>(method: string, path: string, json?: unknown): Promise<Shape> => {
    const request = json === undefined ? {} : { json };
    if (!device.session) await device.login();
    return device.must<Shape>(method, path, request);
  };
  const entryAt = (path: string) => authorized<EntryView>('GET', `/api/v1/path/${path}`);
  const shot = (name: string) => keepShot(page, name);
  const accessible = (where: string) => assertAccessible(page, where);
  const row = (name: string) => page.locator('.entry', { hasText: name });
  const choose = async (name: string, action: string) => {
    await row(name)
      .getByRole('button', { name: `Actions for ${name}` })
      .click();
    await page.getByRole('menuitem', { name: action }).click();
  };

  /** What the QR code of the pairing dialog leads to, with a set-up link of an earlier start on the way. */
  const joinByPhone = async (code: string, nas: DeviceProcess) => {
    const phone = await browser.newPage({ viewport: { width: 360, height: 740 } });
    phone.setDefaultTimeout(waitMs);
    await phone.goto(`http://${device.address}/setup#pair=${code}`);
    await phone.getByRole('heading', { name: 'Add a device' }).waitFor();
    assert.equal((await phone.getByLabel('Pairing code').innerText()).replace(/\s/g, ''), code);
    await keepShot(phone, 'pair-guide');
    await assertAccessible(phone, 'the page that a QR code opens');
    await assertNoOverflow(phone, 'the page that a QR code opens');
    await phone.getByLabel('Address of the new device').fill(nas.address);
    await phone.getByRole('button', { name: 'Open the page of the new device' }).click();
    await phone.getByRole('heading', { name: 'Welcome to peerstor' }).waitFor();
    assert.equal(await phone.getByLabel('Pairing code').inputValue(), code);
    assert.equal(await phone.getByLabel('Address of the other device').inputValue(), device.address);
    await keepShot(phone, 'join');
    // The link that the device printed at an earlier start.
    await phone.goto('about:blank');
    await phone.goto(`http://${nas.address}/setup#pair=${code}&at=${device.address}&code=OLD`);
    await phone.getByRole('button', { name: 'Join', exact: true }).click();
    await phone.getByText(/from an earlier start/).waitFor();
    await keepShot(phone, 'old-set-up-link');
    await assertAccessible(phone, 'an old set-up link');
    await phone.getByLabel('Set-up code').fill(nas.ready.setupCode ?? '');
    await phone.getByRole('button', { name: 'Join', exact: true }).click();
    await phone.getByRole('heading', { name: 'Sign in' }).waitFor();
    await phone.close();
  };

  it('makes the first account and keeps its recovery words through a reload until three are given back', async () => {
    await page.goto(`http://${device.address}/setup#${device.ready.setupCode}`);
    await shot('setup');
    await accessible('set-up');
    await page.getByLabel('User name').fill('anna');
    await page.getByLabel('Password').fill('correct horse battery');
    await page.getByRole('button', { name: 'Create my drive' }).click();
    const list = page.getByRole('list', { name: 'Recovery words' });
    await list.waitFor();
    const words = await list.innerText();
    await page.reload();
    await list.waitFor();
    assert.equal(await list.innerText(), words, 'a reload shows the same words');
    await shot('recovery');
    await accessible('recovery words');
    await page.getByRole('button', { name: 'I have written them down' }).click();
    await accessible('recovery words asked back');
    for (const field of await page.getByRole('textbox').all()) await field.fill('wrong');
    await page.getByRole('button', { name: 'Open my drive' }).click();
    await page.getByText(/^This does not match: word \d/).waitFor();
    await shot('recovery-asked');
    await page.reload();
    await confirmRecoveryWords(page);
    await page.getByRole('heading', { name: 'This device' }).waitFor();
    assert.equal(await page.getByLabel('Name of this device').inputValue(), 'laptop');
    const space = page.getByLabel('Space that it lends, in GB');
    const proposed = await space.inputValue();
    await space.fill('9000000');
    await page.getByRole('button', { name: 'Open my drive' }).click();
    await page.getByText(/^Only .* are free on this disk/).waitFor();
    await assertAccessible(page, 'the space that a device lends');
    await shot('lend-space');
    await space.fill(proposed);
    await page.getByRole('button', { name: 'Open my drive' }).click();
    await page.getByRole('heading', { name: 'My drive' }).waitFor();
    await page.getByText('No files yet').waitFor();
    await page.reload();
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
    const panel = page.getByRole('region', { name: 'Uploads', exact: true });
    await panel.getByText('accepted · 1 of 3').first().waitFor();
    await row('Holiday plan.txt').getByText('accepted · 1 of 3', { exact: true }).waitFor();
    await shot('drive');
    await accessible('drive');
    const download = page.waitForEvent('download');
    await choose('Holiday plan.txt', 'Download');
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
    await page.getByText('This folder is empty.').waitFor();
    const transfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
      return data;
    });
    // Beside everything that looks like a target: the browser must not open the file instead.
    await page.locator('.topbar').dispatchEvent('dragover', { dataTransfer: transfer });
    await page.getByText('Drop to upload to Photos').waitFor();
    await page.locator('.topbar').dispatchEvent('drop', { dataTransfer: transfer });
    await row('dropped.txt').waitFor();
    await page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'My drive' }).click();
    await row('Photos').waitFor();
  });

  it('uploads into the folder that is shown, wherever that is by now, and not into a trashed one', async () => {
    const upload = (name: string) =>
      page
        .getByLabel('Files to upload')
        .setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from('x') });
    await row('Photos').getByRole('link').click();
    await page.getByRole('heading', { name: 'Photos' }).waitFor();
    const { id } = await entryAt('Photos');
    await authorized('PATCH', `/api/v1/entries/${id}`, { name: 'Pictures' });
    await page.getByRole('heading', { name: 'Pictures' }).waitFor();
    await upload('late.txt');
    await row('late.txt').waitFor();
    assert.equal((await entryAt('Pictures/late.txt')).name, 'late.txt');
    await assert.rejects(entryAt('Photos'), 'no folder of the old name was made');
    await authorized('DELETE', `/api/v1/entries/${id}`);
    await upload('later.txt');
    await page
      .getByRole('region', { name: 'Uploads', exact: true })
      .getByText('failed', { exact: true })
      .waitFor();
    await authorized('POST', `/api/v1/entries/${id}/restore`, {});
    await page.getByRole('button', { name: 'Retry later.txt' }).click();
    await row('later.txt').waitFor();
    await authorized('PATCH', `/api/v1/entries/${id}`, { name: 'Photos' });
    await page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'My drive' }).click();
  });

  it('renames, refuses a taken name with a sentence, moves to the trash and restores', async () => {
    await choose('Zürich 🙂.md', 'Rename');
    const field = page.getByRole('textbox', { name: /^New name of/ });
    await field.fill('Photos');
    await page.keyboard.press('Enter');
    await page.getByText(/with this name already/).waitFor();
    await shot('rename-taken');
    await accessible('renaming in place');
    await field.fill('notes.md');
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
    nasPort = nas.ready.port;
    try {
      await joinByPhone(code, nas);
      await page.getByRole('heading', { name: 'A device joined' }).waitFor();
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByText('nas').first().waitFor();
      await until('the page knows where else the drive is', () =>
        page.evaluate(() => (localStorage.getItem('peerstor.other-pages') ?? '').includes('nas')),
      );
      await shot('devices');
      await accessible('devices');
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Health' }).click();
      await page
        .getByText(/2 of 3 copies/)
        .first()
        .waitFor();
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
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Trash' }).click();
    const silence = page.getByRole('alert').filter({ hasText: 'This device is not answering' });
    await silence.waitFor();
    const elsewhere = page.getByRole('list', { name: 'Your other devices' }).getByRole('link');
    const address = new URL((await elsewhere.getAttribute('href')) ?? '');
    assert.deepEqual([Number(address.port), address.pathname], [nasPort, '/trash']);
    await shot('device-away');
    await accessible('the page of a device that is away');
    await assertFitsPhone(page, 'a device that is away');
    problems.length = 0;
    await device.start();
    await silence.waitFor({ state: 'detached' });
    await elsewhere.waitFor({ state: 'detached' });
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Drive' }).click();
    await page.getByText('Reconnecting…').waitFor({ state: 'detached' });
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
