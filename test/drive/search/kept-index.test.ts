import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Drive } from '../../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { entryId } from '../../../src/model/ids.ts';
import { searchKeepEveryMs } from '../../../src/model/limits.ts';
import { freshSeed } from '../../support/fresh-seed.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';
import {
  catalogOf,
  createHome,
  createPair,
  exchange,
  password,
  put,
  type TestDevice,
  username,
} from '../world.ts';

async function pathsOf(drive: Drive, q = ''): Promise<string[]> {
  return (await drive.search({ q, limit: 1000 })).items.map(({ path }) => path).sort();
}

/** A new process on the same disk, and its user there again. */
async function restarted(device: TestDevice, secret: string): Promise<{ device: TestDevice; drive: Drive }> {
  const again = await device.restart();
  const session = await again.accounts.resume(secret);
  assert.ok(session);
  return { device: again, drive: session.drive };
}

/** Counts the folders that are read from now on: a drive that is read anew reads all of them. */
function countFolders(device: TestDevice): { count: number } {
  const catalog = catalogOf(device);
  const { children } = catalog;
  const read = { count: 0 };
  catalog.children = (parent) => {
    read.count += 1;
    return children(parent);
  };
  return read;
}

const folders = 12;

async function createFilled() {
  const home = await createHome();
  for (let number = 0; number < folders; number += 1) {
    const folder = await home.drive.ensureFolder([`folder ${number}`]);
    await put(home.drive, folder.id, `hidden treasure ${number}.txt`, 'x');
  }
  await home.drive.patch(entryId((await home.drive.resolve(['folder 1'])).id), { tags: ['golden'] });
  assert.equal((await pathsOf(home.drive, 'treasure')).length, folders);
  await home.device.disk.files.only();
  return home;
}

test('the index of a search outlives the process, and takes in what changed since it was kept', async () => {
  const { drive, device, session } = await createFilled();
  await put(drive, (await drive.resolve(['folder 2'])).id, 'treasure map.txt', 'x');
  await drive.purge(entryId((await drive.resolve(['folder 3'])).id));
  const gone = await drive.resolve(['folder 4', 'hidden treasure 4.txt']);
  await drive.patch(entryId(gone.id), { name: 'plain.txt', tags: ['silver'] });
  const again = await restarted(device, session.secret);
  const read = countFolders(again.device);
  const found = await pathsOf(again.drive, 'treasure');
  // Names in the answer are those of their folders; only those are read.
  assert.ok(read.count < folders, `${read.count} folders are read`);
  assert.equal(found.length, folders - 1);
  assert.ok(found.includes('/folder 2/treasure map.txt'));
  const tagged = await again.drive.search({ q: '', tag: 'silver', limit: 9 });
  assert.deepEqual(
    tagged.items.map(({ path }) => path),
    ['/folder 4/plain.txt'],
  );
  assert.equal((await again.drive.search({ q: '', tag: 'golden', limit: 9 })).items.length, 1);
});

test('the file of an index holds no name, and is another one for each writing', async () => {
  const { device, drive, world, root } = await createFilled();
  const before = await device.disk.files.only();
  for (const secret of ['treasure', 'folder', 'golden']) {
    assert.equal(Buffer.from(before.bytes).indexOf(secret), -1, `${secret} is sealed`);
  }
  assert.match(before.name, /^[0-9a-f]{32}$/);
  await put(drive, root, 'another.txt', 'x');
  assert.equal((await pathsOf(drive, 'another')).length, 1);
  world.clock.advance(searchKeepEveryMs);
  await until('the file follows what changed', () => device.disk.files.writes === 2);
  const after = await device.disk.files.only();
  assert.notDeepEqual(after.bytes, before.bytes);
});

