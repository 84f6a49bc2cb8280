/** Each page and dialog, and how one gets there. */
import type { Page } from 'playwright-core';
import type { World } from './world.ts';

export interface Scene {
  name: string;
  /** By somebody who is not signed in. */
  guest?: true;
  only?: 'desktop' | 'phone';
  open(page: Page, world: World, origin: string): Promise<void>;
}

/** A page with the heading that says it is there. */
function at(path: string, heading: string | RegExp): Scene['open'] {
  return async (page, _world, origin) => {
    await page.goto(`${origin}${path}`);
    await page.getByRole('heading', { name: heading }).first().waitFor();
  };
}

function inFolder(path: string, then: (page: Page) => Promise<void> = async () => undefined): Scene['open'] {
  return async (page, world, origin) => {
    const { id } = await world.entry(path);
    await page.goto(`${origin}/drive/${id}`);
    await page.locator('.entry').first().waitFor();
    await then(page);
  };
}

const actionsOf = (name: string) => async (page: Page) => {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menu').waitFor();
};
const act = (name: string, action: string) => async (page: Page) => {
  await actionsOf(name)(page);
  await page.getByRole('menuitem', { name: action, exact: true }).click();
  await page
    .getByRole('dialog')
    .or(page.getByRole('region', { name: 'Details' }))
    .first()
    .waitFor();
};
const preview = (name: string) => async (page: Page) => {
  await page.getByRole('link', { name, exact: true }).click();
  await page.getByRole('dialog').waitFor();
};

export const scenes: readonly Scene[] = [
  { name: 'drive', open: at('/', 'My drive') },
  { name: 'folder', open: inFolder('/Documents') },
  { name: 'long-folder', open: inFolder('/Scans') },
  {
    name: 'selection',
    open: inFolder('/Documents', async (page) => {
      for (const name of ['budget.csv', 'letter.md']) await page.getByLabel(`Select ${name}`).click();
    }),
  },
  { name: 'menu', open: inFolder('/Documents', actionsOf('letter.md')) },
  {
    name: 'tiles',
    open: inFolder('/Photos', async (page) => {
      await page.getByRole('button', { name: 'Show as tiles' }).click();
      await page.locator('.tiles .thumb').first().waitFor();
    }),
  },
  {
    name: 'list',
    open: inFolder('/Photos', async (page) => {
      await page.getByRole('button', { name: 'Show as list' }).click();
    }),
  },
  {
    name: 'details',
    open: inFolder('/Documents', async (page) => {
      await act('letter.md', 'Details')(page);
      await page.getByText('Who has access').waitFor();
    }),
  },
  {
    name: 'details-end',
    only: 'desktop',
    open: inFolder('/Documents', async (page) => {
      await page.getByLabel('Select letter.md').click();
      await page.getByText('File added').waitFor();
      await page.locator('.details').evaluate((panel) => panel.scrollTo(0, panel.scrollHeight));
    }),
  },
  {
    name: 'compare',
    only: 'desktop',
    open: inFolder('/Documents', async (page) => {
      await page.getByLabel('Select letter.md').click();
      await page.getByRole('button', { name: /^Compare/ }).click();
      await page.getByText('− We leave').waitFor();
    }),
  },
  {
    name: 'preview-with-details',
    only: 'desktop',
    open: inFolder('/Photos', preview('lake.jpg')),
  },
  {
    name: 'details-hidden',
    only: 'desktop',
    open: inFolder('/Documents', async (page) => {
      await page.getByRole('button', { name: 'Hide details' }).click();
    }),
  },
  { name: 'tags', open: inFolder('/Documents', act('letter.md', 'Tags…')) },
  { name: 'move', open: inFolder('/Documents', act('letter.md', 'Move to…')) },
  { name: 'share', open: inFolder('/Documents', act('letter.md', 'Share')) },
  {
    name: 'share-shared',
    open: async (page, _world, origin) => {
      await page.goto(`${origin}/`);
      await act('Projects', 'Share')(page);
    },
  },
  {
    name: 'new-folder',
    open: inFolder('/Documents', async (page) => {
      await page.getByRole('button', { name: 'New folder' }).click();
    }),
  },
  { name: 'preview-image', open: inFolder('/Photos', preview('lake.jpg')) },
  { name: 'preview-markdown', open: inFolder('/Documents', preview('letter.md')) },
  { name: 'preview-table', open: inFolder('/Documents', preview('budget.csv')) },
  { name: 'preview-zip', open: inFolder('/Documents', preview('archive 2025.zip')) },
  {
    name: 'preview-pdf',
    open: inFolder('/Documents', async (page) => {
      await preview('contract.pdf')(page);
      await page.getByText('No dogs.').waitFor({ state: 'attached' });
    }),
  },
  { name: 'preview-code', open: inFolder('/Projects', preview('total.ts')) },
  { name: 'empty-search', open: at('/search?q=nothing+like+it', /Search results/) },
  { name: 'search', open: at('/search?q=letter', /Search results/) },
  { name: 'tagged', open: at('/search?q=&tag=trip', /Tagged/) },
  { name: 'recent', open: at('/recent', 'Recent') },
  { name: 'starred', open: at('/starred', 'Starred') },
  { name: 'trash', open: at('/trash', 'Trash') },
  { name: 'shared', open: at('/shared', /Shared/) },
  { name: 'photos', open: at('/photos', /.*/) },
  { name: 'devices', open: at('/devices', 'Devices') },
  { name: 'health', open: at('/health', 'Health') },
  { name: 'backups', open: at('/backups', 'Backups') },
  { name: 'settings', open: at('/settings', 'Settings') },
  { name: 'users', open: at('/users', 'Users') },
  { name: 'audit', open: at('/audit', 'Audit log') },
  {
    name: 'keys',
    only: 'desktop',
    open: inFolder('/Documents', async (page) => {
      await page.getByRole('grid').focus();
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    }),
  },
  { name: 'sign-in', guest: true, open: at('/', /.*/) },
  {
    name: 'guest-photos',
    guest: true,
    open: (page, world, origin) => at(world.links.photos, 'Photos')(page, world, origin),
  },
  {
    name: 'guest-box',
    guest: true,
    open: (page, world, origin) => at(world.links.box, 'Inbox')(page, world, origin),
  },
  {
    name: 'guest-ended',
    guest: true,
    open: (page, world, origin) => at(world.links.ended, /link/)(page, world, origin),
  },
];
