/**
 * The page over 100,000 entries, in a browser whose processor is slowed down four times as that of a phone: when the first rows
 * are there, how long a frame takes while one scrolls, and how long a key takes until it is painted (INP). The entries are made
 * up between device and page: this measures the page. Also what it weighs. Needs `npm run build`.
 */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { launchBrowser, signIn } from '../test/browser/browser.ts';
import { DeviceProcess } from '../test/cluster/device-process.ts';

const total = 100_000;
const slowdown = 4;
const web = new URL('../dist/web/', import.meta.url).pathname;

interface Listed {
  items: object[];
  nextCursor: string | null;
}

/** The page of a list that a query asks for. */
function listed(address: string): Listed {
  const query = new URL(address).searchParams;
  const [from, limit] = [Number(query.get('cursor') ?? 0), Number(query.get('limit') ?? 200)];
  const end = Math.min(total, from + limit);
  const items = Array.from({ length: end - from }, (_, index) => entryNumber(from + index));
  return { items, nextCursor: end === total ? null : String(end) };
}

function entryNumber(number: number): object {
  const at = new Date(1_760_000_000_000 + number * 60_000).toISOString();
  return {
    id: number.toString(16).padStart(32, '0'),
    parentId: 'f'.repeat(32),
    kind: 'file',
    name: `picture ${number}.jpg`,
    path: `/picture ${number}.jpg`,
    size: 1000 * (number % 5000),
    mime: 'image/jpeg',
    executable: false,
    createdAt: at,
    modifiedAt: at,
    version: 'a'.repeat(32),
    tags: number % 7 === 0 ? ['seventh'] : [],
    starred: number % 11 === 0,
    trashedAt: null,
    totalSize: null,
    totalCount: null,
    safety: { level: 'full', copies: 3, wanted: 3 },
    thumbnail: null,
    media: null,
  };
}

function weigh(): void {
  const html = readFileSync(`${web}index.html`, 'utf8');
  const sizes = globSync(`${web}assets/*.{js,mjs,css}`)
    .map((path) => ({
      name: basename(path),
      bytes: gzipSync(readFileSync(path), { level: 9 }).length,
      isFirst: html.includes(basename(path)),
    }))
    .sort((a, b) => b.bytes - a.bytes);
  const first = sizes.filter(({ name, isFirst }) => isFirst && name.endsWith('.js'));
  console.log(`first load: ${first.reduce((sum, { bytes }) => sum + bytes, 0)} bytes of script, packed`);
  for (const { name, bytes } of sizes.slice(0, 8)) console.log(`  ${String(bytes).padStart(7)} ${name}`);
}

/** Notes when the first row appears, and how long each key takes until it is painted. */
const watching = `
  globalThis.keyMs = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.interactionId) globalThis.keyMs.push(entry.duration);
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  const look = () => {
    if (document.querySelector('.entry[id]')) globalThis.firstRowsMs ??= performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

/** Frames of two seconds in which the list is scrolled by a screen each. */
const scrolling = `new Promise((done) => {
  const scroller = document.querySelector('[data-scroller]');
  const frames = [];
  const begun = performance.now();
  let before = begun;
  const step = () => {
    const now = performance.now();
    frames.push(now - before);
    before = now;
    scroller.scrollTop += scroller.clientHeight;
    if (now - begun < 2000) requestAnimationFrame(step);
    else done(frames.slice(1));
  };
  requestAnimationFrame(step);
})`;

async function measure(page: Page, origin: string): Promise<void> {
  await page.route(/\/api\/v1\/(search|entries\/[^/]+\/children)\?/, (route) =>
    route.fulfill({ json: listed(route.request().url()) }),
  );
  await page.addInitScript(watching);
  const browser = await page.context().newCDPSession(page);
  await browser.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await page.goto(`${origin}/`);
  await page.locator('.entry[id]').first().waitFor();
  console.log(
    `first rows: ${Math.round(await page.evaluate<number>('firstRowsMs'))} ms after the page was asked for`,
  );

  await page.goto(`${origin}/search?q=picture`);
  await page.locator('.entry[id]').first().waitFor();
  await page.getByRole('grid').focus();
  // A search has no folder that could be named: all of it is loaded.
  await page.keyboard.press('Control+a');
  await page.getByText('100,000 selected').waitFor({ timeout: 300_000 });
  await page.keyboard.press('Escape');
  const frames = (await page.evaluate<number[]>(scrolling)).sort((a, b) => a - b);
  const at = (share: number) => Math.round(frames[Math.floor(share * (frames.length - 1))] ?? 0);
  console.log(
    `scrolling over ${total} loaded entries: frames of ${at(0.5)} ms (median), ${at(0.95)} ms (95 %), ${at(1)} ms (worst)`,
  );
  await page.evaluate('keyMs.length = 0');
  await page.getByRole('grid').focus();
  for (let count = 0; count < 20; count++) await page.keyboard.press('ArrowDown', { delay: 50 });
  const keys = (await page.evaluate<number[]>('keyMs')).sort((a, b) => a - b);
  console.log(
    `a key until it is painted: ${keys[Math.floor(keys.length / 2)] ?? 'under 16'} ms (median), ${keys.at(-1) ?? 'under 16'} ms (worst)`,
  );
  const heap = await page.evaluate<number>('performance.memory.usedJSHeapSize');
  console.log(`memory of the page with ${total} loaded entries: ${Math.round(heap / 1e6)} MB`);
}

weigh();
const device = await DeviceProcess.start({ name: 'laptop' });
const browser = await launchBrowser();
try {
  await device.setup();
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const page = await (await browser.newContext(phone)).newPage();
  await signIn(page, device.address);
  await measure(page, `http://${device.address}`);
} finally {
  await browser.close();
  await device.remove();
}