test('a file that is damaged, cut, or of somebody else makes the index anew', async () => {
  const { device, session } = await createFilled();
  const { name, bytes } = await device.disk.files.only();
  const stranger = await createFilled();
  const foreign = (await stranger.device.disk.files.only()).bytes;
  const flipped = Uint8Array.from(bytes);
  flipped[bytes.length >> 1] = (flipped[bytes.length >> 1] ?? 0) ^ 1;
  const bad = [
    flipped,
    bytes.subarray(0, bytes.length - 40),
    bytes.subarray(0, 30),
    foreign,
    new Uint8Array(9),
  ];
  let at = device;
  for (const content of bad) {
    at.disk.files.kept.set(name, content);
    const again = await restarted(at, session.secret);
    const read = countFolders(again.device);
    assert.equal((await pathsOf(again.drive, 'treasure')).length, folders);
    assert.ok(read.count > folders, 'the drive is read');
    at = again.device;
  }
});

test('two searches at once both find what was just added', async () => {
  const { drive, root } = await createFilled();
  await put(drive, root, 'brand new.txt', 'x');
  const found = await Promise.all([pathsOf(drive, 'brand'), pathsOf(drive, 'brand')]);
  assert.deepEqual(found, [['/brand new.txt'], ['/brand new.txt']]);
});

test('an index that is given up while it is written leaves no file that lacks what came meanwhile', async () => {
  const { world, device, session, root } = await createFilled();
  const laptop = await world.join('Laptop', device, session);
  const other = await laptop.accounts.login(username, password, 'here');
  await put(other.drive, root, 'first.txt', 'x');
  await exchange(device, laptop);
  const catalog = catalogOf(device);
  const { currentVersions } = catalog;
  let goOn: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  catalog.currentVersions = async (entry) => {
    await held;
    return currentVersions(entry);
  };
  world.clock.advance(searchKeepEveryMs);
  await put(other.drive, root, 'second.txt', 'x');
  await device.accounts.logout(session.secret);
  await exchange(device, laptop);
  goOn();
  catalog.currentVersions = currentVersions;
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const again = await device.restart();
  const later = await again.accounts.login(username, password, 'here');
  for (const name of ['first.txt', 'second.txt']) {
    assert.deepEqual(await pathsOf(later.drive, name), [`/${name}`]);
  }
});

test(`a kept index finds what one finds that was never given up, whatever two devices do, seed ${freshSeed}`, async () => {
  const random = seededRandom(freshSeed).next;
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const { drive, device, session, other, laptop, root } = await createPair();
  const ids: string[] = [root];
  let here = { device, drive };
  for (let round = 0; round < 5; round += 1) {
    for (let step = 0; step < 20; step += 1) {
      const at = random() < 0.5 ? here.drive : other;
      const [one, two] = [entryId(pick(ids) ?? root), entryId(pick(ids) ?? root)];
      const number = Math.floor(random() * 9);
      try {
        const kind = Math.floor(random() * 9);
        if (kind <= 1) ids.push((await put(at, one, `f${number}`, 'x'.repeat(number))).id);
        else if (kind === 2) ids.push((await at.createFolder(one, `d${number}`)).id);
        else if (kind === 3) await at.patch(one, { parentId: two });
        else if (kind === 4 && one !== root) await at.trash(one);
        else if (kind === 5) await at.restore(one);
        else if (kind === 6) ids.push((await at.copy(one, two)).id);
        else if (kind === 7 && one !== root) await at.patch(one, { name: `n${number}` });
        else if (one !== root && random() < 0.5) await at.purge(one);
      } catch (error) {
        // What makes no sense is refused.
        if (!isPeerstorError(error)) throw error;
      }
      if (step === 9) await exchange(here.device, laptop);
    }
    const readBefore = round % 2 === 0;
    if (readBefore) await pathsOf(here.drive);
    here = await restarted(here.device, session.secret);
    await exchange(here.device, laptop);
    assert.deepEqual(await sizes(here.drive), await sizes(other));
  }
  assert.ok(device.disk.files.writes > 0);
});

/** Every entry outside the trash with what the index says of it. */
async function sizes(drive: Drive): Promise<string[]> {
  const found = (await drive.search({ q: '', limit: 1000 })).items.map(({ id }) => id);
  const views = await Promise.all(found.map((id) => drive.entry(entryId(id))));
  return views.map(({ id, totalSize, totalCount }) => `${id} ${totalSize} ${totalCount}`).sort();
}
