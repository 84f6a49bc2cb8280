import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { OrderedStore } from '../../src/model/contracts/ordered-store.ts';
import { PeerstorError } from '../../src/model/errors.ts';
import type { ChunkId } from '../../src/model/ids.ts';
import { sealedChunkBytesMax } from '../../src/model/limits.ts';
import type { DiskChunkStore } from '../../src/store/index.ts';
import { until } from '../support/until.ts';
import { byId, idOf, testChunk, testChunks } from './chunks.ts';
import { DiskWorld } from './disk-world.ts';
import { diskError, faultyFiles } from './faulty-files.ts';

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

  it('holds what it held, and after a clean stop looks at no file', async () => {
    await (await fill()).stop();
    world.changes.length = 0;
    const seen: string[] = [];
    const files = faultyFiles((operation, path) => {
      if (path.includes('blobs/')) seen.push(`${operation} ${path}`);
      return undefined;
    });
    const store = await world.open({ files });
    await store.stop();
    assert.deepEqual(seen, []);
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
    const files = faultyFiles((operation, path) =>
      operation === 'list' && path.includes('blobs') ? diskError('EMFILE') : undefined,
    );
    await (await world.open({ files })).stop();
    const store = await world.open();
    await eventually(() => store.usage().chunks === chunks.length);
    await assertHolds(store);
  });

  it('finds that files are gone, or are not in their size', async () => {
    await fill();
    await world.kill();
    world.changes.length = 0;
    await rm(world.blob(first.id));
    await truncate(world.blob(second.id), 10);
    const store = await world.open();
    await store.rescan();
    await assertHolds(store, chunks.slice(2));
    assert.deepEqual(
      world.changes.sort((a, b) => (a.id < b.id ? -1 : 1)),
      [
        { kind: 'lost', id: first.id, reason: 'missing' },
        { kind: 'lost', id: second.id, reason: 'corrupt' },
      ],
    );
    assert.deepEqual(await world.names('quarantine'), [second.id]);
  });

  it('says by rescan what came and went behind its back, while it runs', async () => {
    const store = await fill();
    const stranger = testChunk('stranger');
    await world.putFile(world.blob(stranger.id), stranger.bytes);
    await rm(world.blob(first.id));
    await rm(dirname(world.blob(second.id)), { recursive: true });
    assert.deepEqual(await store.rescan(), { added: 1, lost: 2 });
    await assertHolds(store, [...chunks.slice(2), stranger].sort(byId));
  });

  it('takes no notice of files that are no chunks, and puts away what is too large to be one', async () => {
    await (await fill()).stop();
    const large = idOf(Buffer.from('large'));
    await world.putFile(world.blob(large), new Uint8Array(sealedChunkBytesMax + 1));
    await world.putFile(join(world.volume(), 'blobs', 'notes.txt'), 'mine');
    await world.putFile(join(dirname(world.blob(first.id)), 'notes.txt'), 'mine');
    // A chunk in the folder of another.
    await copyFile(world.blob(first.id), join(dirname(world.blob(second.id)), first.id));
    world.loseIndex();
    await assertHolds(await world.open());
    assert.deepEqual(await world.names('quarantine'), [large]);
  });

  it('empties tmp/ and believes nothing that was in it', async () => {
    await fill();
    await world.kill();
    const half = testChunk('half');
    await world.putFile(join(world.volume(), 'tmp', `${half.id}.1`), half.bytes.subarray(0, 100));
    const store = await world.open();
    assert.deepEqual(await world.names('tmp'), []);
    assert.equal(store.has(half.id), false);
    assert.equal(await store.put(half.id, half.bytes), 'stored');
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
    await writeFile(join(world.volume(), 'trash', first.id), second.bytes);
    assert.equal(await store.touch(first.id), false);
    assert.deepEqual(await world.names('quarantine'), [first.id]);
    assert.equal(await store.put(first.id, first.bytes), 'stored');
    await assertHolds(store);
  });

  it('keeps one copy of a chunk that lies on two volumes', async () => {
    const volumes = [{ path: world.volume('one') }, { path: world.volume('two') }];
    const store = await world.open({ volumes });
    for (const { id, bytes } of chunks) await store.put(id, bytes);
    const [chunk] = chunks;
    assert.ok(chunk);
    const holder = existsSync(world.blob(chunk.id, 'one')) ? 'one' : 'two';
    const copied = holder === 'one' ? 'two' : 'one';
    await world.putFile(world.blob(chunk.id, copied), chunk.bytes);
    assert.deepEqual(await store.rescan(), { added: 0, lost: 0 });
    assert.deepEqual(await world.names('trash', copied), [chunk.id]);
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
