import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeerstorError } from '../../../src/model/errors.ts';
import { entryId } from '../../../src/model/ids.ts';
import { coded } from '../errors.ts';
import { takePen } from '../pen.ts';
import {
  catalogOf,
  createHome,
  createPair,
  type Home,
  namesIn,
  pieces,
  put,
  read,
  text,
  wholeTree,
} from '../world.ts';

/** Bytes that nothing compresses and that are the same each time. */
function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** Content that stops in the middle until it is let go on. */
function halting(): {
  content: AsyncIterable<Uint8Array>;
  reached: Promise<void>;
  goOn(error?: Error): void;
} {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  async function* content() {
    yield noise(300_000);
    reached.resolve();
    await gate.promise;
    yield noise(300_000, 2);
  }
  return {
    content: content(),
    reached: reached.promise,
    goOn: (error) => (error ? gate.reject(error) : gate.resolve()),
  };
}

async function nothingListed({ drive, root, device }: Home, recordsBefore: number): Promise<void> {
  assert.deepEqual(await namesIn(drive, root), []);
  assert.equal(device.catalog?.ownSeq, recordsBefore);
}

test('a new file reads back, with its size, type, dates and safety', async () => {
  const { drive, root, device, world } = await createHome();
  device.network.copies = 2;
  const options = { mime: 'text/plain; charset=utf-8', modifiedAtMs: 86_400_000 };
  const { entry, created } = await drive.upload(root, 'a.txt', text('hello'), options);
  assert.equal(created, true);
  assert.equal(entry.size, 5);
  assert.equal(entry.mime, 'text/plain; charset=utf-8');
  assert.equal(entry.modifiedAt, '1970-01-02T00:00:00.000Z');
  assert.equal(entry.createdAt, new Date(world.clock.wallMs()).toISOString());
  assert.deepEqual(entry.safety, { level: 'safe', copies: 2, wanted: 3 });
  assert.deepEqual(await drive.resolve(['a.txt']), entry);
  assert.equal(await read(drive, entry.id), 'hello');
  const plain = await put(drive, root, 'b', '');
  assert.deepEqual([plain.size, plain.mime], [0, 'application/octet-stream']);
  assert.equal(await read(drive, plain.id), '');
});

test('a file is no safer than the records that list it', async () => {
  const { drive, root, device, laptop } = await createPair();
  device.network.copies = 3;
  const alone = await drive.upload(root, 'a.txt', text('hello'), { waitMs: 0 });
  assert.deepEqual(alone.entry.safety, { level: 'accepted', copies: 1, wanted: 3 });
  const { catalog } = device;
  assert.ok(catalog);
  const me = catalog.self;
  const [other] = [laptop.catalog?.self];
  assert.ok(other);
  const upload = drive.upload(root, 'b.txt', text('hello'), { waitMs: 60_000 });
  const isWritten = async () => (await namesIn(drive, root)).includes('b.txt');
  while (!(await isWritten())) await new Promise((resolve) => setImmediate(resolve));
  catalog.peerHas(other, { [me]: catalog.ownSeq });
  assert.deepEqual(
    (await upload).entry.safety,
    { level: 'full', copies: 3, wanted: 3 },
    'there are no more devices',
  );
});

test('a file of many chunks reads back in any range, also on another device', async () => {
  const { drive, root, other, meet } = await createPair();
  const bytes = noise(3_000_000);
  const { entry } = await drive.upload(root, 'big', pieces([bytes.subarray(0, 7), bytes.subarray(7)]), {});
  await meet();
  const content = await other.open(entryId(entry.id));
  assert.deepEqual([content.size, content.etag, content.name], [bytes.length, entry.version, 'big']);
  for (const [start, end] of [
    [0, bytes.length],
    [1_000_000, 2_500_001],
    [5, 6],
    [9, 9],
  ] as const) {
    const parts: Uint8Array[] = [];
    for await (const part of content.read({ start, end }, new AbortController().signal)) parts.push(part);
    assert.ok(Buffer.concat(parts).equals(bytes.subarray(start, end)), `${start}-${end}`);
  }
  for (const [start, end] of [
    [-1, 2],
    [2, 1],
    [0, bytes.length + 1],
    [0.5, 2],
  ] as const) {
    assert.throws(() => content.read({ start, end }, new AbortController().signal), coded('bad-range'));
  }
});

test('chunks and manifest are durable and spread before the records are written', async () => {
  const { drive, root, device } = await createHome();
  const { steps } = device.network;
  const catalog = device.catalog;
  assert.ok(catalog);
  catalog.onChange(() => steps.push('records'));
  await drive.upload(root, 'a', pieces([noise(200_000)]), { copies: 'full' });
  const order = steps.map((step) => step.split(' ')[0]);
  assert.deepEqual(order, ['put', 'put', 'settle', 'records', 'close']);
  assert.ok(steps.includes('settle full'));
});

