import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ChunkId, deviceId } from '../../src/model/ids.ts';
import type { DiskChunkStore } from '../../src/store/index.ts';
import { type TestChunk, testChunk, testChunks } from './chunks.ts';
import { DiskWorld } from './disk-world.ts';
import { diskError, faultyFiles } from './faulty-files.ts';
import { damageHead, heldChunks, rotOnDisk } from './segments-on-disk.ts';

const MiB = 1024 * 1024;
const deadDevice = deviceId('e'.repeat(64));

describe('volumes that are changed while the store runs', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());

  const chunks = testChunks(40, 1000);
  const one = () => world.volume('one');
  const two = () => world.volume('two');

  async function fill(store: DiskChunkStore, some: readonly TestChunk[] = chunks): Promise<void> {
    for (const { id, bytes } of some) await store.put(id, bytes);
    world.changes.length = 0;
  }

  const stateOf = (store: DiskChunkStore, path: string) =>
    store.usage().volumes.find((volume) => volume.path === path)?.state;

  const heldOn = async (path: string): Promise<number> => (await heldChunks(path)).size;

  async function surplusOf(store: DiskChunkStore): Promise<ChunkId[]> {
    const ids: ChunkId[] = [];
    for await (const id of store.surplus()) ids.push(id);
    return ids;
  }

  async function assertWhole(store: DiskChunkStore, some: readonly TestChunk[] = chunks): Promise<void> {
    for (const { id, bytes } of some) assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
  }

  it('adds one, with a marker of its own, and uses it at once', async () => {
    const store = await world.open({ volumes: [{ path: one(), limitBytes: 10_000 }] });
    await fill(store, chunks.slice(0, 9));
    await assert.rejects(store.put(testChunk('big', 5000).id, testChunk('big', 5000).bytes), {
      code: 'disk-full',
    });
    await store.addVolume({ path: two(), limitBytes: MiB });
    await store.put(testChunk('big', 5000).id, testChunk('big', 5000).bytes);
    assert.equal(await heldOn(two()), 1);
    assert.match(await readFile(join(two(), '.peerstor-volume'), 'utf8'), /"format":2/);
    await assert.rejects(store.addVolume({ path: two(), limitBytes: MiB }), { code: 'bad-input' });
  });

  it('empties one into the others without a moment in which a chunk is not held', async () => {
    const store = await world.open({ volumes: [{ path: one() }] });
    await fill(store);
    await store.addVolume({ path: two(), limitBytes: MiB });
    await store.changeVolume(one(), { draining: true });
    const watch = setInterval(() => assert.ok(chunks.every(({ id }) => store.has(id))));
    assert.deepEqual(await surplusOf(store), []);
    clearInterval(watch);
    assert.deepEqual([await heldOn(one()), await heldOn(two())], [0, chunks.length]);
    assert.equal(stateOf(store, one()), 'draining');
    assert.deepEqual(world.changes, [], 'nobody else has to hear of it');
    await store.removeVolume(one());
    await assertWhole(store);
    assert.deepEqual(await store.rescan(), { added: 0, lost: 0 });
  });

  it('goes on emptying it after a kill', async () => {
    const store = await world.open({ volumes: [{ path: one() }, { path: two(), limitBytes: 1 }] });
    await fill(store);
    await store.changeVolume(one(), { draining: true });
    await world.kill();
    const again = await world.open({ volumes: [{ path: one(), draining: true }, { path: two() }] });
    assert.deepEqual(await surplusOf(again), []);
    assert.equal(await heldOn(one()), 0);
    await assertWhole(again);
  });

  it('moves what is over a smaller limit, and no more', async () => {
    const store = await world.open({ volumes: [{ path: one() }, { path: two(), limitBytes: 1 }] });
    await fill(store);
    await store.changeVolume(two(), { limitBytes: MiB });
    await store.changeVolume(one(), { limitBytes: 10_000 });
    assert.deepEqual(await surplusOf(store), []);
    assert.equal(await heldOn(one()), 10);
    await assertWhole(store);
  });

  it('names what has no place here, is full meanwhile, and gives up what others have', async () => {
    const store = await world.open({ volumes: [{ path: one() }] });
    await fill(store);
    await store.changeVolume(one(), { limitBytes: 30_000 });
    assert.equal(stateOf(store, one()), 'full');
    for await (const id of store.surplus()) await store.release(id);
    assert.equal(store.usage().chunks, 30);
    assert.equal(await heldOn(one()), 30);
    assert.deepEqual(
      world.changes.map(({ kind }) => kind),
      Array.from({ length: 10 }, () => 'lost'),
    );
    await store.release(chunks.find(({ id }) => store.has(id))?.id as ChunkId);
    assert.equal(store.usage().chunks, 30, 'what is not too much is not given up');
  });

  it('moves no rotten chunk: it is quarantined and told', async () => {
    const store = await world.open({ volumes: [{ path: one() }] });
    await fill(store);
    const [bad] = chunks as [TestChunk];
    await rotOnDisk(await world.record(bad.id, 'one'), Buffer.alloc(1000, 1));
    await store.addVolume({ path: two(), limitBytes: MiB });
    await store.changeVolume(one(), { draining: true });
    assert.deepEqual(await surplusOf(store), []);
    assert.equal(await heldOn(two()), chunks.length - 1);
    assert.deepEqual(world.changes, [{ kind: 'lost', id: bad.id, reason: 'corrupt' }]);
  });

  it('leaves chunks where they are when the disks fail, and loses none', async () => {
    let broken = false;
    const files = faultyFiles((operation, path) =>
      broken && operation === 'datasync' && path.startsWith(two()) ? diskError('EIO') : undefined,
    );
    const store = await world.open({ volumes: [{ path: one() }, { path: two() }], files });
    await fill(store);
    broken = true;
    await store.changeVolume(one(), { draining: true });
    await surplusOf(store);
    assert.equal(stateOf(store, two()), 'failed');
    assert.ok(chunks.every(({ id }) => store.has(id)));
    broken = false;
    await assertWhole(store);
  });

  it('removes one: what was on it counts no more, and is found again, hashed, when it comes back', async () => {
    const store = await world.open({ volumes: [{ path: one() }] });
    await fill(store);
    await store.addVolume({ path: two(), limitBytes: MiB });
    await store.removeVolume(one());
    assert.equal(store.usage().chunks, 0);
    assert.equal(world.changes.length, chunks.length);
    await assert.rejects(store.changeVolume(one(), { draining: true }), { code: 'not-found' });
    assert.equal(await heldOn(one()), chunks.length, 'its files stay');
    await store.addVolume({ path: one(), limitBytes: MiB });
    await store.rescan();
    await assertWhole(store);
  });

  it("takes a dead device's disk: every chunk is hashed, bad ones are quarantined and never counted", async () => {
    const many = testChunks(200, 500);
    const dead = await world.open({ volumes: [{ path: one() }], device: deadDevice });
    await fill(dead, many);
    await world.kill();
    world.loseIndex();
    const [flipped, short, empty, swapped, other] = many as [
      TestChunk,
      TestChunk,
      TestChunk,
      TestChunk,
      TestChunk,
    ];
    await rotOnDisk(await world.record(flipped.id, 'one'), Buffer.from(flipped.bytes).fill(0, 7, 8));
    await rotOnDisk(await world.record(empty.id, 'one'), new Uint8Array(0));
    await rotOnDisk(await world.record(swapped.id, 'one'), other.bytes);
    await damageHead(await world.record(short.id, 'one'));
    const bad = new Set([flipped.id, short.id, empty.id, swapped.id]);

    const store = await world.open({ volumes: [{ path: two() }] });
    await store.put(testChunk('own').id, testChunk('own').bytes);
    world.changes.length = 0;
    await store.addVolume({ path: one(), limitBytes: MiB, adopt: true });
    await store.rescan();
    for (const { id } of many) assert.equal(store.has(id), !bad.has(id));
    assert.deepEqual(
      world.changes.map(({ kind }) => kind),
      many.slice(bad.size).map(() => 'added'),
    );
    bad.delete(short.id);
    assert.deepEqual(await world.idsOf('dead', 'one'), [...bad].sort());
    bad.add(short.id);
    await assertWhole(
      store,
      many.filter(({ id }) => !bad.has(id)),
    );
  });

  it('goes on hashing an adopted disk after a kill', async () => {
    const dead = await world.open({ volumes: [{ path: one() }], device: deadDevice });
    await fill(dead);
    await world.kill();
    world.loseIndex();
    const [bad] = chunks as [TestChunk];
    await rotOnDisk(await world.record(bad.id, 'one'), Buffer.alloc(1000, 1));
    let stuck = false;
    const files = faultyFiles((operation, path) =>
      stuck && operation === 'read' && path.endsWith('.segment') && path.startsWith(one())
        ? diskError('EMFILE')
        : undefined,
    );
    const store = await world.open({ volumes: [{ path: two() }], files });
    await store.put(testChunk('own').id, testChunk('own').bytes);
    await store.addVolume({ path: one(), limitBytes: MiB, adopt: true });
    stuck = true;
    await assert.rejects(store.rescan());
    await world.kill();
    stuck = false;
    await rotOnDisk(await world.record(bad.id, 'one'), Buffer.alloc(1000, 1));
    const again = await world.open({ volumes: [{ path: two() }, { path: one() }] });
    await again.rescan();
    assert.equal(again.has(bad.id), false);
    await assertWhole(again, chunks.slice(1));
  });
});

