/** Large uploads in a real browser: cut, paused, and gone on with after the page was loaded again. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { UploadView } from '../../src/model/contracts/uploads.ts';
import { DeviceProcess, randomStream } from '../cluster/device-process.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
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

const MiB = 1024 * 1024;
const fileBytes = 40 * MiB;

describe('large uploads on the page', { skip: withoutBrowser, timeout: 600_000 }, () => {
  let device: DeviceProcess;
  let proxy: TcpProxy;
  let browser: Browser;
  let page: Page;
  let folder: string;
  let problems: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-uploads-'));
    await writeFile(join(folder, 'film.mkv'), randomStream(fileBytes, 'film'));
    device = await DeviceProcess.start({ name: 'laptop' });
    await device.setup();
    proxy = await TcpProxy.open({ host: '127.0.0.1', port: device.ready.port });
    browser = await launchBrowser();
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(waitMs);
    // Cut connections are what this is about.
    problems = collectProblems(page, ['net::ERR', 'WebSocket']);
    page.on('dialog', (dialog) => void dialog.accept());
    await signIn(page, `127.0.0.1:${proxy.port}`);
  });
  after(async () => {
    await browser?.close();
    await proxy?.close();
    await device?.remove();
    if (folder) await rm(folder, { recursive: true });
  });

  const row = (name: string) =>
    page
      .getByRole('region', { name: 'Uploads', exact: true })
      .getByRole('listitem')
      .filter({ hasText: name });
  const offset = async (): Promise<number> => {
    const { items } = await device.must<{ items: UploadView[] }>('GET', '/api/v1/uploads');
    return items[0]?.offset ?? 0;
  };
  const choose = (name: string) => page.getByLabel('Files to upload').setInputFiles(join(folder, name));

  it('go on by themselves after a cut, after a pause, and after a reload when the same file is chosen again', async () => {
    const begins: number[] = [];
    page.on('request', (request) => {
      if (request.method() === 'PATCH') begins.push(Number(request.headers()['upload-offset']));
    });
    proxy.setRate(8 * MiB);
    await choose('film.mkv');
    await until('the first bytes are durable', async () => (await offset()) >= 6 * MiB);

    proxy.cut({ refuse: true });
    await row('film.mkv').getByText('waiting for the device').waitFor();
    await shot(page, 'upload-waiting');
    proxy.accept();
    await until('it goes on', () => begins.length >= 2);
    await until('more bytes are durable', async () => (await offset()) >= 14 * MiB);

    await page.getByRole('button', { name: 'Pause film.mkv' }).click();
    await row('film.mkv').getByText('paused').waitFor();
    await page.getByText('Uploads paused: 0 of 1 done').waitFor();
    await shot(page, 'upload-paused');
    await assertAccessible(page, 'a paused upload');
    await page.getByRole('button', { name: 'Resume all uploads' }).click();
    await until('it goes on after the pause', () => begins.length >= 3);
    await until('most bytes are durable', async () => (await offset()) >= 20 * MiB);

    await page.reload();
    await page.getByRole('heading', { name: 'My drive' }).waitFor();
    const unfinished = page.getByRole('region', { name: 'Unfinished uploads' });
    await unfinished.getByText('film.mkv').waitFor();
    await shot(page, 'upload-unfinished');
    await assertAccessible(page, 'uploads that a reload ended');
    await assertFitsPhone(page, 'uploads that a reload ended');
    await writeFile(join(folder, 'stranger.mkv'), 'not what was being sent');
    await page.getByLabel('Files that go on').setInputFiles(join(folder, 'stranger.mkv'));
    await page.getByText('1 file that you chose is not among the unfinished ones').waitFor();
    proxy.setRate(Number.POSITIVE_INFINITY);
    await page.getByLabel('Files that go on').setInputFiles(join(folder, 'film.mkv'));
    await unfinished.waitFor({ state: 'detached' });
    await row('film.mkv')
      .getByText(/accepted|safe|full/)
      .waitFor();
    assert.ok((begins.at(-1) ?? 0) >= 20 * MiB, `it went on at ${begins.at(-1)}`);
    const sha256 = createHash('sha256')
      .update(await readFile(join(folder, 'film.mkv')))
      .digest('hex');
    assert.deepEqual(await device.hashAt('/film.mkv'), { sha256, size: fileBytes });
    assert.deepEqual(problems, []);
  });

  it('of a name that is there ask once what to do, and keep both when that is chosen', async () => {
    await writeFile(join(folder, 'film.mkv'), 'another film');
    await writeFile(join(folder, 'new.txt'), 'new');
    await page
      .getByLabel('Files to upload')
      .setInputFiles([join(folder, 'film.mkv'), join(folder, 'new.txt')]);
    const dialog = page.getByRole('dialog', { name: '1 of 2 files are there already' });
    await dialog.getByText('film.mkv').waitFor();
    await shot(page, 'upload-conflict');
    await assertAccessible(page, 'the question about names that are taken');
    await dialog.getByRole('button', { name: 'Keep both' }).click();
    await page.locator('.entry a[title="film (2).mkv"]').waitFor();
    await page.locator('.entry a[title="new.txt"]').waitFor();
    assert.equal((await device.entryAt('/film.mkv')).size, fileBytes);
    assert.deepEqual(problems, []);
  });

  it('that are cancelled leave nothing at the device', async () => {
    await writeFile(join(folder, 'other.bin'), randomStream(fileBytes, 'other'));
    proxy.setRate(8 * MiB);
    await choose('other.bin');
    await until('some of it is durable', async () => (await offset()) > 0);
    await page.getByRole('button', { name: 'Cancel other.bin' }).click();
    proxy.setRate(Number.POSITIVE_INFINITY);
    await until('the device has forgotten it', async () => {
      const { items } = await device.must<{ items: UploadView[] }>('GET', '/api/v1/uploads');
      return items.length === 0;
    });
    assert.deepEqual(problems, []);
  });
});