test('entry and version of a new file come in one batch, the version first', async () => {
  const { drive, root, device } = await createHome();
  const batches: string[][] = [];
  device.catalog?.onChange((changes) => batches.push(changes.map(({ record }) => record.table)));
  await put(drive, root, 'a', 'a');
  assert.deepEqual(batches, [['version', 'entry']]);
});

test('the same name again makes a new version of the same file, in whatever case', async () => {
  const { drive, root } = await createHome();
  const first = await put(drive, root, 'Read.me', 'one');
  const second = await drive.upload(root, 'READ.ME', text('two!'), {});
  assert.equal(second.created, false);
  assert.equal(second.entry.id, first.id);
  assert.notEqual(second.entry.version, first.version);
  assert.deepEqual([second.entry.name, second.entry.size], ['Read.me', 4]);
  assert.equal(await read(drive, first.id), 'two!');
});

test('onConflict rename keeps both, skip keeps the first and reads nothing', async () => {
  const { drive, root, device } = await createHome();
  await put(drive, root, 'a.txt', 'one');
  const renamed = await drive.upload(root, 'a.txt', text('two'), { onConflict: 'rename' });
  assert.deepEqual([renamed.created, renamed.entry.name], [true, 'a (2).txt']);
  const before = device.network.steps.length;
  const skipped = await drive.upload(root, 'a.txt', text('three'), { onConflict: 'skip' });
  assert.deepEqual([skipped.created, skipped.entry.size], [false, 3]);
  assert.deepEqual(device.network.steps.slice(before), ['close']);
  assert.deepEqual(await wholeTree(drive), ['/a (2).txt: two', '/a.txt: one']);
});

test('a folder is not overwritten by a file', async () => {
  const { drive, root } = await createHome();
  await drive.createFolder(root, 'a');
  await assert.rejects(put(drive, root, 'A', 'x'), coded('name-taken', /folder/));
  assert.equal((await put(drive, root, 'a', 'x', { onConflict: 'rename' })).name, 'a (2)');
});

test('an upload can be made to depend on what is there', async () => {
  const { drive, root } = await createHome();
  await assert.rejects(put(drive, root, 'a', 'x', { ifMatch: '*' }), coded('precondition-failed'));
  const first = await put(drive, root, 'a', 'one', { ifMatch: 'none' });
  await assert.rejects(put(drive, root, 'a', 'x', { ifMatch: 'none' }), coded('precondition-failed'));
  const second = await put(drive, root, 'a', 'two', { ifMatch: first.version });
  await assert.rejects(put(drive, root, 'a', 'x', { ifMatch: first.version }), coded('precondition-failed'));
  await put(drive, root, 'a', 'three', { ifMatch: '*' });
  assert.notEqual(second.version, first.version);
  assert.equal(await read(drive, first.id), 'three');
});

test('the precondition holds at the end of the upload, not only at its start', async () => {
  const { drive, root } = await createHome();
  const first = await put(drive, root, 'a', 'one');
  const slow = halting();
  const upload = drive.upload(root, 'a', slow.content, { ifMatch: first.version });
  await slow.reached;
  await put(drive, root, 'a', 'meanwhile');
  slow.goOn();
  await assert.rejects(upload, coded('precondition-failed'));
  assert.equal(await read(drive, first.id), 'meanwhile');
});

test('content that breaks off lists nothing, and its own error comes through', async () => {
  const home = await createHome();
  const before = home.device.catalog?.ownSeq ?? 0;
  const slow = halting();
  const upload = home.drive.upload(home.root, 'a', slow.content, {});
  await slow.reached;
  slow.goOn(new PeerstorError('request-timeout', 'the caller went away'));
  await assert.rejects(upload, coded('request-timeout'));
  await nothingListed(home, before);
});

test('a cancelled upload lists nothing, whether it had just begun, was half there or was being spread', async () => {
  const home = await createHome();
  const before = home.device.catalog?.ownSeq ?? 0;
  for (const moment of ['start', 'middle', 'settle'] as const) {
    const abort = new AbortController();
    const slow = halting();
    const settling = Promise.withResolvers<void>();
    home.device.network.settling = settling.promise;
    if (moment === 'start') abort.abort();
    const upload = home.drive.upload(home.root, 'a', slow.content, { signal: abort.signal });
    if (moment !== 'start') await slow.reached;
    if (moment === 'settle') {
      slow.goOn();
      while (!home.device.network.steps.includes('settle safe'))
        await new Promise((resolve) => setImmediate(resolve));
    }
    abort.abort();
    slow.goOn();
    settling.resolve();
    await assert.rejects(upload, coded('aborted'), moment);
    await nothingListed(home, before);
  }
});

