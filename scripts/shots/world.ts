/** Two devices with a filled drive, two users and links: what screenshots show. */
import { Buffer } from 'node:buffer';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import type { EntryView, InviteView } from '../../src/model/api.ts';
import { DeviceProcess, pair, password } from '../../test/cluster/device-process.ts';

export interface World {
  laptop: DeviceProcess;
  nas: DeviceProcess;
  entry(path: string): Promise<EntryView>;
  /** Path of a link to /Photos, and of a drop box. */
  links: { photos: string; box: string; ended: string };
  end(): Promise<void>;
}

export async function makeWorld(): Promise<World> {
  const laptop = await DeviceProcess.start({ name: 'laptop', tune: { presenceStableMs: 500 } });
  const nas = await DeviceProcess.start({ name: 'nas', tune: { presenceStableMs: 500 } });
  await laptop.setup();
  await pair(laptop, nas);
  const entry = (path: string) => laptop.entryAt(path);
  await fill(laptop);
  const invite = await laptop.must<InviteView>('POST', '/api/v1/invites', { json: { role: 'member' } });
  await laptop.must('POST', '/api/v1/auth/register', {
    json: { invite: invite.invite, username: 'ben', password },
    anonymous: true,
  });
  const { id: projects } = await entry('/Projects');
  await laptop.must('POST', `/api/v1/entries/${projects}/access`, {
    json: { username: 'ben', rights: 'edit' },
  });
  const link = async (path: string, more: object) => {
    const { id: entryId } = await entry(path);
    return laptop.must<{ id: string; path: string }>('POST', '/api/v1/shares', {
      json: { entryId, ...more },
    });
  };
  const photos = await link('/Photos', { rights: 'view', maxDownloads: 20 });
  const box = await link('/Inbox', { rights: 'upload' });
  const ended = await link('/Documents', { rights: 'view' });
  await laptop.must('DELETE', `/api/v1/shares/${ended.id}`);
  return {
    laptop,
    nas,
    entry,
    links: { photos: photos.path, box: box.path, ended: ended.path },
    async end() {
      await laptop.remove();
      await nas.remove();
    },
  };
}

const letter = `# Trip to the lake

We leave on **Friday** at noon. What to bring:

- [x] tent and sleeping bags
- [ ] rain jackets
- [ ] the *good* coffee

| who  | brings     |
| ---- | ---------- |
| Anna | the car    |
| Ben  | the cooker |

> It will rain. It always does.

More on [the page of the camp](https://example.org/).
`;
const paper = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj
4 0 obj<</Length 126>>stream
BT /F1 28 Tf 72 740 Td (Contract) Tj /F1 14 Tf 0 -48 Td (The camp is rented from Friday to Monday.) Tj 0 -24 Td (No dogs.) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
%%EOF`;
const budget =
  'what;when;euro\ntrain tickets;2026-07-01;128,40\ngroceries;2026-07-02;"84,15"\ncamp, three nights;2026-07-05;96,00\n';
const code = `// Adds up what a trip costs.
export function total(items: readonly { euro: number }[]): number {
  let sum = 0;
  for (const { euro } of items) sum += euro;
  return sum;
}

console.log(total([{ euro: 128.4 }, { euro: 84.15 }]), 'euro');
`;

async function fill(device: DeviceProcess): Promise<void> {
  const put = (path: string, content: string | Uint8Array) => device.put(path, Buffer.from(content));
  const tag = async (path: string, patch: object) => {
    const { id } = await device.entryAt(path);
    await device.must('PATCH', `/api/v1/entries/${id}`, { json: patch });
  };
  for (const [index, name] of [
    'beach',
    'boat',
    'camp',
    'dunes',
    'evening',
    'forest',
    'harbor',
    'lake',
  ].entries()) {
    await put(`/Photos/${name}.jpg`, await landscape(index));
  }
  await put('/Documents/letter.md', letter.replace('Friday', 'Saturday'));
  await put('/Documents/letter.md', letter);
  await put('/Documents/budget.csv', budget);
  await put(
    '/Documents/archive 2025.zip',
    zipSync({ 'letters/first.txt': Buffer.from('words'), 'budget.csv': Buffer.from(budget) }),
  );
  await put(
    '/Documents/A very long name of a contract that somebody thought had to say everything that is in it, with date 2026-03-14 and all parties.txt',
    'x',
  );
  await put('/Documents/contract.pdf', paper);
  await put('/Projects/total.ts', code);
  await put('/Projects/notes.txt', 'one\ntwo\n');
  await put('/Inbox/from ben.txt', 'hello');
  await put('/Music/Lake/cover.jpg', await landscape(7));
  await put('/Recipes.txt', 'Bread: flour, water, salt, time.\n');
  await put('/Thesis.txt', 'words '.repeat(4000));
  for (let number = 1; number <= 300; number++) await put(`/Scans/scan ${number}.txt`, `${number}`);
  await put('/old list.txt', 'x');
  await device.must('DELETE', `/api/v1/entries/${(await device.entryAt('/old list.txt')).id}`);
  await tag('/Documents/letter.md', { tags: ['trip', 'summer'], starred: true });
  await tag('/Documents/budget.csv', { tags: ['trip'] });
  await tag('/Photos/lake.jpg', { starred: true });
}

/** A picture of hills before a sky. */
async function landscape(seed: number): Promise<Buffer> {
  const hue = (seed * 47) % 360;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="${seed % 3 === 2 ? 1500 : 800}" viewBox="0 0 1200 800" preserveAspectRatio="xMidYMid slice">
    <defs><linearGradient id="a" x2="0" y2="1"><stop stop-color="hsl(${hue} 60% 70%)"/><stop offset="1" stop-color="hsl(${(hue + 40) % 360} 70% 88%)"/></linearGradient></defs>
    <rect width="1200" height="800" fill="url(#a)"/><circle cx="${200 + seed * 90}" cy="190" r="70" fill="hsl(45 90% 80%)"/>
    <path d="M0 560 Q 300 ${360 + seed * 10} 600 540 T 1200 500 V 800 H 0 Z" fill="hsl(${(hue + 180) % 360} 35% 45%)"/>
    <path d="M0 660 Q 400 ${560 - seed * 8} 800 660 T 1200 640 V 800 H 0 Z" fill="hsl(${(hue + 180) % 360} 40% 30%)"/></svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 85 }).toBuffer();
}
