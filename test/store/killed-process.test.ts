import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it } from 'node:test';
import { DiskChunkStore, LevelStore } from '../../src/store/index.ts';
import { testChunk } from './chunks.ts';
import { DiskWorld, testDevice } from './disk-world.ts';

const script = new URL('putting-process.ts', import.meta.url).pathname;

/** Runs the process until it has stored so many, kills it at once. @returns seeds of what it said to have stored */
async function putUntilKilled(folder: string, count: number): Promise<number[]> {
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const seeds: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    seeds.push(Number(line));
    if (seeds.length === count) child.kill('SIGKILL');
  }
  await ended;
  assert.equal(child.signalCode, 'SIGKILL');
  return seeds;
}

it('loses nothing of what a killed process said to have stored, with its index and without', async () => {
  const world = await DiskWorld.make();
  try {
    const seeds: number[] = [];
    for (const count of [5, 40]) {
      const again = await putUntilKilled(world.folder, seeds.length + count);
      for (const seed of again) if (!seeds.includes(seed)) seeds.push(seed);
    }
    for (const mustLoseIndex of [false, true]) {
      if (mustLoseIndex) await rm(join(world.folder, 'db'), { recursive: true });
      const index = await LevelStore.open(join(world.folder, 'db'));
      const store = new DiskChunkStore({
        volumes: [{ path: world.volume(), limitBytes: 1e9 }],
        index,
        device: testDevice,
      });
      await store.start();
      for (const seed of seeds) {
        const { id, bytes } = testChunk(seed, 20_000);
        assert.deepEqual(Buffer.from(await store.get(id)), Buffer.from(bytes));
      }
      assert.ok(store.usage().chunks >= seeds.length);
      await store.stop();
      await index.close();
    }
  } finally {
    await world.remove();
  }
});
