import assert from 'node:assert/strict';
import { appendFile, copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { OrderedStore } from '../../src/model/contracts/ordered-store.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import type { ChunkId } from '../../src/model/ids.ts';
import { type DiskFiles, nodeFiles, type OpenFile } from '../../src/store/files/disk-files.ts';
import type { DiskChunkStore } from '../../src/store/index.ts';
import { recordHeadBytes } from '../../src/store/segments/segment-format.ts';
import { until } from '../support/until.ts';
import { byId, testChunk, testChunks } from './chunks.ts';
import { DiskWorld } from './disk-world.ts';
import { diskError, faultyFiles } from './faulty-files.ts';
import { chunkRecords, damageHead, type FoundChunk, rotOnDisk, segmentPaths } from './segments-on-disk.ts';

describe('a store that is started again', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());

  const chunks = testChunks(12).sort(byId);
  const [first = testChunk('none'), second = testChunk('none')] = chunks;

  async function fill(): Promise<DiskChunkStore> {
    const store = await world.open();
    await Promise.all(chunks.map(({ id, bytes }) => store.put(id, bytes)));
    return store;
  }

  async function assertHolds(store: DiskChunkStore, held = chunks): Promise<void> {
    const listed: ChunkId[] = [];
    for await (const { id } of store.list()) listed.push(id);
    assert.deepEqual(
      listed,
      held.map(({ id }) => id),
    );
    for (const { id, bytes } of held) assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
    const usage = store.usage();
    assert.deepEqual([usage.chunks, usage.bytes], [held.length, held.length * 1000]);
  }

  it('holds what it held, and after a clean stop reads no chunk', async () => {
    await (await fill()).stop();
    world.changes.length = 0;
    let bytes = 0;
    const files: DiskFiles = {
      ...nodeFiles,
      open: async (path, mode) => {
        const file = await nodeFiles.open(path, mode);
        const read: OpenFile['read'] = async (parts, at) => {
          const came = await file.read(parts, at);
          if (path.endsWith('.segment')) bytes += came;
          return came;
        };
        return {
          read,
          write: (parts, at) => file.write(parts, at),
          size: () => file.size(),
          hasName: () => file.hasName(),
          truncate: (length) => file.truncate(length),
          datasync: () => file.datasync(),
          close: () => file.close(),
        };
      },
    };
    const store = await world.open({ files });
    await store.stop();
    assert.ok(bytes > 0 && bytes < 2 * chunks.length * 100, `heads and footers only: ${bytes} bytes`);
    await assertHolds(await world.open());
    assert.deepEqual(world.changes, []);
  });

  it('holds what it held after it was killed', async () => {
    await fill();
    await world.kill();
    world.changes.length = 0;
    const store = await world.open();
    assert.deepEqual(await store.rescan(), { added: 0, lost: 0 });
    await assertHolds(store);
    assert.deepEqual(world.changes, []);
  });

  it('rebuilds a lost index before it is started, and announces what it found', async () => {
    await fill();
    await world.kill();
    world.loseIndex();
    world.changes.length = 0;
    const store = await world.open();
    await assertHolds(store);
    assert.deepEqual(world.changes.length, chunks.length);
    assert.ok(world.changes.every(({ kind }) => kind === 'added'));
  });

  /** What a damaged database log does: rows are gone, without an error. */
  async function loseRows(count: number): Promise<void> {
    const keys: string[] = [];
    for await (const [key] of world.index.range({ gte: 'c', lt: 'd' })) keys.push(key);
    await world.index.batch(keys.slice(0, count).map((key) => ({ key, value: null })));
  }

  const eventually = (done: () => boolean) => until('the background work is done', done);

  it('finds rows that a torn index lost, in the background', async () => {
    await (await fill()).stop();
    await world.open();
    await world.kill();
    await loseRows(5);
    const store = await world.open();
    await eventually(() => store.usage().chunks === chunks.length);
    await assertHolds(store);
  });

  it('goes on at the next start with a rescan that came to nothing', async () => {
    await fill();
    await world.kill();
    await loseRows(5);
    let isOpen = false;
    const files = faultyFiles((operation, path) =>
      isOpen && operation === 'list' && path.endsWith('segments') ? diskError('EMFILE') : undefined,
    );
    const failing = await world.open({ files });
    isOpen = true;
    await assert.rejects(failing.rescan());
    await failing.stop();
    const store = await world.open();
    await eventually(() => store.usage().chunks === chunks.length);
    await assertHolds(store);
  });

  it('loses one chunk to a damaged head of a record, and finds those behind it', async () => {
    await fill();
    await world.kill();
    world.changes.length = 0;
    await damageHead(await world.record(second.id));
    const store = await world.open();
    await store.rescan();
    await assertHolds(
      store,
      chunks.filter(({ id }) => id !== second.id),
    );
    assert.deepEqual(world.changes, [{ kind: 'lost', id: second.id, reason: 'missing' }]);
  });

  it('drops a chunk whose record does not have the size that the index says', async () => {
    await fill();
    await world.kill();
    world.changes.length = 0;
    const last = (await chunkRecords(world.volume())).at(-1) as FoundChunk;
    await rotOnDisk(last, new Uint8Array(10));
    const store = await world.open();
    await store.rescan();
    assert.deepEqual(world.changes, [{ kind: 'lost', id: last.id, reason: 'corrupt' }]);
    assert.deepEqual(await world.idsOf('dead'), [last.id]);
  });

  it('cuts a torn tail, and keeps every chunk before it', async () => {
    await fill();
    await world.kill();
    const [path = ''] = await segmentPaths(world.volume());
    const { size } = await stat(path);
    const torn = testChunk('torn');
    const { codec } = await world.record(first.id);
    const head = Buffer.alloc(recordHeadBytes);
    codec.encode(head, { kind: 'chunk', id: torn.id, length: 1000 }, size);
    await appendFile(path, Buffer.concat([head, torn.bytes.subarray(0, 100)]));
    const store = await world.open();
    assert.equal((await stat(path)).size, size);
    assert.equal(store.has(torn.id), false);
    assert.equal(await store.put(torn.id, torn.bytes), 'stored');
    await assertHolds(store, [...chunks, torn].sort(byId));
  });

  it('does not take a whole record with wrong bytes that a power cut left', async () => {
    await fill();
    await world.kill();
    const [path = ''] = await segmentPaths(world.volume());
    const { size } = await stat(path);
    const torn = testChunk('torn');
    const { codec } = await world.record(first.id);
    const head = Buffer.alloc(recordHeadBytes);
    codec.encode(head, { kind: 'chunk', id: torn.id, length: 1000 }, size);
    await appendFile(path, Buffer.concat([head, Buffer.alloc(1000)]));
    const store = await world.open();
    await store.rescan();
    assert.equal(store.has(torn.id), false);
    await assertHolds(store);
  });

  it('touches no file in its folder that is not a segment of this volume', async () => {
    await (await fill()).stop();
    const folder = join(world.volume(), 'segments');
    const other = await world.open({ volumes: [{ path: world.volume('other') }] });
    await other.put(testChunk('other').id, testChunk('other').bytes);
    await other.stop();
    const [foreign = ''] = await segmentPaths(world.volume('other'));
    await copyFile(foreign, join(folder, '00000007.segment'));
    await writeFile(join(folder, '00000008.segment'), 'mine');
    await writeFile(join(folder, 'notes.txt'), 'mine');
    world.loseIndex();
    await assertHolds(await world.open());
    assert.equal(await readFile(join(folder, '00000008.segment'), 'utf8'), 'mine');
    assert.deepEqual(await readFile(join(folder, '00000007.segment')), await readFile(foreign));
  });

  it('reads all chunks in the order in which they lie on the disk', async () => {
    const store = await fill();
    const ids: ChunkId[] = [];
    for await (const { id } of store.inReadingOrder()) ids.push(id);
    assert.deepEqual(
      ids,
      (await chunkRecords(world.volume())).map(({ id }) => id),
    );
  });

  it('keeps the trash, also without its index', async () => {
    await (await fill()).delete(first.id);
    await world.kill();
    let store = await world.open();
    assert.equal(store.has(first.id), false);
    assert.equal(store.usage().volumes[0]?.usedBytes, 12_000);
    await world.kill();
    world.loseIndex();
    store = await world.open();
    assert.equal(store.has(first.id), false);
    assert.equal(store.usage().volumes[0]?.usedBytes, 12_000);
    assert.equal(await store.touch(first.id), true);
    await assertHolds(store);
  });

  it('does not bring back a chunk that rotted in the trash', async () => {
    const store = await fill();
    await store.delete(first.id);
    await rotOnDisk(await world.record(first.id), second.bytes);
    assert.equal(await store.touch(first.id), false);
    assert.deepEqual(await world.idsOf('dead'), [first.id]);
    assert.equal(await store.put(first.id, first.bytes), 'stored');
    await assertHolds(store);
  });

  it('drops a damaged row, finds the chunk again, and counts right at the next start', async () => {
    await (await fill()).stop();
    const damaged = new DamagedIndex(world.index);
    world.index = damaged;
    const store = await world.open();
    damaged.damage(`c${Buffer.from(first.id, 'hex').toString('latin1')}`);
    damaged.damage(`c${Buffer.from(second.id, 'hex').toString('latin1')}`);
    assert.equal(store.has(first.id), false);
    const listed: string[] = [];
    for await (const { id } of store.list()) listed.push(id);
    assert.ok(listed.length >= chunks.length - 2, 'one bad row does not hide the others');
    await store.rescan();
    assert.equal(store.has(first.id) && store.has(second.id), true);
    await store.stop();
    await assertHolds(await world.open());
  });

  it('refuses to work before start and after stop', async () => {
    const store = await fill();
    await store.stop();
    await assert.rejects(store.get(first.id), { code: 'not-ready' });
    await assert.rejects(store.put(first.id, first.bytes), { code: 'not-ready' });
  });

  it('stops only when what was under way is done', async () => {
    const store = await world.open();
    const putting = Promise.all(chunks.map(({ id, bytes }) => store.put(id, bytes)));
    await new Promise((resolve) => setImmediate(resolve));
    await store.stop();
    await putting;
    await assertHolds(await world.open());
  });
});

/** An index with values that fail their checksum until they are written again. */
class DamagedIndex implements OrderedStore {
  readonly #inner: OrderedStore;
  readonly #damaged = new Set<string>();

  constructor(inner: OrderedStore) {
    this.#inner = inner;
  }

  damage(key: string): void {
    this.#damaged.add(key);
  }

  get(key: string): Uint8Array | undefined {
    this.#check(key);
    return this.#inner.get(key);
  }

  async batch(changes: Parameters<OrderedStore['batch']>[0]): Promise<void> {
    for (const { key } of changes) this.#damaged.delete(key);
    await this.#inner.batch(changes);
  }

  async *range(bounds: Parameters<OrderedStore['range']>[0]): AsyncIterable<readonly [string, Uint8Array]> {
    for await (const [key, value] of this.#inner.range(bounds)) {
      this.#check(key);
      yield [key, value] as const;
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #check(key: string): void {
    // The whole key, as a shared database names it.
    const details = { key: `chunks/${key}` };
    if (this.#damaged.has(key)) throw new PeerstorError('index-corrupt', 'damaged', { details });
  }
}
