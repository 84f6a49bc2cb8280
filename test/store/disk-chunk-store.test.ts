import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DiskChunkStore, LevelStore } from '../../src/store/index.ts';
import { describeChunkStore } from '../contract/chunk-store.contract.ts';
import { DiskWorld } from './disk-world.ts';

describeChunkStore('DiskChunkStore', async ({ limitBytes }) => {
  const world = await DiskWorld.make();
  const index = await LevelStore.open(join(world.folder, 'db'));
  const volumes = [{ path: world.volume(), limitBytes }];
  return {
    store: new DiskChunkStore({ volumes, index, clock: world.clock }),
    rot: (id, bytes) => writeFile(world.blob(id), bytes),
    advance: (ms) => world.clock.advance(ms),
    remove: async () => {
      await index.close();
      await world.remove();
    },
  };
});
