/** Keeping in a real browser: folders and limits of a device, health, where copies are, rights, new versions. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { DeviceView, EntryView, HealthView, InviteView } from '../../src/model/api.ts';
import type { GarbageReport } from '../../src/model/contracts/health.ts';
import { DeviceProcess, pair, password } from '../cluster/device-process.ts';
import { until } from '../support/until.ts';
import {
  assertAccessible,
  assertFitsPhone,
  collectProblems,
  launchBrowser,
  shot,
  signIn,
  waitMs,
} from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const skip = withoutBrowser;

describe('keeping files, on the page', { skip, timeout: 900_000 }, () => {
  let laptop: DeviceProcess;
  let nas: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let folder: string;
  let problems: string[];

  const open = async (username: string): Promise<Page> => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      acceptDownloads: true,
    });
    const opened = await context.newPage();
    opened.setDefaultTimeout(waitMs);
    await signIn(opened, laptop.address, username);
    return opened;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-keeping-'));
    laptop = await DeviceProcess.start({ name: 'laptop', tune: { presenceStableMs: 500 } });
    nas = await DeviceProcess.start({ name: 'nas', tune: { presenceStableMs: 500 } });
    await laptop.setup();
    await pair(laptop, nas);
    const invite = await laptop.must<InviteView>('POST', '/api/v1/invites', { json: { role: 'member' } });
    await laptop.must('POST', '/api/v1/auth/register', {
      json: { invite: invite.invite, username: 'ben', password },
      anonymous: true,
    });
    await laptop.put('/Trip/plan.txt', Buffer.from('the plan'), '?copies=safe&wait=30');
    await laptop.put('/Team/notes.txt', Buffer.from('first words'), '?copies=safe&wait=30');
    await share('/Trip', 'view');
    await share('/Team', 'edit');
    await share('/Team/notes.txt', 'edit');
    browser = await launchBrowser();
    page = await open('anna');
    // A wish that cannot be had is answered 409 or 422; the browser notes that by itself.
    problems = collectProblems(page, ['409', '422', '400']);
  });
  after(async () => {
    await browser?.close();
    await laptop?.remove();
    await nas?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const share = async (path: string, rights: string): Promise<void> => {
    const { id } = await laptop.must<EntryView>('GET', `/api/v1/path${path}`);
    await laptop.must('POST', `/api/v1/entries/${id}/access`, { json: { username: 'ben', rights } });
  };
  const own = async (): Promise<DeviceView> => {
    const device = (await laptop.health()).devices.find(({ self }) => self);
    assert.ok(device);
    return device;
  };
  const visit = (path: string) => page.goto(`http://${laptop.address}${path}`);
  const go = (name: string, on: Page) =>
    on.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
  const choose = async (of: string, action: string, on = page) => {
    await on.getByRole('button', { name: `Actions for ${of}`, exact: true }).click();
    await on.getByRole('menuitem', { name: action }).click();
  };
  const actionsOf = async (name: string, on: Page): Promise<string[]> => {
    await on.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
    const items = on.getByRole('menuitem').and(on.locator(':visible'));
    const actions = await items.evaluateAll((found) =>
      found.map((item) => item.getAttribute('aria-label') ?? item.textContent ?? ''),
    );
    await on.keyboard.press('Escape');
    return actions.map((action) => action.trim());
  };
  const volume = (path: string) =>
    page.getByRole('list', { name: 'Storage folders' }).getByRole('listitem').filter({ hasText: path });
  const dialog = () => page.getByRole('dialog');

  it('says where a device is, and whether it sleeps', async () => {
    await visit('/devices');
    await choose('nas', 'Edit');
    await dialog().getByLabel('Place').fill('office');
    await dialog().getByLabel('This device').selectOption({ label: 'sleeps at times' });
    await shot(page, 'device-change');
    await assertAccessible(page, 'device dialog');
    await dialog().getByLabel('Name').fill('');
    await page.keyboard.press('Enter');
    assert.equal(await dialog().isVisible(), true, 'a device has a name');
    await dialog().getByLabel('Name').fill('box');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/sleeps at times · office/).waitFor();
    await page.getByRole('list', { name: 'Devices' }).getByText('box', { exact: true }).waitFor();
  });

  it('lends a folder, more of it, empties it, and takes it back', async () => {
    const disk = join(folder, 'disk');
    await visit('/devices');
    const connections = page.getByRole('region', { name: 'Table of connections' });
    await connections
      .getByRole('row', { name: /\(\d+ ms\).*0\.1\.0/ })
      .nth(1)
      .waitFor();
    await connections.getByRole('link', { name: nas.address }).waitFor();
    await shot(page, 'connections');
    await page.getByRole('button', { name: 'Add a folder' }).click();
    await dialog().getByLabel('Path of the folder').fill('disk');
    await dialog().getByLabel(/in GB/).fill('a lot');
    await page.getByRole('button', { name: 'Add folder', exact: true }).click();
    await dialog().getByText('“a lot” is not a number of GB').waitFor();
    await dialog().getByLabel(/in GB/).fill('1,5');
    await page.getByRole('button', { name: 'Add folder', exact: true }).click();
    await dialog().getByText('"disk" is not an absolute path').waitFor();
    await shot(page, 'lend');
    await assertAccessible(page, 'lend dialog');
    await dialog().getByLabel('Path of the folder').fill(disk);
    await page.getByRole('button', { name: 'Add folder', exact: true }).click();
    await dialog().getByText(`The folder ${disk} does not exist. It would be made.`).waitFor();
    await dialog()
      .getByText(/It is on the same disk as/)
      .waitFor();
    await assertAccessible(page, 'doubts about a folder');
    assert.equal((await own()).volumes.length, 1);
    await page.getByRole('button', { name: 'Lend it anyway' }).click();
    await volume(disk).getByText('of 1.5 GB used').waitFor();
    await page.getByLabel('Chunks are encrypted').selectOption('Twice: the connection is encrypted, too');
    await until('chunks are encrypted twice', async () => (await own()).wire === 'noise');
    await assertAccessible(page, 'devices with their connections');

    await choose(disk, 'Change size limit');
    assert.equal(await dialog().getByLabel(/in GB/).inputValue(), '1.5');
    await dialog().getByLabel(/in GB/).fill('2');
    await shot(page, 'lend-limit');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await volume(disk).getByText('of 2 GB used').waitFor();

    const first = (await own()).volumes[0]?.path ?? '';
    await choose(first, 'Stop using this folder…');
    await shot(page, 'lend-remove');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await choose(first, 'Move its copies elsewhere…');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await volume(first).getByText('in use').waitFor();
    await choose(first, 'Move its copies elsewhere…');
    await page.getByRole('button', { name: 'Move its copies' }).click();
    await volume(first).getByText('empty', { exact: true }).waitFor();
    await shot(page, 'folders');
    await assertAccessible(page, 'devices');
    await assertFitsPhone(page, 'devices');
    await choose(first, 'Use it again');
    await volume(first).getByText('in use').waitFor();
    await choose(disk, 'Move its copies elsewhere…');
    await page.getByRole('button', { name: 'Move its copies' }).click();
    await volume(disk).getByText('empty', { exact: true }).waitFor();
    await choose(disk, 'Stop using this folder…');
    await page.getByRole('button', { name: 'Stop using it' }).click();
    await volume(disk).waitFor({ state: 'detached' });
    assert.deepEqual(
      (await own()).volumes.map(({ path }) => path),
      [first],
    );
  });

  it('limits how fast it copies, and when', async () => {
    await visit('/devices');
    const speed = page.getByRole('region', { name: 'Speed' });
    await speed.getByLabel(/^Upload limit/).fill('fast');
    await speed.getByRole('button', { name: 'Save limits' }).click();
    await speed.getByText('“fast” is not a number of MB').waitFor();
    await speed.getByLabel(/^Upload limit/).fill('0.01');
    await speed.getByRole('button', { name: 'Save limits' }).click();
    await speed.getByText('at least 128 KiB').waitFor();
    await speed.getByLabel(/^Upload limit/).fill('2.5');
    await speed.getByLabel('Limited from').fill('08:00');
    await speed.getByRole('button', { name: 'Save limits' }).click();
    await speed.getByText('Enter both times').waitFor();
    await shot(page, 'speed');
    await speed.getByLabel('Limited until').fill('22:30');
    await speed.getByLabel('Also limit copies within the local network').check();
    await speed.getByRole('button', { name: 'Save limits' }).click();
    await page.getByText('Speed limits saved.').waitFor();
    assert.deepEqual((await own()).bandwidth, {
      upLimit: 2_500_000,
      downLimit: null,
      schedule: { from: '08:00', to: '22:30' },
      limitLan: true,
    });
    await assertFitsPhone(page, 'speed');
  });

  it('shows on which devices the copies of a file are', async () => {
    await visit('/');
    await page.getByRole('link', { name: 'Trip', exact: true }).click();
    await choose('plan.txt', 'Details');
    const details = page.getByRole('region', { name: 'Details' });
    const copies = details.getByRole('list', { name: 'Copies' }).getByRole('listitem');
    await copies.filter({ hasText: 'box' }).getByText('online').waitFor();
    assert.match(await copies.filter({ hasText: 'laptop' }).innerText(), /has a full copy \(1 chunk\)/);
    await details.getByText('Safe: 2 of 3 copies. Add a device.').waitFor();
    await shot(page, 'details');
    await assertAccessible(page, 'details');
    await page.getByRole('button', { name: 'Close details' }).click();
    await details.waitFor({ state: 'detached' });
  });

  it('says what needs attention, tells of it at once, and asks before it deletes what nothing needs', async () => {
    await visit('/health');
    await page.getByRole('heading', { name: 'What needs attention' }).waitFor();
    await page.getByRole('link', { name: 'Go to devices' }).first().waitFor();
    await page.getByRole('button', { name: 'Pause for an hour' }).click();
    await page.getByText(/^paused until/).waitFor();
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByRole('button', { name: 'Pause for an hour' }).waitFor();
    await page.getByLabel('Lost device').selectOption('box');
    await page.getByText(/would be lost/).waitFor();
    await page.getByRole('heading', { name: 'Transfers of the last 14 days' }).waitFor();
    const byDevice = page.getByRole('table', { name: 'By device' });
    await byDevice.getByRole('row', { name: /box .* sent, .* received/ }).waitFor();
    await assertFitsPhone(page, 'health with figures');
    let asked = 0;
    const stopped = { chunks: 40, bytes: 4_000_000 };
    const report: GarbageReport = {
      chunks: 52,
      bytes: 5_000_000,
      dueChunks: 40,
      dueBytes: 4_000_000,
      oldestAt: '2026-01-02T03:04:05Z',
      waitsFor: 'An admin has to agree.',
      stopped,
    };
    // So much garbage would take a broken catalog: the device's answers are changed on their way.
    await page.route('**/api/v1/health', async (route) => {
      const answer = await route.fetch();
      const view = (await answer.json()) as HealthView;
      const alert = {
        code: 'garbage-stopped',
        level: 'warn' as const,
        sentence: '40 chunks would go.',
        action: 'Look.',
      };
      const receipts = [
        { at: new Date(Date.now() - 3_600_000).toISOString(), sentence: '2 chunks were made anew.' },
      ];
      const byCopies = { '0': 2, '1': 5, '2': 60, '3': 900 };
      const chunks = { total: 967, byCopies };
      const alerts = asked === 0 ? [...view.alerts, alert] : view.alerts;
      await route.fulfill({ json: { ...view, chunks, receipts, alerts } });
    });
    await page.route('**/api/v1/health/garbage', (route) => route.fulfill({ json: report }));
    await page.route('**/api/v1/health/garbage/confirm', (route) => {
      asked += 1;
      return route.fulfill({ json: { ...report, stopped: null } });
    });
    // The device says that its health is another: nothing is asked for in between.
    await laptop.must('PATCH', `/api/v1/devices/${nas.ready.deviceId}`, { json: { place: 'attic' } });
    await page.getByRole('button', { name: 'Review' }).waitFor();
    await shot(page, 'health-alerts');
    await assertAccessible(page, 'health');
    await assertFitsPhone(page, 'health');
    await page.getByRole('button', { name: 'Review' }).click();
    await dialog()
      .getByText(/40 chunks \(4 MB\) would go/)
      .waitFor();
    await shot(page, 'garbage');
    await assertAccessible(page, 'garbage dialog');
    await assertFitsPhone(page, 'garbage');
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(asked, 0);
    await page.getByRole('button', { name: 'Review' }).click();
    await page.getByRole('button', { name: 'Delete them' }).click();
    await page.getByRole('button', { name: 'Review' }).waitFor({ state: 'detached' });
    assert.equal(asked, 1);
    await page.unrouteAll();
  });

  it('says on both lists when a file that was only accepted has become safe', async () => {
    await nas.stop();
    await visit('/');
    await writeFile(join(folder, 'lonely.txt'), 'on one device only');
    await page.getByLabel('Files to upload').setInputFiles(join(folder, 'lonely.txt'));
    const row = page.getByRole('region', { name: 'Uploads', exact: true }).getByRole('listitem');
    await row.getByText('accepted · 1 of 3').waitFor();
    await nas.start();
    await row.getByText('safe · 2 of 3').waitFor();
    await page.locator('.entry', { hasText: 'lonely.txt' }).getByText('safe · 2 of 3').waitFor();
    await shot(page, 'upload-became-safe');
  });

  it('offers a member only what they may do, and takes a new version of what they may change', async () => {
    const ben = await open('ben');
    const faults = collectProblems(ben, []);
    await go('Devices', ben);
    await ben.getByRole('list', { name: 'Devices' }).getByText('laptop', { exact: true }).waitFor();
    assert.equal(await ben.getByRole('button', { name: /Add a device|Add a folder|Actions for/ }).count(), 0);
    assert.equal(await ben.getByRole('region', { name: 'Speed' }).count(), 0);
    await go('Shared', ben);
    await ben.getByRole('link', { name: 'Trip', exact: true }).click();
    await ben.getByText('Shared by anna. You can view and download.').waitFor();
    await ben.getByRole('link', { name: 'plan.txt' }).waitFor();
    assert.equal(await ben.getByRole('button', { name: /^(Upload|New folder)$/ }).count(), 0);
    assert.deepEqual(await actionsOf('plan.txt', ben), ['Open', 'Download', 'Details']);
    await shot(ben, 'viewer');
    await assertAccessible(ben, 'a folder that may only be looked at');
    await choose('plan.txt', 'Details', ben);
    await ben.getByRole('region', { name: 'Details' }).getByText('owned by anna').waitFor();
    await ben.getByRole('button', { name: 'Close details' }).click();

    await go('Shared', ben);
    await shot(ben, 'shared-with-me');
    await assertFitsPhone(ben, 'shared with me');
    await writeFile(join(folder, 'other name.txt'), 'second words');
    await ben.getByLabel('Upload a new version').setInputFiles(join(folder, 'other name.txt'));
    await ben.getByText('1 file saved').waitFor();
    const download = ben.waitForEvent('download');
    await ben.getByRole('link', { name: 'notes.txt' }).click();
    assert.equal(await readFile(await (await download).path(), 'utf8'), 'second words');
    await ben.getByRole('link', { name: 'Team', exact: true }).click();
    await ben.getByRole('link', { name: 'notes.txt' }).waitFor();
    assert.deepEqual(await actionsOf('notes.txt', ben), [
      'Open',
      'Download',
      'Details',
      'Rename',
      'Move to…',
      'Copy to…',
      'Cut',
      'Copy',
      'Tags…',
      'Upload a new version',
      'Move to trash',
    ]);
    await writeFile(join(folder, 'third.txt'), 'third words');
    const chooser = ben.waitForEvent('filechooser');
    await choose('notes.txt', 'Upload a new version', ben);
    await (await chooser).setFiles(join(folder, 'third.txt'));
    await until('anna has the third version', async () => {
      const { id } = await laptop.entryAt('/Team/notes.txt');
      return (await laptop.api('GET', `/api/v1/entries/${id}/content`)).body === 'third words';
    });
    assert.deepEqual([faults, problems], [[], []]);
  });
});