describe('a volume whose bytes rot', () => {
  let world: DiskWorld;
  beforeEach(async () => {
    world = await DiskWorld.make();
  });
  afterEach(() => world.remove());
  const chunks = testChunks(10);

  async function withRot(count: number): Promise<DiskChunkStore> {
    const store = await world.open();
    for (const { id, bytes } of chunks) await store.put(id, bytes);
    for (const { id } of chunks.slice(0, count)) {
      await rotOnDisk(await world.record(id), Buffer.alloc(1000, 1));
      await assert.rejects(store.get(id), { code: 'chunk-corrupt' });
    }
    return store;
  }

  const fresh = testChunk('fresh');

  it('takes new chunks after five bad ones in an hour', async () => {
    const store = await withRot(5);
    assert.equal(store.usage().volumes[0]?.state, 'ok');
    await store.put(fresh.id, fresh.bytes);
  });

  it('takes none after six, is still read from, and is trusted again when its owner says so', async () => {
    const store = await withRot(6);
    const [volume] = store.usage().volumes;
    assert.equal(volume?.state, 'failing');
    assert.match(volume?.problem ?? '', /6 chunks .* rotted within a short time/);
    await assert.rejects(store.put(fresh.id, fresh.bytes), { code: 'storage-failed' });
    const last = chunks.at(-1) as TestChunk;
    assert.deepEqual(Buffer.from(await store.get(last.id)), Buffer.from(last.bytes));
    await store.changeVolume(world.volume(), { trusted: true });
    await store.put(fresh.id, fresh.bytes);
    assert.equal(store.usage().volumes[0]?.state, 'ok');
  });

  it('counts only those of the last hour', async () => {
    const store = await withRot(4);
    await world.clock.pass(3_600_001);
    for (const { id } of chunks.slice(4, 8)) {
      await rotOnDisk(await world.record(id), new Uint8Array(0));
      await assert.rejects(store.get(id), { code: 'chunk-corrupt' });
    }
    assert.equal(store.usage().volumes[0]?.state, 'ok');
  });

  it('takes a chunk that the disk cannot read for a bad copy, and the volume for failed', async () => {
    const [bad] = chunks as [TestChunk];
    let isUnreadable = false;
    const files = faultyFiles((operation, path) =>
      isUnreadable && operation === 'read' && path.endsWith('.segment') ? diskError('EIO') : undefined,
    );
    const store = await world.open({ files });
    await store.put(bad.id, bad.bytes);
    isUnreadable = true;
    await assert.rejects(store.get(bad.id), { code: 'chunk-corrupt' });
    assert.equal(store.has(bad.id), false);
    assert.deepEqual(await world.idsOf('dead'), [bad.id]);
  });
});
