/** The browser for tests: $CHROMIUM, else the system's; and what every page must keep. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Set to a folder to keep screenshots, for looking at them. */
const shots = process.env.PEERSTOR_SHOTS;

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Undefined where there is none. */
export function browserPath(): string | undefined {
  return process.env.CHROMIUM ?? candidates.find((path) => existsSync(path));
}

export function launchBrowser(): Promise<Browser> {
  const executablePath = browserPath();
  if (!executablePath) throw new Error('no Chromium here; set CHROMIUM=/path/to/it');
  return chromium.launch({
    executablePath,
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
}

export async function shot(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** No fault that axe finds, in the light and in the dark theme. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Colours are judged as they end up: a busy machine may still be painting the other theme.
    let found: string[] = [];
    for (let look = 0; look < 4; look++) {
      await page.waitForTimeout(300);
      const { violations } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze();
      found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
      if (found.length === 0) break;
    }
    assert.deepEqual(found, [], `${where} in ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
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
    if (message.type() === 'error' && !expected.some((code) => text.includes(code))) problems.push(text);
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
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await page.waitForTimeout(300);
    await shot(page, `${name}-dark`);
  }
  if (before) await page.setViewportSize(before);
  if (shots) {
    await shot(page, `dark-${where.replaceAll(' ', '-')}`);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  }
}
