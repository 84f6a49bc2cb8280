/** The drive in a real browser: by keyboard alone, by mouse, by finger; what is shown of files; every width. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import type { EntryView, Page as ListPage } from '../../src/model/api.ts';
import { DeviceProcess } from '../cluster/device-process.ts';
import { until } from '../support/until.ts';
import {
  assertAccessible,
  assertNoOverflow,
  collectProblems,
  launchBrowser,
  shot,
  signIn,
  waitMs,
} from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><script>parent.harm = 1; top.harm = 1</script><rect width="40" height="30" fill="teal"/></svg>`;
const html = `<script>parent.harm = 1; fetch('/api/v1/auth/me')</script><b>bold</b>`;
const markdown = `# first words

<img src=x onerror="parent.harm = 1">

[bad](javascript:parent.harm=1) and [a page](https://example.org/) and ![picture](https://example.org/x.png)
`;
/** One page, with a script that a viewer of PDF may run. */
const pdf = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(parent.harm = 1; app.alert\\(1\\);)>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj
4 0 obj<</Length 45>>stream
BT /F1 24 Tf 40 300 Td (words on paper) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF`;
const longName = `${'a very long name that does not fit '.repeat(5)}.txt`;

describe('the drive on the page', { skip: withoutBrowser, timeout: 900_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  const put = (path: string, content: string | Uint8Array, type = 'text/plain') =>
    device.must<EntryView>('PUT', `/api/v1/path/${path.split('/').map(encodeURIComponent).join('/')}`, {
      body: Buffer.from(content),
      headers: { 'content-type': type },
    });
  const namesIn = async (path: string): Promise<string[]> => {
    const { id } = await device.must<EntryView>('GET', `/api/v1/path/${path}`);
    const { items } = await device.must<ListPage<EntryView>>('GET', `/api/v1/entries/${id}/children`);
    return items.map(({ name }) => name);
  };
  const open = async (options: Parameters<Browser['newContext']>[0]): Promise<Page> => {
    const opened = await (await browser.newContext({ acceptDownloads: true, ...options })).newPage();
    opened.setDefaultTimeout(waitMs);
    await signIn(opened, device.address);
    return opened;
  };
  const row = (name: string, on = page) => on.locator(`.entry:has(a[title="${name}"])`);
  const grid = (on = page) => on.getByRole('grid');
  /** The name of the row that keys act on. */
  const focused = async (): Promise<string | null> => {
    const id = await grid().getAttribute('aria-activedescendant');
    return id && page.locator(`#${id} .name a`).getAttribute('title');
  };
  const focusIs = (name: string) => until(`${name} has the focus`, async () => (await focused()) === name);
  const selectedAre = (names: string[]) =>
    until(`${names} are selected`, async () => `${await selected()}` === `${names}`);
  const selected = () => page.locator('.entry[aria-selected=true] .name a').allInnerTexts();
  const visit = async (path: string, heading: string, on = page) => {
    await on.goto(`http://${device.address}${path}`);
    await on.getByRole('heading', { name: heading, level: 1 }).waitFor();
    await on.locator('.entry').first().waitFor();
  };

  before(async () => {
    device = await DeviceProcess.start({ name: 'laptop' });
    await device.setup();
    for (const name of ['alpha.txt', 'beta.txt', 'bravo.txt', 'gamma.txt']) await put(`Keys/${name}`, name);
    await put('Keys/Inside/deep.txt', 'deep');
    for (const name of ['one.txt', 'two.txt']) await put(`Mouse/${name}`, name);
    await put('Mouse/Target/there.txt', 'there');
    await put('Show/1 picture.svg', svg, 'image/svg+xml');
    await put('Show/2 page.html', html, 'text/html');
    await put('Show/3 text.md', markdown);
    await put('Show/4 table.csv', 'name;price\n"apple; red";1,5\n', 'text/csv');
    await put('Show/5 archive.zip', zipSync({ 'inside/page.html': strToU8(html) }), 'application/zip');
    await put('Show/6 notes.txt.zst', zstdCompressSync(Buffer.from('words that were compressed')));
    await put('Show/7 broken.zst', 'no such thing at all, but long enough');
    await put('Show/8 paper.pdf', pdf, 'application/pdf');
    await put('Show/9 unknown.bin', 'bytes', 'application/octet-stream');
    await put(`Long/${longName}`, 'x');
    for (let number = 0; number < 220; number++) await put(`Long/file ${number}.txt`, 'x');
    browser = await launchBrowser();
    page = await open({ viewport: { width: 1280, height: 800 } });
    problems = collectProblems(page, ['409']);
  });
  beforeEach(() => {
    problems.length = 0;
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
  });

  it('is walked, searched by letters, selected and changed with the keyboard alone, and every change is undone', async () => {
    await visit('/', 'My drive');
    await grid().focus();
    await page.keyboard.press('k');
    await focusIs('Keys');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await row('alpha.txt').waitFor();
    await grid().focus();
    await page.keyboard.press('Home');
    await focusIs('Inside');
    await page.keyboard.press('b');
    await focusIs('beta.txt');
    await page.keyboard.press('r');
    await focusIs('bravo.txt');
    await page.keyboard.press('Shift+ArrowDown');
    await selectedAre(['bravo.txt', 'gamma.txt']);
    await assertAccessible(page, 'a selection');
    await page.keyboard.press('Escape');
    await selectedAre([]);
    await page.keyboard.press('Control+a');
    await until('all are selected', async () => (await selected()).length === 5);
    await page.keyboard.press('Escape');

    await page.keyboard.press('End');
    await page.keyboard.press('F2');
    await page.getByRole('textbox', { name: 'New name of gamma.txt' }).waitFor();
    await page.keyboard.type('omega');
    await page.keyboard.press('Enter');
    await row('omega.txt').waitFor();
    assert.ok((await namesIn('Keys')).includes('omega.txt'));
    await page.keyboard.press('Control+z');
    await row('gamma.txt').waitFor();

    await grid().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('a');
    await page.keyboard.press('Delete');
    await row('alpha.txt').waitFor({ state: 'detached' });
    await page.getByText('“alpha.txt” moved to the trash.', { exact: true }).waitFor();
    await page.keyboard.press('Control+z');
    await row('alpha.txt').waitFor();
    await page.keyboard.press('Control+Shift+Z');
    await row('alpha.txt').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await row('alpha.txt').waitFor();
  });

  it('takes back by Ctrl+Z what the menu of the right button did, and shows details of what that was over', async () => {
    await visit(`/drive/${(await device.entryAt('/Keys')).id}`, 'Keys');
    const menuOf = (name: string) => row(name).getByRole('link').click({ button: 'right' });
    const chosen = (label: string) => page.getByRole('menuitem', { name: label, exact: true }).click();
    await menuOf('alpha.txt');
    await chosen('Move to trash');
    await row('alpha.txt').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await row('alpha.txt').waitFor();
    await page.getByText('Undone: “alpha.txt” moved to the trash.').waitFor();
    const told = page.getByText('“alpha.txt” moved to the trash.', { exact: true });
    assert.equal(await told.count(), 0, 'what was undone is not said any more');
    // Nothing has the focus, as where a button went with what it stood for.
    await menuOf('beta.txt');
    await chosen('Move to trash');
    await row('beta.txt').waitFor({ state: 'detached' });
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('Control+z');
    await row('beta.txt').waitFor();

    const details = page.getByRole('region', { name: 'Details' });
    for (const name of ['alpha.txt', 'beta.txt', 'beta.txt']) {
      await menuOf(name);
      await chosen('Details');
      await details.getByRole('heading', { name }).waitFor();
    }
    await page.getByRole('button', { name: 'Hide details' }).click();
    assert.deepEqual(problems, []);
  });

  it('cuts with one key and pastes with another, into the folder that was opened meanwhile', async () => {
    await visit('/', 'My drive');
    await page.getByRole('link', { name: 'Keys', exact: true }).click();
    await row('beta.txt').waitFor();
    await grid().focus();
    await page.keyboard.press('b');
    await page.keyboard.press('Control+x');
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Inside' }).waitFor();
    await row('deep.txt').waitFor();
    await grid().focus();
    await page.keyboard.press('Control+v');
    await row('beta.txt').waitFor();
    assert.deepEqual(await namesIn('Keys/Inside'), ['beta.txt', 'deep.txt']);
    await page.keyboard.press('Control+z');
    await row('beta.txt').waitFor({ state: 'detached' });
    await page.keyboard.press('Backspace');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await row('beta.txt').waitFor();
    await grid().focus();
    await page.keyboard.press('b');
    await page.keyboard.press('Shift+F10');
    await page.getByRole('menuitem', { name: 'Rename' }).waitFor();
    await shot(page, 'context-menu');
    await assertAccessible(page, 'the context menu');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('role')), 'grid');
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
    await assertAccessible(page, 'keyboard help');
    await page.keyboard.press('Escape');
  });

  it('moves what is dragged onto a folder or a breadcrumb, and what the dialog is told to move', async () => {
    await visit('/', 'My drive');
    await page.getByRole('link', { name: 'Mouse', exact: true }).click();
    await row('one.txt').waitFor();
    await row('one.txt').locator('.time').click();
    await row('two.txt')
      .locator('.time')
      .click({ modifiers: ['Control'] });
    await selectedAre(['one.txt', 'two.txt']);
    await row('one.txt').locator('.time').dragTo(row('Target'));
    await page.getByText('2 items moved to “Target”.', { exact: true }).waitFor();
    assert.deepEqual(await namesIn('Mouse/Target'), ['one.txt', 'there.txt', 'two.txt']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await row('one.txt').waitFor();

    await page.getByRole('link', { name: 'Target', exact: true }).click();
    await row('there.txt').waitFor();
    await row('there.txt')
      .locator('.time')
      .dragTo(page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'Mouse' }));
    await page.getByText('“there.txt” moved to “Mouse”.', { exact: true }).waitFor();
    await row('there.txt').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await row('there.txt').waitFor();

    await row('there.txt').click({ button: 'right', position: { x: 200, y: 10 } });
    const copyTo = page.getByRole('menuitem', { name: 'Copy to…' });
    await copyTo.waitFor();
    // The menu stays while the list below it is loaded anew.
    await put('Mouse/Target/arrived.txt', 'x');
    await row('arrived.txt').waitFor();
    await copyTo.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'My drive' }).click();
    await dialog.getByRole('button', { name: 'Keys' }).click();
    await shot(page, 'copy-to');
    await assertAccessible(page, 'the dialog that moves and copies');
    await dialog.getByRole('button', { name: 'Copy to Keys' }).click();
    await page.getByText('“there.txt” copied to “Keys”.', { exact: true }).waitFor();
    assert.ok((await namesIn('Keys')).includes('there.txt'));
  });

  it('shows pictures and text, and runs nothing of what is hostile', async () => {
    await visit('/', 'My drive');
    await page.getByRole('link', { name: 'Show', exact: true }).click();
    await page.getByRole('link', { name: '1 picture.svg' }).click();
    const preview = page.getByRole('dialog');
    const picture = preview.getByRole('img', { name: '1 picture.svg' });
    await picture.waitFor();
    await page.waitForFunction(
      () => (document.querySelector('.stage img') as HTMLImageElement).naturalWidth > 0,
    );
    await shot(page, 'preview-image');
    await assertAccessible(page, 'the preview of an image');
    await preview.getByRole('button', { name: 'Zoom in' }).click();
    await preview.getByText('150 %').waitFor();
    await page.keyboard.press('ArrowRight');
    await preview.getByText("parent.harm = 1; fetch('/api/v1/auth/me')").waitFor();
    await shot(page, 'preview-code');
    await assertAccessible(page, 'the preview of code');
    await page.keyboard.press('ArrowRight');
    await preview.getByRole('heading', { name: 'first words' }).waitFor();
    // Markup and addresses in it are words.
    await preview.getByText('<img src=x onerror="parent.harm = 1">').waitFor();
    assert.deepEqual(
      await preview.getByRole('article').or(preview.locator('.markdown')).getByRole('link').allInnerTexts(),
      ['a page'],
    );
    await shot(page, 'preview-text');
    await assertAccessible(page, 'the preview of a text');
    await preview.getByRole('button', { name: 'Show as written' }).click();
    await preview.getByText('# first words').waitFor();
    await page.keyboard.press('ArrowRight');
    await preview.getByRole('cell', { name: '1,5' }).waitFor();
    await shot(page, 'preview-table');
    await assertAccessible(page, 'the preview of a table');
    await page.keyboard.press('ArrowRight');
    await preview.getByRole('button', { name: 'inside/page.html' }).click();
    await preview.getByText('<b>bold</b>').waitFor();
    await preview.getByRole('button', { name: 'All files' }).click();
    await assertAccessible(page, 'the contents of an archive');
    await page.keyboard.press('ArrowRight');
    await preview.getByText('words that were compressed').waitFor();
    await page.keyboard.press('ArrowRight');
    await preview.getByText('This file is damaged').waitFor();
    await page.keyboard.press('ArrowRight');
    const paper = preview.getByRole('region', { name: 'Page 1' });
    await paper.getByText('words on paper').waitFor({ state: 'attached' });
    await page.waitForFunction(() => {
      const canvas = document.querySelector('canvas');
      const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
      return pixels?.some((value, at) => at % 4 === 0 && value < 100);
    });
    await shot(page, 'preview-pdf');
    await assertAccessible(page, 'the preview of a PDF');
    await page.keyboard.press('ArrowRight');
    await preview.getByText('This kind of file has no preview.').waitFor();
    await page.goBack();
    await preview.waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Show' }).waitFor();
    assert.equal(await page.evaluate(() => 'harm' in window), false);
    assert.deepEqual(problems, [], 'and the policy of the page forbids nothing that it does');

    // Opened by its own address, a page of a user is saved and never shown.
    const address = await page.getByRole('link', { name: '2 page.html' }).getAttribute('href');
    const tab = await page.context().newPage();
    const download = tab.waitForEvent('download');
    await tab.goto(`http://${device.address}${address}`).catch(() => undefined);
    assert.equal((await download).suggestedFilename(), '2 page.html');
    assert.equal(tab.url(), 'about:blank');
    await tab.close();
  });

  it('shows everything about a file beside the list: tags, versions to look at, compare, name and bring back', async () => {
    await put('Show/3 text.md', '# second words');
    await visit('/', 'My drive');
    await page.getByRole('link', { name: 'Show', exact: true }).click();
    await row('3 text.md').locator('.time').click();
    await page.getByRole('button', { name: 'Show details' }).click();
    const details = page.getByRole('region', { name: 'Details' });
    const versions = details.getByRole('list', { name: 'Versions' }).getByRole('listitem');
    await versions.nth(1).waitFor();
    await details.getByText('Only you.').waitFor();
    await details.getByText('File added').waitFor();
    await shot(page, 'versions');
    await assertAccessible(page, 'details with versions');

    await details.getByLabel('New tag').fill('letters');
    await page.keyboard.press('Enter');
    await page.getByText('“3 text.md” tagged “letters”.', { exact: true }).waitFor();
    await details.getByRole('link', { name: 'letters' }).waitFor();
    await row('3 text.md').getByText('letters').waitFor();

    await versions
      .nth(1)
      .getByRole('button', { name: /^Compare/ })
      .click();
    const compared = page.getByRole('dialog');
    await compared.getByText('+ # second words').waitFor();
    await compared.getByText('− # first words').waitFor();
    await shot(page, 'compare');
    await assertAccessible(page, 'two versions side by side');
    await page.keyboard.press('Escape');
    await versions.nth(1).getByRole('button', { name: /^Show/ }).click();
    await page.getByRole('dialog').getByRole('heading', { name: 'first words' }).waitFor();
    await page.keyboard.press('i');
    await page.getByRole('dialog').getByRole('region', { name: 'Details' }).waitFor({ state: 'detached' });
    await page.keyboard.press('i');
    await page.keyboard.press('Escape');
    await versions.nth(1).getByRole('button', { name: /^Name/ }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('before the trip');
    await page.keyboard.press('Enter');
    await versions.nth(1).getByText('before the trip').waitFor();
    await versions
      .nth(1)
      .getByRole('button', { name: /^Restore/ })
      .click();
    await page.getByText(/has the content of .* again/).waitFor();
    const { id, tags } = await device.entryAt('/Show/3 text.md');
    assert.equal((await device.api('GET', `/api/v1/entries/${id}/content`)).body, markdown);
    assert.deepEqual(tags, ['letters']);

    // It is there again after a reload; the tag leads to everything that has it.
    await page.reload();
    await row('3 text.md').locator('.size').click();
    await details.getByRole('link', { name: 'letters' }).click();
    await page.getByRole('heading', { name: 'Tagged “letters”' }).waitFor();
    await row('3 text.md').waitFor();
    await page.getByRole('button', { name: 'Hide details' }).click();
    assert.deepEqual(problems, []);
  });

  it('shows tiles, remembers the order of each folder, and draws only what is in sight', async () => {
    await visit('/', 'My drive');
    await page.getByRole('link', { name: 'Long', exact: true }).click();
    await row('file 0.txt').waitFor();
    assert.ok((await page.locator('.entry').count()) < 60);
    await grid().focus();
    await page.keyboard.press('End');
    await row(longName.trim()).or(row('file 219.txt')).first().waitFor();
    assert.ok((await page.locator('.entry').count()) < 60);
    await page.getByRole('button', { name: 'Sort by name, sorted ascending' }).click();
    await page.getByRole('button', { name: 'Sort by name, sorted descending' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Sort by name, sorted descending' }).waitFor();
    await page.getByRole('button', { name: 'Show as tiles' }).click();
    await page.locator('.tiles .entry').first().waitFor();
    await shot(page, 'tiles');
    await assertAccessible(page, 'tiles');
    await page.getByRole('button', { name: 'Show as list' }).click();
  });

  it('fits every width with readable names, and a finger reaches the navigation below a long folder', async () => {
    const { id } = await device.must<EntryView>('GET', '/api/v1/path/Long');
    for (const width of [320, 390, 701, 768, 820, 1280, 2560]) {
      await page.setViewportSize({ width, height: 740 });
      await visit(`/drive/${id}`, 'Long');
      await assertNoOverflow(page, `a folder at ${width} px`);
      const inner = await page
        .locator('.content')
        .evaluate((content) => content.scrollWidth - content.clientWidth);
      assert.equal(inner, 0, `the content at ${width} px`);
      const box = await row('file 1.txt').or(row('file 212.txt')).locator('.name a').first().boundingBox();
      assert.ok(box && box.width >= 50, `a name has ${box?.width} px at ${width} px`);
      await shot(page, `long-${width}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });

    const phone = await open({ viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true });
    await phone.goto(`http://${device.address}/drive/${id}`);
    await phone.locator('.entry').first().waitFor();
    await phone.locator('.content').evaluate((content) => content.scrollTo(0, 1500));
    for (const name of ['Shared', 'Trash', 'Devices', 'Health', 'Drive']) {
      await phone.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).tap();
      const heading = { Shared: 'Shared with me', Drive: 'My drive' }[name] ?? name;
      await phone.getByRole('heading', { name: heading, level: 1 }).waitFor();
    }
    await shot(phone, 'phone-drive');
    await assertAccessible(phone, 'the drive on a phone');
    await phone.close();
    assert.deepEqual(problems, []);
  });

  it('takes gestures: a band around tiles, a finger that rests on a file, and one that goes sideways', async () => {
    await visit('/', 'My drive');
    await page.getByRole('link', { name: 'Show', exact: true }).click();
    await row('9 unknown.bin').waitFor();
    await page.getByRole('button', { name: 'Show as tiles' }).click();
    await page.locator('.tiles .entry').first().waitFor();
    const [first, last] = [
      await row('1 picture.svg').boundingBox(),
      await row('9 unknown.bin').boundingBox(),
    ];
    assert.ok(first && last && last.y > first.y, 'the last row has room beside its tiles');
    await page.mouse.move(last.x + last.width + 60, last.y + 60);
    await page.mouse.down();
    await page.mouse.move(first.x + first.width / 2, first.y + first.height / 2, { steps: 5 });
    await page.locator('.band').waitFor();
    await page.mouse.up();
    const chosen = page.locator('.entry[aria-selected=true]');
    assert.equal(await chosen.count(), 9);
    await page.locator('.band').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Show as list' }).click();

    const phone = await open({ viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true });
    const fingers = await phone.context().newCDPSession(phone);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', at?: { x: number; y: number }) =>
      fingers.send('Input.dispatchTouchEvent', { type, touchPoints: at ? [at] : [] });
    const { id } = await device.entryAt('/Show');
    await phone.goto(`http://${device.address}/drive/${id}`);
    const held = row('2 page.html', phone);
    const box = await held.boundingBox();
    assert.ok(box);
    await touch('touchStart', { x: box.x + 150, y: box.y + 20 });
    await until('the file is selected', async () => (await held.getAttribute('aria-selected')) === 'true');
    await touch('touchEnd');
    await phone.getByText('1 selected').waitFor();
    assert.equal(await phone.getByRole('dialog').count(), 0, 'and not opened');
    await phone.getByRole('button', { name: 'Clear selection' }).tap();

    await phone.getByRole('link', { name: '3 text.md' }).tap();
    const preview = phone.getByRole('dialog');
    // What is wider than the phone, such as long lines of code, would scroll instead.
    await preview.getByRole('heading', { name: / words$/ }).waitFor();
    await touch('touchStart', { x: 320, y: 400 });
    for (const x of [260, 200, 140, 80]) await touch('touchMove', { x, y: 405 });
    await touch('touchEnd');

    await preview.getByRole('heading', { name: '4 table.csv' }).waitFor();
    await phone.context().close();
    assert.deepEqual(problems, []);
  });

  it('lists every file of a large upload, and cancels those that wait', async () => {
    await visit('/', 'My drive');
    await page.getByRole('link', { name: 'Mouse', exact: true }).click();
    await row('one.txt').waitFor();
    // The first uploads wait for the test: the others have to wait for them.
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    await page.route('**/path/up*', async (route) => {
      await held;
      await route.continue();
    });
    const files = Array.from({ length: 300 }, (_, index) => ({
      name: `up${index}.txt`,
      mimeType: 'text/plain',
      buffer: Buffer.from('x'),
    }));
    await page.getByLabel('Files to upload').setInputFiles(files);
    const panel = page.getByRole('region', { name: 'Uploads', exact: true });
    await panel.getByText('Uploading 1 of 300').waitFor();
    assert.ok((await panel.getByRole('listitem').count()) < 60, 'rows out of sight are not drawn');
    await panel.locator('[data-scroller]').evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await panel.getByRole('button', { name: 'Cancel up299.txt' }).click();
    await panel.getByText('Uploading 1 of 299').waitFor();
    await shot(page, 'upload-panel');
    await assertAccessible(page, 'the upload panel');
    await panel.getByRole('button', { name: 'Cancel all uploads' }).click();
    await panel.getByText('Uploads cancelled').waitFor();
    release();
    assert.deepEqual(
      (await namesIn('Mouse')).filter((name) => name.startsWith('up')),
      [],
    );
    await panel.getByRole('button', { name: 'Close the list of uploads' }).click();
    await panel.waitFor({ state: 'detached' });
  });

  it('moves a whole folder of entries to the trash with one key and one request, and back', async () => {
    await visit('/', 'My drive');
    await page.getByRole('link', { name: 'Long', exact: true }).click();
    await page.locator('.entry').first().waitFor();
    const asked: string[] = [];
    page.on('request', (request) => {
      const found = /\/entries\/(trash|restore|move)$|cursor=/.exec(request.url());
      if (found) asked.push(found[0]);
    });
    await grid().focus();
    await page.keyboard.press('Control+a');
    await page.getByText('All selected', { exact: true }).waitFor();
    const spared = await page.locator('.entry .name a[title]').nth(1).getAttribute('title');
    await row(`${spared}`).getByRole('checkbox').click();
    await page.getByText('All selected but 1', { exact: true }).waitFor();
    assert.deepEqual(asked, [], 'nothing more was loaded for it');
    await page.keyboard.press('Delete');
    await page.getByText('220 items moved to the trash.', { exact: true }).waitFor({ timeout: 120_000 });
    await until('one entry is left', async () => `${await namesIn('Long')}` === spared);
    const changes = () => asked.filter((what) => what !== 'cursor=');
    assert.deepEqual(changes(), ['/entries/trash']);
    await page.getByRole('button', { name: 'Undo' }).click();
    await until('all of it is back', async () => (await namesIn('Long')).length === 200);
    assert.deepEqual(changes(), ['/entries/trash', '/entries/restore']);
    assert.deepEqual(problems, []);
  });

  it('finds a file by a part of its name while one types, and shows where it is', async () => {
    await visit('/', 'My drive');
    await page.keyboard.press('Tab');
    await page.getByRole('searchbox').fill('deep');
    await page.getByRole('heading', { name: 'Search results for “deep”' }).waitFor();
    await row('deep.txt').waitFor();
    await row('deep.txt').getByText('Keys / Inside').waitFor({ state: 'attached' });
    await assertAccessible(page, 'search results');
    await page.getByLabel('Type').selectOption({ label: 'Folders' });
    await page.getByText('Nothing matches this search.').waitFor();
    await page.reload();
    await page.getByText('Nothing matches this search.').waitFor();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Recent' }).click();
    await page.getByRole('heading', { name: 'Recent' }).waitFor();
    await page.locator('.entry').first().waitFor();
    await page
      .getByRole('button', { name: /^Actions for/ })
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Add star' }).click();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Starred' }).click();
    await page.getByRole('heading', { name: 'Starred' }).waitFor();
    await page.locator('.entry').first().waitFor();
    await assertAccessible(page, 'starred entries');
    assert.deepEqual(problems, []);
  });
});
