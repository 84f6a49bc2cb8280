/** What every store of chunks promises. Run it on each implementation and on each wrapper. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { ChunkChange, ChunkStore } from '../../src/model/contracts/chunk-store.ts';
import type { ChunkId } from '../../src/model/ids.ts';
import { chunkId } from '../../src/model/ids.ts';
import { sealedChunkBytesMax } from '../../src/model/limits.ts';
import { byId, testChunk, testChunks } from '../store/chunks.ts';

export interface ChunkStoreUnderTest {
  store: ChunkStore;
  /** Puts other bytes where the chunk's are, as a rotten disk does. */
  rot(id: ChunkId, bytes: Uint8Array): Promise<void> | void;
  /** Lets that much time pass. */
  advance(ms: number): Promise<void>;
  remove(): Promise<void>;
}

export function describeChunkStore(
  name: string,
  make: (options: { limitBytes: number }) => Promise<ChunkStoreUnderTest>,
): void {
  describe(`${name} as a store of chunks`, () => {
    const open: ChunkStoreUnderTest[] = [];

    async function start(limitBytes = 64 * 1024 * 1024) {
      const made = await make({ limitBytes });
      open.push(made);
      await made.store.start();
      const changes: ChunkChange[] = [];
      made.store.onChange((change) => changes.push(change));
      return { ...made, changes };
    }

    afterEach(async () => {
      for (const { store, remove } of open.splice(0)) {
        await store.stop();
        await remove();
      }
    });

    it('gives back what was put, knows its size, and says so once', async () => {
      const { store, changes } = await start();
      const { id, bytes } = testChunk('a', 300_000);
      assert.equal(store.has(id), false);
      assert.equal(store.sizeOf(id), undefined);
      assert.equal(await store.put(id, bytes), 'stored');
      assert.equal(store.has(id), true);
      assert.equal(store.sizeOf(id), 300_000);
      assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
      assert.equal(await store.put(id, bytes), 'present');
      assert.equal(await store.put(id, bytes, { trusted: true }), 'present');
      assert.deepEqual(changes, [{ kind: 'added', id, size: 300_000 }]);
    });

    it('takes the empty chunk and the largest, and nothing larger', async () => {
      const { store } = await start();
      for (const size of [0, 1, sealedChunkBytesMax]) {
        const { id, bytes } = testChunk('edge', size);
        await store.put(id, bytes);
        assert.equal((await store.get(id)).length, size);
      }
      const { id, bytes } = testChunk('large', sealedChunkBytesMax + 1);
      await assert.rejects(store.put(id, bytes), { code: 'too-large' });
    });

    it('is not changed through the bytes it gave', async () => {
      const { store } = await start();
      const { id, bytes } = testChunk('a');
      await store.put(id, bytes);
      (await store.get(id)).fill(0);
      assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
    });

    it('refuses bytes that are not the chunk, also for a chunk that it has', async () => {
      const { store, changes } = await start();
      const [a, b] = [testChunk('a'), testChunk('b')];
      await assert.rejects(store.put(a.id, b.bytes), { code: 'chunk-corrupt' });
      assert.equal(store.has(a.id), false);
      assert.deepEqual(changes, []);
      await store.put(a.id, a.bytes);
      await assert.rejects(store.put(a.id, b.bytes), { code: 'chunk-corrupt' });
      assert.deepEqual(Buffer.from(await store.get(a.id)), Buffer.from(a.bytes));
    });

    it('takes the word of a caller who says trusted, and finds out when it reads', async () => {
      const { store, changes } = await start();
      const { id } = testChunk('a');
      assert.equal(await store.put(id, testChunk('b').bytes, { trusted: true }), 'stored');
      await assert.rejects(store.get(id), { code: 'chunk-corrupt' });
      assert.deepEqual(changes.at(-1), { kind: 'lost', id, reason: 'corrupt' });
    });

    it('writes once for many who put the same chunk at once', async () => {
      const { store, changes } = await start();
      const { id, bytes } = testChunk('a');
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => store.put(id, bytes)));
      assert.deepEqual(outcomes.sort(), [...Array(9).fill('present'), 'stored']);
      assert.equal(changes.length, 1);
      assert.equal(store.usage().chunks, 1);
    });

    it('takes many chunks at once and counts them', async () => {
      const { store } = await start();
      const chunks = testChunks(60);
      await Promise.all(chunks.map(({ id, bytes }) => store.put(id, bytes)));
      for (const { id, bytes } of chunks)
        assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
      const usage = store.usage();
      assert.deepEqual([usage.chunks, usage.bytes], [60, 60_000]);
      assert.equal(usage.volumes[0]?.usedBytes, 60_000);
    });

    it('says that a chunk is missing', async () => {
      const { store, changes } = await start();
      await assert.rejects(store.get(testChunk('a').id), { code: 'chunk-missing' });
      await store.delete(testChunk('a').id);
      await store.reportCorrupt(testChunk('a').id);
      assert.equal(await store.touch(testChunk('a').id), false);
      assert.deepEqual(changes, []);
    });

    const flipped = (bytes: Uint8Array) => bytes.map((byte, at) => (at === 500 ? byte ^ 1 : byte));
    const damages: [string, (bytes: Uint8Array) => Uint8Array][] = [
      ['a flipped bit', flipped],
      ['a file that was cut short', (bytes) => bytes.subarray(0, -1)],
      ['a file that became longer', (bytes) => new Uint8Array([...bytes, 0])],
      ['an empty file', () => new Uint8Array(0)],
      ['another chunk in its place', () => testChunk('b').bytes],
    ];
    for (const [damage, change] of damages) {
      it(`finds ${damage} when it reads, never serves it, and takes the chunk again`, async () => {
        const { store, rot, changes } = await start();
        const { id, bytes } = testChunk('a');
        await store.put(id, bytes);
        await rot(id, change(bytes));
        await assert.rejects(store.get(id), { code: 'chunk-corrupt' });
        assert.deepEqual(changes.at(-1), { kind: 'lost', id, reason: 'corrupt' });
        assert.equal(store.has(id), false);
        assert.equal(store.usage().bytes, 0);
        await assert.rejects(store.get(id), { code: 'chunk-missing' });
        assert.equal(await store.put(id, bytes), 'stored');
        assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
        assert.equal(changes.length, 3);
      });
    }

    it('gives up a bad copy once when many read it at once', async () => {
      const { store, rot, changes } = await start();
      const { id, bytes } = testChunk('a');
      await store.put(id, bytes);
      await rot(id, flipped(bytes));
      const reads = await Promise.allSettled(Array.from({ length: 5 }, () => store.get(id)));
      assert.ok(reads.every(({ status }) => status === 'rejected'));
      assert.equal(changes.filter(({ kind }) => kind === 'lost').length, 1);
    });

    it('reads without hashing when told so, and quarantines what the caller reports', async () => {
      const { store, rot, changes } = await start();
      const { id, bytes } = testChunk('a');
      await store.put(id, bytes);
      await rot(id, flipped(bytes));
      assert.deepEqual(Buffer.from(await store.get(id, { verify: false })), Buffer.from(flipped(bytes)));
      assert.equal(store.has(id), true);
      await store.reportCorrupt(id);
      assert.equal(store.has(id), false);
      assert.deepEqual(changes.at(-1), { kind: 'lost', id, reason: 'corrupt' });
    });

    it('keeps a good copy that somebody reports by mistake', async () => {
      const { store, changes } = await start();
      const { id, bytes } = testChunk('a');
      await store.put(id, bytes);
      await store.reportCorrupt(id);
      assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
      assert.equal(changes.length, 1);
    });

    it('lists what it holds in id order, from any point, across pages', async () => {
      const { store } = await start();
      const chunks = testChunks(300, 20).sort(byId);
      await Promise.all(chunks.map(({ id, bytes }) => store.put(id, bytes, { trusted: true })));
      const list = async (after?: ChunkId) => {
        const ids: string[] = [];
        for await (const { id, size } of store.list(after === undefined ? {} : { after })) {
          assert.equal(size, 20);
          ids.push(id);
        }
        return ids;
      };
      const ids = chunks.map(({ id }) => id);
      assert.deepEqual(await list(), ids);
      assert.deepEqual(await list(ids[269]), ids.slice(270));
      assert.deepEqual(await list(ids.at(-1)), []);
      const [between] = ids.slice(10, 11).map((id) => chunkId(`${id.slice(0, -4)}0000`));
      assert.deepEqual(await list(between), ids.slice(10));
    });

    it('gives every chunk once in reading order, from any position on', async () => {
      const { store } = await start();
      const chunks = testChunks(30, 50);
      for (const { id, bytes } of chunks) await store.put(id, bytes);
      await store.delete(chunks[3]?.id ?? testChunk('none').id);
      const seen: { id: ChunkId; size: number; position: string }[] = [];
      for await (const one of store.inReadingOrder()) seen.push(one);
      const held = chunks.map(({ id }) => id).filter((id) => store.has(id));
      assert.deepEqual(seen.map(({ id }) => id).sort(), held.sort());
      assert.ok(seen.every(({ size }) => size === 50));
      const half = seen[14];
      assert.ok(half);
      const rest: ChunkId[] = [];
      for await (const { id } of store.inReadingOrder({ after: half.position })) rest.push(id);
      assert.deepEqual(
        rest,
        seen.slice(15).map(({ id }) => id),
      );
    });

    it('deletes: gone from has, get, list and usage', async () => {
      const { store, changes } = await start();
      const { id, bytes } = testChunk('a');
      await store.put(id, bytes);
      await store.delete(id);
      await store.delete(id);
      assert.equal(store.has(id), false);
      assert.equal(store.usage().chunks, 0);
      await assert.rejects(store.get(id), { code: 'chunk-missing' });
      for await (const _ of store.list()) assert.fail('nothing is left');
      assert.deepEqual(changes.at(-1), { kind: 'lost', id, reason: 'deleted' });
      assert.equal(changes.length, 2);
    });

    it('brings a deleted chunk back by put and by touch, until the trash is purged', async () => {
      const { store, changes, advance } = await start();
      const { id, bytes } = testChunk('a');
      await store.put(id, bytes);
      await store.delete(id);
      assert.equal(await store.put(id, bytes), 'stored');
      await store.delete(id);
      assert.equal(await store.touch(id), true);
      assert.equal(await store.touch(id), true);
      assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
      assert.equal(changes.filter(({ kind }) => kind === 'added').length, 3);

      await store.delete(id);
      await advance(1000);
      assert.deepEqual(await store.purgeTrash(2000), { chunks: 0, bytes: 0 });
      assert.deepEqual(await store.purgeTrash(1000), { chunks: 1, bytes: 1000 });
      assert.deepEqual(await store.purgeTrash(0), { chunks: 0, bytes: 0 });
      assert.equal(await store.touch(id), false);
      assert.equal(store.usage().volumes[0]?.usedBytes, 0);
    });

    it('refuses what goes beyond the limit, and everything stored before stays readable', async () => {
      const { store } = await start(10_000);
      const chunks = testChunks(14, 1000);
      const outcomes = await Promise.allSettled(chunks.map(({ id, bytes }) => store.put(id, bytes)));
      const refused = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason.code] : [],
      );
      assert.deepEqual(refused, Array(4).fill('disk-full'));
      for (const [at, { id, bytes }] of chunks.entries()) {
        assert.equal(store.has(id), outcomes[at]?.status === 'fulfilled');
        if (store.has(id)) {
          assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
          assert.equal(await store.put(id, bytes), 'present');
        }
      }
      const usage = store.usage();
      assert.deepEqual([usage.bytes, usage.limitBytes], [10_000, 10_000]);
      assert.equal(usage.volumes[0]?.state, 'full');
    });

    it('counts the trash against the limit, and gives up the oldest of it for new chunks', async () => {
      const { store, advance } = await start(4000);
      const chunks = testChunks(6, 1000);
      for (const { id, bytes } of chunks.slice(0, 4)) await store.put(id, bytes);
      for (const { id } of chunks.slice(0, 2)) {
        await store.delete(id);
        await advance(10);
      }
      assert.equal(store.usage().bytes, 2000);
      assert.equal(store.usage().volumes[0]?.usedBytes, 4000);
      for (const { id, bytes } of chunks.slice(4)) assert.equal(await store.put(id, bytes), 'stored');
      await assert.rejects(store.put(testChunk('more').id, testChunk('more').bytes), { code: 'disk-full' });
    });

    it('does nothing for a caller who has given up', async () => {
      const { store } = await start();
      const { id, bytes } = testChunk('a');
      const signal = AbortSignal.abort(new Error('given up'));
      await assert.rejects(store.put(id, bytes, { signal }), /given up/);
      assert.equal(store.has(id), false);
      await store.put(id, bytes);
      await assert.rejects(store.get(id, { signal }), /given up/);
    });

    it('takes no id that is not one', async () => {
      const { store } = await start();
      const { bytes } = testChunk('a');
      const odd = [
        '',
        '..',
        `../../${'a'.repeat(58)}`,
        'A'.repeat(64),
        'a'.repeat(63),
        `${'a'.repeat(64)}\n`,
      ];
      for (const text of odd) {
        // What a caller in JavaScript, or a mistake in the types, could hand in.
        const id = text as unknown as ChunkId;
        await assert.rejects(async () => await store.put(id, bytes, { trusted: true }), { code: 'bad-id' });
        await assert.rejects(async () => await store.get(id), { code: 'bad-id' });
        await assert.rejects(async () => await store.delete(id), { code: 'bad-id' });
        assert.throws(() => store.has(id), { code: 'bad-id' });
      }
    });

    it('asks at the last moment whether to delete, after every touch that was asked for before', async () => {
      const { store } = await start();
      const { id, bytes } = testChunk('a');
      await store.put(id, bytes);
      await store.delete(id);
      const touching = store.touch(id);
      const heldWhenAsked: boolean[] = [];
      const onlyIf = () => {
        heldWhenAsked.push(store.has(id));
        return false;
      };
      await Promise.all([touching, store.delete(id, { onlyIf })]);
      assert.deepEqual(heldWhenAsked, [true]);
      assert.equal(store.has(id), true);
      await store.delete(id, { onlyIf: () => true });
      assert.equal(store.has(id), false);
    });

    it('says every change to one listener as long as it listens, whatever another one does', async () => {
      const { store } = await start();
      const heard: string[] = [];
      const stop = store.onChange(({ kind }) => heard.push(kind));
      await store.put(testChunk('a').id, testChunk('a').bytes);
      stop();
      await store.put(testChunk('b').id, testChunk('b').bytes);
      assert.deepEqual(heard, ['added']);
    });

    it('starts and stops as often as one likes', async () => {
      const { store } = await start();
      const { id, bytes } = testChunk('a');
      await store.put(id, bytes);
      await store.start();
      await store.stop();
      await store.stop();
      await store.start();
      assert.equal(store.has(id), true);
      assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
    });

    it('agrees with a plain map after a long mix of everything at once', async () => {
      const { store } = await start();
      const chunks = testChunks(8);
      const held = new Set<ChunkId>();
      store.onChange((change) => {
        // Each id in turn: added, lost, added, …
        assert.equal(held.has(change.id), change.kind === 'lost');
        if (change.kind === 'added') held.add(change.id);
        else held.delete(change.id);
      });
      await Promise.all(
        Array.from({ length: 240 }, async (_, step) => {
          const { id, bytes } = chunks[(step * 5) % chunks.length] ?? testChunk('none');
          const kind = (step * 7 + Math.floor(step / 11)) % 4;
          if (kind === 0) await store.put(id, bytes);
          else if (kind === 1) await store.delete(id);
          else if (kind === 2) await store.touch(id);
          else
            await store.get(id).catch((error: { code: string }) => assert.equal(error.code, 'chunk-missing'));
        }),
      );
      const listed: ChunkId[] = [];
      for await (const { id } of store.list()) listed.push(id);
      assert.deepEqual(listed, [...held].sort());
      assert.equal(store.usage().chunks, held.size);
      for (const { id } of chunks) assert.equal(store.has(id), held.has(id));
    });
  });
}
