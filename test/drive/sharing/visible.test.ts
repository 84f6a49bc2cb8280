/** What of a drive whoever came by a grant may see: nothing of its trash, and no marks of its owner. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryView, RightsView } from '../../../src/model/api.ts';
import type { Drive } from '../../../src/model/contracts/drive.ts';
import { type DriveMethod, driveMethods } from '../../../src/model/contracts/drive-methods.ts';
import { isPeerstorError } from '../../../src/model/errors.ts';
import { type EntryId, entryId, versionId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { addUser, byName, createHome, list, namesIn, put, read, text } from '../world.ts';

type Door = 'user' | 'link' | 'token';
const doors: readonly Door[] = ['user', 'link', 'token'];

async function createShared(door: Door, rights: RightsView) {
  const home = await createHome();
  const { drive, root, device, session } = home;
  const folder = entryId((await drive.createFolder(root, 'Trip')).id);
  const sharing = session.sharing;
  const open = async (): Promise<Drive> => {
    if (door === 'user') {
      const bob = await addUser(device, session, 'Bob');
      await sharing.shareWith(folder, 'Bob', rights);
      return bob.drive;
    }
    if (door === 'link') {
      const { url } = await sharing.createLink({ entryId: folder, rights });
      return (await device.accounts.openLink(url.slice('/s/'.length), undefined, 'here')).drive;
    }
    const wish = { name: 'program', rights, entryId: folder, expiresAtMs: null };
    const { token = '' } = await sharing.createToken(wish);
    const program = await device.accounts.resume(token);
    assert.ok(program);
    return program.drive;
  };
  return { ...home, folder, theirs: await open() };
}

/** A call of each method that names `id`; a method without a line here does not compile. */
const calls: Readonly<Record<DriveMethod, (drive: Drive, id: EntryId, file: EntryView) => Promise<unknown>>> =
  {
    root: (drive) => drive.root(),
    entry: (drive, id) => drive.entry(id),
    children: (drive, id) => drive.children(id, byName),
    ancestors: (drive, id) => drive.ancestors(id),
    search: (drive) => drive.search({ q: 'secret', limit: 100 }),
    resolve: (drive, id) => drive.resolve([], id),
    createFolder: (drive, id) => drive.createFolder(id, 'new'),
    ensureFolder: (drive, id) => drive.ensureFolder(['new'], id),
    patch: (drive, id) => drive.patch(id, { name: 'new' }),
    copy: (drive, id) => drive.copy(id, id),
    properties: (drive, id) => drive.properties(id),
    setProperties: (drive, id) => drive.setProperties(id, { mine: 'x' }),
    touch: (drive, id) => drive.touch(id, { modifiedAtMs: 0 }),
    quota: (drive, id) => drive.quota(id),
    trash: (drive, id) => drive.trash(id),
    trashed: (drive) => drive.trashed(byName),
    restore: (drive, id) => drive.restore(id),
    purge: (drive, id) => drive.purge(id),
    emptyTrash: (drive) => drive.emptyTrash(),
    ownerForUploads: (drive, id) => drive.ownerForUploads(id),
    upload: (drive, id) => drive.upload(id, 'new', text('x'), {}),
    uploadTo: (drive, id) => drive.uploadTo(id, text('x'), {}),
    open: (drive, id) => drive.open(id),
    thumbnail: (drive, id) => drive.thumbnail(id, 240),
    setPoster: (drive, id) => drive.setPoster(id, new Uint8Array(1)),
    motion: (drive, id) => drive.motion(id),
    rendition: (drive, id) => drive.rendition(id),
    makeRendition: (drive, id) => drive.makeRendition(id),
    checksum: (drive, id) => drive.checksum(id),
    versions: (drive, id) => drive.versions(id),
    nameVersion: (drive, id, { version }) => drive.nameVersion(id, versionId(version), 'mine'),
    removeVersion: (drive, id, { version }) => drive.removeVersion(id, versionId(version)),
    restoreVersion: (drive, id, { version }) => drive.restoreVersion(id, versionId(version)),
  };

for (const door of doors) {
  for (const rights of ['view', 'edit'] as const) {
    test(`a ${door} with the right to ${rights} finds nothing of the trash by its id, by any method`, async () => {
      const { drive, folder, theirs } = await createShared(door, rights);
      const inner = entryId((await drive.createFolder(folder, 'Day 1')).id);
      const inside = await put(drive, inner, 'inside.txt', 'secret');
      const alone = await put(drive, folder, 'alone.txt', 'secret');
      assert.equal(await read(theirs, inside.id), 'secret');
      await drive.trash(inner);
      await drive.trash(entryId(alone.id));

      for (const file of [inside, alone, { ...inside, id: inner }]) {
        for (const [method, { at }] of Object.entries(driveMethods)) {
          // Who may edit may bring back what lies in the trash, and nothing more.
          if (at === null || method === 'restore') continue;
          const call = calls[method as DriveMethod](theirs, entryId(file.id), file);
          await assert.rejects(call, refused, `${method} of ${file.name}`);
        }
      }
      assert.deepEqual(await namesIn(theirs, folder), []);
      if (rights === 'view') {
        // A user has a trash of their own.
        if (door === 'user') assert.deepEqual((await theirs.trashed(byName)).items, []);
        else await assert.rejects(theirs.trashed(byName), coded('forbidden'));
        await assert.rejects(theirs.restore(entryId(alone.id)), coded('forbidden'));
        return;
      }
      assert.equal((await theirs.restore(entryId(alone.id))).name, 'alone.txt');
      assert.equal(await read(theirs, alone.id), 'secret');
    });
  }
}

function refused(error: unknown): boolean {
  return isPeerstorError(error, 'not-found') || isPeerstorError(error, 'forbidden');
}

const shownMarks: readonly [Door, RightsView, tags: string[], starred: boolean][] = [
  ['link', 'view', [], false],
  ['link', 'edit', [], false],
  ['user', 'view', [], false],
  ['user', 'edit', ['private'], false],
  ['token', 'view', ['private'], true],
];

for (const [door, rights, tags, starred] of shownMarks) {
  const sees = tags.length > 0 ? 'the tags' : 'no tags';
  test(`a ${door} with the right to ${rights} sees ${sees}${starred ? ' and the star' : ' and no star'}`, async () => {
    const { drive, root, folder, theirs } = await createShared(door, rights);
    const file = await put(drive, folder, 'a.txt', 'x');
    await drive.patch(entryId(file.id), { tags: ['private'], starred: true });
    for (const view of [await theirs.entry(entryId(file.id)), ...(await list(theirs, folder))]) {
      assert.deepEqual([view.tags, view.starred], [tags, starred]);
    }
    const mayEdit = rights === 'edit';
    if (mayEdit && tags.length === 0) {
      await assert.rejects(theirs.patch(entryId(file.id), { tags: ['x'] }), coded('forbidden'));
    }
    if (mayEdit) {
      await assert.rejects(theirs.patch(entryId(file.id), { starred: false }), coded('forbidden'));
      await theirs.patch(entryId(file.id), { name: 'b.txt' });
    }
    if (mayEdit && tags.length > 0) await theirs.patch(entryId(file.id), { tags: ['theirs'] });
    const after = await drive.entry(entryId(file.id));
    assert.deepEqual(
      [after.tags, after.starred],
      [mayEdit && tags.length > 0 ? ['theirs'] : ['private'], true],
    );
    assert.ok(root);
  });
}
