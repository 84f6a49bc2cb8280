import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { nodeFiles } from '../../src/store/files/disk-files.ts';
import type { DiskChunkStore } from '../../src/store/index.ts';
import { until } from '../support/until.ts';
import { byId, testChunk, testChunks } from './chunks.ts';
import { DiskWorld, testDevice } from './disk-world.ts';
import { faultyFiles } from './faulty-files.ts';
import { chunkRecords, segmentPaths } from './segments-on-disk.ts';

const checkMs = 5000;

describe('volumes that come and go', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());

  const chunks = testChunks(8).sort(byId);
  const [first = testChunk('none')] = chunks;
  const marker = (volume = 'volume') => join(world.volume(volume), '.peerstor-volume');
  const aside = () => join(world.folder, 'aside');

  async function fill(store: DiskChunkStore): Promise<DiskChunkStore> {
    for (const { id, bytes } of chunks) await store.put(id, bytes);
    world.changes.length = 0;
    return store;
  }

  const stateOf = (store: DiskChunkStore) => store.usage().volumes.map(({ state }) => state);
  const heldBy = (store: DiskChunkStore) => chunks.filter(({ id }) => store.has(id)).length;

  /** Lets the checks run, and what they do on the real disk. */
  async function pass(done: () => boolean): Promise<void> {
    await until('the checks have seen it', async () => {
      await world.clock.pass(checkMs);
      return done();
    });
  }

  it('writes a marker with a random id, a format and its owner', async () => {
    const store = await world.open();
    const { id, format, owner } = JSON.parse(await readFile(marker(), 'utf8'));
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.equal(format, 2);
    assert.equal(owner, testDevice);
    assert.equal(store.usage().volumes[0]?.id, id);
  });

  it('notices that the marker is gone: nothing is held, nothing is deleted, nothing is taken', async () => {
    const store = await fill(await world.open());
    await rename(marker(), aside());
    await pass(() => world.changes.length === chunks.length);
    assert.deepEqual(
      world.changes,
      chunks.map(({ id }) => ({ kind: 'lost', id, reason: 'missing' })),
    );
    assert.deepEqual(stateOf(store), ['missing']);
    assert.equal(heldBy(store), 0);
    assert.deepEqual([store.usage().chunks, store.usage().limitBytes], [0, 0]);
    for await (const _ of store.list()) assert.fail('nothing is held');
    await assert.rejects(store.get(first.id), { code: 'chunk-missing' });
    await assert.rejects(store.delete(first.id), { code: 'volume-missing' });
    await assert.rejects(store.put(testChunk('new').id, testChunk('new').bytes), { code: 'volume-missing' });
    assert.deepEqual(
      await world.idsOf('held'),
      chunks.map(({ id }) => id),
    );

    await rename(aside(), marker());
    await pass(() => world.changes.length === 2 * chunks.length);
    assert.deepEqual(
      world.changes.slice(chunks.length),
      chunks.map(({ id }) => ({ kind: 'added', id, size: 1000 })),
    );
    assert.deepEqual(stateOf(store), ['ok']);
    for (const { id, bytes } of chunks)
      assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
  });

  it('notices at the first read that the whole volume was deleted, and keeps running', async () => {
    const volumes = [{ path: world.volume('one') }, { path: world.volume('two') }];
    const store = await fill(await world.open({ volumes }));
    const onTwo = await world.idsOf('held', 'two');
    await rm(world.volume('one'), { recursive: true });
    const lost = chunks.filter(({ id }) => !onTwo.includes(id));
    assert.ok(lost[0] && lost.length < chunks.length);
    await assert.rejects(store.get(lost[0].id), { code: 'chunk-missing' });
    assert.deepEqual(stateOf(store), ['missing', 'ok']);
    assert.equal(heldBy(store), chunks.length - lost.length);
    for (const { id, bytes } of lost) assert.equal(await store.put(id, bytes), 'stored');
    assert.equal(heldBy(store), chunks.length);
    assert.ok(!existsSync(world.volume('one')), 'it does not come back by itself');
  });

  it('notices at the first write that the whole volume was deleted', async () => {
    const volumes = [
      { path: world.volume('one'), limitBytes: 1e9 },
      { path: world.volume('two'), limitBytes: 1e5 },
    ];
    const store = await world.open({ volumes });
    await rm(world.volume('one'), { recursive: true });
    assert.equal(await store.put(first.id, first.bytes), 'stored');
    assert.deepEqual(stateOf(store), ['missing', 'ok']);
    assert.deepEqual(await world.idsOf('held', 'two'), [first.id]);
  });

  it('takes a segment that is gone for what it is, and looks for what else is gone', async () => {
    const store = await fill(await world.open({ segmentBytesMax: 3000 }));
    const before = await segmentPaths(world.volume());
    const { path } = await world.record(first.id);
    assert.ok(before.length > 2);
    const lost = (await chunkRecords(world.volume())).filter((record) => record.path === path);
    await rm(path);
    await assert.rejects(store.get(first.id), { code: 'chunk-missing' });
    await store.rescan();
    assert.deepEqual(
      world.changes.map(({ id, kind }) => [kind, id].join(' ')).sort(),
      lost.map(({ id }) => `lost ${id}`).sort(),
    );
    assert.deepEqual(stateOf(store), ['ok']);
    assert.equal(heldBy(store), chunks.length - lost.length);
  });

  it('calls nothing lost that was stored elsewhere while a volume was away, and keeps one copy', async () => {
    const volumes = [{ path: world.volume('one') }, { path: world.volume('two') }];
    const store = await fill(await world.open({ volumes }));
    const onOne = await world.idsOf('held', 'one');
    const away = chunks.filter(({ id }) => onOne.includes(id));
    await rename(world.volume('one'), aside());
    await pass(() => world.changes.length === away.length);
    for (const { id, bytes } of away) await store.put(id, bytes);
    world.changes.length = 0;
    await rename(aside(), world.volume('one'));
    await pass(() => stateOf(store)[0] === 'ok');
    await store.rescan();
    assert.equal(heldBy(store), chunks.length);
    assert.deepEqual(world.changes, []);
    assert.deepEqual(
      await world.idsOf('trashed', 'one'),
      away.map(({ id }) => id),
    );
  });

  it('takes no segment for gone that is made while the folder is listed', async () => {
    let whileListed: (() => Promise<unknown>) | undefined;
    const files = {
      ...nodeFiles,
      list: async (path: string) => {
        const names = await nodeFiles.list(path);
        const work = whileListed;
        whileListed = undefined;
        await work?.();
        return names;
      },
    };
    const store = await world.open({ files, segmentBytesMax: 1400 });
    const [, second = first, third = first] = chunks;
    await store.put(first.id, first.bytes);
    whileListed = () => store.put(second.id, second.bytes);
    assert.deepEqual(await store.rescan(), { added: 0, lost: 0 });
    await store.put(third.id, third.bytes);
    assert.deepEqual(stateOf(store), ['ok']);
    for (const { id } of [first, second, third]) await store.get(id);
  });

  it('makes the folder of a volume that was never seen', async () => {
    const store = await world.open({ volumes: [{ path: join(world.folder, 'a', 'b', 'c') }] });
    assert.deepEqual(stateOf(store), ['ok']);
    await fill(store);
  });

  it('waits at start for a drive that is not plugged in, and makes nothing in its place', async () => {
    await (await fill(await world.open())).stop();
    await rename(world.volume(), aside());
    const store = await world.open();
    assert.deepEqual(stateOf(store), ['missing']);
    assert.equal(heldBy(store), 0);
    assert.ok(!existsSync(world.volume()));
    assert.deepEqual(world.changes, []);
    await rename(aside(), world.volume());
    await pass(() => world.changes.length === chunks.length);
    assert.equal(heldBy(store), chunks.length);
  });

  it('makes a volume in its own home again, as a new one', async () => {
    const volumes = [{ owned: true }];
    const before = await fill(await world.open({ volumes }));
    const id = before.usage().volumes[0]?.id;
    await before.stop();
    await rm(world.volume(), { recursive: true });
    const store = await world.open({ volumes });
    assert.deepEqual(stateOf(store), ['ok']);
    assert.notEqual(store.usage().volumes[0]?.id, id);
    assert.deepEqual(
      world.changes,
      chunks.map((chunk) => ({ kind: 'lost', id: chunk.id, reason: 'missing' })),
    );
    assert.equal(store.usage().volumes[0]?.usedBytes, 0);
    await fill(store);
    assert.equal(heldBy(store), chunks.length);
  });

  it('takes a folder that its owner emptied for a new volume', async () => {
    await (await fill(await world.open())).stop();
    await rm(world.volume(), { recursive: true });
    await mkdir(world.volume());
    const store = await world.open();
    assert.deepEqual(stateOf(store), ['ok']);
    assert.equal(world.changes.length, chunks.length);
    await store.stop();
    assert.deepEqual(stateOf(await world.open()), ['ok']);
  });

  it('does not fill the empty mount point of a drive that is not mounted', async () => {
    let mounted = true;
    const files = faultyFiles(() => undefined, { isMountPoint: async () => mounted });
    await (await fill(await world.open({ files }))).stop();
    await rename(world.volume(), aside());
    await mkdir(world.volume());
    mounted = false;
    const store = await world.open({ files });
    assert.deepEqual(stateOf(store), ['missing']);
    assert.match(store.usage().volumes[0]?.problem ?? '', /not mounted/);
  });

  it('says how to go on where a folder with files has lost its marker', async () => {
    await (await fill(await world.open())).stop();
    const text = await readFile(marker(), 'utf8');
    await rm(marker());
    const store = await world.open();
    assert.deepEqual(stateOf(store), ['missing']);
    assert.ok(store.usage().volumes[0]?.problem?.includes(text));
    await writeFile(marker(), text);
    await pass(() => heldBy(store) === chunks.length);
  });

  it('finds its own volume again when its index is lost', async () => {
    await (await fill(await world.open())).stop();
    world.loseIndex();
    const store = await world.open();
    assert.equal(heldBy(store), chunks.length);
  });

  it('takes in chunks whose marker and index are both lost', async () => {
    await (await fill(await world.open())).stop();
    await rm(marker());
    world.loseIndex();
    assert.equal(heldBy(await world.open()), chunks.length);
  });

  it('knows a volume again that is mounted elsewhere', async () => {
    await (await fill(await world.open())).stop();
    await rename(world.volume(), world.volume('elsewhere'));
    const store = await world.open({ volumes: [{ path: world.volume('elsewhere') }] });
    assert.equal(heldBy(store), chunks.length);
    await store.rescan();
    assert.deepEqual(world.changes, []);
  });

  it('refuses one volume under two paths, and one path twice', async () => {
    await (await world.open()).stop();
    await mkdir(world.volume('copy'));
    await writeFile(marker('copy'), await readFile(marker()));
    const twice = [{ path: world.volume() }, { path: world.volume('copy') }];
    await assert.rejects(world.open({ volumes: twice }), { code: 'bad-input' });
    await assert.rejects(world.open({ volumes: [{}, {}] }), { code: 'bad-input' });
  });

  for (const [text, expected] of [
    ['', /damaged/],
    ['{"id":"../../etc","format":2,"owner":null}', /damaged/],
    [`{"id":"${'a'.repeat(32)}","format":2}`, /damaged/],
  ] as const) {
    it(`touches nothing where the marker is ${text || 'empty'}`, async () => {
      await (await fill(await world.open())).stop();
      await writeFile(marker(), text);
      const store = await world.open();
      assert.deepEqual(stateOf(store), ['failed']);
      assert.match(store.usage().volumes[0]?.problem ?? '', expected);
      await assert.rejects(store.put(first.id, first.bytes), { code: 'storage-failed' });
      await store.stop();
      assert.equal(await readFile(marker(), 'utf8'), text);
      world.loseIndex();
      await assert.rejects(world.open(), { code: 'storage-failed', message: expected });
    });
  }

  for (const [format, expected] of [
    [
      1,
      /written by an earlier peerstor, with a file for each chunk in blobs\/, which this one does not read/,
    ],
    [3, /newer/],
  ] as const) {
    it(`refuses to start on a volume of format ${format}, and touches nothing`, async () => {
      await (await fill(await world.open())).stop();
      const text = JSON.stringify({ id: 'a'.repeat(32), format });
      await writeFile(marker(), text);
      await assert.rejects(world.open(), { code: 'unsupported-format', message: expected });
      assert.equal(await readFile(marker(), 'utf8'), text);
      world.loseIndex();
      await assert.rejects(world.open(), { code: 'unsupported-format', message: expected });
    });
  }

  it('says storage-failed where a new volume cannot be made', async () => {
    await writeFile(world.volume(), 'a file in the way');
    await assert.rejects(world.open(), { code: 'storage-failed' });
  });
});
