/** I2: what was said to be stored is there after a kill or a power cut, whatever the disk had not written yet. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChunkId } from '../../src/model/ids.ts';
import { DiskChunkStore, MemoryOrderedStore } from '../../src/store/index.ts';
import { seededRandom } from '../sim/seeded-random.ts';
import { VirtualClock } from '../sim/virtual-clock.ts';
import { type TestChunk, testChunks } from './chunks.ts';
import { PoweredFiles } from './powered-files.ts';

const volumes = [{ path: '/home/volume', limitBytes: 1e9 }];

/** Chunks of crowded shards, so that folders are made by one put while another already uses them. */
const crowded = Object.values(Object.groupBy(testChunks(60_000, 40), ({ id }) => id.slice(0, 4)))
  .filter((shard) => shard !== undefined && shard.length >= 4)
  .flatMap((shard) => shard ?? []);

/** Puts chunks from four sides until the power fails. @returns what was acknowledged and not deleted since */
async function useUntilCut(store: DiskChunkStore, seed: number): Promise<Map<ChunkId, TestChunk>> {
  const random = seededRandom(seed);
  const kept = new Map<ChunkId, TestChunk>();
  const side = async (mine: TestChunk[]) => {
    for (const chunk of mine) {
      await store.put(chunk.id, chunk.bytes, { trusted: true });
      kept.set(chunk.id, chunk);
      if (random.next() < 0.7) continue;
      kept.delete(chunk.id);
      await store.delete(chunk.id);
      if (random.next() < 0.5) continue;
      await store.touch(chunk.id);
      kept.set(chunk.id, chunk);
    }
  };
  const start = Math.floor(random.next() * (crowded.length - 40));
  const mine = crowded.slice(start, start + 40);
  const sides = [0, 1, 2, 3].map((number) => mine.filter((_, at) => at % 4 === number));
  const ends = await Promise.allSettled(sides.map(side));
  for (const end of ends) {
    if (end.status === 'rejected') assert.match(String(end.reason.code), /^(storage-failed|volume-missing)$/);
  }
  return kept;
}

async function idsOf(store: DiskChunkStore): Promise<ChunkId[]> {
  const ids: ChunkId[] = [];
  for await (const { id } of store.list()) ids.push(id);
  return ids;
}

describe('a kill or a power cut', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    it(`loses nothing that was acknowledged (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const clock = new VirtualClock();
      const files = new PoweredFiles(random);
      const index = new MemoryOrderedStore();
      const before = new DiskChunkStore({ volumes, index, files, clock });
      await before.start();
      files.cutAfter(Math.floor(random.next() * 700));
      const kept = await useUntilCut(before, seed);

      // The index was not synced either: it may have kept everything or nothing.
      const left = random.next() < 0.5 ? index : new MemoryOrderedStore();
      const once = random.next() < 0.5 ? files.afterPowerCut() : files.afterKill();
      const after = new DiskChunkStore({ volumes, index: left, files: once, clock });
      await after.start();
      await after.rescan();
      for (const id of kept.keys()) assert.ok(after.has(id), `${id} was acknowledged`);
      const said = await idsOf(after);

      // What it says to hold now must be as durable, or a second cut would make it a liar.
      const again = new DiskChunkStore({
        volumes,
        index: new MemoryOrderedStore(),
        files: once.afterPowerCut(),
        clock,
      });
      await again.start();
      for (const id of said) {
        assert.ok(again.has(id), `${id} was said to be held`);
        assert.deepEqual(
          Buffer.from(await again.get(id)),
          Buffer.from(kept.get(id)?.bytes ?? (await after.get(id))),
        );
      }
      await after.stop();
      await again.stop();
    });
  }
});