test('a full disk comes through as such and lists nothing', async () => {
  const home = await createHome();
  const before = home.device.catalog?.ownSeq ?? 0;
  home.device.network.failPut = new PeerstorError('disk-full', 'this device is full');
  await assert.rejects(put(home.drive, home.root, 'a', 'a'), coded('disk-full'));
  await nothingListed(home, before);
});

test('the folder must be there at the start and at the end', async () => {
  const { drive, root } = await createHome();
  await assert.rejects(put(drive, '0'.repeat(32), 'a', 'a'), coded('not-found'));
  const folder = await drive.createFolder(root, 'f');
  const slow = halting();
  const upload = drive.upload(entryId(folder.id), 'a', slow.content, {});
  await slow.reached;
  await drive.trash(entryId(folder.id));
  slow.goOn();
  await assert.rejects(upload, coded('gone'));
  await drive.restore(entryId(folder.id));
  assert.deepEqual(await namesIn(drive, folder.id), []);
});

test('bad names, types, dates and sizes are refused before any byte is read', async () => {
  const { drive, root, device } = await createHome();
  const before = device.network.steps.length;
  await assert.rejects(put(drive, root, '..', 'x'), coded('bad-name'));
  for (const mime of ['nonsense', 'a/b\r\nx: y', `text/${'x'.repeat(300)}`]) {
    await assert.rejects(put(drive, root, 'a', 'x', { mime }), coded('bad-input', /media type/));
  }
  await assert.rejects(put(drive, root, 'a', 'x', { modifiedAtMs: Number.NaN }), coded('bad-input', /date/));
  await assert.rejects(put(drive, root, 'a', 'x', { sizeHint: -1 }), coded('bad-input', /size/));
  assert.equal(device.network.steps.length, before);
});

test('many uploads of one new name at once make one file with a history', async () => {
  const { drive, root } = await createHome();
  const contents = Array.from({ length: 12 }, (_, index) => `content ${index}`);
  const outcomes = await Promise.all(
    contents.map((content) => drive.upload(root, 'same', text(content), {})),
  );
  assert.equal(outcomes.filter(({ created }) => created).length, 1);
  const [first] = outcomes;
  assert.ok(first);
  assert.deepEqual(await namesIn(drive, root), ['same']);
  const history = await drive.versions(entryId(first.entry.id));
  assert.equal(history.length, 12);
  const seen = [];
  for (const { id } of history) {
    const content = await drive.open(entryId(first.entry.id), id);
    for await (const part of content.read({ start: 0, end: content.size }, new AbortController().signal)) {
      seen.push(Buffer.from(part).toString());
    }
  }
  assert.deepEqual(seen.sort(), contents.sort());
});

test('a file that moved away during an upload stays as it was; the upload becomes a new one', async () => {
  const { drive, root, device, session } = await createHome();
  const file = await put(drive, root, 'a', 'old');
  const slow = halting();
  const upload = drive.upload(root, 'a', slow.content, {});
  await slow.reached;
  await drive.patch(entryId(file.id), { name: 'b' });
  slow.goOn();
  const { entry, created } = await upload;
  assert.equal(created, true);
  assert.notEqual(entry.id, file.id);
  assert.equal(await read(drive, file.id), 'old');
  const content = await drive.open(entryId(entry.id));
  let size = 0;
  for await (const part of content.read({ start: 0, end: content.size }, new AbortController().signal)) {
    size += part.length;
  }
  assert.equal(size, 600_000);
  assert.deepEqual(await namesIn(drive, root), ['a', 'b']);
  const { keyOf } = await takePen(device, session);
  assert.notDeepEqual(keyOf(entry.id), keyOf(file.id), 'each entry has a key of its own');
});

test('uploads of different names into one folder are written together, and those of one name one after the other', async () => {
  const { drive, root, device } = await createHome();
  const catalog = catalogOf(device);
  const { author } = catalog;
  let waiting = 0;
  const all = Promise.withResolvers<void>();
  // Nobody's records are written before five uploads have theirs ready.
  catalog.author = async (drafts, signer) => {
    waiting += 1;
    if (waiting === 5) all.resolve();
    await all.promise;
    return author(drafts, signer);
  };
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => put(drive, root, name, name)));
  catalog.author = author;
  assert.deepEqual(await wholeTree(drive), ['/a: a', '/b: b', '/c: c', '/d: d', '/e: e']);
  const same = await Promise.all(['1', '2', '3'].map((content) => put(drive, root, 'Same', content)));
  assert.equal(new Set(same.map(({ id }) => id)).size, 1);
  assert.equal((await drive.versions(entryId(same[0]?.id ?? ''))).length, 3);
  const renamed = ['x', 'y', 'z'].map((content) => put(drive, root, 'f', content, { onConflict: 'rename' }));
  await Promise.all(renamed);
  assert.deepEqual(await namesIn(drive, root), ['a', 'b', 'c', 'd', 'e', 'f', 'f (2)', 'f (3)', 'Same']);
});
