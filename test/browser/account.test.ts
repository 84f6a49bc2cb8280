/** The account on the page: recovery words shown again and renewed, a forgotten password, what ends with a password. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { totpCode, totpStep } from '../../src/crypto/totp.ts';
import type { TokenView } from '../../src/model/api.ts';
import { german } from '../../web/words/german/index.ts';
import { DeviceProcess, password } from '../cluster/device-process.ts';
import { until } from '../support/until.ts';
import { assertAccessible, assertNoOverflow, launchBrowser, shot, signIn, waitMs } from './browser.ts';
import { withoutBrowser } from './browser-program.ts';

describe('an account on the page', { skip: withoutBrowser, timeout: 600_000 }, () => {
  let device: DeviceProcess;
  let browser: Browser;
  let page: Page;
  let firstWords: string;
  const newPassword = 'another good password';

  before(async () => {
    device = await DeviceProcess.start({ name: 'laptop' });
    firstWords = (await device.setup()).recoveryCode;
    browser = await launchBrowser();
    page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
    page.setDefaultTimeout(waitMs);
    await signIn(page, device.address);
  });
  after(async () => {
    await browser?.close();
    await device?.remove();
  });

  const wordsShown = async (): Promise<string> => {
    const items = page.getByRole('list', { name: 'Recovery words' }).getByRole('listitem');
    await items.nth(23).waitFor();
    return (await items.allInnerTexts()).map((text) => text.replace(/^\s*\d+\s*/, '').trim()).join(' ');
  };
  let words: string;

  it('shows the recovery words again for the password, and makes new ones after a question', async () => {
    await page.getByRole('link', { name: 'Settings of anna' }).click();
    const section = page.getByRole('region', { name: 'Recovery words' });
    await section.getByLabel('Your password').fill('not this one');
    await section.getByRole('button', { name: 'Show recovery words' }).click();
    await section.getByRole('alert').waitFor();
    await section.getByLabel('Your password').fill(password);
    await section.getByRole('button', { name: 'Show recovery words' }).click();
    assert.equal(await wordsShown(), firstWords);
    await shot(page, 'settings-words');
    await section.getByRole('button', { name: 'Hide the words' }).click();
    await section.getByLabel('Your password').fill(password);
    await section.getByRole('button', { name: 'Create new words…' }).click();
    await assertAccessible(page, 'the question before new recovery words');
    await page.getByRole('button', { name: 'Create new words', exact: true }).click();
    words = await wordsShown();
    assert.notEqual(words, firstWords);
  });

  it('adds a passkey in the settings, and signs in by it; an address of numbers is told that it cannot', async () => {
    assert.ok(await page.getByText('Passkeys cannot be added at this address.').isVisible());
    const port = device.address.split(':').at(-1);
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const named = await context.newPage();
    named.setDefaultTimeout(waitMs);
    const tools = await context.newCDPSession(named);
    await tools.send('WebAuthn.enable');
    const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasPrf: true } as const;
    const present = { hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
    await tools.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, ...present } });
    await named.goto(`http://localhost:${port}/settings`);
    await named.getByLabel('User name').fill('anna');
    await named.getByLabel('Password').fill(password);
    await named.getByRole('button', { name: 'Sign in' }).click();
    const section = named.getByRole('region', { name: 'Passkeys' });
    await section.getByLabel('Name of the passkey').fill('This laptop');
    await section.getByLabel('Your password').fill(password);
    await section.getByRole('button', { name: 'Add a passkey' }).click();
    await section.getByText('for localhost').waitFor();
    await shot(named, 'settings-passkeys');
    await assertAccessible(named, 'the settings with a passkey');
    await named.getByRole('button', { name: 'Sign out', exact: true }).click();
    await shot(named, 'login-passkey');
    await named.getByRole('button', { name: 'Use a passkey' }).click();
    await named.getByRole('heading', { name: 'My drive' }).waitFor();
    await named.getByRole('link', { name: 'Settings of anna' }).click();
    await section.getByRole('button', { name: 'Remove This laptop' }).click();
    await named.getByRole('button', { name: 'Remove', exact: true }).click();
    await section.getByText('You have no passkey.').waitFor();
    await named.getByRole('button', { name: 'Sign out', exact: true }).click();
    await named.getByRole('button', { name: 'Use a passkey' }).click();
    await named.getByText('This passkey opens no account here').waitFor();
    await context.close();
  });

  it('sets a new password by the recovery words, numbered and in capitals as they were written down', async () => {
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('button', { name: 'Forgot your password?' }).click();
    await page.getByLabel('User name').fill('anna');
    await page.getByLabel('Recovery words').fill('only two');
    await page.getByLabel('New password').fill(newPassword);
    await page.getByRole('button', { name: 'Set new password' }).click();
    await page.getByText('Enter all 24 words. These are 2.').waitFor();
    await page.getByLabel('Recovery words').fill(firstWords);
    await page.getByRole('button', { name: 'Set new password' }).click();
    await page.getByText('Enter all 24 words').waitFor({ state: 'detached' });
    await page.getByRole('alert').waitFor();
    const written = words.split(' ').map((word, index) => `${index + 1}. ${word.toUpperCase()}`);
    await page.getByLabel('Recovery words').fill(written.join('\n'));
    await shot(page, 'forgot-password');
    await assertAccessible(page, 'a forgotten password');
    await page.setViewportSize({ width: 320, height: 740 });
    await assertNoOverflow(page, 'a forgotten password at 320 px');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole('button', { name: 'Set new password' }).click();
    await page.getByRole('heading', { name: 'My drive' }).waitFor();
  });

  it('revokes tokens with the old password, unless told otherwise', async () => {
    await device.login({ username: 'anna', password: newPassword });
    await device.must<TokenView>('POST', '/api/v1/tokens', {
      json: { name: 'backup', path: '/', rights: 'view' },
    });
    await page.getByRole('link', { name: 'Settings of anna' }).click();
    await page.getByText('backup', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out everywhere else…' }).click();
    const dialog = page.getByRole('dialog');
    await assertAccessible(page, 'signing out everywhere');
    await dialog.getByText('Access tokens to revoke: 1').waitFor();
    await dialog.getByLabel('backup: can view and download /').uncheck();
    await dialog.getByText('Access tokens to revoke: 0').waitFor();
    await dialog.getByRole('button', { name: 'Sign out', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.reload();
    await page.getByText('backup', { exact: true }).waitFor();
    await page.getByLabel('Old password').fill(newPassword);
    await page.getByLabel('New password').fill('a third good password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Your password has been changed.').waitFor();
    await page.reload();
    await page.getByText('You have no access tokens.').waitFor();
  });

  it('asks for the code of an authenticator app once that is set up, and for none after it is turned off', async () => {
    const current = 'a third good password';
    const section = page.getByRole('region', { name: 'Second factor' });
    await section.getByLabel('Your password').fill(current);
    await section.getByRole('button', { name: 'Set up' }).click();
    const secret = fromBase32((await section.getByLabel('Secret').inputValue()).replaceAll(' ', ''));
    await assertAccessible(page, 'the second factor');
    await section.getByLabel('Code from the app').fill('000000');
    await section.getByRole('button', { name: 'Turn on' }).click();
    await section.getByRole('alert').waitFor();
    await section.getByLabel('Code from the app').fill(totpCode(secret, totpStep(Date.now())));
    await section.getByRole('button', { name: 'Turn on' }).click();
    await section.getByText('Signing in asks for a code.').waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByLabel('User name').fill('anna');
    await page.getByLabel('Password').fill(current);
    await page.getByRole('button', { name: 'Sign in' }).click();
    // A code is good once, and one of a phone that is ahead is good, too.
    await page.getByLabel('Code from the app').fill(totpCode(secret, totpStep(Date.now()) + 1));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Settings of anna' }).click();
    await section.getByRole('button', { name: 'Turn off…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill(current);
    await dialog.getByRole('button', { name: 'Turn off' }).click();
    await section.getByRole('button', { name: 'Set up' }).waitFor();
  });

  it('leads to a page that says how to trust the network, with the fingerprint of its certificate', async () => {
    const opened = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'How to install it' }).click();
    const guide = await opened;
    await guide.getByRole('heading', { name: 'Install the certificate' }).waitFor();
    const { fingerprint256 } = new X509Certificate(
      await (await fetch(`http://${device.address}/ca.crt`)).text(),
    );
    await guide.getByText(fingerprint256).waitFor();
    await assertAccessible(guide, 'installing the certificate');
    await guide.setViewportSize({ width: 320, height: 740 });
    await assertNoOverflow(guide, 'installing the certificate at 320 px');
    await guide.close();
  });

  it('finds events of the audit log by words and days, and saves them for a spreadsheet', async () => {
    await page.goto(`http://${device.address}/audit`);
    const events = page.getByRole('list', { name: 'Audit log' }).getByRole('listitem');
    await events.first().waitFor();
    await page.getByLabel('Words').fill('RECOVERY');
    const told = async () => (await events.allInnerTexts()).map((text) => /recovery/i.test(text));
    await until('only those with the word are left', async () => {
      const matches = await told();
      return (matches.length > 0 && matches.every(Boolean)) || `${matches}`;
    });
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as CSV' }).click();
    const lines = (await readFile(await (await download).path(), 'utf8')).trim().split('\r\n');
    assert.equal(lines.length, 1 + (await events.count()));
    await page.getByLabel('To').fill('2026-01-01');
    await page.getByText('No such events.').waitFor();
    await assertAccessible(page, 'the filters of the audit log');
  });

  it('speaks German from signing in on, for whoever chooses it, and fits a small phone', async () => {
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('combobox', { name: 'Language' }).selectOption('Deutsch');
    await page.getByRole('heading', { name: 'Anmelden' }).waitFor();
    await page.setViewportSize({ width: 320, height: 740 });
    await assertGerman(page, 'signing in');
    await page.reload();
    await page.getByLabel('Benutzername').fill('anna');
    await page.getByLabel('Passwort').fill('not this one');
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByText('Name und Passwort oder Wörter passen nicht zusammen.').waitFor();
    await page.getByLabel('Passwort').fill('a third good password');
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByRole('link', { name: 'Einstellungen von anna' }).waitFor();
    for (const [path, heading] of germanPages) {
      await page.goto(`http://${device.address}${path}`);
      await page.getByRole('heading', { name: heading }).first().waitFor();
      await assertGerman(page, path);
      await shot(page, `german${path.replace(/\W/g, '-')}`);
    }
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
  });

  it('says in its own words that the device does not answer, and has kept nothing of the drive', async () => {
    const context = await browser.newContext({ serviceWorkers: 'allow' });
    const installed = await context.newPage();
    installed.setDefaultTimeout(waitMs);
    await installed.goto(`http://${device.address}/`);
    await installed.evaluate(async () => void (await navigator.serviceWorker.ready));
    // The second time the service worker answers for the files of the page.
    await installed.goto(`http://${device.address}/`);
    await installed.getByLabel('User name').fill('anna');
    await installed.getByLabel('Password').fill('a third good password');
    await installed.getByRole('button', { name: 'Sign in' }).click();
    await installed.getByRole('heading', { name: 'My drive' }).waitFor();
    await device.stop('SIGKILL');
    await installed.goto(`http://${device.address}/trash`);
    await installed.getByRole('heading', { name: 'This device is not answering' }).waitFor();
    const kept = await installed.evaluate(async () => {
      const names = await caches.keys();
      const all = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return all.flat().map(({ url }) => new URL(url).pathname);
    });
    assert.ok(kept.includes('/'));
    assert.deepEqual(
      kept.filter((path) => !/^\/($|assets\/|icon)/.test(path)),
      [],
    );
    await context.close();
  });
});

/** Of RFC 4648, as authenticator apps take it. */
function fromBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  return Uint8Array.from(bits.join('').match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

const germanPages = [
  ['/settings', 'Einstellungen von anna'],
  ['/', 'Meine Ablage'],
  ['/photos', 'Fotos'],
  ['/recent', 'Zuletzt'],
  ['/starred', 'Markiert'],
  ['/search?q=plan', 'Gefunden zu „plan“'],
  ['/shared', 'Für mich freigegeben'],
  ['/trash', 'Papierkorb'],
  ['/devices', 'Geräte'],
  ['/health', 'Zustand'],
  ['/backups', 'Sicherungen'],
  ['/users', 'Benutzer'],
  ['/audit', 'Protokoll'],
] as const;

/** Nothing that is seen or heard on this page is an English phrase with other German words, and nothing sticks out. */
async function assertGerman(page: Page, where: string): Promise<void> {
  const said = await page.evaluate(() => {
    const texts: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) texts.push(node.nodeValue ?? '');
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
      for (const element of document.querySelectorAll(`[${name}]`))
        texts.push(element.getAttribute(name) ?? '');
    }
    return texts.map((text) => text.trim()).filter((text) => text !== '');
  });
  const english = Object.entries(german).filter(([phrase, text]) => phrase.replace(/\^.*/, '') !== text);
  const patterns = english.map(([phrase]) => {
    const parts = phrase.replace(/\^.*/, '').split(/\{[^}]*\}/);
    return new RegExp(`^${parts.map((part) => RegExp.escape(part)).join('.+')}$`, 'su');
  });
  assert.ok(said.length > 10);
  // A pattern of parameters alone would fit everything.
  const telling = patterns.filter(({ source }) =>
    /\p{L}{2}.*\p{L}{2}/u.test(source.replace(/\\x[0-9a-f]{2}/g, '')),
  );
  assert.deepEqual(
    said.filter((text) => telling.some((pattern) => pattern.test(text))),
    [],
    `English on ${where}`,
  );
  await assertNoOverflow(page, `${where} in German at 320 px`);
}
