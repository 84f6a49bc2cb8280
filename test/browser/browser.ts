/** Starts the browser, and asserts what every page must keep. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';
import { password, username } from '../cluster/device-process.ts';
import { findBrowser } from './browser-program.ts';

/** How long a page is waited for. It only ends what hangs. */
export const waitMs = 60_000;

/** Set to a folder to keep screenshots, for looking at them. */
const shots = process.env.PEERSTOR_SHOTS;

/** Windows have no service worker unless they ask for it: what it answers is not seen by `page.route`. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    ...(await findBrowser()),
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  const open = browser.newContext.bind(browser);
  browser.newContext = (options) => open({ serviceWorkers: 'block', ...options });
  return browser;
}

export async function shot(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

const accessibilityTags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** axe finds no fault: all its rules in the light theme, and those about colors in the dark one, too. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  await showTheme(page, 'light');
  const all = await axe(page).withTags(accessibilityTags).analyze();
  assert.deepEqual(all.violations.map(sentenceOf), [], `${where} in light`);
  await showTheme(page, 'dark');
  const colors = await axe(page).withRules(['color-contrast']).analyze();
  assert.deepEqual(colors.violations.map(sentenceOf), [], `${where} in dark`);
  await showTheme(page, 'light');
}

/** Without a page of its own for the result: nothing here lies in a frame of another origin. */
function axe(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode();
}

function sentenceOf({ id, nodes }: { id: string; nodes: { html: string }[] }): string {
  return `${id}: ${nodes.map((node) => node.html).join(' ')}`;
}

/** Resolves when the theme is painted and every transition has ended: colors are judged as they end up. */
async function showTheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await page.evaluate(async () => {
    const painted = () =>
      new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    await painted();
    const ends = ({ playState, effect }: Animation) =>
      playState === 'running' && effect?.getComputedTiming().iterations !== Infinity;
    const running = document.getAnimations().filter(ends);
    await Promise.allSettled(running.map((one) => one.finished));
    await painted();
  });
}

/** Nothing sticks out sideways. */
export async function assertNoOverflow(page: Page, where: string): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(overflow, false, `${where} fits`);
}

/** Collects errors of the page and its console, those of the status codes in `expected` left out. */
export function collectProblems(page: Page, expected: readonly string[]): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`page error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() !== 'error' || expected.some((code) => text.includes(code))) return;
    problems.push(`${text} ${message.location().url}`.trim());
  });
  return problems;
}

const phoneSize = { width: 360, height: 740 };

/** Looks at the page as on a phone, in both themes where screenshots are kept: nothing sticks out. */
export async function assertFitsPhone(page: Page, where: string): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize(phoneSize);
  const name = `phone-${where.replaceAll(' ', '-')}`;
  await shot(page, name);
  await assertNoOverflow(page, `${where} on a phone`);
  if (shots) {
    await showTheme(page, 'dark');
    await shot(page, `${name}-dark`);
  }
  if (before) await page.setViewportSize(before);
  if (shots) {
    await shot(page, `dark-${where.replaceAll(' ', '-')}`);
    await showTheme(page, 'light');
  }
}

/** Signs a user in as they would, and ends on their drive. */
export async function signIn(page: Page, address: string, name = username): Promise<void> {
  await page.goto(`http://${address}/`);
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'My drive' }).waitFor();
}

/** Confirms the recovery words of a new account, as somebody who wrote them down. */
export async function confirmRecoveryWords(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Write down your recovery words' }).waitFor();
  const items = page.getByRole('list', { name: 'Recovery words' }).getByRole('listitem');
  const words = (await items.allInnerTexts()).map((text) => text.replace(/^\s*\d+\s*/, '').trim());
  assert.equal(words.length, 24);
  await page.getByRole('button', { name: 'I have written them down' }).click();
  const fields = page.getByRole('textbox', { name: /^Word \d+$/ });
  await fields.first().waitFor();
  for (const field of await fields.all()) {
    const id = await field.getAttribute('id');
    const label = await page.locator(`label[for="${id}"]`).innerText();
    await field.fill(words[Number(label.replace('Word ', '')) - 1] ?? '');
  }
  await page.getByRole('button', { name: 'Open my drive' }).click();
}
