/** Backups on the page: a folder is added and saved, the brake asks, and what was saved stays. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { DeviceProcess } from '../cluster/device-process.ts';
import { assertAccessible, assertNoOverflow, launchBrowser, shot, signIn, waitMs } from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

/** More than the page shows at once. */
const letters = 230;

describe('backups on the page', { skip: withoutBrowser, timeout: 600_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-page-backup-'));
    for (let n = 0; n < letters; n += 1) await writeFile(join(folder, `letter ${n}.txt`), `letter ${n}`);
    device = await DeviceProcess.start({ name: 'laptop' });
    await device.setup();
    browser = await launchBrowser();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.setDefaultTimeout(waitMs);
    await signIn(page, device.address);
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('are added with a folder, a place and a time, and saved at once', async () => {
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByRole('link', { name: 'Backups' }).click();
    await page.getByText('Nothing of laptop is backed up.').waitFor();
    await page.getByRole('button', { name: 'Add a backup' }).click();
    await page.getByLabel('Folder on this device').fill('not a path');
    await page.getByLabel('Folder in the drive').fill('/Backups/letters');
    await page.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('alert').getByText('absolute path').waitFor();
    await page.getByLabel('Folder on this device').fill(folder);
    await page.getByLabel('When').selectOption('hourly');
    await assertAccessible(page, 'the dialog for a backup');
    await page.getByRole('button', { name: 'Add it' }).click();
    const list = page.getByRole('list', { name: 'Backups' });
    await list.getByText('saved', { exact: true }).waitFor();
    await list.getByText(`Files: ${letters} new`).waitFor();
    await assertAccessible(page, 'the backups');
    await shot(page, 'backups');
    assert.equal((await device.entryAt('/Backups/letters/letter 3.txt')).size, 8);
  });

  it('ask before they save that everything is gone, and go on when a person agrees', async () => {
    for (let n = 0; n < letters; n += 1) await rm(join(folder, `letter ${n}.txt`));
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('button', { name: 'Look at it…' }).click();
    await page.getByRole('dialog').getByText(`${letters} of ${letters} files are gone`).waitFor();
    await assertAccessible(page, 'the question of the brake');
    await shot(page, 'backups-brake');
    assert.equal((await device.entryAt('/Backups/letters/letter 3.txt')).size, 8);
    await page.getByRole('button', { name: 'It is right: go on' }).click();
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByRole('list', { name: 'Backups' }).getByText(`${letters} deleted`).waitFor();
  });

  it('go back in time by a slider, and bring back a file of a snapshot', async () => {
    await page.getByRole('button', { name: 'Snapshots…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('0 files').waitFor();
    await dialog.getByLabel('Time').fill('0');
    await dialog.getByText(`${letters} files`).waitFor();
    await dialog.getByRole('list', { name: 'Files of the snapshot' }).getByText('letter 3.txt').waitFor();
    await assertAccessible(page, 'the browser of snapshots');
    assert.equal(await dialog.getByText('letter 99.txt').count(), 0);
    await dialog.getByRole('button', { name: 'Show more' }).click();
    await dialog.getByText('letter 99.txt').waitFor();
    await dialog.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' });
    await shot(page, 'backups-snapshots');
    await dialog.getByRole('button', { name: 'Restore letter 3.txt' }).click();
    await page.getByRole('heading', { name: 'Restore “letter 3.txt”?' }).waitFor();
    await page.getByLabel('Folder that it goes to').fill('somewhere');
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByRole('alert').getByText('absolute path').waitFor();
    await page.getByLabel('Folder that it goes to').fill('');
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByText('1 new, 0 replaced').first().waitFor();
    assert.equal(await readFile(join(folder, 'letter 3.txt'), 'utf8'), 'letter 3');
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  });

  it('are changed on the page', async () => {
    await page.getByRole('button', { name: /^Change the backup/ }).click();
    await page.getByLabel('Name').fill('My letters');
    await page.getByLabel('When').selectOption('daily');
    await page.getByLabel('Wait while this machine runs on battery').check();
    await assertAccessible(page, 'the dialog that changes a backup');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('My letters', { exact: true }).waitFor();
    await page.getByText('daily at 3:00').waitFor();
    const { items } = await device.must<{ items: { pauseOn: string[] }[] }>('GET', '/api/v1/backups');
    assert.deepEqual(items[0]?.pauseOn, ['battery']);
  });

  it('fit on a phone, and are removed after a question', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await assertNoOverflow(page, 'the backups on a phone');
    await page.getByRole('button', { name: 'Snapshots…' }).click();
    await page.getByText('There is nothing here.').waitFor();
    await assertNoOverflow(page, 'the snapshots on a phone');
    await shot(page, 'backups-phone');
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: /^Remove the backup/ }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('Nothing of laptop is backed up.').waitFor();
  });
});
