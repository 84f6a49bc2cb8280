/** A process that stores chunks until it is killed, and prints the id of each when it is stored. */
import { join } from 'node:path';
import { DiskChunkStore, LevelStore } from '../../src/store/index.ts';
import { testChunk } from './chunks.ts';
import { testDevice } from './disk-world.ts';

const [folder = ''] = process.argv.slice(2);
const index = await LevelStore.open(join(folder, 'db'));
const store = new DiskChunkStore({
  volumes: [{ path: join(folder, 'volume'), limitBytes: 1e9 }],
  index,
  device: testDevice,
});
await store.start();

async function side(number: number): Promise<never> {
  for (let seed = number; ; seed += 4) {
    const { id, bytes } = testChunk(seed, 20_000);
    await store.put(id, bytes);
    process.stdout.write(`${seed}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map(side));
