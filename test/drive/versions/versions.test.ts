import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { entryId, versionId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { catalogOf, createHome, createPair, namesIn, put, read, text } from '../world.ts';

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

test('the same bytes again make no new version, whatever the name is written like', async () => {
  const { drive, root, device } = await createHome();
  const first = await put(drive, root, 'a', 'one', { modifiedAtMs: 1000, mime: 'text/plain' });
  const records = () => Object.values(catalogOf(device).vector()).reduce((sum, seq) => sum + seq, 0);
  const before = records();
  for (const options of [{}, { mime: 'text/plain' }, { modifiedAtMs: 1000 }]) {
    const again = await drive.upload(root, 'A', text('one'), options);
    assert.deepEqual([again.created, again.entry.version, again.entry.name], [false, first.version, 'a']);
  }
  assert.equal((await drive.uploadTo(entryId(first.id), text('one'), {})).entry.version, first.version);
  assert.equal(records(), before);
  assert.equal((await drive.versions(entryId(first.id))).length, 1);
});

test('the same bytes with another date or type replace the version that says the old ones', async () => {
  const { drive, root, other, meet, laptop } = await createPair();
  const file = await put(drive, root, 'a', 'one', { modifiedAtMs: 1000, mime: 'text/plain' });
  await put(drive, root, 'a', 'two', { modifiedAtMs: 2000 });
  await meet();
  for (let at = 3000; at < 6000; at += 1000) await put(drive, root, 'a', 'two', { modifiedAtMs: at });
  await put(drive, root, 'a', 'two', { modifiedAtMs: 5000, mime: 'text/html' });
  await meet();
  for (const one of [drive, other]) {
    const history = await one.versions(entryId(file.id));
    assert.deepEqual(
      history.map(({ modifiedAt, current }) => [Date.parse(modifiedAt), current]),
      [
        [5000, true],
        [1000, false],
      ],
    );
    assert.equal((await one.entry(entryId(file.id))).mime, 'text/html');
    assert.equal(await read(one, file.id), 'two');
  }
  assert.deepEqual(laptop.warnings, []);
});

test('a version that is not current is removed for ever, and brings no other back', async () => {
  const { drive, root, other, meet } = await createPair();
  const file = await put(drive, root, 'a', 'one');
  const second = await put(drive, root, 'a', 'two');
  await put(drive, root, 'a', 'three');
  const id = entryId(file.id);
  await drive.removeVersion(id, versionId(second.version));
  await meet();
  for (const one of [drive, other]) {
    assert.equal(await read(one, id), 'three');
    assert.deepEqual(
      (await one.versions(id)).map(({ size }) => size),
      [5, 3],
    );
    await assert.rejects(readVersion(one, id, second.version), coded('not-found', /version/));
  }
  const { version } = await drive.entry(id);
  await assert.rejects(drive.removeVersion(id, versionId(version)), coded('conflict', /current/));
  await assert.rejects(drive.removeVersion(id, versionId(second.version)), coded('not-found'));
  await assert.rejects(drive.removeVersion(root, versionId(version)), coded('not-found'));
});

test('a version that lost a concurrent edit is not removed as an old one', async () => {
  const { drive, root, other, meet } = await createPair();
  const file = await put(drive, root, 'a', 'first');
  await meet();
  const left = await put(drive, root, 'a', 'left');
  const right = await put(other, root, 'a', 'right');
  await meet();
  for (const { version } of [left, right]) {
    await assert.rejects(drive.removeVersion(entryId(file.id), versionId(version)), coded('conflict'));
  }
  assert.equal((await namesIn(drive, root)).length, 2);
});

test('the checksum of a file is the one that sha256sum prints, of any version', async () => {
  const { drive, root } = await createHome();
  const file = await put(drive, root, 'a', 'one');
  const second = await put(drive, root, 'a', 'x'.repeat(700_000));
  const id = entryId(file.id);
  const hash = (content: string) => ({ sha256: createHash('sha256').update(content).digest('hex') });
  assert.deepEqual(await drive.checksum(id), hash('x'.repeat(700_000)));
  assert.deepEqual(await drive.checksum(id), hash('x'.repeat(700_000)));
  assert.deepEqual(await drive.checksum(id, { version: versionId(file.version) }), hash('one'));
  assert.deepEqual(
    await drive.checksum(id, { version: versionId(second.version) }),
    await drive.checksum(id),
  );
  await assert.rejects(drive.checksum(root), coded('not-found'));
  const other = await put(drive, root, 'b', 'never read');
  await assert.rejects(
    drive.checksum(entryId(other.id), { signal: AbortSignal.abort(new Error('gone away')) }),
  );
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
