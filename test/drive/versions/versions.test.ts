import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryId, versionId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { catalogOf, createHome, put, read } from '../world.ts';

async function readVersion(drive: Parameters<typeof read>[0], id: string, version: string): Promise<string> {
  const content = await drive.open(entryId(id), versionId(version));
  const parts: Uint8Array[] = [];
  for await (const part of content.read({ start: 0, end: content.size }, new AbortController().signal))
    parts.push(part);
  return Buffer.concat(parts).toString();
}

test('every version is kept, newest first, and each can be read', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a', 'one', { modifiedAtMs: 0 });
  await put(drive, root, 'a', 'three', { modifiedAtMs: 1000 });
  const history = await drive.versions(entryId(file.id));
  assert.deepEqual(
    history.map(({ size, modifiedAt, current }) => [size, modifiedAt, current]),
    [
      [5, '1970-01-01T00:00:01.000Z', true],
      [3, '1970-01-01T00:00:00.000Z', false],
    ],
  );
  assert.equal(await readVersion(drive, file.id, file.version), 'one');
  assert.equal((await drive.open(entryId(file.id), versionId(file.version))).etag, file.version);
});

test('an old version comes back as a new one, without storing anything', async () => {
  const { drive, root, device } = await createHome();
  const file = await put(drive, root, 'a', 'one');
  await put(drive, root, 'a', 'two');
  const before = device.network.steps.length;
  const restored = await drive.restoreVersion(entryId(file.id), versionId(file.version));
  assert.equal(device.network.steps.length, before);
  assert.notEqual(restored.version, file.version);
  assert.equal(await read(drive, file.id), 'one');
  assert.equal((await drive.versions(entryId(file.id))).length, 3);
  const again = await drive.restoreVersion(entryId(file.id), versionId(restored.version));
  assert.equal(again.version, restored.version);
  assert.equal((await drive.versions(entryId(file.id))).length, 3);
});

test("another file's version, an unknown one, and a folder have no history here", async () => {
  const { drive, root } = await createHome();
  const [a, b] = [await put(drive, root, 'a', 'a'), await put(drive, root, 'b', 'b')];
  const folder = await drive.createFolder(root, 'f');
  const id = entryId(a.id);
  for (const version of [b.version, '0'.repeat(32)]) {
    await assert.rejects(drive.open(id, versionId(version)), coded('not-found', /version/));
    await assert.rejects(drive.restoreVersion(id, versionId(version)), coded('not-found', /version/));
  }
  await assert.rejects(drive.versions(entryId(folder.id)), coded('not-found'));
  await assert.rejects(drive.open(entryId(folder.id)), coded('not-found'));
});

test('a file whose versions were all deleted is shown empty and says so when it is opened', async () => {
  const { drive, root, device, session } = await createHome();
  const file = await put(drive, root, 'a', 'one');
  await catalogOf(device).author([{ table: 'version', id: file.version, body: null }], session.adminSigner());
  const view = await drive.entry(entryId(file.id));
  assert.deepEqual([view.size, view.mime, view.safety], [0, null, null]);
  await assert.rejects(drive.open(entryId(file.id)), coded('gone'));
});

test('reading stops when the caller goes away', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a', 'x'.repeat(10_000));
  const content = await drive.open(entryId(file.id));
  const abort = new AbortController();
  abort.abort(new Error('gone away'));
  await assert.rejects(async () => {
    for await (const part of content.read({ start: 0, end: content.size }, abort.signal))
      assert.fail(`${part.length}`);
  });
});
