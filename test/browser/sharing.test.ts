/** Sharing in a real browser: a link and its guest, an invited user, a token, what an admin sees. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { DeviceProcess, password } from '../cluster/device-process.ts';
import { assertAccessible, assertNoOverflow, collectProblems, launchBrowser, shot } from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const skip = withoutBrowser;

describe('sharing on the page', { skip, timeout: 240_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let folder: string;
  let problems: string[];
  const contexts: BrowserContext[] = [];

  /** A browser of somebody else; dead links and passwords are answered with these codes. */
  const open = async (size = { width: 1280, height: 800 }): Promise<Page> => {
    const context = await browser.newContext({ viewport: size, acceptDownloads: true });
    contexts.push(context);
    const opened = await context.newPage();
    opened.setDefaultTimeout(15_000);
    return opened;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-sharing-'));
    device = await DeviceProcess.start({ name: 'laptop' });
    await device.setup();
    const put = (path: string, text: string) =>
      device.must('PUT', `/api/v1/path/${path}`, { body: Buffer.from(text) });
    await put('Trip/plan.txt', 'the plan');
    await put('Trip/deep/map.txt', 'the map');
    browser = await launchBrowser();
    page = await open();
    problems = collectProblems(page, ['401']);
    await page.goto(`http://${device.address}/`);
    await page.getByLabel('User name').fill('anna');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'My drive' }).waitFor();
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const go = (name: string) =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
  const openShare = async (name: string) => {
    await go('Drive');
    await page.getByRole('button', { name: `Actions for ${name}` }).click();
    await page.getByRole('menuitem', { name: 'Share' }).click();
    await page.getByRole('heading', { name: `Share “${name}”` }).waitFor();
  };
  /** Makes a link in the open dialog and gives its address. */
  const makeLink = async (): Promise<string> => {
    await page.getByRole('button', { name: 'Make a link' }).click();
    const address = page.getByLabel(/^Who has it/);
    await address.waitFor();
    return address.inputValue();
  };

  it('makes a link to a folder, which a guest walks and downloads from', async () => {
    await openShare('Trip');
    await shot(page, 'share-new');
    await assertAccessible(page, 'share dialog');
    const link = await makeLink();
    await shot(page, 'share-made');
    await assertAccessible(page, 'share dialog with a link');
    assert.match(link, new RegExp(`^http://${device.address}/s/`));
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied').waitFor();
    await page.keyboard.press('Escape');

    const guest = await open();
    const guestProblems = collectProblems(guest, []);
    await guest.goto(link);
    await guest.getByRole('heading', { name: 'Trip' }).waitFor();
    await guest.getByText('Shared by anna').waitFor();
    assert.equal(await guest.title(), 'Trip · peerstor');
    await shot(guest, 'guest-folder');
    await assertAccessible(guest, 'guest page');
    const download = guest.waitForEvent('download');
    await guest.getByRole('link', { name: 'Download plan.txt' }).click();
    assert.equal(await readFile(await (await download).path(), 'utf8'), 'the plan');
    await guest.getByRole('button', { name: 'Open deep' }).click();
    await guest.getByRole('link', { name: 'Download map.txt' }).waitFor();
    await guest.setViewportSize({ width: 360, height: 740 });
    await shot(guest, 'guest-phone');
    await assertNoOverflow(guest, 'the guest page on a phone');
    assert.deepEqual(guestProblems, []);

    await go('Shared');
    await page.getByText(/used 1 time$/).waitFor();
    await shot(page, 'shared');
    await assertAccessible(page, 'shared');
    await page.getByRole('button', { name: 'End the link to Trip' }).click();
    await page.getByText('ended', { exact: true }).waitFor();
    await guest.goto(link);
    await guest.getByRole('heading', { name: 'This link has ended' }).waitFor();
    await assertAccessible(guest, 'a link that has ended');
    await guest.goto(`http://${device.address}/s/nothing`);
    await guest.getByRole('heading', { name: 'There is no such link' }).waitFor();
  });

  it('asks a guest for the password of a link', async () => {
    await openShare('Trip');
    await page.getByLabel('Password, if you want one').fill('open sesame');
    const link = await makeLink();
    await page.keyboard.press('Escape');
    const guest = await open({ width: 360, height: 740 });
    await guest.goto(link);
    await guest.getByRole('heading', { name: 'This link has a password' }).waitFor();
    await guest.getByLabel('Password').fill('guess');
    await guest.getByRole('button', { name: 'Open' }).click();
    await guest.getByRole('alert').waitFor();
    await shot(guest, 'guest-password');
    await assertAccessible(guest, 'password of a link');
    await guest.getByLabel('Password').fill('open sesame');
    await guest.getByRole('button', { name: 'Open' }).click();
    const download = guest.waitForEvent('download');
    await guest.getByRole('link', { name: 'Download plan.txt' }).click();
    assert.equal(await readFile(await (await download).path(), 'utf8'), 'the plan');
  });

  it('takes files from a guest into a box that shows nothing', async () => {
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Inbox');
    await page.keyboard.press('Enter');
    await openShare('Inbox');
    await page.getByLabel('Who has the link').selectOption({ label: 'can only drop files in' });
    const link = await makeLink();
    await page.keyboard.press('Escape');
    const guest = await open();
    await guest.goto(link);
    await guest.getByText('anna asks you for files').waitFor();
    await writeFile(join(folder, 'dropped.txt'), 'dropped');
    await guest.getByLabel('Files to upload').setInputFiles(join(folder, 'dropped.txt'));
    await guest.getByText('1 file saved').waitFor();
    await shot(guest, 'guest-drop');
    await assertAccessible(guest, 'drop box');
    await page.locator('.entry', { hasText: 'Inbox' }).getByRole('link').click();
    await page.locator('.entry', { hasText: 'dropped.txt' }).waitFor();
  });

  it('invites somebody, who registers, and sees what is shared with them', async () => {
    await page.getByRole('link', { name: 'Settings of anna' }).click();
    await page.getByRole('link', { name: 'Users and invites' }).click();
    await page.getByRole('button', { name: 'Invite somebody' }).click();
    await page.getByLabel('Quota in GB').fill('5');
    await assertAccessible(page, 'invite dialog');
    await page.getByRole('button', { name: 'Make an invite' }).click();
    const invite = await page.getByLabel('Link of the invite').inputValue();
    await shot(page, 'invite');
    await page.keyboard.press('Escape');
    await page.getByText('For one member').waitFor();

    const ben = await open();
    await ben.goto(invite);
    await shot(ben, 'register');
    await assertAccessible(ben, 'register');
    await ben.getByLabel('User name').fill('ben');
    await ben.getByLabel('Password').fill('another good password');
    await ben.getByRole('button', { name: 'Make my account' }).click();
    await ben.getByRole('heading', { name: 'Write this down' }).waitFor();
    assert.equal(await ben.getByRole('list', { name: 'Recovery code' }).getByRole('listitem').count(), 24);
    assert.equal(await ben.getByRole('button', { name: 'Open my drive' }).isEnabled(), false);
    await ben.getByLabel(/I have written/).check();
    await ben.getByRole('button', { name: 'Open my drive' }).click();
    await ben.getByRole('heading', { name: 'My drive' }).waitFor();

    await openShare('Trip');
    await page.getByLabel('User name').fill('ben');
    await page.getByLabel('This person').selectOption({ label: 'can view and change' });
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByRole('button', { name: 'Take access from ben' }).waitFor();
    await shot(page, 'share-people');
    await page.keyboard.press('Escape');
    await ben.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Shared' }).click();
    await ben.getByRole('link', { name: 'Trip' }).click();
    await ben.getByRole('heading', { name: 'Trip' }).waitFor();
    await ben.locator('.entry', { hasText: 'plan.txt' }).waitFor();
    await writeFile(join(folder, 'from ben.txt'), 'hello');
    await ben.getByLabel('Files to upload').setInputFiles(join(folder, 'from ben.txt'));
    await ben.locator('.entry', { hasText: 'from ben.txt' }).waitFor();
    await shot(ben, 'shared-folder');
    await go('Drive');
    await page.locator('.entry', { hasText: 'Trip' }).getByRole('link').click();
    await page.locator('.entry', { hasText: 'from ben.txt' }).waitFor();
  });

  it('lists users and changes them', async () => {
    await page.getByRole('link', { name: 'Settings of anna' }).click();
    await page.getByRole('link', { name: 'Users and invites' }).click();
    await page.getByText(/of 5 GB/).waitFor();
    await shot(page, 'users');
    await assertAccessible(page, 'users');
    await page.getByRole('button', { name: 'Change ben' }).click();
    await page.getByLabel(/Disabled: cannot/).check();
    await shot(page, 'user');
    await assertAccessible(page, 'user dialog');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('disabled', { exact: true }).waitFor();
  });

  it('empties another device, says when that is done, and removes it', async () => {
    const { code } = await device.must<{ code: string }>('POST', '/api/v1/pairing', { json: {} });
    const nas = await DeviceProcess.start({ name: 'nas' });
    try {
      await nas.must('POST', '/api/v1/pairing/join', {
        json: { setupCode: nas.ready.setupCode, code, address: device.address },
      });
      await go('Devices');
      const actions = page.getByRole('button', { name: 'Actions for nas' });
      await actions.click();
      await page.getByRole('menuitem', { name: 'Empty it' }).click();
      await page.getByText(/^Empty: everything/).waitFor({ timeout: 30_000 });
      await shot(page, 'device-drained');
      await assertAccessible(page, 'a device that is emptied');
      await actions.click();
      await page.getByRole('menuitem', { name: 'Remove' }).click();
      await page.getByText(/Nothing would be lost/).waitFor();
      await page.getByRole('button', { name: 'Remove for ever' }).click();
      await actions.waitFor({ state: 'detached' });
    } finally {
      await nas.remove();
    }
  });

  it('makes a token that works, and changes the password', async () => {
    await page.getByRole('link', { name: 'Settings of anna' }).click();
    await page.getByLabel('What it is for').fill('backup');
    await page.getByRole('button', { name: 'Make a token' }).click();
    const token = await page.getByLabel('Token “backup”').inputValue();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await device.api('GET', '/api/v1/path/Trip/plan.txt', { headers, anonymous: true });
    assert.equal(answer.status, 200);
    await shot(page, 'settings');
    await assertAccessible(page, 'settings');
    await page.getByLabel('Old password').fill('not this one');
    await page.getByLabel('New password').fill('a third good password');
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Old password').fill(password);
    await page.getByRole('button', { name: 'Change the password' }).click();
    await page.getByText('The password is changed.').waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    await shot(page, 'settings-phone');
    await assertNoOverflow(page, 'settings on a phone');
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it('says what would be lost with a device before it is removed, and what was noted', async () => {
    await go('Devices');
    await page.getByRole('button', { name: 'Actions for laptop' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page.getByText(/Only this device has/).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Remove for ever' }).isEnabled(), false);
    await shot(page, 'device-remove');
    await assertAccessible(page, 'remove dialog');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    await page.getByRole('list', { name: 'Audit log' }).getByRole('listitem').first().waitFor();
    await shot(page, 'audit');
    await assertAccessible(page, 'audit log');
  });

  it('fits on a phone, everywhere', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const [path, heading] of [
      ['/shared', 'Shared with me'],
      ['/users', 'Users'],
      ['/devices', 'Devices'],
      ['/audit', 'Audit log'],
    ] as const) {
      await page.goto(`http://${device.address}${path}`);
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      await page.locator('body:not(:has([aria-busy=true]))').waitFor();
      await shot(page, `phone${path.replace('/', '-')}`);
      await assertNoOverflow(page, `${path} on a phone`);
    }
    await page.goto(`http://${device.address}/`);
    await page.getByRole('button', { name: 'Actions for Trip' }).click();
    await page.getByRole('menuitem', { name: 'Share' }).click();
    await page.getByRole('button', { name: 'End this link' }).first().waitFor();
    await shot(page, 'phone-share');
    await assertNoOverflow(page, 'the share dialog on a phone');
    assert.deepEqual(problems, []);
  });
});
