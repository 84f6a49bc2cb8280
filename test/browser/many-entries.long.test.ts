/**
 * A folder of very many real files in a real browser: first rows, scrolling, and all of it chosen and trashed by one
 * request. Filling it with 100,000 takes five minutes: PEERSTOR_MANY_ENTRIES=100000 does.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { EntryView } from '../../src/model/api.ts';
import { DeviceProcess } from '../cluster/device-process.ts';
import { until } from '../support/until.ts';
import { collectProblems, launchBrowser, shot, signIn, waitMs } from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const total = Number(process.env.PEERSTOR_MANY_ENTRIES ?? 12_000);
const putsAtOnce = 64;
/** As a phone is slower than this machine. */
const slowdown = 4;
const scrolledRows = 2000;
const nameOf = (number: number) => `scan ${String(number).padStart(6, '0')}.txt`;

describe('a folder of very many files', { skip: withoutBrowser, timeout: 2_400_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let folder: EntryView;

  before(async () => {
    device = await DeviceProcess.start({ name: 'laptop' });
    await device.setup();
    folder = await device.must('POST', '/api/v1/entries', {
      json: { parentId: 'root', name: 'Scans', kind: 'folder' },
    });
    let next = 0;
    const putter = async () => {
      while (next < total) {
        const name = encodeURIComponent(nameOf(next++));
        await device.must('PUT', `/api/v1/path/Scans/${name}`, { body: Buffer.alloc(0) });
      }
    };
    await Promise.all(Array.from({ length: putsAtOnce }, putter));
    browser = await launchBrowser();
    page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(waitMs);
    problems = collectProblems(page, []);
    await signIn(page, device.address);
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
  });

  /** Names of the rows that are drawn, and whether each spot in sight is covered by one. */
  const inSight = () =>
    page.evaluate(() => {
      const rows = [...document.querySelectorAll('.table .entry[id]')];
      const scroller = document.querySelector('#content')?.getBoundingClientRect();
      const list = rows[0]?.parentElement?.getBoundingClientRect();
      if (!scroller || !list) return { names: [], holes: ['no list'] };
      const holes: string[] = [];
      const top = Math.max(scroller.top, list.top) + 80;
      for (let y = top; y < Math.min(scroller.bottom, list.bottom) - 4; y += 10) {
        const hit = document.elementFromPoint(list.left + list.width / 2, y);
        if (!hit?.closest('.entry, .entry-head, .upload-stack, .messages'))
          holes.push(`${y}: ${hit?.className}`);
      }
      return { names: rows.map((row) => row.querySelector('.name a')?.getAttribute('title') ?? ''), holes };
    });

  it('shows its first rows soon on a slow processor', async (context) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    await page.goto(`http://${device.address}/drive/${folder.id}`);
    await page.locator(`.entry a[title="${nameOf(0)}"]`).waitFor();
    const ms = await page.evaluate(() => Math.round(performance.now()));
    context.diagnostic(`first rows seen ${ms} ms after the page was asked for`);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await shot(page, 'many-entries');
  });

  it('scrolls without holes that stay, in order, and leaves none out', async () => {
    const seen = new Set<string>();
    // Kept beside: until() would look again.
    const faults: string[] = [];
    await page.locator('#content').hover();
    const last = nameOf(scrolledRows - 1);
    await until(`${last} was seen`, async () => {
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      const { names, holes } = await inSight();
      // A busy machine may draw rows late; they have to come.
      if (holes.length > 0) return `holes: ${holes}`;
      const first = Number(names[0]?.match(/\d+/)?.[0]);
      if (names.some((name, index) => name !== nameOf(first + index))) faults.push(`order: ${names}`);
      for (const name of names) seen.add(name);
      await page.mouse.wheel(0, 900);
      return seen.has(last) || `${seen.size} rows were seen`;
    });
    assert.deepEqual(faults, []);
    assert.deepEqual(
      [...seen].sort().slice(0, scrolledRows),
      Array.from({ length: scrolledRows }, (_, number) => nameOf(number)),
    );
  });

  it('is chosen as a whole without being loaded, and one request asks for all of it to go to the trash', async () => {
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') asked.push(`${new URL(request.url()).pathname} ${request.postData()}`);
    });
    await page.getByRole('grid').focus();
    await page.keyboard.press('Control+a');
    await page.getByText('All selected', { exact: true }).waitFor();
    assert.deepEqual(asked, []);
    await page.getByRole('button', { name: 'Move to trash' }).click();
    await page.getByText('This folder is empty.').waitFor();
    assert.deepEqual(asked, [
      `/api/v1/entries/trash ${JSON.stringify({ all: { parentId: folder.id, except: [] } })}`,
    ]);
    assert.deepEqual(problems, []);
  });
});
