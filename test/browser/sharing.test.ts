/** Sharing in a real browser: a link and its guest, an invited user, a token, what an admin sees. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { DeviceProcess, password } from '../cluster/device-process.ts';
import {
  assertAccessible,
  assertNoOverflow,
  collectProblems,
  confirmRecoveryWords,
  launchBrowser,
  shot,
  signIn,
  waitMs,
} from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const skip = withoutBrowser;

describe('sharing on the page', { skip, timeout: 900_000 }, () => {
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
    opened.setDefaultTimeout(waitMs);
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
    // A wrong old password is tried.
    problems = collectProblems(page, ['401']);
    await signIn(page, device.address);
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
    await page.getByRole('button', { name: 'Create link' }).click();
    const address = page.getByRole('textbox', { name: /^Anyone with the link/ });
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
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
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
    await guest.getByRole('button', { name: 'Download plan.txt' }).click();
    assert.equal(await readFile(await (await download).path(), 'utf8'), 'the plan');
    await guest.getByRole('link', { name: 'deep' }).click();
    const map = guest.getByRole('button', { name: 'Download map.txt' });
    await map.waitFor();
    await guest.reload();
    await map.waitFor();
    await guest.goBack();
    await guest.getByRole('button', { name: 'Download plan.txt' }).waitFor();
    await guest.goForward();
    await map.waitFor();
    await guest.setViewportSize({ width: 360, height: 740 });
    await shot(guest, 'guest-phone');
    await assertNoOverflow(guest, 'the guest page on a phone');
    assert.deepEqual(guestProblems, []);

    await go('Shared');
    await page.getByText(/1 download$/).waitFor();
    await shot(page, 'shared');
    await assertAccessible(page, 'shared');
    await page.getByRole('button', { name: 'End the link to Trip' }).click();
    await page.getByRole('heading', { name: 'End the link to “Trip”?' }).waitFor();
    await assertAccessible(page, 'the question before a link ends');
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await page.getByText('ended', { exact: true }).count(), 0, 'nothing ends before the answer');
    await page.getByRole('button', { name: 'End the link to Trip' }).click();
    await page.getByRole('button', { name: 'End link', exact: true }).click();
    await page.getByText('ended', { exact: true }).waitFor();
    await guest.goto(link);
    await guest.getByRole('heading', { name: 'This link has ended' }).waitFor();
    await assertAccessible(guest, 'a link that has ended');
    await guest.goto(`http://${device.address}/s/nothing`);
    await guest.getByRole('heading', { name: 'This link does not exist' }).waitFor();
  });

  it('asks a guest for the password of a link', async () => {
    await openShare('Trip');
    await page.getByText('More options').click();
    await page.getByLabel('Password (optional)').fill('open sesame');
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
    await guest.getByRole('button', { name: 'Download plan.txt' }).click();
    assert.equal(await readFile(await (await download).path(), 'utf8'), 'the plan');
  });

  it('ends the page of a guest with the last download, and offers none that would fail', async () => {
    await openShare('Trip');
    await page.getByRole('button', { name: 'Another link' }).click();
    await page.getByText('More options').click();
    await page.getByLabel('Maximum downloads').fill('1');
    await page.getByRole('button', { name: 'Create link' }).click();
    const link = await page.getByRole('textbox', { name: /0 of 1 downloads used$/ }).inputValue();
    await page.keyboard.press('Escape');
    const guest = await open();
    await guest.goto(link);
    const download = guest.waitForEvent('download');
    await guest.getByRole('button', { name: 'Download plan.txt' }).click();
    assert.equal(await readFile(await (await download).path(), 'utf8'), 'the plan');
    await guest.getByRole('heading', { name: 'This link has ended' }).waitFor();
    assert.equal(await guest.getByRole('button', { name: /^Download/ }).count(), 0);
  });

  it('takes files from a guest into a box that shows nothing', async () => {
    await page.getByRole('button', { name: 'New folder' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Inbox');
    await page.keyboard.press('Enter');
    await openShare('Inbox');
    await page.getByLabel('Anyone with the link').selectOption({ label: 'can only add files' });
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
    await page.getByRole('button', { name: 'Invite someone' }).click();
    await page.getByLabel('Quota in GB').fill('5');
    await assertAccessible(page, 'invite dialog');
    await page.getByRole('button', { name: 'Create invite' }).click();
    const invite = await page.getByLabel('Invite link').inputValue();
    await shot(page, 'invite');
    await page.keyboard.press('Escape');
    await page.getByText('For one member').waitFor();

    const ben = await open();
    await ben.goto(invite);
    await shot(ben, 'register');
    await assertAccessible(ben, 'register');
    await ben.getByLabel('User name').fill('ben');
    await ben.getByLabel('Password').fill('another good password');
    await ben.getByRole('button', { name: 'Create my account' }).click();
    await confirmRecoveryWords(ben);
    await ben.getByRole('heading', { name: 'My drive' }).waitFor();

    await openShare('Trip');
    await page.getByLabel('User name').fill('ben');
    await page.getByLabel('This person').selectOption({ label: 'can view and edit' });
    await page.getByRole('dialog').getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByRole('button', { name: 'Remove access of ben' }).waitFor();
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
    await page.getByRole('button', { name: 'Edit ben' }).click();
    await page.getByLabel(/Disabled: this user/).check();
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
      await page.getByRole('menuitem', { name: 'Move its copies elsewhere…' }).click();
      await page.getByRole('heading', { name: 'Move the copies on “nas” elsewhere?' }).waitFor();
      await assertAccessible(page, 'the question before a device is emptied');
      await page.getByRole('button', { name: 'Cancel' }).click();
      assert.equal(await page.getByText(/left to copy|Other devices have/).count(), 0, 'nothing has begun');
      await actions.click();
      await page.getByRole('menuitem', { name: 'Move its copies elsewhere…' }).click();
      await page.getByRole('button', { name: 'Move its copies' }).click();
      await page.getByText(/^Other devices have a copy of everything/).waitFor();
      assert.equal(await page.getByText(/of 0 bytes used/).count(), 0);
      await shot(page, 'device-drained');
      await assertAccessible(page, 'a device that is emptied');
      await actions.click();
      await page.getByRole('menuitem', { name: 'Remove' }).click();
      await page.getByText(/Nothing would be lost/).waitFor();
      await page.getByRole('button', { name: 'Remove forever' }).click();
      await actions.waitFor({ state: 'detached' });
    } finally {
      await nas.remove();
    }
  });

  it('makes a token that works, and changes the password', async () => {
    await page.getByRole('link', { name: 'Settings of anna' }).click();
    await page.getByLabel('Purpose').fill('backup');
    await page.getByRole('button', { name: 'Create token' }).click();
    const token = await page.getByLabel('Token “backup”').inputValue();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await device.api('GET', '/api/v1/path/Trip/plan.txt', { headers, anonymous: true });
    assert.equal(answer.status, 200);
    await shot(page, 'settings');
    await assertAccessible(page, 'settings');
    await page.getByLabel('Old password').fill('not this one');
    await page.getByLabel('New password').fill('a third good password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Old password').fill(password);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Your password has been changed.').waitFor();
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
    assert.equal(await page.getByRole('button', { name: 'Remove forever' }).isEnabled(), false);
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
    await page.getByRole('button', { name: 'End this link…' }).first().waitFor();
    await shot(page, 'phone-share');
    await assertNoOverflow(page, 'the share dialog on a phone');
    // News of health may make the page ask once more about a device in the moment in which it is removed: 404 is right then.
    assert.deepEqual(
      problems.filter((problem) => !/ 404 .*\/api\/v1\/devices\/[0-9a-f]{64}\/impact$/.test(problem)),
      [],
    );
  });
});
