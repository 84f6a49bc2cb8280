/** One life of a store on a disk that loses power, and what must be true afterwards (I2). */
import assert from 'node:assert/strict';
import type { ChunkId } from '../../src/model/ids.ts';
import { DiskChunkStore, type DiskChunkStoreOptions, MemoryOrderedStore } from '../../src/store/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type TestChunk, testChunk } from './chunks.ts';
import { testDevice } from './disk-world.ts';
import { PoweredFiles } from './powered-files.ts';
import { TestHost } from './test-processes.ts';

const volumes = [{ path: '/home/volume', limitBytes: 1e9 }];
/** So small that a run has several segments, and compacts some. */
const segmentBytesMax = 3_000;

/** Puts, deletes, touches, purges and compacts from four sides until the power fails. @returns what was acknowledged and not deleted since */
async function useUntilCut(store: DiskChunkStore, seed: number): Promise<Map<ChunkId, TestChunk>> {
  const random = seededRandom(seed);
  const kept = new Map<ChunkId, TestChunk>();
  const side = async (number: number) => {
    for (let step = 0; step < 12; step += 1) {
      const chunk = testChunk(`${seed} ${number} ${step}`, 20 + Math.floor(random.next() * 400));
      await store.put(chunk.id, chunk.bytes, { trusted: true });
      kept.set(chunk.id, chunk);
      if (random.next() < 0.1) await store.compact();
      if (random.next() < 0.6) continue;
      kept.delete(chunk.id);
      await store.delete(chunk.id);
      if (random.next() < 0.4) await store.purgeTrash(0);
      else if (random.next() < 0.5 && (await store.touch(chunk.id))) kept.set(chunk.id, chunk);
    }
  };
  const ends = await Promise.allSettled([0, 1, 2, 3].map(side));
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

/** @param seed of everything that chance decides */
export async function powerCutRun(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const clock = new ManualClock();
  const files = new PoweredFiles(random);
  const host = new TestHost();
  const index = new MemoryOrderedStore();
  const open = async (own: Pick<DiskChunkStoreOptions, 'files' | 'index'>) => {
    host.killAll();
    const process = host.start();
    const store = new DiskChunkStore({
      volumes,
      clock,
      device: testDevice,
      process,
      segmentBytesMax,
      random: seededRandom(seed * 1000 + process.self.pid),
      ...own,
    });
    await store.start();
    return store;
  };
  const before = await open({ index, files });
  files.cutAfter(Math.floor(random.next() * 900));
  const kept = await useUntilCut(before, seed);

  // The index was not synced either: it may have kept everything or nothing.
  const left = random.next() < 0.5 ? index : new MemoryOrderedStore();
  const once = random.next() < 0.5 ? files.afterPowerCut() : files.afterKill();
  const after = await open({ index: left, files: once });
  await after.rescan();
  for (const id of kept.keys()) assert.ok(after.has(id), `${id} was acknowledged`);
  const said = await idsOf(after);
  for (const id of said) await after.get(id);

  // What it says to hold now must be as durable, or a second cut would make it a liar.
  const again = await open({ index: new MemoryOrderedStore(), files: once.afterPowerCut() });
  await again.rescan();
  await again.compact();
  for (const id of said) {
    assert.ok(again.has(id), `${id} was said to be held`);
    const bytes = kept.get(id)?.bytes ?? (await after.get(id));
    assert.deepEqual(Buffer.from(await again.get(id)), Buffer.from(bytes));
  }
  const fresh = testChunk(`${seed} fresh`);
  assert.equal(await again.put(fresh.id, fresh.bytes), 'stored');
  await after.stop();
  await again.stop();
}
