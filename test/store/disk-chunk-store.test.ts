import { join } from 'node:path';
import { DiskChunkStore, LevelStore } from '../../src/store/index.ts';
import { describeChunkStore } from '../contract/chunk-store.contract.ts';
import { DiskWorld, testDevice } from './disk-world.ts';
import { rotOnDisk } from './segments-on-disk.ts';

describeChunkStore('DiskChunkStore', async ({ limitBytes }) => {
  const world = await DiskWorld.make();
  const index = await LevelStore.open(join(world.folder, 'db'));
  const volumes = [{ path: world.volume(), limitBytes }];
  return {
    store: new DiskChunkStore({ volumes, index, clock: world.clock, device: testDevice }),
    rot: async (id, bytes) => rotOnDisk(await world.record(id), bytes),
    advance: (ms) => world.clock.pass(ms),
    remove: async () => {
      await index.close();
      await world.remove();
    },
  };
});
