import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EntryView } from '../../../src/model/api.ts';
import type { Drive } from '../../../src/model/contracts/drive.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { type EntryId, entryId } from '../../../src/model/ids.ts';
import { folderTotalsWaitMs } from '../../../src/model/limits.ts';
import { freshSeed } from '../../support/fresh-seed.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { until } from '../../support/until.ts';
import { addUser, catalogOf, createHome, createPair, put } from '../world.ts';

const all = { sort: 'name', order: 'asc', limit: 1000 } as const;

/** What a walk through everything finds in a folder; asserts the same of every folder in it. */
async function walked(drive: Drive, folder: EntryView): Promise<{ size: number; count: number }> {
  let [size, count] = [0, 0];
  for (const item of (await drive.children(entryId(folder.id), all)).items) {
    // A conflicting version is shown beside its file, under an id of its own, and not counted.
    if (item.id.length !== 32) continue;
    const inside = item.kind === 'folder' ? await walked(drive, item) : { size: item.size, count: 1 };
    size += inside.size;
    count += inside.count;
  }
  assert.deepEqual([folder.totalSize, folder.totalCount], [size, count], `of "${folder.name}"`);
  return { size, count };
}

describe('the totals of folders', () => {
  it('are right after every upload, new version, folder, move, trashing and restore', async () => {
    const { drive, root } = await createHome();
    const top = await drive.createFolder(entryId(root), 'Top');
    const inner = await drive.createFolder(entryId(top.id), 'Inner');
    const total = async (id: string) => {
      const { totalSize, totalCount } = await drive.entry(entryId(id));
      return [totalSize, totalCount];
    };
    assert.deepEqual(await total(root), [0, 0]);
    const file = await put(drive, inner.id, 'a.txt', '12345');
    await put(drive, top.id, 'b.txt', '123');
    assert.deepEqual(
      [await total(inner.id), await total(top.id), await total(root)],
      [
        [5, 1],
        [8, 2],
        [8, 2],
      ],
    );
    await put(drive, inner.id, 'a.txt', '1234567');
    assert.deepEqual(await total(top.id), [10, 2]);
    await drive.trash(entryId(inner.id));
    assert.deepEqual(
      [await total(inner.id), await total(top.id)],
      [
        [7, 1],
        [3, 1],
      ],
    );
    await drive.restore(entryId(inner.id));
    await drive.trash(entryId(file.id));
    assert.deepEqual(
      [await total(inner.id), await total(root)],
      [
        [0, 0],
        [3, 1],
      ],
    );
    await drive.restore(entryId(file.id));
    await drive.patch(entryId(inner.id), { parentId: entryId(root) });
    assert.deepEqual(
      [await total(inner.id), await total(top.id), await total(root)],
      [
        [7, 1],
        [3, 1],
        [10, 2],
      ],
    );
    await drive.purge(entryId(top.id));
    assert.deepEqual(await total(root), [7, 1]);
  });

  it(`are those that a walk finds, whatever is done at two devices, seed ${freshSeed}`, async () => {
    const random = seededRandom(freshSeed).next;
    const pick = <Item>(items: readonly Item[]): Item | undefined =>
      items[Math.floor(random() * items.length)];
    const { drive, other, meet, root } = await createPair();
    const ids: string[] = [root];
    for (let step = 0; step < 120; step += 1) {
      const at = random() < 0.7 ? drive : other;
      const [one, two] = [entryId(pick(ids) ?? root), entryId(pick(ids) ?? root)];
      try {
        const kind = Math.floor(random() * 8);
        if (kind <= 1)
          ids.push(
            (await put(at, one, `f${Math.floor(random() * 9)}`, 'x'.repeat(Math.floor(random() * 99)))).id,
          );
        else if (kind === 2) ids.push((await at.createFolder(one, `d${Math.floor(random() * 9)}`)).id);
        else if (kind === 3) await at.patch(one, { parentId: two });
        else if (kind === 4 && one !== root) await at.trash(one);
        else if (kind === 5) await at.restore(one);
        else if (kind === 6) ids.push((await at.copy(one, two)).id);
        else if (one !== root && random() < 0.3) await at.purge(one);
      } catch (error) {
        // What makes no sense is refused.
        if (!isPeerstorError(error)) throw error;
      }
      if (step % 10 === 0) await meet();
      if (step % 6 === 0) await walked(at, await at.root());
    }
    await meet();
    for (const each of [drive, other]) await walked(each, await each.root());
  });

  it('are told of what another user shared, of what lies in it only, and not to guests', async () => {
    const { device, session, drive, root } = await createHome();
    const ben = await addUser(device, session, 'ben');
    const folder = await drive.createFolder(entryId(root), 'Shared');
    await put(drive, root, 'beside.txt', 'not shared');
    await put(drive, folder.id, 'a.txt', '12345');
    const gone = await put(drive, folder.id, 'gone.txt', '123');
    await session.sharing.shareWith(entryId(folder.id), 'ben', 'view');
    const seen = async () => {
      const { totalSize, totalCount } = await ben.drive.entry(entryId(folder.id));
      return [totalSize, totalCount];
    };
    assert.deepEqual(await seen(), [8, 2]);
    await drive.trash(entryId(gone.id));
    await put(drive, folder.id, 'b.txt', '1');
    assert.deepEqual(await seen(), [6, 2]);
    const { url } = await session.sharing.createLink({ entryId: entryId(folder.id), rights: 'view' });
    const guest = await device.accounts.openLink(url?.split('/').at(-1) ?? '', undefined, 'here');
    assert.equal((await guest.drive.entry(entryId(folder.id))).totalSize, null);
  });

  it('that were not known in time are announced once they are', async () => {
    const home = await createHome();
    const { world, root } = home;
    for (let number = 0; number < 40; number += 1) await put(home.drive, root, `f${number}`, 'x');
    home.device.disk.files.kept.clear();
    const device = await home.device.restart();
    // Reads the drive as slowly as a large one.
    const catalog = catalogOf(device);
    const { children } = catalog;
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    catalog.children = async function* (parent: EntryId) {
      await held;
      yield* children(parent);
    };
    const session = await device.accounts.resume(home.session.secret);
    assert.ok(session);
    const { drive } = session;
    const told: string[] = [];
    drive.onChange((ids) => told.push(...ids));
    const asked = drive.root();
    let isAnswered = false;
    asked.then(
      () => {
        isAnswered = true;
      },
      () => undefined,
    );
    await until('the list does without', () => {
      world.clock.advance(folderTotalsWaitMs);
      return isAnswered;
    });
    assert.equal((await asked).totalSize, null);
    assert.equal(told.length, 0);
    goOn();
    await until('the page is told', () => told.includes(root));
    assert.equal((await drive.root()).totalSize, 40);
  });
});
