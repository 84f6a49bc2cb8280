/**
 * Every dialog of the page on a phone: axe finds no fault, and nothing sticks out sideways. The table is held to the sources:
 * a file with a dialog that is not in it fails the first test.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { EntryView } from '../../src/model/api.ts';
import { DeviceProcess, password, username } from '../cluster/device-process.ts';
import {
  assertAccessible,
  assertNoOverflow,
  collectProblems,
  launchBrowser,
  shot,
  waitMs,
} from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

const root = new URL('../..', import.meta.url).pathname;
const longName = `${'a name that is long '.repeat(9)}.txt`;
const sizes = [
  { width: 390, height: 844 },
  { width: 320, height: 640 },
];

interface Place {
  page: Page;
  folder: string;
}

/** Opens the dialog from the page at `path`. */
interface Opener {
  path: string;
  open(place: Place): Promise<void>;
}

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();
const menu = (action: string): Opener => ({
  path: '/',
  async open({ page }) {
    await press(page, `Actions for ${longName}`);
    await page.getByRole('menuitem', { name: action, exact: true }).click();
  },
});
const pressing = (path: string, ...names: (string | RegExp)[]): Opener => ({
  path,
  async open({ page }) {
    for (const name of names) await press(page, name);
  },
});

/** How each is opened; or the test that looks at it where it takes more than a press. */
const dialogs: Readonly<Record<string, Opener | string>> = {
  'components/upload/conflict-dialog.tsx': {
    path: '/',
    async open({ page, folder }) {
      await writeFile(join(folder, longName), 'other words');
      await page.getByLabel('Files to upload').setInputFiles(join(folder, longName));
    },
  },
  'views/account/passkeys.tsx': 'account.test.ts',
  'views/account/sessions.tsx': pressing('/settings', /^Sign out .*,/),
  'views/account/totp.tsx': 'account.test.ts',
  'views/drive/details/details.tsx': menu('Details'),
  'views/drive/details/tags-dialog.tsx': menu('Tags…'),
  'views/drive/details/versions.tsx': {
    path: '/',
    async open(place) {
      await menu('Details').open(place);
      await press(place.page, /^Name the version/);
    },
  },
  'views/drive/list/key-help.tsx': {
    path: '/',
    async open({ page }) {
      await page.getByRole('grid').focus();
      await page.keyboard.press('?');
    },
  },
  'views/drive/name-dialog.tsx': pressing('/', 'New folder'),
  'views/drive/preview/compare-dialog.tsx': {
    path: '/',
    async open(place) {
      await menu('Details').open(place);
      await press(place.page, /^Compare the version/);
    },
  },
  'views/drive/preview/preview.tsx': menu('Open'),
  'views/drive/transfer-dialog.tsx': menu('Move to…'),
  'views/drive/trash.tsx': pressing('/trash', 'Empty trash'),
  'views/network/backup-dialogs.tsx': pressing('/backups', 'Add a backup'),
  'views/network/backups.tsx': pressing('/backups', /^Remove the backup/),
  'views/network/device-dialogs.tsx': pressing('/devices', 'Add a device'),
  'views/network/garbage.tsx': 'keeping.test.ts',
  'views/network/own-device.tsx': pressing('/devices', 'Add a folder'),
  'views/network/snapshots.tsx': pressing('/backups', 'Snapshots…'),
  'views/people/end-link.tsx': pressing('/shared', /^End the link/),
  'views/people/share.tsx': menu('Share'),
  'views/people/users.tsx': pressing('/users', 'Invite someone'),
  'views/photos/album-dialog.tsx': 'photos.test.ts',
  'views/photos/albums.tsx': pressing('/photos/albums', 'New album'),
  'views/photos/map/place-dialog.tsx': 'photos.test.ts',
  'views/settings.tsx': pressing('/settings', 'Sign out everywhere else…'),
};

/** What others are made of. */
const parts = ['components/dialog.tsx', 'components/change-dialog.tsx'];

describe('dialogs on a phone', { skip: withoutBrowser, timeout: 1_200_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let problems: string[];
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peerstor-dialogs-'));
    device = await DeviceProcess.start({ name: 'laptop' });
    await device.setup();
    const put = (content: string) =>
      device.must<EntryView>('PUT', `/api/v1/path/${encodeURIComponent(longName)}`, {
        body: Buffer.from(content),
      });
    await put('first words');
    const { id: entryId } = await put('second words');
    await device.must('POST', '/api/v1/shares', { json: { entryId, rights: 'view' } });
    const old = await device.must<EntryView>('PUT', '/api/v1/path/old.txt', { body: Buffer.from('old') });
    await device.must('DELETE', `/api/v1/entries/${old.id}`);
    await device.must('POST', '/api/v1/backups', {
      json: { name: 'Letters', folder, target: '/Backups/letters' },
    });
    browser = await launchBrowser();
    page = await (await browser.newContext({ viewport: sizes[0] ?? null })).newPage();
    page.setDefaultTimeout(waitMs);
    problems = collectProblems(page, []);
    // A second session, which can be ended.
    for (const _ of [1, 2]) {
      await page.goto(`http://${device.address}/`);
      await page.context().clearCookies();
      await page.reload();
      await page.getByLabel('User name').fill(username);
      await page.getByLabel('Password').fill(password);
      await press(page, 'Sign in');
      await page.getByRole('heading', { name: 'My drive' }).waitFor();
    }
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  it('are all in the table', () => {
    const withDialog = globSync('**/*.tsx', { cwd: join(root, 'web') }).filter((path) =>
      /<(Dialog|DialogPanel|ChangeDialog|NameDialog|dialog)\b/.test(
        readFileSync(join(root, 'web', path), 'utf8'),
      ),
    );
    assert.deepEqual(withDialog.filter((path) => !parts.includes(path)).sort(), Object.keys(dialogs).sort());
  });

  for (const [source, opener] of Object.entries(dialogs)) {
    if (typeof opener === 'string') {
      it(`${source} is looked at by ${opener}`, () => {
        assert.match(readFileSync(join(root, 'test/browser', opener), 'utf8'), /assertAccessible/);
      });
      continue;
    }
    it(`${source} has no fault and fits`, async () => {
      for (const size of sizes) {
        await page.setViewportSize(size);
        await page.goto(`http://${device.address}${opener.path}`);
        await opener.open({ page, folder });
        const dialog = page.locator('dialog[open]').last();
        await dialog.waitFor();
        const name = `dialog-${source.replace(/.*\//, '').replace('.tsx', '')}-${size.width}`;
        await shot(page, name);
        await assertNoOverflow(page, name);
        const box = await dialog.evaluate((one) => [
          one.scrollWidth,
          one.clientWidth,
          one.getBoundingClientRect().right,
        ]);
        assert.ok((box[0] ?? 0) <= (box[1] ?? 0) && (box[2] ?? 0) <= size.width, `${name}: ${box}`);
        if (size === sizes[0]) await assertAccessible(page, name);
      }
      assert.deepEqual(problems, []);
    });
  }
});
