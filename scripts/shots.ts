/**
 * npm run shots [-- --out DIR] [--only TEXT]
 *
 * Every page and dialog of two real devices with a filled drive, in light and dark, on a desktop and a phone, as WebP
 * files in docs/images (or DIR); of those whose name holds TEXT only. Needs `npm run build` before, and sharp.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser } from '../test/browser/browser.ts';
import { password } from '../test/cluster/device-process.ts';
import { scenes } from './shots/scenes.ts';
import { makeWorld, type World } from './shots/world.ts';

const root = new URL('..', import.meta.url).pathname;
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'docs/images') },
    only: { type: 'string', default: '' },
  },
});

const sizes = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
} as const;

async function signIn(page: Page, world: World): Promise<void> {
  await page.goto(`http://${world.laptop.address}/`);
  await page.getByLabel('User name').fill('anna');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'My drive' }).waitFor();
}

/** What moves or is on its way has ended. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle').catch(() => undefined);
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
}

async function save(page: Page, name: string): Promise<number> {
  const png = await page.screenshot();
  const webp = await sharp(png).webp({ quality: 82 }).toBuffer();
  await writeFile(join(values.out, `${name}.webp`), webp);
  return webp.length;
}

async function shoot(browser: Browser, world: World, size: keyof typeof sizes): Promise<number> {
  let bytes = 0;
  const context = await browser.newContext({ ...sizes[size], reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await signIn(page, world);
  for (const scene of scenes) {
    if (!scene.name.includes(values.only) || (scene.only && scene.only !== size)) continue;
    const shown = scene.guest ? await (await browser.newContext(sizes[size])).newPage() : page;
    try {
      await scene.open(shown, world, `http://${world.laptop.address}`);
      await settle(shown);
      for (const theme of ['light', 'dark'] as const) {
        await shown.emulateMedia({ colorScheme: theme });
        bytes += await save(shown, `${scene.name}-${size}${theme === 'dark' ? '-dark' : ''}`);
      }
      await shown.emulateMedia({ colorScheme: 'light' });
    } catch (error) {
      process.exitCode = 1;
      console.error(`${scene.name} on a ${size}: ${(error as Error).message.split('\n')[0]}`);
    }
    if (shown !== page) await shown.context().close();
  }
  await context.close();
  return bytes;
}

await mkdir(values.out, { recursive: true });
const world = await makeWorld();
const browser = await launchBrowser();
try {
  const bytes = (await shoot(browser, world, 'desktop')) + (await shoot(browser, world, 'phone'));
  console.log(`${Math.round(bytes / 1000)} kB in ${values.out}`);
} finally {
  await browser.close();
  await world.end();
}
