import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryId } from '../../../src/model/ids.ts';
import { createPair, namesIn, put } from '../world.ts';

test('a listener hears which entries and folders changed, here and on the other device', async () => {
  const { drive, other, root, meet } = await createPair();
  const heard = { here: new Set<string>(), there: new Set<string>() };
  const stop = drive.onChange((ids) => {
    for (const id of ids) heard.here.add(id);
  });
  other.onChange((ids) => {
    for (const id of ids) heard.there.add(id);
  });
  const folder = await drive.createFolder(root, 'f');
  assert.deepEqual(heard.here, new Set([folder.id, root]));
  const file = await put(drive, folder.id, 'a', 'a');
  assert.ok(heard.here.has(file.id) && heard.here.has(folder.id));
  await meet();
  assert.ok([file.id, folder.id, root].every((id) => heard.there.has(id)));

  await namesIn(other, folder.id);
  heard.there.clear();
  await drive.patch(entryId(file.id), { parentId: root });
  await meet();
  assert.ok(
    [file.id, folder.id, root].every((id) => heard.there.has(id)),
    'the old folder too',
  );

  heard.there.clear();
  await drive.patch(entryId(file.id), { starred: true });
  await meet();
  assert.deepEqual(heard.there, new Set([file.id]));

  stop();
  heard.here.clear();
  await put(drive, root, 'a', 'b');
  assert.equal(heard.here.size, 0);
});

test('who listens goes on hearing after the last session ended', async () => {
  const { drive, device, session, other, root, meet } = await createPair();
  const heard: string[] = [];
  const stop = drive.onChange((ids) => heard.push(...ids));
  await device.accounts.logout(session.secret);
  const made = await other.createFolder(root, 'f');
  await meet();
  assert.ok(heard.includes(made.id));
  stop();
  stop();
  await other.createFolder(root, 'g');
  await meet();
  assert.deepEqual(await namesIn(drive, root), ['f', 'g']);
});
